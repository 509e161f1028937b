//! Reading as complete as RFC 7644 and RFC 9865 have it: orders, cursors, searches, and the root.

use serde_json::{Value, json};

use crate::support::{House, Site, in_every_house};

in_every_house!(
    users_come_in_the_order_that_is_asked_for,
    a_walk_by_cursors_meets_everybody_once,
    cursors_belong_to_their_request,
    a_walk_by_numbers_survives_deletions,
    a_search_finds_what_a_query_finds,
    the_root_finds_users_and_groups,
    every_operation_answers_with_what_was_asked_for,
);

const PEOPLE: [&str; 5] = [
    "cid.moss@example.com",
    "Ada.Lovelace@example.com",
    "zoë.day@example.com",
    "émil.durkheim@example.org",
    "bo.day@example.com",
];

async fn people(site: &Site<'_>) -> Vec<String> {
    let mut ids = Vec::new();
    for name in PEOPLE {
        ids.push(site.user(name).await.id);
    }
    ids
}

fn names(body: &Value) -> Vec<&str> {
    let resources = body["Resources"].as_array().unwrap().iter();
    resources.map(|user| user["userName"].as_str().unwrap().split('.').next().unwrap()).collect()
}

async fn users_come_in_the_order_that_is_asked_for(house: &House) {
    let site = Site::new(house, "acme").await;
    let ids = people(&site).await;
    for (index, title) in [(0, "Clerk"), (3, "analyst")] {
        let title = json!([{"op": "replace", "path": "title", "value": title}]);
        site.patch(&ids[index], &title).await.expect(200);
    }
    for (by, order, expected) in [
        ("userName", "ascending", "Ada bo cid zoë émil"),
        ("userName", "descending", "émil zoë cid bo Ada"),
        ("title", "ascending", "émil cid Ada zoë bo"),
        ("title", "descending", "bo zoë Ada cid émil"),
        ("meta.created", "descending", "bo émil zoë Ada cid"),
        ("name.givenName", "ascending", "Ada bo cid zoë émil"),
        ("emails", "ascending", "Ada bo cid zoë émil"),
        ("id", "ascending", "cid Ada zoë émil bo"),
        ("", "descending", "cid Ada zoë émil bo"),
    ] {
        let path = format!("/Users?sortBy={by}&sortOrder={order}");
        let body = site.get(&path).await.expect(200);
        assert_eq!(names(&body).join(" "), expected, "{by} {order}");
        let second = site.get(&format!("{path}&startIndex=2&count=2")).await.expect(200);
        assert_eq!(names(&second), names(&body)[1..3], "{by} {order}");
    }
    let groups = "/Groups?sortBy=displayName";
    assert_eq!(site.get(groups).await.expect(200)["totalResults"], 0);
    for path in ["/Users?sortBy=shoeSize", "/Groups?sortBy=members", "/Users?sortBy=groups.display"]
    {
        site.get(path).await.refusal(400);
    }
}

async fn a_walk_by_cursors_meets_everybody_once(house: &House) {
    let site = Site::new(house, "acme").await;
    let ids = people(&site).await;
    for query in ["", "&sortBy=userName", "&sortBy=title", "&filter=userName%20co%20%22example%22"]
    {
        let (mut cursor, mut seen) = (String::new(), Vec::new());
        loop {
            let path = format!("/Users?cursor={cursor}&count=2{query}");
            let body = site.get(&path).await.expect(200);
            assert_eq!((&body["totalResults"], body.get("startIndex")), (&json!(5), None));
            let found = body["Resources"].as_array().unwrap();
            assert_eq!(body["itemsPerPage"], found.len());
            seen.extend(found.iter().map(|user| user["id"].as_str().unwrap().to_owned()));
            let Some(next) = body.get("nextCursor") else { break };
            next.as_str().unwrap().clone_into(&mut cursor);
        }
        seen.sort_unstable();
        let mut expected = ids.clone();
        expected.sort_unstable();
        assert_eq!(seen, expected, "{query}");
    }
}

/// A cursor is good for its site, its filter and its order, and only as it was given out.
async fn cursors_belong_to_their_request(house: &House) {
    let site = Site::new(house, "acme").await;
    let other = Site::new(house, "globex").await;
    people(&site).await;
    people(&other).await;
    let first = site.get("/Users?cursor&count=1").await.expect(200);
    let cursor = first["nextCursor"].as_str().unwrap();
    site.get(&format!("/Users?cursor={cursor}&count=3")).await.expect(200);
    let forged = format!(
        "{}{}",
        &cursor[..cursor.len() - 2],
        if cursor.ends_with("AA") { "BB" } else { "AA" }
    );
    for (site, path) in [
        (&other, format!("/Users?cursor={cursor}")),
        (&site, format!("/Users?cursor={cursor}&filter=title%20pr")),
        (&site, format!("/Users?cursor={cursor}&sortBy=title")),
        (&site, format!("/Groups?cursor={cursor}")),
        (&site, format!("/?cursor={cursor}")),
        (&site, format!("/Users?cursor={forged}")),
        (&site, "/Users?cursor=garbage".to_owned()),
    ] {
        let answer = site.get(&path).await;
        assert_eq!(answer.expect(400)["scimType"], "invalidCursor", "{path}");
    }
}

/// As Okta reads an import: by steps of what it asked for, until the total is reached.
async fn a_walk_by_numbers_survives_deletions(house: &House) {
    let site = Site::new(house, "acme").await;
    let ids = people(&site).await;
    let deletes = provost_proto::v1::UpdateScimSettingsRequest {
        deletion: provost_proto::v1::DeletionPolicy::Delete.into(),
        ..provost_proto::v1::UpdateScimSettingsRequest::default()
    };
    site.settings(deletes).await;
    let mut seen = Vec::new();
    for (start, gone) in [(1, Some(0)), (3, Some(2)), (5, None)] {
        let body = site.get(&format!("/Users?startIndex={start}&count=2")).await.expect(200);
        assert!(body["totalResults"].as_u64().unwrap() >= start, "{body}");
        let found = body["Resources"].as_array().unwrap();
        seen.extend(found.iter().map(|user| user["id"].as_str().unwrap().to_owned()));
        if let Some(gone) = gone {
            let path = format!("/Users/{}", ids[gone]);
            assert_eq!(site.push("DELETE", &path).send().await.status, 204);
        }
    }
    assert_eq!(seen, ids);
}

async fn a_search_finds_what_a_query_finds(house: &House) {
    let site = Site::new(house, "acme").await;
    people(&site).await;
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": "userName ew \"example.com\"", "attributes": ["userName"],
        "sortBy": "userName", "sortOrder": "descending", "startIndex": 2, "count": 2,
    });
    let found = site.push("POST", "/Users/.search").json(&body).send().await.expect(200);
    let query = "filter=userName%20ew%20%22example.com%22&attributes=userName&sortBy=userName\
                 &sortOrder=descending&startIndex=2&count=2";
    assert_eq!(found, site.get(&format!("/Users?{query}")).await.expect(200));
    assert_eq!((names(&found).join(" "), &found["totalResults"]), ("cid bo".to_owned(), &json!(4)));
    assert_eq!(found["Resources"][0].get("emails"), None);
    site.push("POST", "/Users/.search").json(&json!({"filter": "x"})).send().await.refusal(400);
    let stranger = site.push("POST", "/Users/.search").without("Authorization").json(&body);
    stranger.send().await.expect(401);
}

async fn the_root_finds_users_and_groups(house: &House) {
    let site = Site::new(house, "acme").await;
    let ids = people(&site).await;
    for name in ["Ada's friends", "Pilots"] {
        let group = json!({"displayName": name, "members": [{"value": ids[0]}]});
        site.push("POST", "/Groups").json(&group).send().await.expect(201);
    }
    let all = site.get("/").await.expect(200);
    assert_eq!(all["totalResults"], 7);
    let kind = |one: &Value| one["meta"]["resourceType"].as_str().unwrap().to_owned();
    let kinds: Vec<_> = all["Resources"].as_array().unwrap().iter().map(kind).collect();
    assert_eq!(kinds.concat(), "UserUserUserUserUserGroupGroup");
    let (mut cursor, mut walked) = (String::new(), Vec::new());
    loop {
        let body = site.get(&format!("/?cursor={cursor}&count=2")).await.expect(200);
        walked.extend(body["Resources"].as_array().unwrap().clone());
        let Some(next) = body.get("nextCursor") else { break };
        next.as_str().unwrap().clone_into(&mut cursor);
    }
    assert_eq!(&walked, all["Resources"].as_array().unwrap());
    let mut numbered = Vec::new();
    for start in [1, 4, 7] {
        let body = site.get(&format!("/?startIndex={start}&count=3")).await.expect(200);
        numbered.extend(body["Resources"].as_array().unwrap().clone());
    }
    assert_eq!(numbered, walked);
    for (filter, found) in [
        ("displayName co \"ada\"", 2),
        ("userName sw \"ada\" or members.display co \"cid\"", 3),
        ("meta.resourceType eq \"Group\"", 2),
        ("id pr and not (meta.resourceType eq \"Group\")", 5),
        ("userName eq \"nobody@example.com\"", 0),
    ] {
        let body = json!({"filter": filter, "count": 10});
        let answer = site.push("POST", "/.search").json(&body).send().await.expect(200);
        assert_eq!(answer["totalResults"], found, "{filter}");
    }
}

/// RFC 7644 section 3.9.
async fn every_operation_answers_with_what_was_asked_for(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    let path = format!("/Users/{}?attributes=name.familyName", user.id);
    let members =
        |body: &Value| -> Vec<String> { body.as_object().unwrap().keys().cloned().collect() };
    let whole = json!({"userName": "ada.lovelace@example.com", "name": {"familyName": "King"}});
    let changes = json!([{"op": "replace", "path": "title", "value": "Countess"}]);
    for body in [
        site.get(&path).await.expect(200),
        site.push("PUT", &path).json(&whole).send().await.expect(200),
        site.push("PATCH", &path).operations(&changes).send().await.expect(200),
    ] {
        assert_eq!(members(&body), ["id", "name", "schemas"], "{body}");
    }
    let creates = provost_proto::v1::UpdateScimSettingsRequest {
        creation: provost_proto::v1::CreationPolicy::Create.into(),
        ..provost_proto::v1::UpdateScimSettingsRequest::default()
    };
    site.settings(creates).await;
    let bo = json!({"userName": "bo@example.com", "title": "Clerk"});
    let made = site.push("POST", "/Users?excludedAttributes=title,meta,id").json(&bo).send().await;
    let made = made.expect(201);
    assert_eq!(members(&made), ["active", "id", "schemas", "userName", "userType"], "{made}");
    let group = json!({"displayName": "Pilots", "members": [{"value": user.id}]});
    let group = site.push("POST", "/Groups?attributes=displayName").json(&group).send().await;
    let group = group.expect(201);
    assert_eq!(members(&group), ["displayName", "id", "schemas"], "{group}");
    let path = format!("/Groups/{}?excludedAttributes=members,meta", group["id"].as_str().unwrap());
    let named = json!([{"op": "replace", "path": "displayName", "value": "Guides"}]);
    let patched = site.push("PATCH", &path).operations(&named).send().await.expect(200);
    assert_eq!(members(&patched), ["displayName", "id", "schemas"], "{patched}");
}
