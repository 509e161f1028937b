//! How much there may be of a user and of a site.

use prost_types::Timestamp;
use provost_proto::v1::create_token_request::Expiration;
use provost_proto::v1::{CreateTokenRequest, PlaceHoldRequest, Profile, UpdateScimSettingsRequest};
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
    replace(site, &user, "emails", &addresses(101)).await.refusal(413);
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

pub async fn protected(site: &Site<'_>) {
    let mut sites = site.house.operator.sites();
    let protecting = |range: std::ops::Range<usize>| UpdateScimSettingsRequest {
        site: site.name.clone(),
        protect_user_names: range.map(|n| format!("root-{n}@example.com")).collect(),
        ..UpdateScimSettingsRequest::default()
    };
    is_refused_with(sites.update_scim_settings(protecting(0..101)).await, "LIMIT_EXCEEDED");
    sites.update_scim_settings(protecting(0..100)).await.unwrap();
    is_refused_with(sites.update_scim_settings(protecting(100..101)).await, "LIMIT_EXCEEDED");
}

pub async fn points_in_time(site: &Site<'_>) {
    let mut sites = site.house.operator.sites();
    let expiring = |name: &str, seconds| CreateTokenRequest {
        site: site.name.clone(),
        name: name.to_owned(),
        expiration: Some(Expiration::ExpireTime(Timestamp { seconds, nanos: 0 })),
        ..CreateTokenRequest::default()
    };
    // The last second of the year 9999, and the one before the year 1.
    let (last, before_the_first) = (253_402_300_799, -62_135_596_801);
    sites.create_token(expiring("last", last)).await.unwrap();
    for seconds in [last + 1, before_the_first, i64::MAX, i64::MIN] {
        is_refused_with(sites.create_token(expiring("never", seconds)).await, "VALUE_INVALID");
    }
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

pub async fn typed_tokens(site: &Site<'_>) {
    let mut sites = site.house.operator.sites();
    let typed = |value: &str| CreateTokenRequest {
        site: site.name.clone(),
        name: format!("typed {}", value.len()),
        value: Some(value.to_owned()),
        ..CreateTokenRequest::default()
    };
    // As many characters as are needed, of as many kinds.
    let enough = format!("012345678{}", "9".repeat(15));
    sites.create_token(typed(&enough)).await.unwrap();
    let too_few_kinds = enough.replace('9', "8");
    for weak in [
        &enough[1..],
        &too_few_kinds,
        "01234567890123456789 123",
        "0123456789012345678\u{e4}\u{f6}123",
    ] {
        is_refused_with(sites.create_token(typed(weak)).await, "TOKEN_WEAK");
    }
}
