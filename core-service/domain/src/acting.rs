//! Acting for users: what an Admin of a site may ask, through somebody else's call or signed in by
//! themselves.
//!
//! Whoever calls may ask as much as that user may, and no more.

use super::{
    Action, Caller, Command, Reason, Refusal, SessionAction, SessionKind, User, UserId,
    for_the_operator,
};

/// How the owner of a hold is written that an Admin placed, before the id.
pub(super) const OF_USER: &str = "user:";

/// Whether anybody may ask on behalf of this user of the site, as far as there is one.
pub fn admit_acting(user: Option<&User>) -> Result<(), Refusal> {
    if user.is_some_and(User::is_active_admin) {
        return Ok(());
    }
    Err(Refusal::about(
        Reason::ActorNotPermitted,
        "on_behalf_of",
        "the user in on_behalf_of is no active Admin of this site; name one who is, or leave it out",
    ))
}

/// What a connection is told that names a user.
pub fn connections_act_for_nobody() -> Refusal {
    let message = "a connection asks on behalf of nobody; leave on_behalf_of out";
    Refusal::about(Reason::ActorNotPermitted, "on_behalf_of", message)
}

/// What an Admin is told who is signed in and names a user.
pub fn admins_act_for_nobody() -> Refusal {
    let message = "who is signed in asks for themselves; leave on_behalf_of out";
    Refusal::about(Reason::ActorNotPermitted, "on_behalf_of", message)
}

/// Whether somebody whom the site's identity provider knows may sign in to manage it, as far as there is
/// such a user.
pub fn admit_admin(user: Option<&User>) -> Result<&User, Refusal> {
    let message = match user {
        Some(user) if user.is_active_admin() => return Ok(user),
        Some(_) => {
            "you are no active Admin of this site; have an Admin or the operator look at your role and \
             status"
        }
        None => {
            "no user of this site has the user name that the identity provider gives to you; have an \
             Admin or the operator look at both"
        }
    };
    Err(Refusal::new(Reason::ActorNotPermitted, message))
}

impl Command {
    /// The Admin by whom or on whose behalf it is asked, if there is one.
    pub(super) const fn admin(&self) -> Option<UserId> {
        match self.caller {
            Caller::Admin { user } => Some(user),
            Caller::Connection { .. }
            | Caller::Service { .. }
            | Caller::Operator
            | Caller::Core => self.on_behalf_of,
        }
    }
}

impl Action {
    /// Whether an Admin may ask it who is signed in: what they manage, and their own session.
    pub(super) fn admit_signed_in(&self) -> Result<(), Refusal> {
        let is_own = matches!(
            self,
            Self::Session(
                SessionAction::Create { kind: SessionKind::SignedIn, code: None, .. }
                    | SessionAction::End { .. }
            )
        );
        if is_own || self.is_for_admins() {
            return Ok(());
        }
        Err(for_the_operator("sign in with the operator's token"))
    }

    /// Whether Admins manage it in their site: users, groups, settings, connections and tokens.
    fn is_for_admins(&self) -> bool {
        match self {
            Self::ChangeUser { .. }
            | Self::CreateUser(_)
            | Self::DeleteUser { .. }
            | Self::UpdateSettings(_)
            | Self::CreateConnection { .. }
            | Self::UpdateConnection(_)
            | Self::DeleteConnection { .. }
            | Self::CreateToken(_)
            | Self::RevokeToken { .. }
            | Self::RevealToken { .. }
            | Self::Group(_) => true,
            Self::Batch(parts) => parts.iter().all(|part| part.action.is_for_admins()),
            Self::RegisterSignIn(_)
            | Self::CreateSite { .. }
            | Self::DeleteSite
            | Self::Access(_)
            | Self::Session(_) => false,
        }
    }

    /// Whether it may be asked on behalf of a user at all.
    pub(super) fn admit_acting(&self) -> Result<(), Refusal> {
        if self.is_for_admins() {
            return Ok(());
        }
        Err(Refusal::about(
            Reason::ActorNotPermitted,
            "on_behalf_of",
            "this is asked on behalf of nobody: an Admin manages users, groups, settings, connections \
             and tokens of their site; leave on_behalf_of out",
        ))
    }
}
