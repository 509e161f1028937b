//! Queries: the use cases that read and list.
//!
//! Must never change anything, nor know how requests look on the wire.

mod group_rules;
mod groups;
mod ledgers;
mod services;
mod sites;
mod status;
mod trails;
mod turns;
mod users;
mod walks;

pub use group_rules::{ForeseenMoves, ForeseenName, MovedAlike, RuleQueries, SiteRules};
pub use groups::{GroupListing, GroupQueries, ListedMembers};
pub use ledgers::{Deactivation, EventPlace, LedgerQueries};
pub use services::ServiceQueries;
pub use sites::SiteQueries;
pub use status::{StatusQueries, StoredStatus};
pub use turns::{TurnPermit, Turns};
pub use users::{Listing, UserQueries};
pub use walks::WalkId;

/// How many lists are looked through at once, of all sites and of one. The store has a connection for
/// each.
pub const SCANS: (usize, usize) = (3, 2);
