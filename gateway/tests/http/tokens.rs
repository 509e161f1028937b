//! Credentials: forwarded, and judged by the core alone.

use crate::exchange::{Asking, House, ONE, ask};
use axum::body::Body;
use provost_proto::v1::ErrorReason;
use provost_test_kit::fake_core::{Reply, decided, group, group_decided, group_page, page, user};
use std::task::Poll;
use tonic::{Code, Status};

const MISSING: Reply = Reply::Refused(
    Code::Unauthenticated,
    ErrorReason::TokenMissing,
    "no token came with the request; send Authorization: Bearer and the token",
);

#[tokio::test]
async fn a_token_is_forwarded_as_it_came() {
    for value in ["Bearer t0ken", "bearer t0ken", "BEARER   t0ken ", "t0ken"] {
        let house = House::answering([Reply::User(user())]);
        let asking = ask("GET", ONE).without_token().header("Authorization", value);
        house.send(asking).await.expect(200);
        let metadata = &house.calls()[0].metadata;
        assert_eq!(metadata.get("authorization").unwrap(), value);
    }
}

/// The core lets in by SCIM's door only who has a business there.
#[tokio::test]
async fn every_call_tells_by_which_door_it_comes() {
    for (asking, reply) in [
        (ask("GET", ONE), Reply::User(user())),
        (ask("GET", "/Users"), page(vec![], 0)),
        (ask("POST", "/Users").body(r#"{"userName": "jo"}"#), decided(user(), vec![])),
        (ask("PATCH", ONE).body(r#"{"Operations": []}"#), decided(user(), vec![])),
        (ask("PUT", ONE).body("{}"), decided(user(), vec![])),
        (ask("DELETE", ONE), Reply::Deleted),
        (ask("GET", "/Groups"), group_page(vec![], 0)),
        (ask("POST", "/Groups").body(r#"{"displayName": "x"}"#), group_decided(group(), vec![])),
        (ask("GET", ONE).without_token(), MISSING),
    ] {
        let house = House::answering([reply]);
        house.send(asking.header("provost-door", "operator")).await;
        let calls = house.calls();
        let doors = calls[0].metadata.get_all("provost-door");
        let doors: Vec<_> = doors.iter().map(|door| door.to_str().unwrap()).collect();
        assert_eq!((calls.len(), doors), (1, vec!["scim"]), "{calls:?}");
    }
}

#[tokio::test]
async fn a_missing_token_is_the_cores_to_refuse() {
    let scheme = ask("GET", ONE).without_token().header("Authorization", "Bearer ");
    for (asking, forwarded) in [
        (ask("GET", ONE).without_token(), None),
        (ask("GET", ONE).without_token().header("Authorization", ""), None),
        (scheme, Some("Bearer ")),
        (ask("GET", "/Users").without_token(), None),
        (ask("GET", "/Groups").without_token(), None),
        (ask("DELETE", ONE).without_token(), None),
    ] {
        let house = House::answering([MISSING]);
        let answer = house.send(asking).await.expect(401);
        assert_eq!(answer.header("WWW-Authenticate"), Some("Bearer"));
        assert!(answer.detail().starts_with("No token came"), "{}", answer.detail());
        let calls = house.calls();
        let authorization = calls[0].metadata.get("authorization");
        assert_eq!((calls.len(), authorization.map(|text| text.to_str().unwrap())), (1, forwarded));
    }
}

#[tokio::test]
async fn without_a_token_no_body_is_read() {
    type Piece = Result<String, std::io::Error>;
    for (method, path) in [("POST", "/Users"), ("PUT", ONE), ("PATCH", ONE)] {
        let unread = futures::stream::poll_fn(|_| -> Poll<Option<Piece>> { panic!("it was read") });
        let house = House::answering([MISSING]);
        let asking = ask(method, path).without_token().header("Content-Type", "text/plain");
        house.send(asking.body(Body::from_stream(unread))).await.expect(401);
        assert_eq!(house.calls().len(), 1, "{method}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_token_comes_back_in_words() {
    /// RFC 6750 section 3.1.
    const REJECTED: &str = "Bearer error=\"invalid_token\"";
    for (code, reason, status, challenge, detail) in [
        (Code::Unauthenticated, ErrorReason::TokenInvalid, 401, Some(REJECTED), "The reason."),
        (
            Code::PermissionDenied,
            ErrorReason::ScimDisabled,
            403,
            None,
            "provost site settings set --site NAME --enabled true.",
        ),
    ] {
        let house = House::answering([Reply::Refused(code, reason, "the reason")]);
        let answer = house.send(ask("GET", "/Users?count=1")).await.expect(status);
        assert!(answer.detail().contains(detail), "{}", answer.detail());
        assert_eq!(answer.header("WWW-Authenticate"), challenge);
    }
}

/// Requests that are wrong in themselves, and the status that tells it.
fn wrong_requests() -> [(Asking, u16); 6] {
    [
        (ask("GET", "/Users?filter=shoeSize"), 400),
        (ask("GET", "/Groups?count=ten"), 400),
        (ask("GET", &format!("{ONE}?attributes=x&excludedAttributes=y")), 400),
        (ask("POST", "/Users").body("{"), 400),
        (ask("PUT", ONE).body(" ".repeat(5000)), 413),
        (ask("PATCH", ONE).header("Content-Type", "text/plain").body("{}"), 415),
    ]
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_told_before_what_is_wrong_with_the_input() {
    for (code, reason, status) in [
        (Code::Unauthenticated, ErrorReason::TokenInvalid, 401),
        (Code::PermissionDenied, ErrorReason::ScimDisabled, 403),
    ] {
        for (asking, _) in wrong_requests() {
            let house = House::answering([Reply::Refused(code, reason, "the reason")]);
            house.send(asking).await.expect(status);
            house.asked_for_the_token_only();
        }
    }
}

#[tokio::test]
async fn with_a_good_token_what_is_wrong_with_the_input_is_told() {
    for (asking, status) in wrong_requests() {
        let house = House::answering([Reply::Admitted, Reply::Admitted]);
        house.send(asking).await.expect(status);
    }
}

/// The input is as wrong when nobody can say whether the token is.
#[tokio::test]
async fn what_is_wrong_with_the_input_is_told_also_while_the_core_is_away() {
    let house = House::answering([Reply::Failed(Status::unavailable("internals"))]);
    house.send(ask("POST", "/Users").body("{")).await.expect(400);
    house.asked_for_the_token_only();
}

/// The core hides an invalid token behind a word to wait, which is meant for the gateway: its other
/// callers have shown nothing wrong.
#[tokio::test]
async fn what_the_core_has_the_gateway_wait_for_is_an_invalid_token() {
    let reply = Reply::Refused(
        Code::ResourceExhausted,
        ErrorReason::TooManyFailedTokens,
        "too many tokens that are not valid came from this address",
    );
    let house = House::answering([reply]);
    let answer = house.send(ask("GET", ONE)).await.expect(401);
    assert_eq!(answer.header("WWW-Authenticate").unwrap(), "Bearer error=\"invalid_token\"");
    assert_eq!(answer.header("Retry-After"), None);
    assert!(answer.text().contains("not valid for this site"), "{}", answer.text());
}
