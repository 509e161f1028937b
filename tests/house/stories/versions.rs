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
    groups_and_documents_have_versions_too,
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

async fn groups_and_documents_have_versions_too(house: &House) {
    let site = Site::new(house, "acme").await;
    let body = json!({"displayName": "Pilots"});
    let made = site.push("POST", "/Groups").json(&body).send().await;
    let etag = made.header("ETag").unwrap().to_owned();
    let path = format!("/Groups/{}", made.expect(201)["id"].as_str().unwrap());
    let with = |method: &str, name: &str, tag: &str| site.push(method, &path).header(name, tag);
    let same = with("GET", "If-None-Match", &etag).send().await;
    assert_eq!((same.status, same.body.len(), same.header("ETag")), (304, 0, Some(&*etag)));
    let rename = json!([{"op": "replace", "path": "displayName", "value": "Guides"}]);
    with("PATCH", "If-Match", "W/\"9\"").operations(&rename).send().await.refusal(412);
    assert_eq!(with("PATCH", "If-Match", &etag).operations(&rename).send().await.status, 204);
    with("GET", "If-Match", &etag).send().await.refusal(412);
    with("PUT", "If-Match", &etag).json(&body).send().await.refusal(412);
    with("DELETE", "If-Match", &etag).send().await.refusal(412);
    let others = json!({"displayName": "Others"});
    let fresh = site.push("POST", "/Groups").json(&others).header("If-None-Match", "*");
    fresh.send().await.refusal(412);
    // What has no tag is there all the same.
    for list in ["/Users", "/Groups"] {
        let all = site.push("GET", list).header("If-None-Match", "*").send().await;
        assert_eq!((all.status, all.header("ETag")), (304, None), "{list}");
        site.push("GET", list).header("If-Match", &etag).send().await.refusal(412);
    }
    for document in ["/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/Group", "/Schemas"]
    {
        let tag = site.get(document).await.header("ETag").unwrap().to_owned();
        let read = |name: &str, tag: &str| site.push("GET", document).header(name, tag);
        let known = read("If-None-Match", &format!("\"x\", {tag}")).send().await;
        assert_eq!((known.status, known.body.len()), (304, 0), "{document}");
        assert_eq!(known.header("ETag"), Some(&*tag), "{document}");
        assert_eq!(read("If-None-Match", &etag).send().await.status, 200, "{document}");
        assert_eq!(read("If-Match", &tag).send().await.status, 200, "{document}");
        read("If-Match", &etag).send().await.refusal(412);
    }
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
