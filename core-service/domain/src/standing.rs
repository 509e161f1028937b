//! Standings: who is more than Registered, and whether they are active. What an event changes of either is
//! kept beside it, so that it can be told for any time. Must never know how it is looked up.

use super::unspoken::unspoken;
use super::{EventBody, Role, Timestamp, User, UserId, UserSnapshot};

/// What an event changes of the standing of somebody who was more than Registered, or became so.
#[derive(Clone, PartialEq, Eq)]
pub struct StandingChange {
    /// The user name then.
    pub user_name: String,
    /// The new role, if it is another. Who is deleted is Registered from then on.
    pub role: Option<Role>,
    /// Whether the user is active, where that changed or began to matter.
    pub active: Option<bool>,
}

unspoken!(StandingChange: role, active);

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
#[derive(Clone, PartialEq, Eq)]
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

unspoken!(RoleHolder: user, role, role_decision, active, status_decision);

/// Where somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The role.
    pub role: Role,
    /// Whether the user is active.
    pub active: bool,
}

impl Standing {
    /// Of nobody.
    pub const NONE: Self = Self { role: Role::Registered, active: false };

    fn of(user: Option<&User>) -> Self {
        let standing = |user: &User| Self { role: user.role, active: user.is_active() };
        user.map_or(Self::NONE, standing)
    }

    /// What a recorded event made of it.
    #[must_use]
    pub fn behind(self, body: &EventBody) -> Self {
        match body {
            EventBody::UserDeleted { before: Some(_), .. } => Self::NONE,
            _ => shown_after(body).map_or(self, |after| Self {
                role: after.role.unwrap_or(self.role),
                active: after.active.unwrap_or(self.active),
            }),
        }
    }
}

/// What a recorded event shows of the user as it was before it, if it changed anybody.
pub fn shown_before(body: &EventBody) -> Option<&UserSnapshot> {
    match body {
        EventBody::UserChanged { before, .. } | EventBody::UserDeleted { before, .. } => {
            before.as_deref()
        }
        _ => None,
    }
}

/// What a recorded event shows of the user as it is behind it, if it left anybody.
pub fn shown_after(body: &EventBody) -> Option<&UserSnapshot> {
    match body {
        EventBody::UserCreated { after, .. } | EventBody::UserChanged { after, .. } => {
            after.as_deref()
        }
        _ => None,
    }
}

impl StandingChange {
    /// The difference that a decision makes to a user: none for nearly everybody.
    pub(super) fn between(before: Option<&User>, after: Option<&User>) -> Option<Self> {
        let is_registered =
            |user: Option<&User>| user.is_none_or(|user| user.role == Role::Registered);
        if is_registered(before) && is_registered(after) {
            return None;
        }
        let user = after.or(before)?;
        Self::from_to(Standing::of(before), Standing::of(after), user.user_name.as_str())
    }

    /// The difference between two standings of a user.
    pub fn from_to(was: Standing, is: Standing, user_name: &str) -> Option<Self> {
        let begins_to_matter = was.role == Role::Registered || was.active != is.active;
        let is_told = is.role > Role::Registered && begins_to_matter;
        let role = (was.role != is.role).then_some(is.role);
        let active = is_told.then_some(is.active);
        let is_any = role.is_some() || active.is_some();
        is_any.then(|| Self { user_name: user_name.to_owned(), role, active })
    }
}
