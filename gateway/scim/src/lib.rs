//! The language SCIM 2.0 (RFC 7643, RFC 7644), pure: text in, typed edits, filters and
//! projections out, and typed resources back into text.
//!
//! Owns what identity providers write and what they are answered: the attribute tables, the
//! tolerant readers and the strict writers. Must never know what a change means: no roles, no
//! proto, no HTTP, no clock, no I/O.
//!
//! Comments name where a behaviour was seen by a key in parentheses; `sources.md` resolves it.

pub mod bulk;
mod date_time;
pub mod discovery;
pub mod edit;
pub mod error;
pub mod filter;
pub mod input;
mod json;
pub mod limits;
pub mod list_response;
pub mod patch;
mod path;
pub mod projection;
pub mod query;
mod reader;
pub mod resource;
mod scalar;
pub mod schema;
mod shortened;
pub mod sort;
pub mod strict;
#[cfg(test)]
mod tests;
pub mod value;

pub use bulk::{BulkMethod, BulkOperation, BulkRequest};
pub use edit::{Cause, Edit, ScimListEdit};
pub use error::{InputError, ScimError, ScimType};
pub use filter::{FilterError, Operator, ScimFilter};
pub use input::ResourceData;
pub use list_response::ListResponse;
pub use projection::{Projection, ProjectionText};
pub use query::Query;
pub use resource::{Common, Resource};
pub use scalar::is_unexpanded;
pub use schema::{Attribute, ResourceType, Schema, Type, group, user};
pub use sort::ScimSort;
pub use value::{Complex, ScimValue};
