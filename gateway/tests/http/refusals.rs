//! Refusals of the core, as SCIM tells them.

use crate::exchange::{House, ONE, ask};
use provost_proto::v1::ErrorReason;
use provost_test_kit::fake_core::Reply;
use std::collections::HashMap;
use tonic::{Code, Status};

#[tokio::test]
async fn a_refusal_has_the_status_and_the_keyword_of_its_reason() {
    let patch = || ask("PATCH", ONE).body(r#"{"Operations": []}"#);
    let post = || ask("POST", "/Users").body(r#"{"userName": "jo"}"#);
    for (asking, code, reason, status, keyword) in [
        (patch(), Code::NotFound, ErrorReason::UserNotFound, 404, None),
        (patch(), Code::NotFound, ErrorReason::SiteNotFound, 404, None),
        (patch(), Code::Aborted, ErrorReason::VersionMismatch, 412, None),
        (patch(), Code::FailedPrecondition, ErrorReason::LastAdmin, 400, Some("mutability")),
        (patch(), Code::InvalidArgument, ErrorReason::ValueInvalid, 400, Some("invalidValue")),
        (post(), Code::AlreadyExists, ErrorReason::UserNameTaken, 409, Some("uniqueness")),
        (post(), Code::FailedPrecondition, ErrorReason::CreationRefused, 501, None),
        (ask("DELETE", ONE), Code::FailedPrecondition, ErrorReason::DeletionRefused, 501, None),
        (
            ask("GET", "/Users"),
            Code::InvalidArgument,
            ErrorReason::FilterInvalid,
            400,
            Some("invalidFilter"),
        ),
    ] {
        let house = House::answering([Reply::Refused(code, reason, "why; what to do")]);
        let answer = house.send(asking).await.expect(status);
        assert_eq!(
            answer.json().get("scimType").and_then(|word| word.as_str()),
            keyword,
            "{reason:?}"
        );
        // Of whom there is not, this side has words of its own.
        let is_told = answer.detail() == "Why; what to do.";
        assert_eq!(is_told, reason != ErrorReason::UserNotFound, "{}", answer.detail());
        assert_eq!((house.calls().len(), answer.header("Retry-After")), (1, None));
    }
}

/// A reason of another vocabulary, or one that is not published yet, is no refusal of ours.
#[tokio::test]
async fn what_is_not_in_the_contract_is_a_failure() {
    use tonic_types::{ErrorDetails, StatusExt as _};
    for (reason, domain) in [("USER_NOT_FOUND", "elsewhere"), ("MOON_IS_FULL", "provost")] {
        let details = ErrorDetails::with_error_info(reason, domain, HashMap::new());
        let status = Status::with_error_details(Code::NotFound, "internals", details);
        let house = House::answering([Reply::Failed(status)]);
        let answer = house.send(ask("GET", ONE)).await.expect(500);
        assert!(!answer.text().contains("internals"), "{}", answer.text());
    }
}
