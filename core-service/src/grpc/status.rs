//! The one table from reasons to what the contract publishes: gRPC code and `ErrorReason`.

use crate::trace::Call;
use crate::{Failure, StoreError};
use provost_domain::{MetadataKey, Reason, Refusal};
use provost_proto::ERROR_DOMAIN;
use provost_proto::limits::LimitExceeded;
use provost_proto::v1::ErrorReason;
use provost_telemetry::record_reason;
use std::collections::HashMap;
use std::time::Duration;
use strum::IntoEnumIterator as _;
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// After which time what was not done for want of time or of a database may be tried again.
const RETRY_DELAY: Duration = Duration::from_secs(5);
/// The metadata key for what a refusal is about, where that is one field.
const ATTRIBUTE: &str = "attribute";
/// The metadata key for the trace that the log tells more of.
const TRACE_ID: &str = "trace_id";

/// Every reason of the law with what is published for it; for the documentation and its tests.
pub fn published_reasons() -> Vec<(Reason, Code, ErrorReason)> {
    Reason::iter().map(|reason| (reason, code(reason), published(reason))).collect()
}

/// What the metadata of errors with a published reason may say, besides `attribute`, which a refusal
/// about one field has.
pub fn published_metadata(reason: ErrorReason) -> Vec<&'static str> {
    if reason == ErrorReason::Internal {
        return vec![TRACE_ID];
    }
    let of_law = Reason::iter().find(|own| published(*own) == reason);
    of_law.map_or(&[][..], Reason::metadata).iter().map(|key| key.as_str()).collect()
}

/// The code of a reason.
pub(super) const fn code(reason: Reason) -> Code {
    match reason {
        Reason::TokenMissing | Reason::TokenInvalid | Reason::CertificateInvalid => {
            Code::Unauthenticated
        }
        Reason::ConnectionsDisabled
        | Reason::CallerNotPermitted
        | Reason::GrantMissing
        | Reason::ActorNotPermitted
        | Reason::SignInRefused => Code::PermissionDenied,
        Reason::SiteNotFound
        | Reason::UserNotFound
        | Reason::GroupNotFound
        | Reason::ConnectionNotFound
        | Reason::TokenNotFound
        | Reason::EventNotFound
        | Reason::ServiceNotFound
        | Reason::CertificateNotFound
        | Reason::ConsumerNotFound => Code::NotFound,
        Reason::UserNameTaken
        | Reason::GroupNameTaken
        | Reason::SiteExists
        | Reason::ConnectionExists
        | Reason::TokenExists
        | Reason::TokenNameTaken
        | Reason::TokenIdTaken
        | Reason::ServiceExists
        | Reason::CertificateExists
        | Reason::RequestIdReused => Code::AlreadyExists,
        Reason::VersionMismatch => Code::Aborted,
        Reason::CreationRefused
        | Reason::DeletionRefused
        | Reason::ModeratorPromotionClosed
        | Reason::AdminPromotionClosed
        | Reason::DefaultNotDeletable
        | Reason::LastAdmin
        | Reason::UserProtected
        | Reason::HoldNotOwned
        | Reason::SubjectMismatch
        | Reason::StatusNotInCharge
        | Reason::SingleSignOnRequired
        | Reason::CursorDiverged
        | Reason::CursorAhead
        | Reason::CursorTrimmed
        | Reason::HoldInForce
        | Reason::DirectoryInactive
        | Reason::TokenValueNotKept
        | Reason::UserLinked
        | Reason::OutcomeUnreadable
        | Reason::IdentityProviderFailed
        | Reason::NoTarget => Code::FailedPrecondition,
        Reason::RoleUnknown
        | Reason::RoleEmpty
        | Reason::AttributeNotKept
        | Reason::ValueInvalid
        | Reason::FilterInvalid
        | Reason::LimitExceeded
        | Reason::TooMuchWork
        | Reason::PageTokenInvalid
        | Reason::PageTokenExpired
        | Reason::CursorInvalid
        | Reason::MemberNotFound
        | Reason::TokenWeak => Code::InvalidArgument,
        Reason::TooManyWatches => Code::ResourceExhausted,
    }
}

/// The published name of a reason.
pub(super) const fn published(reason: Reason) -> ErrorReason {
    match reason {
        Reason::TokenMissing => ErrorReason::TokenMissing,
        Reason::TokenInvalid => ErrorReason::TokenInvalid,
        Reason::CertificateInvalid => ErrorReason::CertificateInvalid,
        Reason::CertificateNotFound => ErrorReason::CertificateNotFound,
        Reason::CertificateExists => ErrorReason::CertificateExists,
        Reason::ConsumerNotFound => ErrorReason::ConsumerNotFound,
        Reason::ConnectionsDisabled => ErrorReason::ScimDisabled,
        Reason::CallerNotPermitted => ErrorReason::CallerNotPermitted,
        Reason::GrantMissing => ErrorReason::GrantMissing,
        Reason::ActorNotPermitted => ErrorReason::ActorNotPermitted,
        Reason::SignInRefused => ErrorReason::SignInRefused,
        Reason::IdentityProviderFailed => ErrorReason::IdentityProviderFailed,
        Reason::ServiceNotFound => ErrorReason::ServiceNotFound,
        Reason::ServiceExists => ErrorReason::ServiceExists,
        Reason::SiteNotFound => ErrorReason::SiteNotFound,
        Reason::UserNotFound => ErrorReason::UserNotFound,
        Reason::GroupNotFound => ErrorReason::GroupNotFound,
        Reason::GroupNameTaken => ErrorReason::GroupNameTaken,
        Reason::MemberNotFound => ErrorReason::MemberNotFound,
        Reason::ConnectionNotFound => ErrorReason::ConnectionNotFound,
        Reason::TokenNotFound => ErrorReason::TokenNotFound,
        Reason::EventNotFound => ErrorReason::EventNotFound,
        Reason::UserNameTaken => ErrorReason::UserNameTaken,
        Reason::SiteExists => ErrorReason::SiteExists,
        Reason::ConnectionExists => ErrorReason::ConnectionExists,
        Reason::TokenExists => ErrorReason::TokenExists,
        Reason::TokenNameTaken => ErrorReason::TokenNameTaken,
        Reason::TokenIdTaken => ErrorReason::TokenIdTaken,
        Reason::RequestIdReused => ErrorReason::RequestIdReused,
        Reason::OutcomeUnreadable => ErrorReason::OutcomeUnreadable,
        Reason::TokenValueNotKept => ErrorReason::TokenValueNotKept,
        Reason::UserLinked => ErrorReason::UserLinked,
        Reason::VersionMismatch => ErrorReason::VersionMismatch,
        Reason::CreationRefused => ErrorReason::CreationRefused,
        Reason::DeletionRefused => ErrorReason::DeletionRefused,
        Reason::ModeratorPromotionClosed => ErrorReason::ModeratorPromotionClosed,
        Reason::AdminPromotionClosed => ErrorReason::AdminPromotionClosed,
        Reason::DefaultNotDeletable => ErrorReason::DefaultNotDeletable,
        Reason::LastAdmin => ErrorReason::LastAdmin,
        Reason::UserProtected => ErrorReason::UserProtected,
        Reason::HoldNotOwned => ErrorReason::HoldNotOwned,
        Reason::SubjectMismatch => ErrorReason::SubjectMismatch,
        Reason::StatusNotInCharge => ErrorReason::StatusNotInCharge,
        Reason::SingleSignOnRequired => ErrorReason::SingleSignOnRequired,
        Reason::HoldInForce => ErrorReason::HoldInForce,
        Reason::DirectoryInactive => ErrorReason::DirectoryInactive,
        Reason::RoleUnknown => ErrorReason::RoleUnknown,
        Reason::RoleEmpty => ErrorReason::RoleEmpty,
        Reason::AttributeNotKept => ErrorReason::AttributeNotKept,
        Reason::ValueInvalid => ErrorReason::ValueInvalid,
        Reason::FilterInvalid => ErrorReason::FilterInvalid,
        Reason::LimitExceeded => ErrorReason::LimitExceeded,
        Reason::TooMuchWork => ErrorReason::TooMuchWork,
        Reason::NoTarget => ErrorReason::NoTarget,
        Reason::PageTokenInvalid => ErrorReason::PageTokenInvalid,
        Reason::PageTokenExpired => ErrorReason::PageTokenExpired,
        Reason::CursorInvalid => ErrorReason::CursorInvalid,
        Reason::CursorDiverged => ErrorReason::CursorDiverged,
        Reason::CursorAhead => ErrorReason::CursorAhead,
        Reason::CursorTrimmed => ErrorReason::CursorTrimmed,
        Reason::TooManyWatches => ErrorReason::TooManyWatches,
        Reason::TokenWeak => ErrorReason::TokenWeak,
    }
}

/// The status that tells a caller of a failure. What the store says stays in the log, and in the line
/// of the call stands the reason.
pub(super) fn to_status(failure: &Failure) -> Status {
    match failure {
        Failure::Refused(refusal) => refused(refusal),
        Failure::Store(
            StoreError::Unavailable(_)
            | StoreError::Held(_)
            | StoreError::Conflict(_)
            | StoreError::Closed,
        )
        | Failure::Crowded
        | Failure::Stopping => {
            tracing::warn!(error = %failure, "the store did not answer");
            status(
                Code::Unavailable,
                ErrorReason::StoreUnavailable,
                "the database can't be reached or is too busy; try again in a few seconds",
                ErrorDetails::with_retry_info(Some(RETRY_DELAY)),
                HashMap::new(),
            )
        }
        Failure::CoreStopping => status(
            Code::Unavailable,
            ErrorReason::CoreStopping,
            "the core stops; begin again with the last cursor, at any core",
            ErrorDetails::with_retry_info(Some(RETRY_DELAY)),
            HashMap::new(),
        ),
        Failure::StandingsPending => status(
            Code::Unavailable,
            ErrorReason::RoleHistoryPending,
            "who had a role then is still being taken from the ledger after an upgrade; try again in a \
             minute, or ask for an earlier time",
            ErrorDetails::with_retry_info(Some(RETRY_DELAY)),
            HashMap::new(),
        ),
        Failure::SiteBusy => status(
            Code::ResourceExhausted,
            ErrorReason::SiteBusy,
            "too many writes of this site wait already; try again in a few seconds, with fewer at a \
             time",
            ErrorDetails::with_retry_info(Some(RETRY_DELAY)),
            HashMap::new(),
        ),
        Failure::TooLate => status(
            Code::DeadlineExceeded,
            ErrorReason::DeadlinePassed,
            "the deadline passed before this was decided, and nothing of it was done; try again",
            ErrorDetails::with_retry_info(Some(RETRY_DELAY)),
            HashMap::new(),
        ),
        Failure::Store(
            StoreError::Broken(_) | StoreError::Document { .. } | StoreError::Panicked,
        )
        | Failure::NoRandomness(_)
        | Failure::Unauthenticated
        | Failure::NotReached
        | Failure::OtherAnswer => {
            tracing::error!(error = %failure, "a call failed");
            status(
                Code::Internal,
                ErrorReason::Internal,
                "the service failed; its log tells the operator why",
                ErrorDetails::new(),
                Call::current()
                    .trace_id()
                    .map(|id| (TRACE_ID.to_owned(), id))
                    .into_iter()
                    .collect(),
            )
        }
    }
}

/// Tells an address to wait, from which too many tokens came that are not valid. The wait is told
/// in whole seconds.
pub fn too_many_failed_tokens(wait: Duration) -> Status {
    let wait = Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
    let mut details = ErrorDetails::new();
    details.set_retry_info(Some(wait));
    status(
        Code::ResourceExhausted,
        ErrorReason::TooManyFailedTokens,
        "too many tokens that are not valid came from this address; check the token and try again \
         after the time in the details",
        details,
        HashMap::new(),
    )
}

/// Has the gateway read a request again, and strictly: it can't know how a connection is understood before it asks. It
/// is no refusal of what was asked, so nobody counts it.
pub(super) fn strict_reading_required() -> Status {
    status(
        Code::FailedPrecondition,
        ErrorReason::StrictReadingRequired,
        "the dialect of this connection is strict, so the gateway has to read the request again",
        ErrorDetails::new(),
        HashMap::new(),
    )
}

/// Tells a caller to wait whose large messages take all the room that there is for them.
pub fn too_many_large_messages() -> Status {
    status(
        Code::ResourceExhausted,
        ErrorReason::SiteBusy,
        "too many large messages are being read; try again in a few seconds, with fewer at a time",
        ErrorDetails::with_retry_info(Some(RETRY_DELAY)),
        HashMap::new(),
    )
}

/// Ends a call whose message takes too long to come.
pub fn message_took_too_long() -> Status {
    status(
        Code::DeadlineExceeded,
        ErrorReason::DeadlinePassed,
        "the message of the call took too long, and nothing was done; send the call again",
        ErrorDetails::with_retry_info(Some(RETRY_DELAY)),
        HashMap::new(),
    )
}

/// What tonic says of a message that is larger than it reads, in the words of the contract. Nothing
/// else answers `OUT_OF_RANGE`.
pub(super) fn explained(response: http::Response<Body>) -> http::Response<Body> {
    match Status::from_header_map(response.headers()) {
        Some(refusal) if refusal.code() == Code::OutOfRange => status(
            Code::InvalidArgument,
            ErrorReason::LimitExceeded,
            &LimitExceeded::Bytes.to_string(),
            ErrorDetails::new(),
            [(MetadataKey::Limit.as_str().to_owned(), LimitExceeded::Bytes.limit().to_string())]
                .into(),
        )
        .into_http(),
        _ => response,
    }
}

fn refused(refusal: &Refusal) -> Status {
    let code = code(refusal.reason);
    let mut details = ErrorDetails::new();
    if code == Code::ResourceExhausted {
        details.set_retry_info(Some(RETRY_DELAY));
    }
    if code == Code::InvalidArgument && !refusal.attribute.is_empty() {
        details.add_bad_request_violation(&refusal.attribute, &refusal.message);
    }
    let metadata = named(&refusal.attribute, refusal.metadata.clone());
    status(code, published(refusal.reason), &refusal.message, details, metadata)
}

/// What a refusal or a notice names, by published keys.
pub(super) fn named<M: FromIterator<(String, String)>>(
    attribute: &str,
    metadata: Vec<(MetadataKey, String)>,
) -> M {
    let attribute = (!attribute.is_empty()).then(|| (ATTRIBUTE.to_owned(), attribute.to_owned()));
    let named = metadata.into_iter().map(|(key, value)| (key.as_str().to_owned(), value));
    named.chain(attribute).collect()
}

fn status(
    code: Code,
    reason: ErrorReason,
    message: &str,
    mut details: ErrorDetails,
    metadata: HashMap<String, String>,
) -> Status {
    record_reason(reason.name(), reason.is_judgement());
    details.set_error_info(reason.name(), ERROR_DOMAIN, metadata);
    Status::with_error_details(code, message, details)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contract says it beside each reason.
    #[test]
    fn what_may_be_asked_again_says_after_which_time() {
        let unavailable = || StoreError::Unavailable("gone".to_owned());
        let told = [
            to_status(&Failure::Store(unavailable())),
            to_status(&Failure::Store(StoreError::Held("site 1".to_owned()))),
            to_status(&Failure::Store(StoreError::Conflict("a key".to_owned()))),
            to_status(&Failure::Store(StoreError::Closed)),
            to_status(&Failure::Crowded),
            to_status(&Failure::Stopping),
            to_status(&Failure::SiteBusy),
            to_status(&Failure::CoreStopping),
            to_status(&Failure::StandingsPending),
            to_status(&Failure::Refused(Refusal::new(Reason::TooManyWatches, "no"))),
            to_status(&Failure::TooLate),
            to_status(&Failure::Store(StoreError::Panicked)),
            to_status(&Failure::OtherAnswer),
            too_many_large_messages(),
            too_many_failed_tokens(Duration::from_millis(1)),
            to_status(&Failure::Refused(Refusal::new(Reason::LastAdmin, "no"))),
        ];
        let contract = include_str!("../../../proto/provost/identity/v1/error_reason.proto");
        for status in told {
            let name = status.get_details_error_info().unwrap().reason;
            let value = format!("  ERROR_REASON_{name} = ");
            let before = contract.split(&value).next().unwrap();
            let mut comment = before.lines().rev().take_while(|line| line.starts_with("  //"));
            let says_so = comment.any(|line| line.contains("with `google.rpc.RetryInfo`"));
            let wait = status.get_details_retry_info().and_then(|info| info.retry_delay);
            assert_eq!(wait.is_some(), says_so, "{name}");
            assert!(wait.is_none_or(|wait| wait >= Duration::from_secs(1)), "{name}");
        }
    }
}
