//! Actions about groups: what is asked of one and of who its members are.

use super::decide::MAX_FOLLOWERS;
use super::{
    ExternalId, GroupId, GroupName, MemberFilter, Notice, Refusal, Role, RuledGroup, RunStep,
    UNKNOWN_WORK, UserId,
};

/// What is reckoned for each user whose role follows from groups, in rows of members.
const WORK_OF_USER: u64 = 100;

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
    /// Says which role a group gives. What is so already is applied once more.
    SetRule {
        /// The group.
        group: RuledGroup,
        /// The role.
        role: Role,
    },
    /// Has a group give no role any more.
    DeleteRule {
        /// The group.
        group: RuledGroup,
    },
    /// Has the roles of some users follow from their groups. The core asks this when rules or large groups
    /// have changed.
    Follow(RunStep),
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
    /// Keeps members who were selected. Whoever is none becomes one, unless the caller is strict, who has to have
    /// selected a member.
    KeepMembers {
        /// Those of them who may be users.
        users: Vec<UserId>,
        /// Why the others can't become members, where there are such.
        others: Option<Refusal>,
    },
    /// Needs one of these to be a member, if the caller is strict.
    RequireMember(Vec<UserId>),
    /// Removes members. Who is none is passed over.
    RemoveMembers(Vec<UserId>),
    /// Removes the members that a condition selects.
    RemoveSelected(MemberFilter),
    /// Has these members and no others.
    ReplaceMembers(Vec<UserId>),
    /// Tells of something that could not be expressed; changes nothing.
    Ignored(Notice),
}

impl GroupAction {
    /// The group that it names by id.
    pub(super) const fn group(&self) -> Option<GroupId> {
        match self {
            Self::Create(_) | Self::Follow(_) => None,
            Self::Change { group, .. } | Self::Delete { group } => Some(*group),
            Self::SetRule { group, .. } | Self::DeleteRule { group } => match group {
                RuledGroup::Id(group) => Some(*group),
                RuledGroup::Name(_) => None,
            },
        }
    }

    /// Whether it says which role a group gives.
    pub(super) const fn is_about_rules(&self) -> bool {
        matches!(self, Self::SetRule { .. } | Self::DeleteRule { .. })
    }

    /// Every name that the decision may turn on.
    pub(super) fn names(&self) -> impl Iterator<Item = &GroupName> {
        let named = match self {
            Self::Create(creation) => Some(&creation.display_name),
            Self::SetRule { group, .. } | Self::DeleteRule { group } => match group {
                RuledGroup::Name(name) => Some(name),
                RuledGroup::Id(_) => None,
            },
            Self::Change { .. } | Self::Delete { .. } | Self::Follow(_) => None,
        };
        let given = self.changes().iter().filter_map(|change| match change {
            GroupChange::SetDisplayName(name) => Some(name),
            _ => None,
        });
        named.into_iter().chain(given)
    }

    /// Every user that it names as a member.
    pub(super) fn members(&self) -> impl Iterator<Item = UserId> {
        self.changes().iter().flat_map(GroupChange::members).copied()
    }

    /// Whether it turns on all members of its group.
    pub(super) fn takes_all_members(&self) -> bool {
        let replaces = |change: &GroupChange| matches!(change, GroupChange::ReplaceMembers(_));
        self.selects_members() || self.changes().iter().any(replaces)
    }

    /// Whether it turns on what is known of members.
    pub(super) fn selects_members(&self) -> bool {
        self.changes().iter().any(|change| matches!(change, GroupChange::RemoveSelected(_)))
    }

    pub(super) fn changes(&self) -> &[GroupChange] {
        match self {
            Self::Create(creation) => &creation.changes,
            Self::Change { changes, .. } => changes,
            Self::Delete { .. }
            | Self::SetRule { .. }
            | Self::DeleteRule { .. }
            | Self::Follow(_) => &[],
        }
    }

    /// What seems to have to be gone through for it, in rows of members.
    pub(super) fn work(&self) -> u64 {
        let named: u64 = self.changes().iter().map(|change| change.members().len() as u64).sum();
        // Whether roles follow is not known before the site is there. Of more than these they follow later.
        let named = named + named.min(MAX_FOLLOWERS as u64) * (WORK_OF_USER - 1);
        let named = named + self.changes().len() as u64;
        // A group has any number of members, and all of them are read. Of one that is deleted nobody is.
        let takes_all = match self {
            Self::Change { .. } => self.takes_all_members(),
            Self::Create(_)
            | Self::Delete { .. }
            | Self::SetRule { .. }
            | Self::DeleteRule { .. } => false,
            // Each has a row and an event of their own.
            Self::Follow(step) => return step.users.len() as u64 * WORK_OF_USER,
        };
        named + if takes_all { UNKNOWN_WORK } else { 0 }
    }
}

impl GroupChange {
    pub(super) fn members(&self) -> &[UserId] {
        match self {
            Self::AddMembers(users)
            | Self::KeepMembers { users, .. }
            | Self::RequireMember(users)
            | Self::RemoveMembers(users)
            | Self::ReplaceMembers(users) => users,
            Self::SetDisplayName(_)
            | Self::SetExternalId(_)
            | Self::RemoveSelected(_)
            | Self::Ignored(_) => &[],
        }
    }
}
