//! One RPC for each request, and what it asks.

use crate::exchange::{House, ONE, ask};
use provost_proto::v1;
use provost_proto::v1::change::Change;
use provost_proto::v1::filter::Node;
use provost_proto::v1::value::Kind;
use provost_test_kit::fake_core::{Asked, Reply, decided, page, user};

#[tokio::test]
async fn a_get_is_one_get_user() {
    let house = House::answering([Reply::User(user())]);
    let answer = house.send(ask("GET", ONE)).await.expect(200);
    let asked = v1::GetUserRequest {
        on_behalf_of: String::new(),
        site: "default".to_owned(),
        user_id: user().id,
        include_groups: true,
    };
    assert_eq!(house.asked(), Asked::Get(asked));
    assert_eq!(answer.json()["userName"], "jo@example.com");
    let url = format!("https://id.example.com/api/scim/v2{ONE}");
    assert_eq!(answer.json()["meta"]["location"], url.as_str());
    assert_eq!((answer.header("Location"), answer.header("ETag")), (Some(&*url), Some("W/\"3\"")));
}

#[tokio::test]
async fn a_list_is_one_list_users() {
    let house = House::answering([page(vec![user(), user()], 205)]);
    let query = "?filter=userName+eq+%22jo%22&startIndex=201&count=5&attributes=userName";
    let answer = house.send(ask("GET", &format!("/Users{query}"))).await.expect(200);
    let Asked::List(asked) = house.asked() else { panic!("no list") };
    assert!(asked.filter.is_some());
    let rest = v1::ListUsersRequest { filter: None, ..asked };
    assert_eq!(
        rest,
        v1::ListUsersRequest {
            site: "default".to_owned(),
            page_size: 5,
            skip: 200,
            count_total: true,
            ..v1::ListUsersRequest::default()
        }
    );
    let body = answer.json();
    assert_eq!(body["totalResults"], 205);
    assert_eq!((&body["startIndex"], &body["itemsPerPage"]), (&201.into(), &2.into()));
    assert_eq!(body["Resources"][1]["userName"], "jo@example.com");
    assert_eq!(body["Resources"][1].get("active"), None);
}

#[tokio::test]
async fn pages_have_a_usual_and_a_largest_size_and_none_only_counts() {
    for (query, size, count_only) in [
        ("", 100, false),
        ("?count=5000", 1000, false),
        ("?count=0", 0, true),
        ("?count=-1", 0, true),
    ] {
        let house = House::answering([page(vec![], 7)]);
        let answer = house.send(ask("GET", &format!("/Users{query}"))).await.expect(200);
        let Asked::List(asked) = house.asked() else { panic!("no list") };
        assert_eq!((asked.page_size, asked.count_only), (size, count_only), "{query}");
        let body = answer.json();
        assert_eq!(
            (&body["totalResults"], &body["Resources"]),
            (&7.into(), &serde_json::json!([]))
        );
    }
}

/// They cost the core a look at another table.
#[tokio::test]
async fn groups_of_users_are_asked_for_where_an_answer_shows_them() {
    let answers = || [Reply::User(user()), page(vec![], 0), decided(user(), vec![])];
    for (query, shown) in [
        ("", true),
        ("?attributes=userName", false),
        ("?attributes=groups.value", true),
        ("?excludedAttributes=groups", false),
    ] {
        let house = House::answering(answers().into_iter().chain(answers().into_iter().skip(2)));
        house.send(ask("GET", &format!("{ONE}{query}"))).await.expect(200);
        house.send(ask("GET", &format!("/Users{query}"))).await.expect(200);
        let body = r#"{"Operations": [{"op": "replace", "path": "title", "value": "x"}]}"#;
        house.send(ask("PATCH", &format!("{ONE}{query}")).body(body)).await.expect(200);
        let body = r#"{"userName": "jo@example.com"}"#;
        house.send(ask("POST", &format!("/Users{query}")).body(body)).await.expect(201);
        let asked = house.calls().into_iter().map(|call| match call.asked {
            Asked::Get(asked) => asked.include_groups,
            Asked::List(asked) => asked.include_groups,
            Asked::Change(asked) => asked.include_groups,
            Asked::Create(asked) => asked.include_groups,
            other => panic!("{other:?}"),
        });
        assert_eq!(asked.collect::<Vec<_>>(), [shown; 4], "{query}");
    }
}

fn filter(asked: Asked) -> v1::Filter {
    let Asked::List(asked) = asked else { panic!("no list: {asked:?}") };
    asked.filter.unwrap()
}

/// Microsoft's validator encodes twice; a value that only looks like it is asked for first.
#[tokio::test]
async fn a_filter_is_read_again_only_when_nothing_matched() {
    let query = "/Users?filter=userName+eq+%22jo%2540example.com%22";
    let names = |house: &House| -> Vec<String> {
        let calls = house.calls().into_iter().map(|call| filter(call.asked));
        let name = |filter: v1::Filter| {
            let Some(Node::Comparison(comparison)) = filter.node else { panic!("{filter:?}") };
            let kind = comparison.value.and_then(|value| value.kind);
            let Some(Kind::Text(name)) = kind else { panic!("{kind:?}") };
            name
        };
        calls.map(name).collect()
    };
    let house = House::answering([page(vec![user()], 1)]);
    house.send(ask("GET", query)).await.expect(200);
    assert_eq!(names(&house), ["jo%40example.com"]);

    let house = House::answering([page(vec![], 0), page(vec![user()], 1)]);
    let answer = house.send(ask("GET", query)).await.expect(200);
    assert_eq!(names(&house), ["jo%40example.com", "jo@example.com"]);
    assert_eq!(answer.json()["totalResults"], 1);

    let house = House::answering([page(vec![], 0), page(vec![], 0)]);
    let answer = house.send(ask("GET", query)).await.expect(200);
    assert_eq!(answer.json()["totalResults"], 0);
}

/// Whoever asks for a user name is never told of somebody who only has it as an address: the
/// identity provider would take over an account that is not theirs.
#[tokio::test]
async fn a_user_name_is_looked_for_among_user_names_only() {
    let house = House::answering([page(vec![], 0)]);
    let query = "/Users?filter=userName+eq+%22jo%40example.com%22";
    let answer = house.send(ask("GET", query)).await.expect(200);
    assert_eq!(answer.json()["totalResults"], 0);
    let comparison = v1::Comparison {
        attribute: "user_name".to_owned(),
        operator: v1::Operator::Equal.into(),
        value: Some(v1::Value { kind: Some(Kind::Text("jo@example.com".to_owned())) }),
    };
    let expected = v1::Filter { node: Some(Node::Comparison(comparison)) };
    assert_eq!(filter(house.asked()), expected);
}

#[tokio::test]
async fn a_patch_is_one_change_user() {
    let house =
        House::answering([decided(v1::User { active: false, version: 4, ..user() }, vec![])]);
    let body = r#"{"Operations": [{"op": "Replace", "path": "active", "value": "False"}]}"#;
    let answer = house.send(ask("PATCH", ONE).body(body)).await.expect(200);
    let Asked::Change(asked) = house.asked() else { panic!("no change") };
    assert_eq!((asked.site.as_str(), &asked.user_id), ("default", &user().id));
    assert_eq!(asked.options, None);
    let change = Change::SetActive(v1::SetActive { active: false });
    assert_eq!(asked.changes, [v1::Change { change: Some(change) }]);
    assert_eq!(answer.json()["active"], false);
    assert_eq!(answer.header("ETag"), Some("W/\"4\""));
}

#[tokio::test]
async fn an_empty_patch_is_asked_like_any_other() {
    let house = House::answering([decided(user(), vec![])]);
    house.send(ask("PATCH", ONE).body(r#"{"Operations": []}"#)).await.expect(200);
    assert!(matches!(house.asked(), Asked::Change(asked) if asked.changes.is_empty()));
}

#[tokio::test]
async fn a_put_is_one_change_user_with_one_replacement() {
    let house = House::answering([decided(user(), vec![])]);
    let body = r#"{"userName": "jo@example.com", "title": "x", "userType": "Admin"}"#;
    house.send(ask("PUT", &format!("{ONE}?attributes=userName")).body(body)).await.expect(200);
    let Asked::Change(asked) = house.asked() else { panic!("no change") };
    let [v1::Change { change: Some(Change::Replace(replace)) }] = &asked.changes[..] else {
        panic!("{asked:?}");
    };
    assert_eq!(replace.user_name.as_deref(), Some("jo@example.com"));
    assert_eq!((replace.active, replace.role()), (None, v1::Role::Admin));
    let title = v1::Value { kind: Some(v1::value::Kind::Text("x".to_owned())) };
    assert_eq!(replace.profile.as_ref().unwrap().attributes["title"], title);
}

#[tokio::test]
async fn a_post_is_one_create_user() {
    let house = House::answering([decided(user(), vec![])]);
    let body = r#"{"userName": "jo@example.com", "active": true}"#;
    let answer = house.send(ask("POST", "/Users?attributes=userName").body(body)).await.expect(201);
    let Asked::Create(asked) = house.asked() else { panic!("no creation") };
    assert_eq!((asked.user_name.as_str(), asked.active), ("jo@example.com", Some(true)));
    let url = format!("https://id.example.com/api/scim/v2{ONE}");
    assert_eq!(answer.header("Location"), Some(&*url));
    assert_eq!(answer.json().get("active"), None);
}

#[tokio::test]
async fn a_delete_is_one_delete_user() {
    let house = House::answering([Reply::Deleted]);
    let answer = house.send(ask("DELETE", ONE)).await.expect(204);
    let asked = Asked::Delete(v1::DeleteUserRequest {
        site: "default".to_owned(),
        user_id: user().id,
        options: None,
    });
    assert_eq!(house.asked(), asked);
    assert_eq!((answer.text(), answer.header("Content-Type")), ("", None));
}
