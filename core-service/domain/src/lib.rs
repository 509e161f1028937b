//! The law: who may be in, and with which role.
//!
//! Owns the values of the vocabulary and the pure functions that decide. Must never know
//! clocks, randomness, databases, wire formats or the words of any protocol: whatever a
//! decision depends on is passed in, so the same question always has the same answer.

mod apply;
mod ask;
mod caller;
mod change;
mod comparison;
mod decide;
mod document;
mod event;
mod filter;
mod hold;
mod ids;
mod last_admin;
mod list_edit;
mod look_up;
mod profile;
mod reason;
mod record;
mod role;
mod schema;
mod site;
#[cfg(test)]
mod tests;
mod token;
mod user;
mod user_name;
mod value;

pub use ask::{Answer, Ask, Case, Verb, Verdict};
pub use caller::Caller;
pub use change::{Change, Creation, Replacement, SignIn};
pub use comparison::{Comparison, OrderOperator, TextOperator, fold};
pub use decide::decide;
pub use document::stored_bytes;
pub use event::{Event, EventKind, Outcome, Picture, Portrait};
pub use filter::{
    ElementFilter, ElementTest, Filter, KeyField, Part, TimeField, UserFilter, UserTest,
};
pub use hold::{Hold, HoldName};
pub use ids::{SiteId, Timestamp, TokenId, UserId};
pub use list_edit::{Edit, ListEdit};
pub use look_up::{LookUp, sought_address};
pub use profile::Profile;
pub use reason::{Notice, Reason, Refusal};
pub use role::Role;
pub use schema::{Attribute, AttributeName, AttributeType, ProfileSchema};
pub use site::{ConnectionPolicy, CreationPolicy, DeletionPolicy, RefusalPolicy, Site, SiteName};
pub use token::{MIN_TYPED_TOKEN, accept_typed_token};
pub use user::{DirectoryStatus, ExternalId, Unmet, User};
pub use user_name::{UserName, UserNameKey};
pub use value::{Attributes, Decimal, Value};
