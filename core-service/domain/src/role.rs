//! Roles, and which steps between them a site's switches admit.

use super::{ConnectionPolicy, MetadataKey, Reason, Refusal};
use serde::{Deserialize, Serialize};

/// Privileges, each including those before it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum Role {
    /// An ordinary user.
    #[default]
    Registered,
    /// Has every privilege of Registered, and moderates.
    Moderator,
    /// Has every privilege of Moderator, and administers the site.
    Admin,
}

impl Role {
    /// All roles, lowest first.
    pub const ALL: [Self; 3] = [Self::Registered, Self::Moderator, Self::Admin];

    /// The word for the role, the same everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "Registered",
            Self::Moderator => "Moderator",
            Self::Admin => "Admin",
        }
    }
}

/// Whether a connection may move a user from one role to another: for every privileged role that
/// is left or entered, that role's switch must be open.
pub(super) fn admit_step(from: Role, to: Role, policy: &ConnectionPolicy) -> Result<(), Refusal> {
    if from == to {
        return Ok(());
    }
    match [to, from].into_iter().find_map(|role| closed_switch(role, policy)) {
        None => Ok(()),
        Some((reason, switch)) => Err(Refusal::about(
            reason,
            "role",
            format!(
                "the role stays {}: the step from {} to {} needs the switch {switch}, which is \
                 off for this site; an administrator of the site can switch it on",
                from.as_str(),
                from.as_str(),
                to.as_str(),
            ),
        )
        .naming(MetadataKey::Setting, switch)
        .naming(MetadataKey::CurrentRole, from.as_str())
        .naming(MetadataKey::RequestedRole, to.as_str())),
    }
}

fn closed_switch(role: Role, policy: &ConnectionPolicy) -> Option<(Reason, &'static str)> {
    match role {
        Role::Moderator if !policy.allow_moderator_promotion => {
            Some((Reason::ModeratorPromotionClosed, "allow_moderator_promotion"))
        }
        Role::Admin if !policy.allow_admin_promotion => {
            Some((Reason::AdminPromotionClosed, "allow_admin_promotion"))
        }
        Role::Registered | Role::Moderator | Role::Admin => None,
    }
}
