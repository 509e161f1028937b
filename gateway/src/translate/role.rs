//! Role words as identity providers send them.
//!
//! Knows which words say nothing about a role; which step between roles is admitted is for the
//! core to say.

use super::vocabulary::{Meaning, Vocabulary};
use provost_proto::v1::{ErrorReason, Ignored, Role};
use provost_scim::{Edit, ScimValue, is_unexpanded};

/// Every role.
pub(super) const ROLES: [Role; 3] = [Role::Registered, Role::Moderator, Role::Admin];

/// Entra's own kinds of account, which it keeps in an attribute of the same name.
const KINDS_OF_ACCOUNT: [&str; 3] = ["Member", "Guest", "Employee"];

/// Where a role word comes from; the sources that are meant for nothing else first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RoleSource {
    /// `stackUserType`
    StackUserType,
    /// `roles`
    AppRoles,
    /// `userType`, which Entra keeps for something else.
    UserType,
}

impl RoleSource {
    /// The attribute, in SCIM's words.
    const fn as_str(self) -> &'static str {
        match self {
            Self::StackUserType => "stackUserType",
            Self::AppRoles => "roles",
            Self::UserType => "userType",
        }
    }
}

/// What a role word asks for.
pub(super) enum RoleIntent {
    /// This role.
    Role(Role),
    /// Nothing, and the sender should hear of it.
    Ignored(Ignored),
    /// Nothing at all.
    Nothing,
}

/// Leaves one source of the role: what `stackUserType` says counts before app roles, and those
/// before `userType`, whatever the order. Of several app roles the highest counts; those that are
/// no role at all were given to the person for something else, and leave `userType` its say.
pub(super) fn resolve_role_sources<'a>(
    vocabulary: &Vocabulary<'_>,
    mut edits: Vec<Edit<'a>>,
) -> Vec<Edit<'a>> {
    let source = |edit: &Edit<'_>| match edit {
        Edit::Set { attribute, .. } => match vocabulary.meaning(attribute) {
            Meaning::Role(source) => Some(source),
            Meaning::UserName | Meaning::ExternalId | Meaning::Active | Meaning::Profile => None,
        },
        Edit::List { .. } | Edit::Ignored { .. } => None,
    };
    let says_something = |edit: &Edit<'_>| {
        word(edit).is_some_and(|word| match source(edit) {
            Some(RoleSource::AppRoles) => role(word).is_some(),
            _ => !says_nothing(word),
        })
    };
    let sources = edits.iter().filter(|edit| says_something(edit)).filter_map(source);
    let decisive = sources.min().filter(|source| *source < RoleSource::UserType);
    let app_role = |at: &usize| source(&edits[*at]) == Some(RoleSource::AppRoles);
    let highest = (0..edits.len()).filter(app_role).max_by_key(|at| rank(&edits[*at]));
    let mut position = 0;
    edits.retain(|edit| {
        let here = position;
        position += 1;
        match source(edit) {
            Some(RoleSource::AppRoles) => {
                decisive.is_none_or(|decisive| decisive == RoleSource::AppRoles)
                    && highest == Some(here)
                    && rank(edit) > 0
            }
            Some(source) => decisive.is_none_or(|decisive| decisive == source),
            None => true,
        }
    });
    edits
}

fn word<'e>(edit: &'e Edit<'_>) -> Option<&'e str> {
    match edit {
        Edit::Set { value, .. } => value.as_ref().and_then(ScimValue::as_text),
        Edit::List { .. } | Edit::Ignored { .. } => None,
    }
}

/// How high an app role stands, for one among several; what is no role stands lowest, and what
/// says nothing below that.
fn rank(edit: &Edit<'_>) -> usize {
    let Some(word) = word(edit).filter(|word| !says_nothing(word)) else {
        return 0;
    };
    role(word).and_then(|role| ROLES.iter().position(|known| *known == role)).map_or(1, |at| at + 2)
}

fn role(word: &str) -> Option<Role> {
    ROLES.into_iter().find(|role| as_str(*role).eq_ignore_ascii_case(word.trim()))
}

impl RoleIntent {
    /// Reads a role word.
    pub(super) fn read(source: RoleSource, word: &str) -> Self {
        let (attribute, word) = (source.as_str(), word.trim());
        if says_nothing(word) {
            return Self::Ignored(Ignored {
                attribute: attribute.to_owned(),
                reason: ErrorReason::RoleEmpty.into(),
                message: format!(
                    "{attribute} is empty or a placeholder that was not filled in, so the role \
                     is left as it is; set it to Registered, Moderator or Admin"
                ),
            });
        }
        match role(word) {
            Some(role) => Self::Role(role),
            None if KINDS_OF_ACCOUNT.iter().any(|kind| kind.eq_ignore_ascii_case(word)) => {
                Self::Nothing
            }
            // An app role that is kept like any other, whatever it is meant for.
            None if source == RoleSource::AppRoles => Self::Nothing,
            None => Self::Ignored(Ignored {
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
}

/// The word for a role.
pub(super) const fn as_str(role: Role) -> &'static str {
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
            assert!(
                matches!(RoleIntent::read(RoleSource::UserType, word), RoleIntent::Role(found) if found == role)
            );
        }
        for word in ["", " ", "${user.custom_fields.userType}", "{$user.userType}"] {
            assert!(
                matches!(RoleIntent::read(RoleSource::UserType, word), RoleIntent::Ignored(ignored)
                if ignored.reason == i32::from(ErrorReason::RoleEmpty)),
                "{word}"
            );
        }
        assert!(
            matches!(RoleIntent::read(RoleSource::UserType, "Contractor"), RoleIntent::Ignored(ignored)
            if ignored.reason == i32::from(ErrorReason::RoleUnknown))
        );
        for word in ["Member", "guest", "Employee"] {
            assert!(
                matches!(RoleIntent::read(RoleSource::UserType, word), RoleIntent::Nothing),
                "{word}"
            );
        }
    }
}
