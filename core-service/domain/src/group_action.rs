//! Actions about groups: what is asked of one and of who its members are.

use super::{ExternalId, GroupId, GroupName, Notice, UNKNOWN_WORK, UserId};

/// What is asked about a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupAction {
    /// Creates a group.
    Create(GroupCreation),
    /// Applies changes to a group, in order.
    Change {
        /// The group.
        group: GroupId,
        /// What is asked about it.
        changes: Vec<GroupChange>,
    },
    /// Deletes a group.
    Delete {
        /// The group.
        group: GroupId,
    },
}

/// A new group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupCreation {
    /// What people call it.
    pub display_name: GroupName,
    /// What else it begins with.
    pub changes: Vec<GroupChange>,
}

/// One intention about one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupChange {
    /// Gives it another name.
    SetDisplayName(GroupName),
    /// Sets or clears the external id.
    SetExternalId(Option<ExternalId>),
    /// Adds members. Who is one already stays one.
    AddMembers(Vec<UserId>),
    /// Removes members. Who is none is passed over.
    RemoveMembers(Vec<UserId>),
    /// Has these members and no others.
    ReplaceMembers(Vec<UserId>),
    /// Tells of something that could not be expressed; changes nothing.
    Ignored(Notice),
}

impl GroupAction {
    /// The group that it names by id.
    pub(super) const fn group(&self) -> Option<GroupId> {
        match self {
            Self::Create(_) => None,
            Self::Change { group, .. } | Self::Delete { group } => Some(*group),
        }
    }

    /// Every name that the decision may turn on.
    pub(super) fn names(&self) -> impl Iterator<Item = &GroupName> {
        let created = match self {
            Self::Create(creation) => Some(&creation.display_name),
            Self::Change { .. } | Self::Delete { .. } => None,
        };
        let given = self.changes().iter().filter_map(|change| match change {
            GroupChange::SetDisplayName(name) => Some(name),
            _ => None,
        });
        created.into_iter().chain(given)
    }

    /// Every user that it names as a member.
    pub(super) fn members(&self) -> impl Iterator<Item = UserId> {
        self.changes().iter().flat_map(GroupChange::members).copied()
    }

    /// Whether it turns on all members of its group.
    pub(super) fn replaces_members(&self) -> bool {
        self.changes().iter().any(|change| matches!(change, GroupChange::ReplaceMembers(_)))
    }

    fn changes(&self) -> &[GroupChange] {
        match self {
            Self::Create(creation) => &creation.changes,
            Self::Change { changes, .. } => changes,
            Self::Delete { .. } => &[],
        }
    }

    /// What seems to have to be gone through for it, in rows of members.
    pub(super) fn work(&self) -> u64 {
        let named: u64 =
            self.changes().iter().map(|change| 1 + change.members().len() as u64).sum();
        // A group has any number of members, and all of them are read. Of one that is deleted nobody is.
        let takes_all = matches!(self, Self::Change { .. }) && self.replaces_members();
        named + if takes_all { UNKNOWN_WORK } else { 0 }
    }
}

impl GroupChange {
    fn members(&self) -> &[UserId] {
        match self {
            Self::AddMembers(users) | Self::RemoveMembers(users) | Self::ReplaceMembers(users) => {
                users
            }
            Self::SetDisplayName(_) | Self::SetExternalId(_) | Self::Ignored(_) => &[],
        }
    }
}
