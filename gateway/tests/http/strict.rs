//! Connections that are held to the published protocol. Only the core knows which are, so nobody else asks for
//! more than the one RPC, and what they send is read once more.

use crate::exchange::{Asking, House, ONE, ask, settings};
use provost_gateway::GatewaySettings;
use provost_proto::STRICT_KEY;
use provost_proto::v1::ErrorReason;
use provost_test_kit::fake_core::{
    Asked, Call, Reply, decided, group, group_decided, page, user, written,
};
use serde_json::Value;
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
        Asked::ChangeGroup(_) => "change group",
        Asked::BatchWrite(_) => "write",
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
}

const ONE_GROUP: &str = "/Groups/0198b3a0-0000-7000-8000-0000000000aa";

/// Longer than what is read before the token is looked at.
fn long() -> String {
    "x".repeat(20_000)
}

/// A gateway that takes long bodies, before a core that answers so.
fn roomy(replies: impl IntoIterator<Item = Reply>) -> House {
    House::with(GatewaySettings { body_limit: 64 * 1024, ..settings() }, replies)
}

/// Keyword and sentence, without the trace.
fn told(answer: &Value) -> (String, String) {
    let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
    let detail = text("detail");
    let (sentence, _) = detail.split_once(" Trace ID").unwrap();
    (text("scimType"), sentence.to_owned())
}

/// What the usual reading complains of is not what the published protocol has to say of it, and which of both is
/// answered follows from the connection, not from how long a body is.
#[tokio::test]
async fn a_bad_body_is_told_the_same_however_long_it_is() {
    let filler = format!(r#"{{"op":"replace","path":"title","value":"{}"}}"#, long());
    for (operation, keyword) in [
        (r#"{"op":"remove"}"#, "noTarget"),
        (r#"{"op":"replace","value":"False"}"#, "invalidPath"),
        (r#"{"op":"Delete","path":"title"}"#, "invalidSyntax"),
        (
            r#"{"op":"replace","path":"emails[type eq work and].value","value":"x"}"#,
            "invalidFilter",
        ),
    ] {
        for path in [ONE, ONE_GROUP] {
            let house = roomy([Reply::AdmittedStrictly]);
            let short = house.send(ask("PATCH", path).body(patch(operation))).await.expect(400);
            assert_eq!(asked(house.calls()), [("check", false)], "{operation}");
            let house = roomy([Reply::AdmittedStrictly]);
            let body = patch(&format!("{operation},{filler}"));
            let long = house.send(ask("PATCH", path).body(body)).await.expect(400);
            let (found, sentence) = told(&short.json());
            assert_eq!(
                (found.as_str(), &sentence),
                (keyword, &told(&long.json()).1),
                "{operation}"
            );
        }
    }
    let house = roomy([Reply::AdmittedStrictly]);
    let answer = house.send(ask("PATCH", ONE).body(patch(r#"{"op":"remove"}"#))).await.expect(400);
    assert!(told(&answer.json()).1.contains("The dialect of this connection is strict."));
}

#[tokio::test]
async fn who_is_not_strict_hears_what_is_wrong_with_the_usual_reading() {
    let house = House::admitting();
    let answer = house.send(ask("PATCH", ONE).body(patch(r#"{"op":"remove"}"#))).await.expect(400);
    let (keyword, sentence) = told(&answer.json());
    assert_eq!(keyword, "noTarget");
    assert!(!sentence.contains("strict"), "{sentence}");
    assert_eq!(asked(house.calls()), [("check", false)]);
}

/// Of a long body it is known before it is read how, so that it is read once.
#[tokio::test]
async fn long_bodies_are_read_once() {
    let user_urn = "urn:ietf:params:scim:schemas:core:2.0:User";
    let group_urn = "urn:ietf:params:scim:schemas:core:2.0:Group";
    let long = long();
    let patched =
        |path: &str| patch(&format!(r#"{{"op":"replace","path":"{path}","value":"{long}"}}"#));
    let whole_user = format!(r#"{{"schemas":["{user_urn}"],"userName":"jo","title":"{long}"}}"#);
    let whole_group =
        format!(r#"{{"schemas":["{group_urn}"],"displayName":"x","externalId":"{long}"}}"#);
    let of_user = || decided(user(), vec![]);
    let of_group = || group_decided(group(), vec![]);
    let requests: [(Asking, Reply, &str); 5] = [
        (ask("PATCH", ONE).body(patched("title")), of_user(), "change"),
        (ask("PUT", ONE).body(whole_user), of_user(), "change"),
        (ask("POST", "/Groups").body(whole_group.clone()), of_group(), "create group"),
        (ask("PUT", ONE_GROUP).body(whole_group), of_group(), "change group"),
        (ask("PATCH", ONE_GROUP).body(patched("externalId")), of_group(), "change group"),
    ];
    for (request, reply, name) in requests {
        let house = roomy([Reply::AdmittedStrictly, reply]);
        let answer = house.send(request).await;
        assert!(answer.status < 300, "{name}: {}", answer.status);
        assert_eq!(asked(house.calls()), [("check", false), (name, true)]);
    }
}

/// Short ones are read again.
#[tokio::test]
async fn writes_to_groups_are_read_again() {
    let urn = "urn:ietf:params:scim:schemas:core:2.0:Group";
    let whole = format!(r#"{{"schemas":["{urn}"],"displayName":"x"}}"#);
    let renamed = patch(r#"{"op":"replace","path":"displayName","value":"x"}"#);
    for (method, body) in [("PUT", whole), ("PATCH", renamed)] {
        let house = House::answering([strict(), group_decided(group(), vec![])]);
        let answer = house.send(ask(method, ONE_GROUP).body(body)).await;
        assert!(answer.status < 300, "{method}: {}", answer.status);
        assert_eq!(asked(house.calls()), [("change group", false), ("change group", true)]);
    }
    let unnamed = r#"{"displayName":"x"}"#;
    let house = House::answering([strict(), Reply::Admitted]);
    let answer = house.send(ask("PUT", ONE_GROUP).body(unnamed)).await.expect(400);
    assert!(told(&answer.json()).1.starts_with("schemas does not name"));
}

#[tokio::test]
async fn a_bulk_request_is_read_as_its_connection_is() {
    let bulk_urn = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
    let operation = |data: &str| format!(r#"{{"method":"PATCH","path":"{ONE}","data":{data}}}"#);
    let bulk = |operations: &str| {
        ask("POST", "/Bulk")
            .body(format!(r#"{{"schemas":["{bulk_urn}"],"Operations":[{operations}]}}"#))
    };
    let (published, pathless) = (operation(&patch(PUBLISHED)), operation(&patch(PATHLESS)));
    let done = || Reply::Written(vec![written(&user().id, 4, vec![])]);
    let house = House::answering([Reply::AdmittedStrictly, done()]);
    let answer = house.send(bulk(&[published.as_str(), &pathless].join(","))).await.expect(200);
    let operations = answer.json()["Operations"].clone();
    assert_eq!(
        (&operations[0]["status"], &operations[1]["status"]),
        (&"200".into(), &"400".into())
    );
    assert_eq!(operations[1]["response"]["scimType"], "invalidPath");
    assert_eq!(asked(house.calls()), [("check", false), ("write", true)]);
    // What the usual reading refuses as a whole is read again, too.
    let house = House::answering([Reply::AdmittedStrictly]);
    let body = ask("POST", "/Bulk").body(r#"{"Operations":7}"#);
    let answer = house.send(body).await.expect(400);
    assert!(told(&answer.json()).1.starts_with("schemas does not name"), "{}", answer.json());
    assert_eq!(asked(house.calls()), [("check", false)]);
}

/// Nobody is asked for resources that there are none of, but for how the request is read.
#[tokio::test]
async fn a_search_for_nothing_is_read_as_its_connection_is() {
    for (filter, reply, status) in [
        ("meta.resourceType%20eq%20Device", Reply::AdmittedStrictly, 400),
        ("meta.resourceType%20eq%20%22Device%22", Reply::AdmittedStrictly, 200),
        ("meta.resourceType%20eq%20Device", Reply::Admitted, 200),
    ] {
        // Once more where it is read again and nobody has been asked yet.
        let house = House::answering([reply, Reply::AdmittedStrictly]);
        house.send(ask("GET", &format!("/?filter={filter}"))).await.expect(status);
    }
}

#[tokio::test]
async fn a_filter_that_can_not_be_read_is_judged_strictly() {
    let house = House::answering([Reply::AdmittedStrictly]);
    let path = "/Users?filter=shoeSize%20eq%20%22x%22%20and";
    let answer = house.send(ask("GET", path)).await.expect(400);
    let (keyword, sentence) = told(&answer.json());
    assert_eq!(keyword, "invalidFilter");
    assert!(sentence.contains("The filter has the name shoeSize"), "{sentence}");
}
