//! The one table from the contract's reasons to SCIM errors.
//!
//! Never 401 or 403 for what the site's policy refuses: identity providers read those as bad
//! credentials and stop the whole sync.

use super::vocabulary::Vocabulary;
use provost_proto::v1::ErrorReason;
use provost_scim::{ScimError, ScimType};
use strum::IntoEnumIterator as _;

/// A refusal of the core's as SCIM tells it.
pub fn problem(reason: ErrorReason, message: &str) -> ScimError {
    let (status, scim_type) = row(reason);
    let detail = match reason {
        ErrorReason::ScimDisabled => SCIM_IS_OFF.to_owned(),
        ErrorReason::RequestIdReused => KEY_IS_REUSED.to_owned(),
        ErrorReason::ValueInvalid | ErrorReason::LimitExceeded | ErrorReason::FilterInvalid => {
            about_an_attribute(message).unwrap_or_else(|| sentence(message))
        }
        _ => sentence(told(reason, message)),
    };
    let error = ScimError { scim_type, ..ScimError::new(status, detail) };
    match reason {
        ErrorReason::UserNameTaken => error.without_values(NAME_IS_TAKEN),
        ErrorReason::GroupNameTaken => error.without_values(GROUP_NAME_IS_TAKEN),
        ErrorReason::MemberNotFound => error.without_values(MEMBERS_ARE_UNKNOWN),
        _ => error,
    }
}

/// Every published reason with its HTTP status and keyword; for the documentation and its tests.
pub fn published_problems() -> Vec<(ErrorReason, u16, Option<ScimType>)> {
    ErrorReason::iter()
        .map(|reason| {
            let (status, scim_type) = row(reason);
            (reason, status, scim_type)
        })
        .collect()
}

/// The one sentence in which the admin is told of a place that only this side has a word for.
const SCIM_IS_OFF: &str = "The token is good, but SCIM is switched off for this site. Switch it on \
    in the site's SCIM settings, with the site's name: provost site settings set --site NAME \
    --enabled true.";

/// What the contract calls the id of a request is a header here.
const KEY_IS_REUSED: &str = "The Idempotency-Key came with another request before. Send a new key, \
    or repeat that request as it was.";

/// The sentence of a refusal or a notice, in words of this side where it has its own for what to do.
pub(super) const fn told(reason: ErrorReason, message: &str) -> &str {
    match reason {
        ErrorReason::StatusNotInCharge => STATUS_NOT_IN_CHARGE,
        ErrorReason::UserNotFound => NO_SUCH_USER,
        ErrorReason::GroupNotFound => NO_SUCH_GROUP,
        ErrorReason::PageTokenInvalid => CURSOR_INVALID,
        ErrorReason::PageTokenExpired => CURSOR_EXPIRED,
        _ => message,
    }
}

/// What comes by SCIM is always the directory's word.
const STATUS_NOT_IN_CHARGE: &str = "the status stays as it is: this site is in charge of it, not the \
    directory; take active out of the attribute mapping, or have an administrator of the site change \
    status_authority";

/// A client that goes by ids which it remembers looks the other way.
const NO_SUCH_USER: &str = "there is no such user in this site; look the user up by userName, or create \
    the user";
const NO_SUCH_GROUP: &str = "there is no such group in this site; look the group up by displayName, or \
    create the group";

/// What the contract calls the token of a page is a cursor here.
const CURSOR_INVALID: &str = "the cursor does not belong to this request; repeat the request that it came \
    with, filter and order included, or begin again with an empty cursor";
const CURSOR_EXPIRED: &str = "the cursor is older than a day; begin again with an empty cursor";

/// Whoever looks why a request failed need not be told the user name.
const NAME_IS_TAKEN: &str = "The user name belongs to a user of this site already.";
/// Nor what a group is called.
const GROUP_NAME_IS_TAKEN: &str = "The display name belongs to a group of this site already.";
/// Nor what stood in the place of ids, which may be names.
const MEMBERS_ARE_UNKNOWN: &str = "Members of the group are no users of this site.";

const fn row(reason: ErrorReason) -> (u16, Option<ScimType>) {
    use ErrorReason as R;
    match reason {
        R::TokenMissing | R::TokenInvalid | R::CertificateInvalid => (401, None),
        R::ScimDisabled
        | R::CallerNotPermitted
        | R::GrantMissing
        | R::ActorNotPermitted
        | R::SignInRefused => (403, None),
        R::TooManyFailedTokens | R::SiteBusy | R::TooManyWatches => (429, None),
        R::SiteNotFound
        | R::UserNotFound
        | R::GroupNotFound
        | R::ConnectionNotFound
        | R::TokenNotFound
        | R::EventNotFound
        | R::ServiceNotFound
        | R::CertificateNotFound
        | R::ConsumerNotFound => (404, None),
        R::UserNameTaken | R::GroupNameTaken => (409, Some(ScimType::Uniqueness)),
        R::SiteExists
        | R::ConnectionExists
        | R::TokenExists
        | R::TokenNameTaken
        | R::TokenIdTaken
        | R::OutcomeUnreadable
        | R::ServiceExists
        | R::CertificateExists => (409, None),
        R::VersionMismatch => (412, None),
        R::RequestIdReused => (422, None),
        R::CreationRefused | R::DeletionRefused => (501, None),
        R::ModeratorPromotionClosed
        | R::AdminPromotionClosed
        | R::DefaultNotDeletable
        | R::LastAdmin
        | R::UserProtected
        | R::HoldNotOwned
        | R::SubjectMismatch
        | R::StatusNotInCharge
        | R::SingleSignOnRequired
        | R::CursorDiverged
        | R::CursorAhead
        | R::CursorTrimmed
        | R::HoldInForce
        | R::DirectoryInactive
        | R::TokenValueNotKept
        | R::UserLinked => (400, Some(ScimType::Mutability)),
        R::RoleUnknown
        | R::RoleEmpty
        | R::AttributeNotKept
        | R::ValueInvalid
        | R::LimitExceeded
        | R::CursorInvalid
        | R::MemberNotFound
        | R::TokenWeak => (400, Some(ScimType::InvalidValue)),
        R::PageTokenInvalid => (400, Some(ScimType::InvalidCursor)),
        R::PageTokenExpired => (400, Some(ScimType::ExpiredCursor)),
        R::NoTarget => (400, Some(ScimType::NoTarget)),
        R::TooMuchWork => (413, Some(ScimType::TooMany)),
        R::FilterInvalid => (400, Some(ScimType::InvalidFilter)),
        R::StoreUnavailable
        | R::CoreStopping
        | R::RoleHistoryPending
        | R::StrictReadingRequired
        | R::IdentityProviderFailed => (503, None),
        R::DeadlinePassed => (504, None),
        R::Unspecified | R::Internal => (500, None),
    }
}

/// The sentence of a message that begins with the contract's name of an attribute, in SCIM's word for it.
fn about_an_attribute(message: &str) -> Option<String> {
    let (name, rest) = message.split_once(' ')?;
    let attribute = Vocabulary::user().attribute(name)?;
    Some(format!("{attribute} {rest}."))
}

/// The core writes clauses; SCIM's details are sentences. The name of an attribute stays as it is
/// also at the beginning of one.
pub(super) fn sentence(message: &str) -> String {
    let first_word = message.split(' ').next().unwrap_or_default();
    let is_name =
        first_word.contains(|letter: char| letter.is_uppercase() || "._".contains(letter));
    let mut letters = message.chars();
    let mut sentence = String::with_capacity(message.len() + 1);
    match letters.next() {
        Some(first) if !is_name => sentence.extend(first.to_uppercase()),
        first => sentence.extend(first),
    }
    sentence.push_str(letters.as_str());
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_become_sentences_and_names_stay() {
        for (clause, told) in [
            ("there is no such user", "There is no such user."),
            ("userType is no role.", "userType is no role."),
            ("ada@example.com is protected", "ada@example.com is protected."),
            ("", "."),
        ] {
            assert_eq!(sentence(clause), told);
        }
    }

    /// What the documentation publishes. Every reason of the contract has a line, because the
    /// table matches without a wildcard.
    #[test]
    fn the_table_is_as_published() {
        let lines = published_problems().into_iter().map(|(reason, status, scim_type)| {
            let scim_type = serde_json::to_string(&scim_type).unwrap().replace('"', "");
            let reason = reason.name();
            format!("{reason:26} {status} {}", scim_type.replace("null", "-"))
        });
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!("problems", lines.collect::<Vec<_>>().join("\n"));
        });
    }

    #[test]
    fn what_a_client_wrote_is_not_told_to_others() {
        for reason in
            [ErrorReason::UserNameTaken, ErrorReason::GroupNameTaken, ErrorReason::MemberNotFound]
        {
            let error = problem(reason, "jo@example.com is in the way");
            assert!(error.detail.contains("jo@example.com"));
            assert!(!error.without_values.unwrap().contains("jo@example.com"), "{reason:?}");
        }
    }

    #[test]
    fn no_reason_is_left_out_of_the_table() {
        let published = published_problems().into_iter().map(|(reason, ..)| reason).max();
        let beyond = (0..10_000).filter_map(|number| ErrorReason::try_from(number).ok()).max();
        assert_eq!(published, beyond);
    }

    /// What a site's policy refuses must not look like bad credentials (`ms_quar`).
    #[test]
    fn only_the_callers_credentials_are_answered_with_401_and_403() {
        for (reason, status, _) in published_problems() {
            let credentials = matches!(
                reason,
                ErrorReason::TokenMissing
                    | ErrorReason::TokenInvalid
                    | ErrorReason::CertificateInvalid
                    | ErrorReason::ScimDisabled
                    | ErrorReason::CallerNotPermitted
                    | ErrorReason::GrantMissing
                    | ErrorReason::ActorNotPermitted
                    | ErrorReason::SignInRefused
            );
            assert_eq!(matches!(status, 401 | 403), credentials, "{reason:?}");
        }
    }

    #[test]
    fn attributes_are_called_as_scim_calls_them() {
        let detail = |message| problem(ErrorReason::LimitExceeded, message).detail;
        for (message, told) in [
            ("title is long; shorten it", "title is long; shorten it."),
            ("given_name is long; shorten it", "name.givenName is long; shorten it."),
            ("x509_certificates has many elements", "x509Certificates has many elements."),
            ("the external id is long", "The external id is long."),
        ] {
            assert_eq!(detail(message), told);
        }
        let protected = problem(ErrorReason::UserProtected, "nick_name is protected").detail;
        assert_eq!(protected, "nick_name is protected.");
    }

    #[test]
    fn clauses_become_sentences() {
        let detail = |message| problem(ErrorReason::ValueInvalid, message).detail;
        assert_eq!(detail("the title is long"), "The title is long.");
        assert_eq!(detail("Über. Already one."), "Über. Already one.");
    }
}
