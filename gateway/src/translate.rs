//! Between the two languages: SCIM's typed edits, filters and resources on one side, the messages
//! of `provost.identity.v1` on the other. Pure functions.
//!
//! Owns which word of one language means which of the other. Must never know HTTP, a channel or
//! a rule: whether a change is admitted is for the core to say.

mod bodies;
mod bulk;
mod changes;
mod filter;
mod group;
mod group_changes;
mod limits;
mod notice;
mod problem;
mod replace;
mod role;
mod sort;
mod user;
mod values;
mod vocabulary;

pub use bodies::{new_group, new_user, patched_group, patched_user, whole_group, whole_user};
pub use bulk::{BulkWrite, Collection, bulk_notice};
pub use changes::changes;
pub use filter::filter;
pub use group::{group_resource, named_members, shows_members};
pub use group_changes::{group_changes, group_creation, group_replacement, replaced_members};
pub use limits::{
    check_changes, check_creation, check_filter, check_group_changes, check_group_creation,
    too_much,
};
pub use notice::notice;
pub use problem::{problem, published_problems};
pub use replace::{creation, replacement};
pub use sort::sort;
pub use user::{resource, shows_groups};
pub use vocabulary::Vocabulary;

#[cfg(test)]
mod tests;
