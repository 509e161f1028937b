//! Role words as identity providers send them.
//!
//! Knows which words say nothing about a role; which step between roles is admitted is for the
//! core to say.

use crate::scim::{Edit, Scalar, is_unexpanded};
use provost_proto::v1::{ErrorReason, Ignored, Role};

/// Every role.
pub(super) const ROLES: [Role; 3] = [Role::Registered, Role::Moderator, Role::Admin];

/// Entra's own kinds of account, which it keeps in an attribute of the same name.
const KINDS_OF_ACCOUNT: [&str; 3] = ["Member", "Guest", "Employee"];

/// What a role word asks for.
pub(super) enum Wish {
    /// This role.
    Role(Role),
    /// Nothing, and the sender should hear of it.
    Ignored(Ignored),
    /// Nothing at all.
    Nothing,
}

/// Whether an attribute carries a role word.
pub(super) fn carries_role(path: &str) -> bool {
    matches!(path, "userType" | "stackUserType")
}

/// Whether the sender speaks of the role in the attribute that is meant for nothing else. Then
/// `userType` in the same request is about something else, whatever the order.
pub(super) fn is_said_apart(edits: &[Edit<'_>]) -> bool {
    edits.iter().any(|edit| match edit {
        Edit::Set { attribute, value: Some(Scalar::Text(word)) } => {
            attribute.path == "stackUserType" && !says_nothing(word)
        }
        Edit::Set { .. } | Edit::List { .. } | Edit::Ignored { .. } => false,
    })
}

/// Reads a role word.
pub(super) fn wish(attribute: &str, word: &str) -> Wish {
    let word = word.trim();
    if says_nothing(word) {
        return Wish::Ignored(Ignored {
            attribute: attribute.to_owned(),
            reason: ErrorReason::RoleEmpty.into(),
            message: format!(
                "{attribute} is empty or a placeholder that was not filled in, so the role is \
                 left as it is; set it to Registered, Moderator or Admin"
            ),
        });
    }
    let role = ROLES.into_iter().find(|role| self::word(*role).eq_ignore_ascii_case(word));
    match role {
        Some(role) => Wish::Role(role),
        None if KINDS_OF_ACCOUNT.iter().any(|kind| kind.eq_ignore_ascii_case(word)) => {
            Wish::Nothing
        }
        None => Wish::Ignored(Ignored {
            attribute: attribute.to_owned(),
            reason: ErrorReason::RoleUnknown.into(),
            message: format!(
                "{attribute} is \"{}\", which is no role, so the role is left as it is; use \
                 Registered, Moderator or Admin",
                word.chars().take(64).collect::<String>()
            ),
        }),
    }
}

/// The word for a role.
pub(super) const fn word(role: Role) -> &'static str {
    match role {
        Role::Unspecified | Role::Registered => "Registered",
        Role::Moderator => "Moderator",
        Role::Admin => "Admin",
    }
}

/// Empty, or a macro of the sender's that nobody expanded: `${user.custom_fields.userType}`.
fn says_nothing(word: &str) -> bool {
    word.trim().is_empty() || is_unexpanded(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_any_case_and_never_guessed() {
        for (word, role) in [
            ("Registered", Role::Registered),
            ("moderator", Role::Moderator),
            (" ADMIN ", Role::Admin),
        ] {
            assert!(matches!(wish("userType", word), Wish::Role(found) if found == role));
        }
        for word in ["", " ", "${user.custom_fields.userType}", "{$user.userType}"] {
            assert!(
                matches!(wish("userType", word), Wish::Ignored(ignored)
                if ignored.reason == i32::from(ErrorReason::RoleEmpty)),
                "{word}"
            );
        }
        assert!(matches!(wish("userType", "Contractor"), Wish::Ignored(ignored)
            if ignored.reason == i32::from(ErrorReason::RoleUnknown)));
        for word in ["Member", "guest", "Employee"] {
            assert!(matches!(wish("userType", word), Wish::Nothing), "{word}");
        }
    }
}
