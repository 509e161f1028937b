//! What a decision about one user depends on, and what comes of it. Must never decide anything.

use crate::work::Work;
use crate::{
    Action, Command, ExpectedVersion, Notice, Refusal, Role, Site, State, Timestamp, User, UserId,
    UserName,
};
use std::collections::BTreeSet;

/// A command about one user, or what of a command is about one.
pub(super) struct CommandPart<'a> {
    pub command: &'a Command,
    pub action: &'a Action,
    pub expected_version: Option<&'a ExpectedVersion>,
    /// Whether the state is to hold what comes of it.
    pub is_kept: bool,
}

/// Everything that a decision about one user depends on besides the user.
pub(super) struct UserContext<'a> {
    pub command: &'a Command,
    /// What of the command is decided.
    pub action: &'a Action,
    pub expected_version: Option<&'a ExpectedVersion>,
    pub site: &'a Site,
    pub now: Timestamp,
    pub fresh_id: &'a dyn Fn() -> UserId,
    /// Where whoever has a user name is found, and how many active Admins the site has.
    pub state: &'a State,
    /// What the command has gone through so far.
    pub work: &'a Work,
}

/// What becomes of a user that was not refused as a whole.
pub(super) struct UserDecision {
    /// The user in force; the last one for a deletion.
    pub user: User,
    pub changed: bool,
    pub created: bool,
    pub deleted: bool,
    pub notices: Vec<Notice>,
}

impl UserContext<'_> {
    /// Whether the caller expects this version. Whoever is not there yet has version 0.
    pub(super) fn check_version(&self, version: i64) -> Result<(), Refusal> {
        self.expected_version.map_or(Ok(()), |expected| expected.check("user", version))
    }

    /// Whether the role is to follow from groups, and nothing else is asked.
    pub(super) fn follows_groups(&self) -> bool {
        self.action.follows_groups()
    }

    /// The roles that the groups of a user give; none where the site has no rules.
    pub(super) fn roles_of_groups(&self, user: UserId) -> BTreeSet<Role> {
        self.state.roles_of_groups(self.site, user)
    }

    /// Who in the site has a user name.
    pub(super) fn owner(&self, name: &UserName) -> Option<&User> {
        self.state.owner(self.site.id, name)
    }
}
