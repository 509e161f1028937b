//! Commands: everything that anybody can ask. There is no other way to write.

use super::acting::OF_USER;
use super::unspoken::unspoken;
use super::{
    AccessAction, Caller, Change, ConnectionChange, ConnectionName, Creation, GroupAction,
    MetadataKey, Reason, Refusal, RequestClaim, Role, RuleRun, RunStep, SessionAction,
    SettingsChange, SignIn, SiteId, SiteName, Subject, TokenCreation, TokenId, UserId, UserName,
};

/// One intention, to be decided as a whole.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// The site it is about; absent where the action makes one.
    pub site: Option<SiteId>,
    /// By whom it is asked.
    pub caller: Caller,
    /// The token by which it is asked; absent where that is the operator's.
    pub token: Option<TokenId>,
    /// The user of the site on whose behalf it is asked, if any.
    pub on_behalf_of: Option<UserId>,
    /// What is asked.
    pub action: Action,
    /// What the caller believes of the version of what it is about, if anything.
    pub expected_version: Option<ExpectedVersion>,
    /// What makes it known when it is asked again, if its caller wants that.
    pub request: Option<RequestClaim>,
    /// Why it is asked, for people.
    pub reason: Option<String>,
    /// Decide, but keep nothing.
    pub validate_only: bool,
    /// The trace in which it is asked.
    pub trace_id: Option<String>,
}

unspoken!(
    Command: site, caller, token, on_behalf_of, action, expected_version, request, validate_only,
    trace_id
);

/// What a caller believes of the version of what a command is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExpectedVersion {
    /// It is one of these; empty where it may be any.
    pub any_of: Vec<i64>,
    /// It is none of these.
    pub none_of: Vec<i64>,
}

impl ExpectedVersion {
    /// Whether it is so, or what is told to who believed it.
    pub(super) fn check(&self, subject: &str, version: i64) -> Result<(), Refusal> {
        let Self { any_of, none_of } = self;
        let fits = any_of.is_empty() || any_of.contains(&version);
        if fits && !none_of.contains(&version) {
            return Ok(());
        }
        let instead = match any_of[..] {
            [expected] if expected >= 0 && !fits => format!("not {expected}"),
            _ => "which is not expected".to_owned(),
        };
        let refusal = Refusal::new(
            Reason::VersionMismatch,
            format!(
                "the {subject} has version {version}, {instead}; read it again and repeat the change"
            ),
        )
        .naming(MetadataKey::CurrentVersion, &version);
        let possible = any_of.iter().filter(|expected| **expected >= 0);
        let expected: Vec<_> = possible.map(ToString::to_string).collect();
        if expected.is_empty() {
            return Err(refusal);
        }
        Err(refusal.naming(MetadataKey::ExpectedVersion, &expected.join(",")))
    }
}

impl Command {
    /// What the core asks by the clock, where a hold of a user expires.
    pub fn lift_expired_holds(site: SiteId, user: UserId) -> Self {
        Self {
            site: Some(site),
            caller: Caller::Core,
            token: None,
            on_behalf_of: None,
            action: Action::ChangeUser { user, changes: vec![Change::LiftExpiredHolds] },
            expected_version: None,
            request: None,
            reason: None,
            validate_only: false,
            trace_id: None,
        }
    }

    /// What the core asks when roles are to follow from groups, of a few users at a time.
    pub fn follow_groups(run: &RuleRun, step: RunStep) -> Self {
        Self {
            site: Some(run.site),
            caller: Caller::Core,
            token: None,
            on_behalf_of: None,
            action: Action::Group(GroupAction::Follow(step)),
            expected_version: None,
            request: None,
            reason: None,
            validate_only: false,
            trace_id: run.trace_id.clone(),
        }
    }

    /// Whose the holds are that it places: the Admin's by whom or on whose behalf it is asked, or the
    /// caller's.
    pub(super) fn owner_of_holds(&self) -> String {
        match self.admin() {
            Some(user) => format!("{OF_USER}{}", user.0),
            None => self.caller.to_string(),
        }
    }

    /// Whether its caller expects this version of what it is about. What is not there yet has
    /// version 0.
    pub(super) fn check_version(&self, subject: &str, version: i64) -> Result<(), Refusal> {
        match &self.expected_version {
            Some(expected) => expected.check(subject, version),
            None => Ok(()),
        }
    }

    /// The key of the connection's token by which it is asked.
    pub(super) fn caller_token(&self) -> Option<(SiteId, TokenId)> {
        match self.caller {
            Caller::Service { .. } => None,
            Caller::Connection { .. } | Caller::Admin { .. } | Caller::Operator | Caller::Core => {
                Some((self.site?, self.token?))
            }
        }
    }

    /// The service's token by which it is asked.
    pub(super) fn service_token(&self) -> Option<TokenId> {
        match self.caller {
            Caller::Service { .. } => self.token,
            Caller::Connection { .. } | Caller::Admin { .. } | Caller::Operator | Caller::Core => {
                None
            }
        }
    }
}

/// What a command asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Applies changes to a user, in order.
    ChangeUser {
        /// The user.
        user: UserId,
        /// What is asked about it.
        changes: Vec<Change>,
    },
    /// Creates a user.
    CreateUser(Creation),
    /// Registers that a valid assertion was seen.
    RegisterSignIn(SignIn),
    /// Deletes a user.
    DeleteUser {
        /// The user.
        user: UserId,
    },
    /// Several actions about users of the site, all or nothing.
    Batch(Vec<BatchPart>),
    /// Makes a site with its first connection.
    CreateSite {
        /// Its name.
        name: SiteName,
    },
    /// Deletes the site.
    DeleteSite,
    /// Changes what connections may do in the site.
    UpdateSettings(SettingsChange),
    /// Makes a connection.
    CreateConnection {
        /// Its name.
        name: ConnectionName,
    },
    /// Has a connection understood otherwise.
    UpdateConnection(ConnectionChange),
    /// Deletes a connection and its tokens.
    DeleteConnection {
        /// Its name.
        name: ConnectionName,
    },
    /// Makes a token.
    CreateToken(TokenCreation),
    /// Revokes a token.
    RevokeToken {
        /// The token.
        token: TokenId,
    },
    /// Has the value of a token shown that is kept.
    RevealToken {
        /// The token.
        token: TokenId,
    },
    /// Something about a group.
    Group(GroupAction),
    /// Something about services.
    Access(AccessAction),
    /// Something about who is signed in.
    Session(SessionAction),
}

/// One action of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchPart {
    /// What is asked about a user who is named by id.
    pub action: Action,
    /// What the caller believes of the version of that user, if anything.
    pub expected_version: Option<ExpectedVersion>,
}

impl Action {
    /// What it consists of: itself, where it is not several.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Self> {
        let (whole, parts) = match self {
            Self::Batch(parts) => (None, parts.as_slice()),
            whole => (Some(whole), [].as_slice()),
        };
        whole.into_iter().chain(parts.iter().map(|part| &part.action))
    }

    /// Whether the role of a user is to follow from groups, and nothing else is asked.
    pub(super) fn follows_groups(&self) -> bool {
        matches!(self.changes(), [Change::FollowGroups])
    }

    /// Whether somebody is given a role by it.
    pub(super) fn sets_role(&self) -> bool {
        self.changes().iter().any(|change| match change {
            Change::SetRole(_) => true,
            Change::Replace(replacement) => replacement.role.is_some(),
            _ => false,
        })
    }

    /// The user that it names by id.
    pub(super) const fn user(&self) -> Option<UserId> {
        match self {
            Self::ChangeUser { user, .. } | Self::DeleteUser { user } => Some(*user),
            Self::CreateUser(_)
            | Self::RegisterSignIn(_)
            | Self::Batch(_)
            | Self::CreateSite { .. }
            | Self::DeleteSite
            | Self::UpdateSettings(_)
            | Self::CreateConnection { .. }
            | Self::UpdateConnection(_)
            | Self::DeleteConnection { .. }
            | Self::CreateToken(_)
            | Self::RevokeToken { .. }
            | Self::RevealToken { .. }
            | Self::Group(_)
            | Self::Access(_)
            | Self::Session(_) => None,
        }
    }

    /// Every user name that the decision may turn on.
    pub(super) fn user_names(&self) -> impl Iterator<Item = &UserName> {
        let subject = match self {
            Self::CreateUser(creation) => Some(&creation.user_name),
            Self::RegisterSignIn(sign_in) => Some(&sign_in.user_name),
            Self::ChangeUser { .. }
            | Self::DeleteUser { .. }
            | Self::Batch(_)
            | Self::CreateSite { .. }
            | Self::DeleteSite
            | Self::UpdateSettings(_)
            | Self::CreateConnection { .. }
            | Self::UpdateConnection(_)
            | Self::DeleteConnection { .. }
            | Self::CreateToken(_)
            | Self::RevokeToken { .. }
            | Self::RevealToken { .. }
            | Self::Group(_)
            | Self::Access(_)
            | Self::Session(_) => None,
        };
        subject.into_iter().chain(self.changes().iter().filter_map(Change::user_name))
    }

    /// The subject that the decision may turn on.
    pub(super) const fn subject(&self) -> Option<&Subject> {
        match self {
            Self::RegisterSignIn(sign_in) => sign_in.subject.as_ref(),
            _ => None,
        }
    }

    /// Whether somebody becomes an Admin by it.
    pub(super) fn makes_admin(&self) -> bool {
        self.changes().iter().any(|change| match change {
            Change::SetRole(role) => *role == Role::Admin,
            Change::Replace(replacement) => replacement.role == Some(Role::Admin),
            _ => false,
        })
    }

    pub(super) fn changes(&self) -> &[Change] {
        match self {
            Self::ChangeUser { changes, .. } => changes,
            Self::CreateUser(creation) => &creation.changes,
            Self::RegisterSignIn(_)
            | Self::DeleteUser { .. }
            | Self::Batch(_)
            | Self::CreateSite { .. }
            | Self::DeleteSite
            | Self::UpdateSettings(_)
            | Self::CreateConnection { .. }
            | Self::UpdateConnection(_)
            | Self::DeleteConnection { .. }
            | Self::CreateToken(_)
            | Self::RevokeToken { .. }
            | Self::RevealToken { .. }
            | Self::Group(_)
            | Self::Access(_)
            | Self::Session(_) => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expectation_is_met_or_told_with_what_was_expected() {
        let check = |any_of: &[i64], none_of: &[i64]| {
            let expected = ExpectedVersion { any_of: any_of.to_vec(), none_of: none_of.to_vec() };
            expected.check("user", 3).map_err(|refusal| refusal.message)
        };
        for (any_of, none_of) in [(&[][..], &[][..]), (&[3], &[]), (&[2, 3], &[4]), (&[], &[4])] {
            assert_eq!(check(any_of, none_of), Ok(()), "{any_of:?} {none_of:?}");
        }
        assert!(check(&[2], &[]).unwrap_err().contains("version 3, not 2;"));
        // Several, none that can be, and what it must not be have no number to tell.
        for (any_of, none_of) in [(&[1, 2][..], &[][..]), (&[-1], &[]), (&[3], &[3]), (&[], &[3])] {
            let message = check(any_of, none_of).unwrap_err();
            assert!(message.contains("which is not expected"), "{any_of:?} {none_of:?}: {message}");
        }
        // 0 is a version too: that of what is not there yet.
        assert!(check(&[0], &[]).unwrap_err().contains("version 3, not 0;"));
    }

    #[test]
    fn what_was_expected_is_told_to_machines_as_far_as_it_can_be_a_version() {
        for (any_of, told) in [(&[-1, 0, 2][..], Some("0,2")), (&[1], Some("1")), (&[-1], None)] {
            let expected = ExpectedVersion { any_of: any_of.to_vec(), none_of: Vec::new() };
            let metadata = expected.check("user", 3).unwrap_err().metadata;
            assert!(metadata.contains(&(MetadataKey::CurrentVersion, "3".to_owned())));
            let found = metadata.iter().find(|(key, _)| *key == MetadataKey::ExpectedVersion);
            assert_eq!(found.map(|(_, value)| value.as_str()), told, "{any_of:?}");
        }
    }

    #[test]
    fn a_command_has_the_version_checked_that_its_caller_expects() {
        let mut command = Command::lift_expired_holds(SiteId(7), UserId(uuid::Uuid::nil()));
        for (any_of, good) in [(None, true), (Some(vec![3]), true), (Some(vec![2]), false)] {
            command.expected_version =
                any_of.map(|any_of| ExpectedVersion { any_of, ..ExpectedVersion::default() });
            assert_eq!(command.check_version("user", 3).is_ok(), good);
        }
    }
}
