//! How much may be asked at once.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use provost_proto::v1::filter::Node;
use provost_proto::v1::value::Kind;
use provost_proto::v1::{
    Change, ChangeUserRequest, Comparison, Filter, ListUsersRequest, Operator, SetActive,
    Value as Wire, change,
};
use serde_json::{Value, json};

use super::is_refused_with;
use crate::support::{Answer, Site};

async fn somebody(site: &Site<'_>, name: &str) -> String {
    site.user(&format!("{name}@example.com")).await.id
}

#[track_caller]
fn is_no_filter(answer: &Answer) {
    answer.refusal(400);
    assert_eq!(answer.json()["scimType"], "invalidFilter");
}

pub async fn notices(site: &Site<'_>) {
    let user = somebody(site, "notices").await;
    for (unknown, told) in [(10, 10), (11, 10)] {
        let add = |n: usize| json!({"op": "add", "path": format!("unheard{n}"), "value": "x"});
        let answer = site.patch(&user, &(0..unknown).map(add).collect()).await;
        answer.expect(200);
        assert_eq!(answer.all("Provost-Notice").lines().count(), told);
    }
}

pub async fn changes(site: &Site<'_>) {
    let user = somebody(site, "changes").await;
    let request = |changes: usize| ChangeUserRequest {
        site: site.name.clone(),
        user_id: user.clone(),
        changes: vec![
            Change { change: Some(change::Change::SetActive(SetActive { active: true })) };
            changes
        ],
        options: None,
        include_groups: false,
    };
    let mut users = site.house.operator.users();
    users.change_user(request(1000)).await.unwrap();
    is_refused_with(users.change_user(request(1001)).await, "LIMIT_EXCEEDED");
}

/// What joins conditions is one as well.
pub async fn conditions(site: &Site<'_>) {
    let list = async |condition: &str, conditions: usize| {
        filtered(site, &vec![condition; conditions].join(" or ")).await
    };
    list("title pr", 99).await.expect(200);
    is_no_filter(&list("title pr", 100).await);
    list("ims.value pr", 20).await.expect(200);
    is_no_filter(&list("ims.value pr", 21).await);
}

async fn filtered(site: &Site<'_>, filter: &str) -> Answer {
    let filter = utf8_percent_encode(filter, NON_ALPHANUMERIC);
    site.get(&format!("/Users?count=0&filter={filter}")).await
}

/// Of a query, and of a path, where the closing bracket counts.
pub async fn filter_length(site: &Site<'_>) {
    let user = somebody(site, "filter-length").await;
    let long = |text: &str, bytes: usize| {
        let empty = format!("{text} eq \"\"").len();
        format!("{text} eq \"{}\"", "x".repeat(bytes - empty))
    };
    filtered(site, &long("title", 4096)).await.expect(200);
    is_no_filter(&filtered(site, &long("title", 4097)).await);
    let remove = async |bytes: usize| {
        let path = format!("emails[{}]", long("value", bytes - 1));
        site.patch(&user, &json!([{"op": "remove", "path": path}])).await
    };
    remove(4096).await.expect(200);
    is_no_filter(&remove(4097).await);
}

/// Of both alike as well; brackets around the filter of a path are the path's.
pub async fn nesting(site: &Site<'_>) {
    let user = somebody(site, "nesting").await;
    let nested = |levels: usize, condition: &str| {
        format!("{}{condition}{}", "(".repeat(levels), ")".repeat(levels))
    };
    filtered(site, &nested(32, "title pr")).await.expect(200);
    is_no_filter(&filtered(site, &nested(33, "title pr")).await);
    let remove = async |levels: usize| {
        let path = format!("emails[{}]", nested(levels, "type pr"));
        site.patch(&user, &json!([{"op": "remove", "path": path}])).await
    };
    remove(32).await.expect(200);
    is_no_filter(&remove(33).await);
}

pub async fn selectors(site: &Site<'_>) {
    let user = somebody(site, "selectors").await;
    let remove = |_| json!({"op": "remove", "path": "ims[type eq \"work\"]"});
    site.patch(&user, &(0..500).map(remove).collect()).await.expect(200);
    is_no_filter(&site.patch(&user, &(0..501).map(remove).collect()).await);
}

/// `not` takes one level, a comparison three.
pub async fn levels(site: &Site<'_>) {
    let mut users = site.house.operator.users();
    let request = |nots: usize| {
        let comparison = Comparison {
            attribute: "title".to_owned(),
            operator: Operator::Equal.into(),
            value: Some(Wire { kind: Some(Kind::Text("x".to_owned())) }),
        };
        let mut filter = Filter { node: Some(Node::Comparison(comparison)) };
        for _ in 0..nots {
            filter = Filter { node: Some(Node::Not(Box::new(filter))) };
        }
        let (site, filter) = (site.name.clone(), Some(filter));
        ListUsersRequest { site, filter, ..ListUsersRequest::default() }
    };
    users.list_users(request(77)).await.unwrap();
    is_refused_with(users.list_users(request(78)).await, "LIMIT_EXCEEDED");
}

/// A PATCH that says nothing, made as long as it must be by white space.
async fn long_body(site: &Site<'_>, user: &str, bytes: usize) -> Answer {
    let says =
        json!({"Operations": [{"op": "replace", "path": "title", "value": "x"}]}).to_string();
    let body = format!("{says}{}", " ".repeat(bytes - says.len()));
    let push = site.push("PATCH", &format!("/Users/{user}"));
    let push = push.header("Content-Type", "application/scim+json");
    push.bytes(body).send().await
}

pub async fn body(site: &Site<'_>) {
    let user = somebody(site, "body").await;
    long_body(site, &user, 1_048_576).await.expect(200);
    long_body(site, &user, 1_048_577).await.refusal(413);
}

pub async fn operations(site: &Site<'_>) {
    let user = somebody(site, "operations").await;
    let operation = |_| json!({"op": "replace", "path": "title", "value": "x"});
    site.patch(&user, &(0..1000).map(operation).collect::<Value>()).await.expect(200);
    let answer = site.patch(&user, &(0..1001).map(operation).collect::<Value>()).await;
    assert!(answer.refusal(413).contains("1001 operations"));
}

/// Of users that are not there, which is no matter of limits.
pub async fn bulk(site: &Site<'_>) {
    let send = async |operations: usize| {
        let operation = json!({"method": "DELETE", "path": "/Users/nobody"});
        let body = json!({"Operations": vec![operation; operations]});
        site.push("POST", "/Bulk").json(&body).send().await
    };
    let answer = send(1000).await.expect(200);
    assert_eq!(answer["Operations"].as_array().unwrap().len(), 1000);
    let answer = send(1001).await;
    assert!(answer.refusal(413).contains("1001 operations"));
    assert_eq!(answer.json()["scimType"], "tooMany");
    let config = site.get("/ServiceProviderConfig").await.expect(200);
    assert_eq!(config["bulk"]["maxOperations"], 1000);
}

/// One operation that says a thing a thousand times.
pub async fn members(site: &Site<'_>) {
    let user = somebody(site, "members").await;
    let patch = async |members: usize| {
        let value = vec![r#""title":"x""#; members].join(",");
        let body = format!(r#"{{"Operations":[{{"op":"add","value":{{{value}}}}}]}}"#);
        let push = site.push("PATCH", &format!("/Users/{user}"));
        push.header("Content-Type", "application/scim+json").bytes(body).send().await
    };
    patch(1000).await.expect(200);
    assert!(patch(1001).await.refusal(413).contains("1000 changes"));
}

/// The few headers that are sent besides are a part of it.
pub async fn head(site: &Site<'_>) {
    let get = async |bytes: usize| {
        site.push("GET", "/Users?count=0").header("X-Padding", &"x".repeat(bytes)).send().await
    };
    get(127 << 10).await.expect(200);
    get(128 << 10).await.refusal(431);
}
