//! Versions: `ETag`, `If-Match`, `If-None-Match` (RFC 7644 section 3.14), and writes that change
//! nothing (design: the law, point 6).

use provost_proto::v1::{Role, SetUserRoleRequest, WriteOptions};
use serde_json::json;
use tonic::Code;

use crate::support::{House, Site, in_every_house, list, reason, sub_text};

in_every_house!(
    a_stale_write_is_refused,
    an_unchanged_user_is_not_sent_again,
    a_write_that_changes_nothing_leaves_no_trace,
    a_dry_run_stores_nothing,
    concurrent_writers_lose_nothing,
);

async fn a_stale_write_is_refused(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    let path = format!("/Users/{}", user.id);
    let read = site.get(&path).await;
    let etag = read.header("ETag").unwrap().to_owned();
    assert_eq!(read.expect(200)["meta"]["version"], etag.as_str());
    assert!(etag.starts_with("W/\""), "{etag}");

    let title = |title: &str| json!([{"op": "replace", "path": "title", "value": title}]);
    let write = |title_value: &str, if_match: &str| {
        site.push("PATCH", &path)
            .operations(&title(title_value))
            .header("If-Match", if_match)
            .send()
    };
    let written = write("Countess", &etag).await;
    assert_eq!(written.expect(200)["title"], "Countess");
    let fresh = written.header("ETag").unwrap().to_owned();
    assert_ne!(etag, fresh);
    write("Duchess", &etag).await.refusal(412);
    let stale = json!({"userName": "ada.lovelace@example.com"});
    let put = site.push("PUT", &path).json(&stale).header("If-Match", &etag);
    put.send().await.refusal(412);
    assert_eq!(write("Queen", "*").await.expect(200)["title"], "Queen");
    assert_eq!(write("King", &format!("W/\"0\", {fresh}")).await.status, 412);
}

async fn an_unchanged_user_is_not_sent_again(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    let path = format!("/Users/{}", user.id);
    let etag = site.get(&path).await.header("ETag").unwrap().to_owned();
    let same = site.push("GET", &path).header("If-None-Match", &etag).send().await;
    assert_eq!((same.status, same.body.len()), (304, 0));
    assert_eq!(same.header("ETag"), Some(etag.as_str()));
    let operations = json!([{"op": "add", "path": "nickName", "value": "Ada"}]);
    site.patch(&user.id, &operations).await.expect(200);
    let other = site.push("GET", &path).header("If-None-Match", &etag).send().await;
    assert_eq!(other.expect(200)["nickName"], "Ada");
}

async fn a_write_that_changes_nothing_leaves_no_trace(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    let path = format!("/Users/{}", user.id);
    let before = site.get(&path).await;
    let events = house.ledger(&site.name).await.len();
    for _ in 0..3 {
        let after = site.put(&user.id, &before.json()).await;
        assert_eq!(after.expect(200), before.json());
        let operations = json!([
            {"op": "replace", "path": "active", "value": true},
            {"op": "replace", "path": "name.givenName", "value": "ada"},
            {"op": "remove", "path": "title"},
        ]);
        let after = site.patch(&user.id, &operations).await;
        assert_eq!(after.expect(200), before.json());
        let empty = site.patch(&user.id, &json!([])).await;
        assert_eq!(empty.expect(200), before.json());
    }
    let stored = site.stored(&user.id).await;
    assert_eq!((stored.version, stored.update_time), (user.version, user.update_time));
    assert_eq!(house.ledger(&site.name).await.len(), events);
}

async fn a_dry_run_stores_nothing(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    let events = house.ledger(&site.name).await.len();
    let mut request = SetUserRoleRequest {
        site: site.name.clone(),
        user_id: user.id.clone(),
        role: Role::Moderator.into(),
        options: Some(WriteOptions {
            expected_version: Some(user.version),
            validate_only: true,
            ..WriteOptions::default()
        }),
    };
    let mut users = house.operator.users();
    let answer = users.set_user_role(request.clone()).await.unwrap().into_inner();
    assert_eq!(answer.decision.unwrap().user.unwrap().role(), Role::Moderator);
    assert_eq!(site.stored(&user.id).await, user);
    assert_eq!(house.ledger(&site.name).await.len(), events);

    request.options =
        Some(WriteOptions { expected_version: Some(user.version + 1), ..WriteOptions::default() });
    let status = users.set_user_role(request).await.unwrap_err();
    let expected = (Code::Aborted, "VERSION_MISMATCH".to_owned());
    assert_eq!(reason(&status), expected);
}

/// 16 writers on one user, each with a change of its own.
async fn concurrent_writers_lose_nothing(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    let writers = (0..16).map(|number| {
        let operations = json!([{
            "op": "add",
            "path": "emails",
            "value": [{"value": format!("ada{number}@example.com"), "type": "other"}],
        }]);
        site.push("PATCH", &format!("/Users/{}", user.id)).operations(&operations).send()
    });
    for answer in futures::future::join_all(writers).await {
        answer.expect(200);
    }
    let stored = site.stored(&user.id).await;
    assert_eq!(stored.version, user.version + 16);
    let profile = stored.profile.unwrap();
    let emails = list(&profile, "emails");
    for number in 0..16 {
        let wanted = format!("ada{number}@example.com");
        assert!(
            emails.iter().any(|email| sub_text(email, "value") == Some(&wanted)),
            "{wanted} is lost"
        );
    }
}
