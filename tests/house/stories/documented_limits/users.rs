//! How much there may be of a user.

use provost_proto::v1::{
    DeactivateUserRequest, PlaceHoldRequest, Profile, RegisterSignInRequest, WriteOptions,
};
use serde_json::{Value, json};

use super::is_refused_with;
use crate::support::{Answer, Site};

/// Whoever is known by no more than a user name.
async fn somebody(site: &Site<'_>, name: &str) -> String {
    site.user_with(&format!("{name}@example.com"), Profile::default()).await.id
}

async fn replace(site: &Site<'_>, user: &str, path: &str, value: &Value) -> Answer {
    site.patch(user, &json!([{"op": "replace", "path": path, "value": value}])).await
}

#[track_caller]
fn is_too_much(answer: &Answer) {
    answer.refusal(400);
    assert_eq!(answer.json()["scimType"], "invalidValue");
}

fn addresses(number: usize) -> Value {
    (0..number).map(|n| json!({"value": format!("{n}@example.com")})).collect()
}

/// Both in bytes, and whichever way they come.
pub async fn names(site: &Site<'_>) {
    let mut users = site.house.operator.users();
    let signing_in = |bytes: usize| RegisterSignInRequest {
        site: site.name.clone(),
        user_name: "n".repeat(bytes),
        ..RegisterSignInRequest::default()
    };
    users.register_sign_in(signing_in(512)).await.unwrap();
    is_refused_with(users.register_sign_in(signing_in(513)).await, "LIMIT_EXCEEDED");
    let user = somebody(site, "names").await;
    for (path, letter) in [("userName", "u"), ("externalId", "e")] {
        replace(site, &user, path, &letter.repeat(512).into()).await.expect(200);
        is_too_much(&replace(site, &user, path, &letter.repeat(513).into()).await);
        is_too_much(&replace(site, &user, path, &"\u{e4}".repeat(257).into()).await);
    }
}

pub async fn texts_for_people(site: &Site<'_>) {
    let user = somebody(site, "texts").await;
    let mut users = site.house.operator.users();
    let hold = |bytes: usize| PlaceHoldRequest {
        site: site.name.clone(),
        user_id: user.clone(),
        name: "long".to_owned(),
        note: "x".repeat(bytes),
        ..PlaceHoldRequest::default()
    };
    users.place_hold(hold(1024)).await.unwrap();
    is_refused_with(users.place_hold(hold(1025)).await, "LIMIT_EXCEEDED");
    let deactivation = |bytes: usize| DeactivateUserRequest {
        site: site.name.clone(),
        user_id: user.clone(),
        options: Some(WriteOptions { reason: "x".repeat(bytes), ..WriteOptions::default() }),
        ..DeactivateUserRequest::default()
    };
    users.deactivate_user(deactivation(1024)).await.unwrap();
    is_refused_with(users.deactivate_user(deactivation(1025)).await, "LIMIT_EXCEEDED");
}

pub async fn value(site: &Site<'_>) {
    let user = somebody(site, "value").await;
    replace(site, &user, "title", &"x".repeat(4096).into()).await.expect(200);
    is_too_much(&replace(site, &user, "title", &"x".repeat(4097).into()).await);
    // Bytes, not characters.
    is_too_much(&replace(site, &user, "title", &"\u{e4}".repeat(2049).into()).await);
}

/// Where a list is full, one more is refused by the law.
pub async fn list(site: &Site<'_>) {
    let user = somebody(site, "list").await;
    replace(site, &user, "emails", &addresses(100)).await.expect(200);
    let one_more = json!([{"op": "add", "path": "emails", "value": [{"value": "x"}]}]);
    is_too_much(&site.patch(&user, &one_more).await);
}

/// A request with a list that no user can have is refused by the gateway.
pub async fn long_list(site: &Site<'_>) {
    let user = somebody(site, "long-list").await;
    replace(site, &user, "emails", &addresses(100)).await.expect(200);
    is_too_much(&replace(site, &user, "emails", &addresses(101)).await);
}

/// Names and values count: fifteen addresses, and a title for what is left.
pub async fn profile(site: &Site<'_>) {
    let user = somebody(site, "profile").await;
    let address = |n: usize| json!({"value": format!("{n:04}"), "display": "x".repeat(4096)});
    let whole = "emails".len() + 15 * ("value".len() + 4 + "display".len() + 4096);
    let left = 65_536 - whole - "title".len();
    let operations = |title: usize| {
        json!([
            {"op": "replace", "path": "emails", "value": (0..15).map(address).collect::<Value>()},
            {"op": "replace", "path": "title", "value": "x".repeat(title)},
        ])
    };
    is_too_much(&site.patch(&user, &operations(left + 1)).await);
    site.patch(&user, &operations(left)).await.expect(200);
    is_too_much(&replace(site, &user, "title", &"x".repeat(left + 1).into()).await);
}

pub async fn holds(site: &Site<'_>) {
    let user = somebody(site, "holds").await;
    let mut users = site.house.operator.users();
    let hold = |n: usize| PlaceHoldRequest {
        site: site.name.clone(),
        user_id: user.clone(),
        name: format!("hold-{n}"),
        ..PlaceHoldRequest::default()
    };
    for n in 0..32 {
        users.place_hold(hold(n)).await.unwrap();
    }
    is_refused_with(users.place_hold(hold(32)).await, "LIMIT_EXCEEDED");
    // One that is there already may be placed again.
    users.place_hold(hold(31)).await.unwrap();
}

/// Two hundred changes that each go through a list of a hundred.
pub async fn work(site: &Site<'_>) {
    let user = somebody(site, "work").await;
    replace(site, &user, "emails", &addresses(100)).await.expect(200);
    let kind = |n: usize| json!({"op": "replace", "path": "emails.type", "value": n.to_string()});
    site.patch(&user, &(0..200).map(kind).collect()).await.expect(200);
    let answer = site.patch(&user, &(0..201).map(kind).collect()).await;
    answer.refusal(413);
    assert_eq!(answer.json()["scimType"], "tooMany");
}
