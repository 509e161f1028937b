//! Queries: the use cases that read and list.
//!
//! Must never change anything, nor know how requests look on the wire.

mod offset_cache;
mod sites;
mod turns;
mod users;

pub use sites::SiteQueries;
pub use users::{Listing, UserQueries};
