//! Members: who is in a group, and whom a group asks about before they become one.

use super::unspoken::unspoken;
use super::{GroupId, SiteId, User, UserId, UserScope};

/// That a user is a member of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Membership {
    /// Whose both are.
    pub site: SiteId,
    /// The group.
    pub group: GroupId,
    /// The user.
    pub user: UserId,
}

/// Whether a site has a user, as far as groups ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It has none of this id.
    Absent,
    /// It has the user, whom the directory deleted.
    Deleted,
    /// It has the user.
    Present,
}

/// What was found of a user whom a command names as a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundMember {
    /// Whose the user is.
    pub site: SiteId,
    /// The group that is asked about; none where it is to be made.
    pub group: Option<GroupId>,
    /// The user.
    pub user: UserId,
    /// Whether there is one.
    pub presence: Presence,
    /// Whether they are a member.
    pub is_member: bool,
}

/// A member as a list shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct ListedMember {
    /// The group.
    pub group: GroupId,
    /// The user.
    pub user: UserId,
    /// The display name of the profile, or the user name where there is none.
    pub display: String,
}

unspoken!(ListedMember: group, user);

/// A group as a user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUserGroup {
    /// The user.
    pub user: UserId,
    /// The group.
    pub group: GroupId,
    /// What people call it.
    pub display_name: String,
}

impl From<Option<&User>> for Presence {
    fn from(user: Option<&User>) -> Self {
        match user {
            None => Self::Absent,
            Some(user) if user.is_deleted() => Self::Deleted,
            Some(_) => Self::Present,
        }
    }
}

impl UserScope {
    /// Whether somebody is among them of whom no more than this is known.
    pub(super) const fn has(self, presence: Presence) -> bool {
        match (self, presence) {
            (_, Presence::Absent) | (Self::NotDeleted, Presence::Deleted) => false,
            (_, Presence::Present) | (Self::All, Presence::Deleted) => true,
        }
    }
}
