//! Credentials: forwarded, and judged by the core alone.

use crate::exchange::{House, ONE, ask};
use crate::fake::{Reply, decided, page, user};
use axum::body::Body;
use provost_proto::v1::ErrorReason;
use std::task::Poll;
use tonic::Code;

const MISSING: Reply = Reply::Refused(
    Code::Unauthenticated,
    ErrorReason::TokenMissing,
    "no token came with the request; send Authorization: Bearer and the token",
);

#[tokio::test]
async fn a_token_is_forwarded_with_its_scheme_or_bare() {
    for value in ["Bearer t0ken", "bearer t0ken", "BEARER   t0ken ", "t0ken"] {
        let house = House::answering([Reply::User(user())]);
        let asking = ask("GET", ONE).without_token().header("Authorization", value);
        house.send(asking).await.expect(200);
        let metadata = &house.calls()[0].metadata;
        assert_eq!(metadata.get("authorization").unwrap(), "Bearer t0ken", "{value}");
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
        (ask("GET", "/Groups"), page(vec![], 0)),
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
    for asking in [
        ask("GET", ONE).without_token(),
        ask("GET", ONE).without_token().header("Authorization", ""),
        ask("GET", "/Users").without_token(),
        ask("GET", "/Groups").without_token(),
        ask("DELETE", ONE).without_token(),
    ] {
        let house = House::answering([MISSING]);
        let answer = house.send(asking).await.expect(401);
        assert_eq!(answer.header("WWW-Authenticate"), Some("Bearer"));
        assert!(answer.detail().starts_with("No token came"), "{}", answer.detail());
        let calls = house.calls();
        assert_eq!((calls.len(), calls[0].metadata.get("authorization")), (1, None));
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
    for (code, reason, status, challenge, detail) in [
        (Code::Unauthenticated, ErrorReason::TokenInvalid, 401, Some("Bearer"), "The reason."),
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
