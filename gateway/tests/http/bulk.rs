//! `/Bulk`: what the core is asked of several operations, in which order, and what each is told.

use crate::exchange::{Answer, Asking, House, ask, settings};
use provost_proto::v1;
use provost_proto::v1::ErrorReason;
use provost_proto::v1::batch_write::Write;
use provost_proto::v1::change::Change;
use provost_proto::v1::value::Kind;
use provost_test_kit::fake_core::{Asked, Reply, unwritten, written};
use serde_json::{Value, json};
use tonic::Code;

const BASE: &str = "https://id.example.com/api/scim/v2";
const JO: &str = "0198b3a0-0000-7000-8000-000000000001";
const KIM: &str = "0198b3a0-0000-7000-8000-000000000002";
const GUIDES: &str = "0198b3a0-0000-7000-8000-00000000000a";

fn bulk(operations: &Value) -> Asking {
    bulk_with(operations, &Value::Null)
}

fn bulk_with(operations: &Value, fail_on_errors: &Value) -> Asking {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "failOnErrors": fail_on_errors,
        "Operations": operations,
    });
    ask("POST", "/Bulk").body(body.to_string())
}

fn post(bulk_id: &str, data: &Value) -> Value {
    json!({"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": data})
}

fn user(bulk_id: &str, user_name: &str) -> Value {
    post(bulk_id, &json!({"userName": user_name}))
}

fn group(bulk_id: &str, members: &[&str]) -> Value {
    let members: Vec<_> = members.iter().map(|id| json!({"value": id})).collect();
    let data = json!({"displayName": bulk_id, "members": members});
    json!({"method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": data})
}

fn delete(id: &str) -> Value {
    json!({"method": "DELETE", "path": format!("/Users/{id}")})
}

/// A house that lets the caller in, and whose core gives these answers.
fn house(replies: impl IntoIterator<Item = Vec<v1::BatchWriteResult>>) -> House {
    let replies = replies.into_iter().map(Reply::Written);
    House::answering([Reply::Admitted].into_iter().chain(replies))
}

/// What was asked in each call, but for the looks at the token.
fn writes(house: &House) -> Vec<Vec<Write>> {
    let calls = house.calls().into_iter().filter_map(|call| match call.asked {
        Asked::BatchWrite(asked) => {
            assert_eq!(asked.site, "default");
            Some(asked.writes.into_iter().map(|write| write.write.unwrap()).collect())
        }
        Asked::CheckToken(_) => None,
        asked => panic!("{asked:?}"),
    });
    calls.collect()
}

/// What each operation was answered.
#[track_caller]
fn statuses(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let operations = body["Operations"].as_array().unwrap().iter();
    operations.map(|one| one["status"].as_str().unwrap().to_owned()).collect()
}

fn refused(reason: ErrorReason) -> v1::BatchWriteResult {
    unwritten(Code::FailedPrecondition, reason, "it is not so")
}

#[tokio::test]
async fn operations_that_wait_for_nothing_are_one_call() {
    let notice = v1::Notice {
        reason: ErrorReason::RoleUnknown.into(),
        attribute: "role".to_owned(),
        message: "userType is Chef, which is no role".to_owned(),
        ..v1::Notice::default()
    };
    let house = house([vec![
        written(JO, 1, vec![notice]),
        written(KIM, 4, Vec::new()),
        written(GUIDES, 2, Vec::new()),
        unwritten(Code::NotFound, ErrorReason::UserNotFound, "there is no such user"),
        written("", 0, Vec::new()),
    ]]);
    let patch = json!({"Operations": [{"op": "replace", "path": "title", "value": "Guide"}]});
    let named = json!({"Operations": [{"op": "add", "path": "members", "value": [{"value": JO}]}]});
    let operations = json!([
        user("qwerty", "jo@example.com"),
        {"method": "PUT", "path": format!("/Users/{KIM}"), "version": "W/\"3\"",
            "data": {"userName": "kim@example.com"}},
        {"method": "Patch", "path": format!("groups/{GUIDES}/"), "data": named},
        {"method": "PATCH", "path": "/Users/nobody", "bulkId": "mine", "data": patch},
        delete(KIM),
    ]);
    let answer = house.send(bulk(&operations)).await.expect(200);
    let asked = writes(&house);
    assert_eq!(asked.len(), 1);
    let kinds = asked[0].iter().map(|write| match write {
        Write::CreateUser(it) => ("create", it.user_name.as_str()),
        Write::ChangeUser(it) => ("change", it.user_id.as_str()),
        Write::DeleteUser(it) => ("delete", it.user_id.as_str()),
        Write::ChangeGroup(it) => ("group", it.group_id.as_str()),
        other => panic!("{other:?}"),
    });
    assert_eq!(
        kinds.collect::<Vec<_>>(),
        [
            ("create", "jo@example.com"),
            ("change", KIM),
            ("group", GUIDES),
            ("change", "nobody"),
            ("delete", KIM),
        ]
    );
    let mut body = answer.json();
    let response = body["Operations"][3]["response"].take();
    assert_eq!(response["status"], "404");
    assert!(response["detail"].as_str().unwrap().starts_with("There is no such user. Trace ID: "));
    let notices = json!([{"reason": "ROLE_UNKNOWN", "attribute": "userType",
            "detail": "userType is Chef, which is no role."}]);
    let expected = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],
        "Operations": [
            {"location": format!("{BASE}/Users/{JO}"), "method": "POST", "bulkId": "qwerty",
                "version": "W/\"1\"", "status": "201", "notices": notices},
            {"location": format!("{BASE}/Users/{KIM}"), "method": "PUT", "version": "W/\"4\"",
                "status": "200"},
            {"location": format!("{BASE}/Groups/{GUIDES}"), "method": "PATCH",
                "version": "W/\"2\"", "status": "204"},
            {"location": format!("{BASE}/Users/nobody"), "method": "PATCH", "bulkId": "mine",
                "status": "404", "response": null},
            {"location": format!("{BASE}/Users/{KIM}"), "method": "DELETE", "status": "204"},
        ]
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn the_version_of_an_operation_is_that_of_if_match() {
    let house = house([vec![refused(ErrorReason::VersionMismatch); 3]]);
    let versioned = |version: Value| json!({"method": "DELETE", "path": format!("/Users/{JO}"), "version": version});
    let operations =
        json!([versioned(json!("W/\"3\"")), versioned(json!("*")), versioned(json!(3))]);
    let answer = house.send(bulk(&operations)).await.expect(200);
    assert_eq!(statuses(&answer), ["412"; 3]);
    let versions = house.calls().into_iter().filter_map(|call| match call.asked {
        Asked::BatchWrite(asked) => {
            Some(asked.writes.into_iter().map(|write| write.expected_versions).collect::<Vec<_>>())
        }
        _ => None,
    });
    assert_eq!(versions.flatten().collect::<Vec<_>>(), [vec![3], vec![], vec![-1]]);
}

/// As in RFC 7644 section 3.7.2, and also where what is referred to comes later.
#[tokio::test]
async fn what_refers_to_a_new_resource_is_asked_with_its_id() {
    let of_jo = |name: &str| json!({"Operations": [{"op": "add", "value": {"title": name}}]});
    for operations in [
        json!([user("u", "jo@example.com"), group("g", &["bulkId:u", KIM])]),
        json!([group("g", &["bulkId:u", KIM]), user("u", "jo@example.com")]),
    ] {
        let house = house([vec![written(JO, 1, Vec::new())], vec![written(GUIDES, 1, Vec::new())]]);
        let answer = house.send(bulk(&operations)).await.expect(200);
        assert_eq!(statuses(&answer), ["201", "201"]);
        let answered: Vec<_> = answer.json()["Operations"].as_array().unwrap().clone();
        let ids = answered.iter().map(|one| &one["bulkId"]);
        let asked_ids = operations.as_array().unwrap().iter().map(|one| &one["bulkId"]);
        assert!(ids.eq(asked_ids), "{answered:?}");
        let asked = writes(&house);
        let Write::CreateGroup(asked) = &asked[1][0] else { panic!("{asked:?}") };
        assert_eq!(asked.user_ids, [JO, KIM]);
    }
    let house = house([
        vec![written(JO, 1, Vec::new())],
        vec![written(JO, 2, Vec::new()), written("", 0, Vec::new())],
    ]);
    let operations = json!([
        user("u", "jo@example.com"),
        {"method": "PATCH", "path": "/Users/bulkId:u", "data": of_jo("x")},
        {"method": "DELETE", "path": "/Users/bulkId:u"},
    ]);
    let answer = house.send(bulk(&operations)).await.expect(200);
    assert_eq!(statuses(&answer), ["201", "200", "204"]);
    let locations = answer.json();
    assert_eq!(locations["Operations"][1]["location"], format!("{BASE}/Users/{JO}"));
    let asked = writes(&house);
    let Write::DeleteUser(asked) = &asked[1][1] else { panic!("{asked:?}") };
    assert_eq!(asked.user_id, JO);
}

#[tokio::test]
async fn what_refers_to_what_was_not_made_is_not_asked() {
    let house = house([vec![refused(ErrorReason::CreationRefused)]]);
    let operations = json!([
        user("u", "jo@example.com"),
        group("g", &["bulkId:u"]),
        {"method": "DELETE", "path": "/Groups/bulkId:g"},
        group("h", &["bulkId:nobody"]),
    ]);
    let answer = house.send(bulk(&operations)).await.expect(200);
    assert_eq!(statuses(&answer), ["501", "409", "409", "400"]);
    let body = answer.json();
    let detail = |number: usize| body["Operations"][number]["response"]["detail"].as_str().unwrap();
    assert!(detail(1).contains("bulkId:u, and the operation"), "{}", detail(1));
    assert!(detail(3).contains("no POST of this request"), "{}", detail(3));
    assert_eq!(body["Operations"][0].get("location"), None, "of a POST that failed");
    assert_eq!(writes(&house).len(), 1);
}

/// RFC 7644 section 3.7.1: tried, and otherwise refused.
#[tokio::test]
async fn users_who_refer_to_each_other_are_made_and_then_completed() {
    const EXTENSION: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let led_by = |name: &str, other: &str| {
        let other = format!("bulkId:{other}");
        post(name, &json!({"userName": name, EXTENSION: {"manager": {"value": other}}}))
    };
    let both = [written(JO, 1, Vec::new()), written(KIM, 1, Vec::new())];
    let led = [written(JO, 2, Vec::new()), written(KIM, 2, Vec::new())];
    let house = house([both.to_vec(), led.to_vec()]);
    let answer = house.send(bulk(&json!([led_by("a", "b"), led_by("b", "a")]))).await.expect(200);
    assert_eq!(statuses(&answer), ["201", "201"]);
    let body = answer.json();
    assert_eq!(body["Operations"][0]["version"], "W/\"2\"");
    let asked = writes(&house);
    let managers = asked[1].iter().map(|write| {
        let Write::ChangeUser(asked) = write else { panic!("{write:?}") };
        let Some(Change::SetAttribute(set)) = &asked.changes[0].change else { panic!("{asked:?}") };
        let kind = set.value.as_ref().and_then(|value| value.kind.as_ref());
        let Some(Kind::Text(manager)) = kind else { panic!("{set:?}") };
        (asked.user_id.as_str(), manager.as_str())
    });
    assert_eq!(managers.collect::<Vec<_>>(), [(JO, KIM), (KIM, JO)]);
    // One of them is not made: the other one is, and its sender is told.
    let one = [written(JO, 1, Vec::new()), refused(ErrorReason::UserNameTaken)];
    let house = self::house([one.to_vec()]);
    let answer = house.send(bulk(&json!([led_by("a", "b"), led_by("b", "a")]))).await.expect(200);
    assert_eq!(statuses(&answer), ["201", "409"]);
    let body = answer.json();
    assert_eq!(body["Operations"][0]["notices"][0]["reason"], "NO_TARGET");
    // Groups are no members of groups, so there is nothing to be completed.
    let house = self::house([]);
    let groups = json!([group("g", &["bulkId:h"]), group("h", &["bulkId:g"])]);
    let answer = house.send(bulk(&groups)).await.expect(200);
    assert_eq!(statuses(&answer), ["409", "409"]);
    assert_eq!(writes(&house).len(), 0);
}

#[tokio::test]
async fn nothing_more_is_done_after_so_many_errors() {
    let taken = || refused(ErrorReason::UserNameTaken);
    let three = json!([user("a", "a"), user("b", "b"), user("c", "c")]);
    // One at a time, because each may be the last.
    let house = house([vec![written(JO, 1, Vec::new())], vec![taken()]]);
    let answer = house.send(bulk_with(&three, &json!(1))).await.expect(200);
    assert_eq!(statuses(&answer), ["201", "409"]);
    assert_eq!(writes(&house).len(), 2);
    let house = self::house([vec![taken(), written(JO, 1, Vec::new())], vec![taken()]]);
    let answer = house.send(bulk_with(&three, &json!(2))).await.expect(200);
    assert_eq!(statuses(&answer), ["409", "201", "409"]);
    // What can't be read counts as well, in its place.
    let house = self::house([vec![written(JO, 1, Vec::new())]]);
    let unread = json!([user("a", "a"), {"method": "GET"}, user("c", "c")]);
    let answer = house.send(bulk_with(&unread, &json!(1))).await.expect(200);
    assert_eq!(statuses(&answer), ["201", "400"]);
}

#[tokio::test]
async fn what_is_wrong_with_an_operation_is_told_of_that_one() {
    for (operation, status, keyword) in [
        (json!(7), "400", json!("invalidSyntax")),
        (json!({}), "400", json!("invalidSyntax")),
        (json!({"method": "GET", "path": "/Users"}), "400", json!("invalidSyntax")),
        (json!({"method": "BREW", "path": "/Users"}), "400", json!("invalidSyntax")),
        (json!({"method": "POST", "data": {}, "bulkId": "x"}), "400", json!("invalidSyntax")),
        (
            json!({"method": "POST", "path": "/Users", "data": {"userName": "a"}}),
            "400",
            json!("invalidSyntax"),
        ),
        (json!({"method": "POST", "path": "/Users", "bulkId": "x"}), "400", json!("invalidSyntax")),
        (post("x", &json!([])), "400", json!("invalidSyntax")),
        (post("x", &json!({})), "400", json!("invalidValue")),
        (json!({"method": "DELETE", "path": "/Shoes/1"}), "400", json!("invalidValue")),
        (json!({"method": "DELETE", "path": "/Me"}), "400", json!("invalidValue")),
        (json!({"method": "DELETE", "path": "/Users/1/2"}), "400", json!("invalidValue")),
        (json!({"method": "DELETE", "path": "/Users/.search"}), "400", json!("invalidValue")),
        (
            json!({"method": "POST", "path": "/Bulk", "bulkId": "x", "data": {}}),
            "400",
            json!("invalidValue"),
        ),
        (json!({"method": "DELETE", "path": "/Users"}), "405", Value::Null),
        (
            json!({"method": "POST", "path": "/Users/1", "bulkId": "x", "data": {}}),
            "405",
            Value::Null,
        ),
        (
            json!({"method": "PATCH", "path": "/Users/1", "data": {"Operations": 1}}),
            "400",
            json!("invalidSyntax"),
        ),
        (
            json!({"method": "PATCH", "path": "/Users/1",
                "data": {"Operations": [{"op": "remove"}]}}),
            "400",
            json!("noTarget"),
        ),
        (json!({"method": "DELETE", "path": "/Users/bulkId:x"}), "400", json!("invalidValue")),
        (group("x", &["bulkId:x"]), "409", Value::Null),
    ] {
        let house = house([vec![written(JO, 1, Vec::new())]]);
        let answer = house.send(bulk(&json!([operation, user("b", "b")]))).await.expect(200);
        assert_eq!(statuses(&answer), [status, "201"], "{operation}");
        let response = &answer.json()["Operations"][0]["response"];
        assert_eq!((&response["status"], &response["scimType"]), (&json!(status), &keyword));
        assert_eq!(response["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:Error");
        let calls = house.calls();
        let noted = calls.iter().filter_map(|call| match &call.asked {
            Asked::CheckToken(asked) => asked.refused.as_ref(),
            _ => None,
        });
        for noted in noted {
            assert_eq!(noted.status.to_string(), status, "{operation}");
        }
    }
}

#[tokio::test]
async fn what_is_no_bulk_request_is_refused_as_a_whole() {
    let most = settings().body_limit * 8;
    let spaces = |length: usize| {
        let body = r#"{"Operations": []}"#;
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    let many = vec!["{}"; 1001].join(",");
    let post = user("x", "x");
    for (body, status, keyword) in [
        (String::new(), 400, json!("invalidSyntax")),
        ("[]".to_owned(), 400, json!("invalidSyntax")),
        ("{}".to_owned(), 400, json!("invalidSyntax")),
        (r#"{"Operations": {}}"#.to_owned(), 400, json!("invalidSyntax")),
        (r#"{"Operations": [], "failOnErrors": 0}"#.to_owned(), 400, json!("invalidValue")),
        (format!(r#"{{"Operations": [{post}, {post}]}}"#), 400, json!("invalidValue")),
        (format!(r#"{{"Operations": [{many}]}}"#), 413, json!("tooMany")),
        (spaces(most + 1), 413, json!("tooMany")),
    ] {
        let house = House::admitting();
        let answer = house.send(ask("POST", "/Bulk").body(body)).await.expect(status);
        assert_eq!(answer.json()["scimType"], keyword);
        assert_eq!(writes(&house).len(), 0);
    }
    let house = House::admitting();
    let answer = house.send(ask("POST", "/Bulk").body(spaces(most))).await.expect(200);
    assert_eq!(answer.json()["Operations"], json!([]));
}

/// Whoever has no good token learns nothing of what is wrong with the rest.
#[tokio::test]
async fn a_token_that_is_not_good_is_told_before_anything_is_done() {
    let refusal = |code, reason| Reply::Refused(code, reason, "it is not good");
    for (reply, status) in [
        (refusal(Code::Unauthenticated, ErrorReason::TokenInvalid), 401),
        (refusal(Code::PermissionDenied, ErrorReason::ScimDisabled), 403),
    ] {
        let house = House::answering([reply]);
        let operations = json!([{"method": "GET"}, user("a", "a")]);
        house.send(bulk(&operations)).await.expect(status);
        assert_eq!(writes(&house).len(), 0);
    }
}

#[tokio::test]
async fn where_the_core_does_nothing_the_request_fails_as_a_whole() {
    let unavailable = || Reply::Failed(tonic::Status::unavailable("gone"));
    let house = House::answering([Reply::Admitted, unavailable()]);
    let answer = house.send(bulk(&json!([user("a", "a")]))).await.expect(503);
    assert_eq!(answer.header("Retry-After"), Some("5"));
    // Once something is done the client is told what.
    let first = Reply::Written(vec![written(JO, 1, Vec::new())]);
    let house = House::answering([Reply::Admitted, first, unavailable()]);
    let operations = json!([
        user("a", "a"),
        {"method": "DELETE", "path": "/Users/bulkId:a"},
        user("b", "b"),
    ]);
    let answer = house.send(bulk(&operations)).await.expect(200);
    assert_eq!(statuses(&answer), ["201", "503", "503"]);
}

#[tokio::test]
async fn operations_are_sent_as_many_at_a_time_as_are_decided_together() {
    let three = [256, 256, 88];
    let operations: Vec<_> = (0..600).map(|number| user(&number.to_string(), "x")).collect();
    let gateway = provost_gateway::GatewaySettings { body_limit: 1 << 20, ..settings() };
    let replies = three.map(|number| Reply::Written(vec![written(JO, 1, Vec::new()); number]));
    let house = House::with(gateway, [Reply::Admitted].into_iter().chain(replies));
    let answer = house.send(bulk(&json!(operations))).await.expect(200);
    assert_eq!(statuses(&answer).len(), 600);
    assert_eq!(writes(&house).iter().map(Vec::len).collect::<Vec<_>>(), three);
}

/// As clients write them: a user, then their group, and so on.
#[tokio::test]
async fn new_users_are_not_held_up_by_groups_that_wait() {
    let add = |bulk_id: &str| {
        let value = json!([{"value": format!("bulkId:{bulk_id}")}]);
        let data = json!({"Operations": [{"op": "add", "path": "members", "value": value}]});
        json!({"method": "PATCH", "path": format!("/Groups/{GUIDES}"), "data": data})
    };
    let renamed = json!({"userName": "kim", "userType": "Admin"});
    let operations = json!([
        user("a", "a"),
        add("a"),
        user("b", "b"),
        add("b"),
        user("c", "c"),
        delete(KIM),
        post("d", &renamed),
    ]);
    let done = |number| vec![written(JO, 1, Vec::new()); number];
    let house = house([done(3), done(4)]);
    let answer = house.send(bulk(&operations)).await.expect(200);
    assert_eq!(statuses(&answer), ["201", "204", "201", "204", "201", "204", "201"]);
    let asked = writes(&house);
    assert!(asked[0].iter().all(|write| matches!(write, Write::CreateUser(_))), "{asked:?}");
    assert!(matches!(asked[1][2], Write::DeleteUser(_)), "{asked:?}");
    // Not where each may be the last.
    let house = self::house([done(1), done(2), done(4)]);
    house.send(bulk_with(&operations, &json!(9))).await.expect(200);
    let sizes: Vec<_> = writes(&house).iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 2, 4]);
}

#[tokio::test]
async fn a_bulk_with_a_key_has_one_for_each_of_its_calls() {
    let house = house([vec![written(JO, 1, Vec::new())], vec![written(GUIDES, 1, Vec::new())]]);
    let operations = json!([user("u", "jo@example.com"), group("g", &["bulkId:u"])]);
    house.send(bulk(&operations).header("Idempotency-Key", "\"k\"")).await.expect(200);
    let keys = house.calls().into_iter().filter_map(|call| match call.asked {
        Asked::BatchWrite(asked) => asked.options.map(|options| options.request_id),
        _ => None,
    });
    assert_eq!(keys.collect::<Vec<_>>(), ["k:0", "k:1"]);
    let house = House::admitting();
    let long = "k".repeat(59);
    house.send(bulk(&operations).header("Idempotency-Key", &long)).await.expect(400);
    assert_eq!(writes(&house).len(), 0);
}
