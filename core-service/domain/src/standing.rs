//! Standings: who is more than Registered, and whether they are active. What an event changes of either is
//! kept beside it, so that it can be told for any time. Must never know how it is looked up.

use super::{Role, Timestamp, User, UserId};

/// What an event changes of the standing of somebody who was more than Registered, or became so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingChange {
    /// The user name then.
    pub user_name: String,
    /// The new role, if it is another. Who is deleted is Registered from then on.
    pub role: Option<Role>,
    /// Whether the user is active, where that changed or began to matter.
    pub active: Option<bool>,
}

/// A decision that put somebody where they stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingDecision {
    /// The revision of its event.
    pub revision: i64,
    /// When.
    pub at: Timestamp,
    /// By whose wish, as [`super::Caller`] prints itself.
    pub caller: String,
    /// The user on whose behalf the caller asked, if any.
    pub on_behalf_of: Option<UserId>,
}

/// Somebody who had a role at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleHolder {
    /// Who.
    pub user: UserId,
    /// The user name when the role was given.
    pub user_name: String,
    /// The role.
    pub role: Role,
    /// The decision that gave it.
    pub role_decision: StandingDecision,
    /// Whether the user was active.
    pub active: bool,
    /// The last decision about that, or the one by which the user became more than Registered.
    pub status_decision: StandingDecision,
}

impl StandingChange {
    /// The difference that a decision makes to a user: none for nearly everybody.
    pub(super) fn between(before: Option<&User>, after: Option<&User>) -> Option<Self> {
        let role = |user: Option<&User>| user.map_or(Role::Registered, |user| user.role);
        let (was, is) = (role(before), role(after));
        if was == Role::Registered && is == Role::Registered {
            return None;
        }
        let [was_active, is_active] = [before, after].map(|user| user.is_some_and(User::is_active));
        let is_told = is > Role::Registered && (was == Role::Registered || was_active != is_active);
        let (role, active) = ((was != is).then_some(is), is_told.then_some(is_active));
        let user = after.or(before).filter(|_| role.is_some() || active.is_some())?;
        Some(Self { user_name: user.user_name.as_str().to_owned(), role, active })
    }
}
