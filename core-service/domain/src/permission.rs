//! Permissions: what a grant lets a service do, and what each action needs.

use super::{Action, Change, GrantScope, HoldName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use strum::IntoEnumIterator as _;

/// One thing that a grant lets a service do.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumIter,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Permission {
    /// Reads and lists users and groups.
    ReadUsers,
    /// Registers sign-ins, which create users and refresh their profiles.
    RegisterSignIns,
    /// Creates users.
    CreateUsers,
    /// Changes user names, external ids and profiles.
    ChangeProfiles,
    /// Activates and deactivates users, as far as no hold of others stands in the way.
    ChangeStatus,
    /// Places holds, and lifts its own.
    PlaceHolds,
    /// Changes roles, up to the highest role of the grant.
    ChangeRoles,
    /// Deletes users.
    DeleteUsers,
    /// Reads the ledger.
    ReadLedger,
    /// Manages the settings of connections, the rules of groups, and connections.
    ManageSettings,
    /// Manages the tokens of connections.
    ManageTokens,
    /// Manages services, their tokens and grants, within its own grants.
    ManageAccess,
    /// Asks on behalf of Admins of the site, as much as they may.
    ActForUsers,
    /// Lifts holds of others, where it may lift its own.
    LiftHolds,
    /// Creates, changes and deletes groups, and says who their members are.
    ManageGroups,
}

impl Permission {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// The word for it, the same everywhere.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What a service needs for an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// It is for the operator alone.
    Operator,
    /// All of these, for the site of the command.
    Permissions(BTreeSet<Permission>),
    /// [`Permission::ManageAccess`], for these sites.
    AccessTo(GrantScope),
}

impl Requirement {
    /// All of several, which are each about the site of the command.
    fn all(each: impl Iterator<Item = Self>) -> Self {
        let mut all = BTreeSet::new();
        for one in each {
            match one {
                Self::Permissions(permissions) => all.extend(permissions),
                Self::Operator | Self::AccessTo(_) => return Self::Operator,
            }
        }
        Self::Permissions(all)
    }
}

impl Action {
    /// What a service needs for this. Whoever may change a user is answered the user, so nothing more
    /// is needed for that; what changes nothing is a reading. What roles may be left and entered shows
    /// when the user is there.
    pub(super) fn requirement(&self) -> Requirement {
        let one = |permission| Requirement::Permissions([permission].into());
        match self {
            Self::ChangeUser { changes, .. } => {
                let mut needed: BTreeSet<_> =
                    changes.iter().flat_map(Change::permissions).collect();
                if needed.is_empty() {
                    needed.insert(Permission::ReadUsers);
                }
                Requirement::Permissions(needed)
            }
            Self::Batch(parts) => {
                Requirement::all(parts.iter().map(|part| part.action.requirement()))
            }
            Self::CreateUser(_) => one(Permission::CreateUsers),
            Self::RegisterSignIn(_) => one(Permission::RegisterSignIns),
            Self::DeleteUser { .. } => one(Permission::DeleteUsers),
            Self::CreateSite { .. } | Self::DeleteSite | Self::Session(_) => Requirement::Operator,
            Self::UpdateSettings(_)
            | Self::CreateConnection { .. }
            | Self::UpdateConnection(_)
            | Self::DeleteConnection { .. } => one(Permission::ManageSettings),
            Self::CreateToken(_) | Self::RevokeToken { .. } | Self::RevealToken { .. } => {
                one(Permission::ManageTokens)
            }
            Self::Group(action) if action.is_about_rules() => one(Permission::ManageSettings),
            Self::Group(_) => one(Permission::ManageGroups),
            Self::Access(action) => Requirement::AccessTo(action.scope()),
        }
    }
}

impl Change {
    fn permissions(&self) -> impl Iterator<Item = Permission> {
        let (one, other) = match self {
            Self::SetDirectoryStatus(_) | Self::Activate => (Some(Permission::ChangeStatus), None),
            Self::SetRole(_) => (Some(Permission::ChangeRoles), None),
            Self::SetUserName(_)
            | Self::SetExternalId(_)
            | Self::SetAttribute(..)
            | Self::EditList(_)
            // And the role of the user, which shows when the user is there.
            | Self::ForgetSubject => (Some(Permission::ChangeProfiles), None),
            // The role that it has already may be sent along by anybody.
            Self::Replace(replacement) => {
                let status = replacement.directory_status.map(|_| Permission::ChangeStatus);
                (Some(Permission::ChangeProfiles), status)
            }
            Self::PlaceHold { name, .. } | Self::LiftHold(name) => (Some(of_hold(name)), None),
            // Only a sign-in brings one.
            Self::SetSubject(_) => (Some(Permission::RegisterSignIns), None),
            // The core does so by the clock.
            Self::LiftExpiredHolds => (Some(Permission::PlaceHolds), None),
            // It comes with a change of a group, or of rules.
            Self::FollowGroups => (Some(Permission::ManageGroups), None),
            Self::Ignored(_) => (None, None),
        };
        one.into_iter().chain(other)
    }
}

/// The manual hold is what a deactivation by hand is.
fn of_hold(name: &HoldName) -> Permission {
    if *name == HoldName::manual() { Permission::ChangeStatus } else { Permission::PlaceHolds }
}
