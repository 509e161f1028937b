//! The law: who may be in, and with which role.
//!
//! Owns the values of the vocabulary and the pure functions that decide. Must never know
//! clocks, randomness, databases, wire formats or the words of any protocol: whatever a
//! decision depends on is passed in, so the same question always has the same answer.

mod apply;
mod ask;
mod caller;
mod change;
mod decide;
mod event;
mod filter;
mod hold;
mod ids;
mod last_admin;
mod list_edit;
mod profile;
mod reason;
mod record;
mod role;
mod site;
#[cfg(test)]
mod tests;
mod token;
mod user;
mod user_name;

pub use ask::{Answer, Ask, Case, Verb, Verdict};
pub use caller::Caller;
pub use change::{Change, Creation, Replacement, SignIn};
pub use decide::decide;
pub use event::{Event, EventKind, Outcome, Picture, Portrait};
pub use filter::{
    ElementFilter, ElementTest, Filter, TextField, TextOperator, TimeField, TimeOperator,
    UserFilter, UserTest, fold,
};
pub use hold::{Hold, HoldName};
pub use ids::{SiteId, Timestamp, TokenId, UserId};
pub use list_edit::{Edit, ListEdit, Merge};
pub use profile::{Element, ListName, Profile, SubName, TextName};
pub use reason::{Notice, Reason, Refusal};
pub use role::Role;
pub use site::{
    ConnectionPolicy, CreationPolicy, DeletionPolicy, FIRST_CONNECTION, RefusalPolicy, Site,
    SiteName,
};
pub use token::{MIN_TYPED_TOKEN, accept_typed_token};
pub use user::{DirectoryStatus, ExternalId, Unmet, User};
pub use user_name::{UserName, UserNameKey};
