//! Role words as identity providers send them.
//!
//! Knows which words say nothing about a role; which step between roles is admitted is for the
//! core to say.

use provost_proto::v1::{ErrorReason, Ignored, Role};
use provost_scim::{Edit, Scalar, is_unexpanded};

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

/// Attributes that carry a role word, those that are meant for nothing else first.
const CARRIERS: [&str; 3] = ["stackUserType", "roles", "userType"];

/// Whether an attribute carries a role word.
pub(super) fn carries_role(path: &str) -> bool {
    CARRIERS.contains(&path)
}

/// Leaves one voice about the role: what `stackUserType` says counts before app roles, and those
/// before `userType`, which Entra keeps for something else, whatever the order. Of several app
/// roles the highest counts.
pub(super) fn with_one_voice(mut edits: Vec<Edit<'_>>) -> Vec<Edit<'_>> {
    let says = |edit: &Edit<'_>, carrier: &str| match edit {
        Edit::Set { attribute, value: Some(Scalar::Text(word)) } => {
            attribute.path == carrier && !says_nothing(word)
        }
        Edit::Set { .. } | Edit::List { .. } | Edit::Ignored { .. } => false,
    };
    let [first, second, _] = CARRIERS;
    let voice =
        [first, second].into_iter().find(|carrier| edits.iter().any(|edit| says(edit, carrier)));
    let highest = (0..edits.len()).max_by_key(|&at| rank(&edits[at]));
    let mut position = 0;
    edits.retain(|edit| {
        let here = position;
        position += 1;
        match edit {
            Edit::Set { attribute, .. } if attribute.path == second => {
                voice == Some(second) && says(edit, second) && highest == Some(here)
            }
            Edit::Set { attribute, .. } if carries_role(attribute.path) => {
                voice.is_none_or(|voice| voice == attribute.path)
            }
            Edit::Set { .. } | Edit::List { .. } | Edit::Ignored { .. } => true,
        }
    });
    edits
}

/// How high an app role stands, for one among several; what is no app role stands lowest.
fn rank(edit: &Edit<'_>) -> usize {
    match edit {
        Edit::Set { attribute, value: Some(Scalar::Text(said)) } if attribute.path == "roles" => {
            let role = ROLES.iter().position(|role| word(*role).eq_ignore_ascii_case(said.trim()));
            role.map_or(1, |position| position + 2)
        }
        Edit::Set { .. } | Edit::List { .. } | Edit::Ignored { .. } => 0,
    }
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
