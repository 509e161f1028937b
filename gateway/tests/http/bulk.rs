//! `/Bulk`: what the core is asked of several operations, in which order, and what each is told.

use crate::exchange::{Answer, Asking, House, ask, settings};
use provost_proto::v1;
use provost_proto::v1::ErrorReason;
use provost_proto::v1::batch_write::Write;
use provost_proto::v1::value::Kind;
use provost_test_kit::fake_core::{Asked, Reply, unwritten, written};
use serde_json::{Value, json};
use tonic::Code;

const BASE: &str = "https://id.example.com/api/scim/v2";
const JO: &str = "0198b3a0-0000-7000-8000-000000000001";
const KIM: &str = "0198b3a0-0000-7000-8000-000000000002";
const EXTENSION: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
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

fn led_by(name: &str, other: &str) -> Value {
    let manager = json!({"value": format!("bulkId:{other}")});
    post(name, &json!({"userName": name, EXTENSION: {"manager": manager}}))
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
    let detail = response["detail"].as_str().unwrap();
    assert!(detail.starts_with("There is no such user in this site; look the user up"), "{detail}");
    assert!(detail.contains(". Trace ID: "), "{detail}");
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
    // What is new has no version that could be expected.
    let house = self::house([vec![written(JO, 1, Vec::new())]]);
    let new = |bulk_id: &str, version: Value| {
        let mut operation = user(bulk_id, bulk_id);
        operation["version"] = version;
        operation
    };
    let operations = json!([new("a", json!("W/\"1\"")), new("b", json!("*"))]);
    let answer = house.send(bulk(&operations)).await.expect(200);
    assert_eq!(statuses(&answer), ["412", "201"]);
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
    let nowhere = |number: usize| body["Operations"][number].get("location").is_none();
    assert!(nowhere(0), "of a POST that failed");
    assert!(nowhere(2), "of what was not made");
    assert_eq!(writes(&house).len(), 1);
}

/// RFC 7644 section 3.7.1: there is no order in which they could be made.
#[tokio::test]
async fn new_resources_that_refer_to_each_other_are_refused_and_others_are_made() {
    let of_a = json!({"Operations": [
        {"op": "replace", "path": format!("{EXTENSION}:manager"), "value": "bulkId:a"},
    ]});
    let title = json!({"Operations": [{"op": "replace", "path": "title", "value": "Guide"}]});
    let patch =
        |data: &Value| json!({"method": "PATCH", "path": format!("/Users/{JO}"), "data": data});
    let house = house([vec![written(KIM, 1, Vec::new()), written(JO, 2, Vec::new())]]);
    let operations = json!([
        led_by("a", "b"),
        led_by("b", "a"),
        led_by("lone", "lone"),
        group("g", &["bulkId:h"]),
        group("h", &["bulkId:g"]),
        user("kim", "kim"),
        patch(&of_a),
        patch(&title),
    ]);
    let answer = house.send(bulk(&operations)).await.expect(200);
    assert_eq!(statuses(&answer), ["409", "409", "409", "409", "409", "201", "409", "200"]);
    let body = answer.json();
    let detail = |number: usize| body["Operations"][number]["response"]["detail"].as_str().unwrap();
    assert!(detail(0).contains("refer back to each other"), "{}", detail(0));
    assert!(detail(6).contains("bulkId:a, and the operation"), "{}", detail(6));
    assert_eq!(writes(&house)[0].len(), 2);
}

/// How many writes each call had, and with which failure it was to end.
fn ends(house: &House) -> Vec<(usize, i32)> {
    let calls = house.calls().into_iter().filter_map(|call| match call.asked {
        Asked::BatchWrite(asked) => Some((asked.writes.len(), asked.stop_after_failures)),
        _ => None,
    });
    calls.collect()
}

/// The core ends a call with the failure that is one too many, and has no results behind it.
#[tokio::test]
async fn nothing_more_is_done_after_so_many_errors() {
    let (taken, made) = (|| refused(ErrorReason::UserNameTaken), || written(JO, 1, Vec::new()));
    let three = json!([user("a", "a"), user("b", "b"), user("c", "c")]);
    for (most, replies, told) in [
        (json!(1), vec![made(), taken()], &["201", "409"][..]),
        (json!(2), vec![taken(), made(), taken()], &["409", "201", "409"]),
        (json!(9), vec![taken(), taken(), taken()], &["409", "409", "409"]),
    ] {
        let house = house([replies]);
        let answer = house.send(bulk_with(&three, &most)).await.expect(200);
        assert_eq!(statuses(&answer), told);
        assert_eq!(ends(&house), [(3, i32::try_from(most.as_i64().unwrap()).unwrap())]);
    }
    // What can't be read counts as well, in its place.
    let unread = json!([user("a", "a"), {"method": "GET"}, user("c", "c")]);
    let house = self::house([vec![made()]]);
    let answer = house.send(bulk_with(&unread, &json!(1))).await.expect(200);
    assert_eq!(statuses(&answer), ["201", "400"]);
    assert_eq!(ends(&house), [(1, 1)]);
    let house = self::house([vec![made()], vec![made()]]);
    let answer = house.send(bulk_with(&unread, &json!(2))).await.expect(200);
    assert_eq!(statuses(&answer), ["201", "400", "201"]);
    assert_eq!(ends(&house), [(1, 2), (1, 1)]);
    let house = self::house([vec![taken()]]);
    let answer = house.send(bulk_with(&unread, &json!(1))).await.expect(200);
    assert_eq!(statuses(&answer), ["409"]);
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
            Asked::CheckToken(asked) => Some(&asked.refused_parts),
            _ => None,
        });
        for noted in noted.flatten() {
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
    let house = House::answering([unavailable()]);
    let answer = house.send(bulk(&json!([user("a", "a")]))).await.expect(503);
    assert_eq!(answer.header("Retry-After"), Some("5"));
    let busy = Reply::Refused(Code::ResourceExhausted, ErrorReason::SiteBusy, "too many");
    let house = House::answering([Reply::Admitted, busy]);
    let answer = house.send(bulk(&json!([{"method": "GET"}, user("a", "a")]))).await;
    assert!(answer.status >= 400, "{}", answer.text());
}

/// Whether something was done is not known of a call that had no answer.
#[tokio::test]
async fn once_something_may_be_done_each_operation_has_an_answer() {
    let unavailable = || Reply::Failed(tonic::Status::unavailable("gone"));
    let house = House::answering([Reply::Admitted, unavailable()]);
    let answer = house.send(bulk(&json!([user("a", "a"), user("b", "b")]))).await.expect(200);
    assert_eq!(statuses(&answer), ["503", "503"]);
    let operations = json!([
        user("a", "a"),
        {"method": "DELETE", "path": "/Users/bulkId:a"},
        user("b", "b"),
        group("g", &["bulkId:b"]),
    ]);
    let busy = || Reply::Refused(Code::ResourceExhausted, ErrorReason::SiteBusy, "too many");
    for reply in [unavailable(), busy()] {
        let first = Reply::Written(vec![written(JO, 1, Vec::new())]);
        let house = House::answering([Reply::Admitted, first, reply]);
        let answer = house.send(bulk(&operations)).await.expect(200);
        let told = statuses(&answer);
        assert_eq!(told[0], "201");
        assert!(told.len() == 4 && told[1..].iter().all(|it| it == &told[1]), "{told:?}");
    }
    // Fewer answers than writes are none of the contract's, unless so many errors were to end the call.
    let house = self::house([vec![written(JO, 1, Vec::new())]]);
    let answer = house.send(bulk(&json!([user("a", "a"), user("b", "b")]))).await.expect(200);
    assert_eq!(statuses(&answer), ["201", "500"]);
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
async fn operations_keep_their_order_also_where_one_of_them_waits() {
    let add = |bulk_id: &str| {
        let value = json!([{"value": format!("bulkId:{bulk_id}")}]);
        let data = json!({"Operations": [{"op": "add", "path": "members", "value": value}]});
        json!({"method": "PATCH", "path": format!("/Groups/{GUIDES}"), "data": data})
    };
    let operations =
        json!([user("a", "a"), add("a"), user("b", "b"), add("b"), user("c", "c"), delete(KIM)]);
    let done = |number| vec![written(JO, 1, Vec::new()); number];
    let house = house([done(1), done(2), done(3)]);
    let answer = house.send(bulk(&operations)).await.expect(200);
    assert_eq!(statuses(&answer), ["201", "204", "201", "204", "201", "204"]);
    let calls = writes(&house);
    assert_eq!(calls.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 3]);
    let kinds = calls.iter().flatten().map(|write| match write {
        Write::CreateUser(it) => it.user_name.as_str(),
        Write::ChangeGroup(_) => "add",
        Write::DeleteUser(_) => "delete",
        other => panic!("{other:?}"),
    });
    assert_eq!(kinds.collect::<Vec<_>>(), ["a", "add", "b", "add", "c", "delete"]);
}

/// As the page of errors advises.
#[tokio::test]
async fn what_refers_to_operations_that_are_all_in_front_of_it_is_one_more_call() {
    let names = ["a", "b", "c"];
    let users = names.map(|name| user(name, name));
    let groups = names.map(|name| group(&format!("of {name}"), &[&format!("bulkId:{name}")]));
    let operations: Vec<_> = users.into_iter().chain(groups).collect();
    let house = house([JO, GUIDES].map(|id| vec![written(id, 1, Vec::new()); 3]));
    let answer = house.send(bulk(&json!(operations))).await.expect(200);
    assert_eq!(statuses(&answer), ["201"; 6]);
    assert_eq!(writes(&house).iter().map(Vec::len).collect::<Vec<_>>(), [3, 3]);
}

/// Only where an id can stand.
#[tokio::test]
async fn a_text_that_looks_like_a_reference_is_a_text_elsewhere() {
    let data =
        json!({"userName": "bulkId:a", "title": "bulkId:b", "emails": [{"value": "bulkId:c"}]});
    let named = json!({"displayName": "bulkId:d", "externalId": "bulkId:e"});
    let operations = json!([
        post("a", &data),
        {"method": "POST", "path": "/Groups", "bulkId": "g", "data": named},
    ]);
    let house = house([vec![written(JO, 1, Vec::new()), written(GUIDES, 1, Vec::new())]]);
    let answer = house.send(bulk(&operations)).await.expect(200);
    assert_eq!(statuses(&answer), ["201", "201"]);
    let asked = writes(&house);
    let Write::CreateUser(user) = &asked[0][0] else { panic!("{asked:?}") };
    assert_eq!(user.user_name, "bulkId:a");
    let title = &user.profile.as_ref().unwrap().attributes["title"];
    assert_eq!(title.kind, Some(Kind::Text("bulkId:b".to_owned())));
    let Write::CreateGroup(group) = &asked[0][1] else { panic!("{asked:?}") };
    assert_eq!(group.external_id.as_deref(), Some("bulkId:e"));
}

/// Nobody waits for that, and it is one call, however many failed.
#[tokio::test]
async fn all_that_failed_is_noted_in_one_call() {
    let unknown = || unwritten(Code::NotFound, ErrorReason::UserNotFound, "there is no such user");
    let results = vec![unknown(), unknown(), refused(ErrorReason::LastAdmin)];
    let replies = [Reply::Admitted, Reply::Written(results), Reply::Admitted];
    let house = House::answering(replies);
    let operations = json!([delete(JO), delete(KIM), delete("x"), {"method": "BREW"}]);
    let answer = house.send(bulk(&operations)).await.expect(200);
    assert_eq!(statuses(&answer).len(), 4);
    let mut noted = Vec::new();
    while noted.is_empty() {
        tokio::task::yield_now().await;
        let calls = house.calls().into_iter().filter_map(|call| match call.asked {
            Asked::CheckToken(asked) => Some(asked.refused_parts),
            _ => None,
        });
        noted.extend(calls.filter(|parts| !parts.is_empty()));
    }
    let [parts] = &noted[..] else { panic!("{noted:?}") };
    let told: Vec<_> = parts.iter().map(|it| (it.operation.as_str(), it.status)).collect();
    // What the rules refuse is in the ledger.
    let mut expected =
        vec![("DELETE /Users/{id}", 404), ("DELETE /Users/{id}", 404), ("POST /Bulk", 400)];
    expected.sort_unstable();
    let mut told = told;
    told.sort_unstable();
    assert_eq!(told, expected);
}

/// Each operation is done by itself, so a key could not say of all whether they were.
#[tokio::test]
async fn a_bulk_with_a_key_is_refused() {
    let house = House::admitting();
    let asking = bulk(&json!([user("u", "jo@example.com")])).header("Idempotency-Key", "\"k\"");
    let answer = house.send(asking).await.expect(400);
    assert!(answer.detail().contains("Idempotency-Key"), "{}", answer.detail());
    assert_eq!(writes(&house).len(), 0);
}
