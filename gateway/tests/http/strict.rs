//! Connections that are held to the published protocol. Only the core knows which are, so nobody else asks for
//! more than the one RPC, and what they send is read once more.

use crate::exchange::{House, ONE, ask};
use provost_proto::STRICT_KEY;
use provost_proto::v1::{CheckTokenResponse, ErrorReason};
use provost_test_kit::fake_core::{Asked, Call, Reply, decided, page, user};
use tonic::Code;

fn strict() -> Reply {
    Reply::Refused(Code::FailedPrecondition, ErrorReason::StrictReadingRequired, "read it again")
}

/// What the core was asked, and whether as read strictly.
fn asked(calls: Vec<Call>) -> Vec<(&'static str, bool)> {
    let name = |asked: &Asked| match asked {
        Asked::Change(_) => "change",
        Asked::List(_) => "list",
        Asked::CreateGroup(_) => "create group",
        Asked::CheckToken(_) => "check",
        other => panic!("{other:?}"),
    };
    let one = |call: Call| (name(&call.asked), call.metadata.contains_key(STRICT_KEY));
    calls.into_iter().map(one).collect()
}

fn patch(operation: &str) -> String {
    let urn = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    format!(r#"{{"schemas":["{urn}"],"Operations":[{operation}]}}"#)
}

const PUBLISHED: &str = r#"{"op":"replace","path":"active","value":false}"#;
const PATHLESS: &str = r#"{"op":"replace","value":{"active":false}}"#;

#[tokio::test]
async fn whoever_is_not_strict_is_read_once() {
    for operation in [PUBLISHED, PATHLESS] {
        let house = House::answering([decided(user(), vec![])]);
        house.send(ask("PATCH", ONE).body(patch(operation))).await.expect(200);
        assert_eq!(asked(house.calls()), [("change", false)]);
    }
}

#[tokio::test]
async fn what_is_as_published_is_sent_once_more() {
    let house = House::answering([strict(), decided(user(), vec![])]);
    house.send(ask("PATCH", ONE).body(patch(PUBLISHED))).await.expect(200);
    assert_eq!(asked(house.calls()), [("change", false), ("change", true)]);
    let house = House::answering([strict(), page(vec![user()], 1)]);
    let found = house.send(ask("GET", "/Users?filter=userName%20eq%20%22jo%22")).await.expect(200);
    assert_eq!(found.json()["totalResults"], 1);
    assert_eq!(asked(house.calls()), [("list", false), ("list", true)]);
}

#[tokio::test]
async fn what_deviates_goes_no_further() {
    let house = House::answering([strict(), Reply::Admitted]);
    let answer = house.send(ask("PATCH", ONE).body(patch(PATHLESS))).await.expect(400);
    assert_eq!(answer.json()["scimType"], "invalidPath");
    assert_eq!(asked(house.calls()), [("change", false), ("check", true)]);
    // A value that looks as if it were encoded twice is not guessed at.
    let house = House::answering([strict(), page(vec![], 0)]);
    house.send(ask("GET", "/Users?filter=userName%20eq%20%22jo%2540x%22")).await.expect(200);
    assert_eq!(asked(house.calls()), [("list", false), ("list", true)]);
    let house = House::answering([strict(), Reply::Admitted]);
    let group = r#"{"displayName":"x"}"#;
    house.send(ask("POST", "/Groups").body(group)).await.expect(400);
    assert_eq!(asked(house.calls()), [("create group", false), ("check", true)]);
}

/// A setting that changes while a request is under way: the client tries again.
#[tokio::test]
async fn a_core_that_says_so_twice_is_not_asked_a_third_time() {
    let house = House::answering([strict(), strict()]);
    let answer = house.send(ask("PATCH", ONE).body(patch(PUBLISHED))).await.expect(503);
    assert!(answer.header("Retry-After").is_some());
    assert!(!CheckTokenResponse::default().is_strict, "who says nothing is not strict");
}
