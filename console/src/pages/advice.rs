//! What an admin can do about something that was asked and not done, by the reason of it.
//!
//! Sentences of the core say what happened. What stands here is the way on, from this console. Must never
//! decide what is refused.

/// A way on.
pub struct Advice {
    /// One sentence.
    pub sentence: &'static str,
    /// The page of the site where that is done: the end of its path. Empty: it is done elsewhere.
    pub page: &'static str,
}

/// Reasons of the contract and keywords of RFC 7644 section 3.12, each with a sentence and a page.
const WAYS: &[(&str, &str, &str)] = &[
    ("TOKEN_MISSING", "Check that a proxy in front passes the header Authorization on.", ""),
    ("TOKEN_INVALID", "Make a new token here, and enter it at the identity provider.", "settings"),
    ("SCIM_DISABLED", "Switch SCIM on.", "settings"),
    (
        "CALLER_NOT_PERMITTED",
        "A SCIM token can't do this. Switch it off at the identity provider.",
        "",
    ),
    (
        "USER_NOT_FOUND",
        "The user never signed in here, or was deleted. People come at their first sign-in unless SCIM \
         may create users.",
        "settings",
    ),
    (
        "USER_NAME_TAKEN",
        "Have the identity provider link to the user who is here. Most do so by themselves.",
        "",
    ),
    ("VERSION_MISMATCH", "Somebody else was faster. The next sync settles it.", ""),
    (
        "CREATION_REFUSED",
        "Let SCIM create users, or switch creation off at the identity provider.",
        "settings",
    ),
    (
        "DELETION_REFUSED",
        "Let SCIM delete or deactivate users, or switch deletion off at the identity provider.",
        "settings",
    ),
    (
        "MODERATOR_PROMOTION_CLOSED",
        "Allow Moderator promotion, or correct the user's userType over there.",
        "settings",
    ),
    (
        "ADMIN_PROMOTION_CLOSED",
        "Allow Admin promotion, or correct the user's userType over there.",
        "settings",
    ),
    ("LAST_ADMIN", "Make somebody else an active Admin first, then have it sent again.", "people"),
    (
        "USER_PROTECTED",
        "Take the user out of the protected accounts, or out of the assignment over there.",
        "settings",
    ),
    ("HOLD_NOT_OWNED", "Ask whoever placed the hold, or lift it here.", "people"),
    (
        "STATUS_NOT_IN_CHARGE",
        "Change the status on the side that is in charge, or choose the other side.",
        "settings",
    ),
    (
        "SUBJECT_MISMATCH",
        "Two people share a user name. Correct it at the identity provider, or have the subject \
         forgotten.",
        "",
    ),
    ("HOLD_IN_FORCE", "The account is active again when its last hold is lifted.", "people"),
    ("DIRECTORY_INACTIVE", "Activate the user at the identity provider.", ""),
    (
        "ROLE_UNKNOWN",
        "Correct the mapping of userType to Registered, Moderator or Admin.",
        "guides",
    ),
    ("ROLE_EMPTY", "Fill userType in over there, or stop sending it.", "guides"),
    ("ATTRIBUTE_NOT_KEPT", "Harmless. Take it out of the attribute mapping.", ""),
    ("VALUE_INVALID", "Correct the mapping of that attribute.", "guides"),
    ("LIMIT_EXCEEDED", "Have less sent in one request.", ""),
    ("TOO_MUCH_WORK", "Have fewer changes sent in one request.", ""),
    (
        "NO_TARGET",
        "Map the whole element, such as an e-mail's value, before what belongs to it.",
        "",
    ),
    ("FILTER_INVALID", "Match users by userName, externalId or emails.value.", "guides"),
    (
        "SITE_BUSY",
        "Nothing has to be done: it is sent again. Lower the rate over there if it stays.",
        "",
    ),
    ("STORE_UNAVAILABLE", "Tell the operator if it stays: the database can't be reached.", ""),
    ("DEADLINE_PASSED", "Nothing has to be done: it is sent again.", ""),
    ("INTERNAL", "Give the operator the trace id.", ""),
    ("invalidFilter", "Match users by userName, externalId or emails.value.", "guides"),
    ("invalidPath", "Correct the target attribute in the mapping.", "guides"),
    ("invalidSyntax", "What was sent is not what SCIM defines. Compare with the guide.", "guides"),
    ("invalidValue", "Correct the mapping of that attribute.", "guides"),
    ("mutability", "Take it out of the attribute mapping.", "guides"),
    ("noTarget", "Name the attribute in the mapping.", "guides"),
    ("tooMany", "Have less sent in one request.", ""),
    ("uniqueness", "Have the identity provider link to the user who is here.", ""),
];

impl Advice {
    /// What to do about something that was not done for this reason; none where nothing is known.
    pub fn about(reason: &str) -> Option<Self> {
        let (_, sentence, page) = WAYS.iter().find(|(known, ..)| *known == reason)?;
        Some(Self { sentence, page })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_proto::v1::ErrorReason;
    use std::collections::BTreeSet;

    const JUDGED: [ErrorReason; 15] = [
        ErrorReason::CreationRefused,
        ErrorReason::DeletionRefused,
        ErrorReason::ModeratorPromotionClosed,
        ErrorReason::AdminPromotionClosed,
        ErrorReason::LastAdmin,
        ErrorReason::UserProtected,
        ErrorReason::HoldNotOwned,
        ErrorReason::StatusNotInCharge,
        ErrorReason::SubjectMismatch,
        ErrorReason::RoleUnknown,
        ErrorReason::HoldInForce,
        ErrorReason::DirectoryInactive,
        ErrorReason::RoleEmpty,
        ErrorReason::AttributeNotKept,
        ErrorReason::ValueInvalid,
    ];

    #[test]
    fn there_is_a_way_on_from_whatever_an_event_can_tell_of() {
        for reason in JUDGED {
            assert!(Advice::about(reason.name()).is_some(), "{}", reason.name());
        }
        assert!(Advice::about("OF_A_LATER_VERSION").is_none());
    }

    #[test]
    fn every_way_begins_at_a_reason_that_there_is_and_ends_at_a_page() {
        let names: BTreeSet<_> = WAYS.iter().map(|(name, ..)| name).collect();
        assert_eq!(names.len(), WAYS.len());
        for (name, sentence, page) in WAYS {
            let is_keyword = name.starts_with(char::is_lowercase);
            assert!(is_keyword || ErrorReason::from_name(name).is_some(), "{name}");
            assert!(sentence.ends_with('.'), "{sentence}");
            assert!(["", "settings", "guides", "people"].contains(page), "{page}");
        }
    }
}
