//! Changes: what may be asked about one user. Every write is a list of these, whoever asks.

use super::{
    AttributeName, DirectoryStatus, Expiration, ExternalId, HoldName, HoldNote, ListEdit, Notice,
    Profile, Role, Subject, UserName, Value,
};

/// One intention about one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Sets the directory status; never touches a hold.
    SetDirectoryStatus(DirectoryStatus),
    /// Lifts the manual hold, and speaks for the directory where nobody else does.
    Activate,
    /// Moves to a role.
    SetRole(Role),
    /// Gives another user name.
    SetUserName(UserName),
    /// Sets or clears the external id.
    SetExternalId(Option<ExternalId>),
    /// Sets or clears an attribute with one value.
    SetAttribute(AttributeName, Option<Value>),
    /// Changes one list.
    EditList(ListEdit),
    /// The whole user anew.
    Replace(Box<Replacement>),
    /// Places a hold of the caller's, or gives one that stands another note and another end.
    PlaceHold {
        /// Unique for the user.
        name: HoldName,
        /// For people. Empty: that of a hold that stands stays.
        note: HoldNote,
        /// When it ends by itself, if ever.
        expiration: Option<Expiration>,
    },
    /// Lifts a hold.
    LiftHold(HoldName),
    /// Keeps by what the identity provider knows the user.
    SetSubject(Subject),
    /// Forgets by what the identity provider knows the user; the next sign-in that is admitted says it anew.
    ForgetSubject,
    /// Lifts the holds whose time has come.
    LiftExpiredHolds,
    /// Has the role follow from the groups of the user.
    FollowGroups,
    /// What the sender could not express.
    Ignored(Notice),
}

/// The whole user anew: what is absent is cleared, except user name, status and role, which
/// stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replacement {
    /// Another user name.
    pub user_name: Option<UserName>,
    /// The external id; absent clears it.
    pub external_id: Option<ExternalId>,
    /// The directory's word.
    pub directory_status: Option<DirectoryStatus>,
    /// Another role.
    pub role: Option<Role>,
    /// Replaces the profile.
    pub profile: Profile,
}

/// A user to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creation {
    /// The sign-in identifier.
    pub user_name: UserName,
    /// What it starts with, applied to a Registered, active user without a profile.
    pub changes: Vec<Change>,
}

impl Creation {
    /// The external id that the user begins with.
    pub(super) fn external_id(&self) -> Option<&ExternalId> {
        self.changes.iter().rev().find_map(|change| match change {
            Change::Replace(replacement) => replacement.external_id.as_ref(),
            Change::SetExternalId(id) => id.as_ref(),
            _ => None,
        })
    }
}

/// A valid assertion seen by the single sign-on service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// The value that identifies the user.
    pub user_name: UserName,
    /// By what the identity provider knows the user, whatever the user name has become.
    pub subject: Option<Subject>,
    /// Values to set and list elements to add; nothing is cleared.
    pub profile: Profile,
}

impl Change {
    /// The list that it edits.
    pub(super) const fn edited_list(&self) -> Option<&AttributeName> {
        match self {
            Self::EditList(edit) => Some(&edit.list),
            _ => None,
        }
    }

    /// The user name that this change asks for.
    pub fn user_name(&self) -> Option<&UserName> {
        match self {
            Self::SetUserName(name) => Some(name),
            Self::Replace(replacement) => replacement.user_name.as_ref(),
            _ => None,
        }
    }
}
