//! Acting for users: what an Admin of a site may ask through somebody else's call.
//!
//! Whoever calls may ask as much as that user may, and no more.

use super::{Action, Reason, Refusal, User};

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

impl Action {
    /// Whether Admins manage it in their site: users, groups, settings, connections and tokens.
    fn is_for_admins(&self) -> bool {
        match self {
            Self::ChangeUser { .. }
            | Self::CreateUser(_)
            | Self::DeleteUser { .. }
            | Self::UpdateSettings(_)
            | Self::CreateConnection { .. }
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
