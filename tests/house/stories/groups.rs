//! Groups that an identity provider pushes (RFC 7643 section 4.2).

use provost_proto::v1::User;
use serde_json::{Value, json};

use crate::support::{Answer, House, Site, in_every_house};

in_every_house!(
    a_group_lives_and_ends,
    a_name_belongs_to_one_group,
    groups_are_found,
    strangers_are_named_and_nobody_is_added,
    a_stale_write_to_a_group_is_refused,
    a_group_of_twenty_thousand_is_put_at_once,
    groups_are_their_sites,
    a_user_tells_of_their_groups,
);

const NOBODY: &str = "0198b3a0-0000-7000-8000-0000000000ff";

async fn people(site: &Site<'_>) -> [User; 2] {
    [site.user("ada.lovelace@example.com").await, site.user("jo.day@example.com").await]
}

/// A new group of these members; its path.
async fn group(site: &Site<'_>, name: &str, members: &[&str]) -> String {
    let members: Vec<_> = members.iter().map(|id| json!({"value": id})).collect();
    let body = json!({"displayName": name, "members": members});
    let made = site.push("POST", "/Groups").json(&body).send().await;
    format!("/Groups/{}", made.expect(201)["id"].as_str().unwrap())
}

async fn patched(site: &Site<'_>, path: &str, operations: &Value) -> Answer {
    site.push("PATCH", path).operations(operations).send().await
}

/// Who is in a group, as it is read.
async fn members(site: &Site<'_>, path: &str) -> Vec<String> {
    let group = site.get(path).await.expect(200);
    let members = group["members"].as_array().cloned().unwrap_or_default();
    members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect()
}

async fn a_group_lives_and_ends(house: &House) {
    let site = Site::new(house, "acme").await;
    let [ada, jo] = people(&site).await;
    let body =
        json!({"displayName": "Tour Guides", "externalId": "0a1b", "members": [{"value": ada.id}]});
    let made = site.push("POST", "/Groups").json(&body).send().await;
    let group = made.expect(201);
    let path = format!("/Groups/{}", group["id"].as_str().unwrap());
    assert_eq!(
        (&group["displayName"], &group["externalId"]),
        (&json!("Tour Guides"), &json!("0a1b"))
    );
    assert_eq!(group["members"][0]["value"], ada.id.as_str());
    assert!(made.header("Location").unwrap().ends_with(&path));

    let read = site.get(&path).await.expect(200);
    let reference = read["members"][0]["$ref"].as_str().unwrap();
    assert!(reference.ends_with(&format!("/Users/{}", ada.id)), "{reference}");
    assert_eq!(read["members"][0]["type"], "User");

    let added =
        json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": jo.id}]}]);
    let answer = patched(&site, &path, &added).await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    assert_eq!(answer.header("ETag"), Some("W/\"2\""));
    // Who is in it already stays, and nothing is written.
    assert_eq!(patched(&site, &path, &added).await.header("ETag"), Some("W/\"2\""));
    assert_eq!(members(&site, &path).await, [&*ada.id, &*jo.id]);

    let removed = json!([{"op": "Remove", "path": "members", "value": [{"value": ada.id}]}]);
    assert_eq!(patched(&site, &path, &removed).await.status, 204);
    assert_eq!(members(&site, &path).await, [&*jo.id]);
    let renamed = json!([{"op": "replace", "value": {"id": group["id"], "displayName": "Guides"}}]);
    assert_eq!(patched(&site, &path, &renamed).await.status, 204);

    let body = json!({"displayName": "Guides", "members": []});
    let put = site.push("PUT", &path).json(&body).send().await.expect(200);
    assert_eq!((put.get("members"), put.get("externalId")), (None, None));
    assert_eq!(members(&site, &path).await, [""; 0]);

    assert_eq!(site.push("DELETE", &path).send().await.status, 204);
    site.get(&path).await.refusal(404);
    patched(&site, &path, &removed).await.refusal(404);
    site.push("DELETE", &path).send().await.refusal(404);
    site.get(&format!("/Users/{}", jo.id)).await.expect(200);
}

async fn a_name_belongs_to_one_group(house: &House) {
    let site = Site::new(house, "acme").await;
    group(&site, "Tour Guides", &[]).await;
    let other = group(&site, "Drivers", &[]).await;
    let body = json!({"displayName": "TOUR guides"});
    let refused = site.push("POST", "/Groups").json(&body).send().await;
    let detail = refused.refusal(409);
    assert!(detail.contains("Another group of this site"), "{detail}");
    site.push("PUT", &other).json(&body).send().await.refusal(409);
}

async fn groups_are_found(house: &House) {
    let site = Site::new(house, "acme").await;
    let [ada, jo] = people(&site).await;
    let body =
        json!({"displayName": "Tour Guides", "externalId": "0a1b", "members": [{"value": ada.id}]});
    let made = site.push("POST", "/Groups").json(&body).send().await.expect(201);
    let id = made["id"].as_str().unwrap();
    group(&site, "Drivers", &[&jo.id]).await;
    for filter in [
        "displayName eq \"tour guides\"".to_owned(),
        "displayName sw \"tour\"".to_owned(),
        "externalId eq \"0a1b\"".to_owned(),
        format!("id eq \"{id}\""),
        format!("members.value eq \"{}\"", ada.id),
        format!("members[value eq \"{}\"]", ada.id),
        format!("members eq \"{}\"", ada.id),
        "members.display co \"ada\"".to_owned(),
        format!("meta.created gt \"2020-01-01T00:00:00Z\" and members[value eq \"{}\"]", ada.id),
    ] {
        let filter =
            percent_encoding::utf8_percent_encode(&filter, percent_encoding::NON_ALPHANUMERIC);
        let path =
            format!("/Groups?filter={filter}&excludedAttributes=members&startIndex=1&count=100");
        let found = site.get(&path).await.expect(200);
        assert_eq!(
            (&found["totalResults"], &found["Resources"][0]["id"]),
            (&json!(1), &json!(id)),
            "{path}"
        );
        assert_eq!(found["Resources"][0].get("members"), None);
    }
    let all = site.get("/Groups?count=1&startIndex=2").await.expect(200);
    assert_eq!((&all["totalResults"], &all["itemsPerPage"]), (&json!(2), &json!(1)));
    assert_eq!(all["Resources"][0]["members"].as_array().unwrap().len(), 1);
    let counted = site.get("/Groups?count=0").await.expect(200);
    assert_eq!((&counted["totalResults"], &counted["Resources"]), (&json!(2), &json!([])));
    site.get("/Groups?filter=userName+eq+%22x%22").await.refusal(400);
}

async fn strangers_are_named_and_nobody_is_added(house: &House) {
    let site = Site::new(house, "acme").await;
    let [ada, jo] = people(&site).await;
    let path = group(&site, "Tour Guides", &[&ada.id]).await;
    for stranger in [NOBODY, "no-uuid"] {
        let both = json!([{"value": jo.id}, {"value": stranger}]);
        let operations = json!([{"op": "add", "path": "members", "value": both}]);
        let body = json!({"displayName": "Drivers", "members": both});
        for answer in [
            patched(&site, &path, &operations).await,
            site.push("PUT", &path).json(&body).send().await,
            site.push("POST", "/Groups").json(&body).send().await,
        ] {
            let detail = answer.refusal(400);
            assert!(detail.contains(stranger), "{detail}");
        }
        // Who is nobody is in no group.
        let operations =
            json!([{"op": "Remove", "path": "members", "value": [{"value": stranger}]}]);
        assert_eq!(patched(&site, &path, &operations).await.status, 204);
    }
    assert_eq!(members(&site, &path).await, [&*ada.id]);
    let all = site.get("/Groups").await.expect(200);
    assert_eq!(
        (&all["totalResults"], &all["Resources"][0]["displayName"]),
        (&json!(1), &json!("Tour Guides"))
    );
}

async fn a_stale_write_to_a_group_is_refused(house: &House) {
    let site = Site::new(house, "acme").await;
    let [ada, _] = people(&site).await;
    let path = group(&site, "Tour Guides", &[]).await;
    let added = json!([{"op": "add", "path": "members", "value": [{"value": ada.id}]}]);
    let write =
        || site.push("PATCH", &path).operations(&added).header("If-Match", "W/\"1\"").send();
    let etag = write().await.header("ETag").unwrap().to_owned();
    write().await.refusal(412);
    site.push("DELETE", &path).header("If-Match", "W/\"1\"").send().await.refusal(412);
    let same = site.push("GET", &path).header("If-None-Match", &etag).send().await;
    assert_eq!((same.status, same.body.len()), (304, 0));
}

/// In one request, whose body is larger than that of a user may be.
async fn a_group_of_twenty_thousand_is_put_at_once(house: &House) {
    let site = Site::new(house, "acme").await;
    let [ada, jo] = people(&site).await;
    let path = group(&site, "Tour Guides", &[&jo.id]).await;
    let member = |number: usize| {
        let id = if number == 0 { &*ada.id } else { NOBODY };
        json!({"value": id, "display": "x".repeat(60), "$ref": format!("{}/Users/{id}", site.base)})
    };
    let put = |members: Vec<Value>| {
        let body = json!({"displayName": "Tour Guides", "members": members});
        site.push("PUT", &path).json(&body).send()
    };
    let refused = put((0..20_000).map(member).collect()).await.refusal(400);
    assert!(refused.contains(NOBODY), "{refused}");
    assert_eq!(members(&site, &path).await, [&*jo.id]);
    put((0..20_000).map(|_| member(0)).collect()).await.expect(200);
    assert_eq!(members(&site, &path).await, [&*ada.id]);
}

async fn groups_are_their_sites(house: &House) {
    let site = Site::new(house, "acme").await;
    let other = Site::new(house, "beta").await;
    let [ada, _] = people(&site).await;
    let path = group(&site, "Tour Guides", &[&ada.id]).await;
    other.get(&path).await.refusal(404);
    other.push("DELETE", &path).send().await.refusal(404);
    assert_eq!(other.get("/Groups").await.expect(200)["totalResults"], 0);
    let body = json!({"displayName": "Tour Guides", "members": [{"value": ada.id}]});
    other.push("POST", "/Groups").json(&body).send().await.refusal(400);
    assert_eq!(members(&site, &path).await, [&*ada.id]);
}

async fn a_user_tells_of_their_groups(house: &House) {
    let site = Site::new(house, "acme").await;
    let [ada, jo] = people(&site).await;
    let path = format!("/Users/{}", ada.id);
    assert_eq!(site.get(&path).await.expect(200).get("groups"), None);
    let guides = group(&site, "Tour Guides", &[&ada.id, &jo.id]).await;
    let pilots = group(&site, "Pilots", &[&ada.id]).await;
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let told = json!([
        {
            "value": id(&guides), "$ref": format!("http://{}{}{guides}", house.http, site.base),
            "display": "Tour Guides", "type": "direct",
        },
        {
            "value": id(&pilots), "$ref": format!("http://{}{}{pilots}", house.http, site.base),
            "display": "Pilots", "type": "direct",
        },
    ]);
    let read = site.get(&path).await.expect(200);
    assert_eq!(read["groups"], told);
    let listed = site.get("/Users?attributes=groups.display").await.expect(200);
    assert_eq!(listed["Resources"][1]["groups"], json!([{"display": "Tour Guides"}]));
    let without = site.get(&format!("{path}?excludedAttributes=groups")).await.expect(200);
    assert_eq!(without.get("groups"), None);

    // Okta sends back what it has read, and an empty list of groups.
    let mut whole = read.clone();
    whole["groups"] = json!([]);
    let answer = site.put(&ada.id, &whole).await;
    assert_eq!(answer.header("Provost-Notice"), None);
    assert_eq!(answer.expect(200)["groups"], told);
    let operations = json!([
        {"op": "replace", "value": {"title": "Countess", "groups": []}},
    ]);
    let answer = site.patch(&ada.id, &operations).await;
    let patched = answer.expect(200);
    assert_eq!((&patched["groups"], &patched["title"]), (&told, &json!("Countess")));
    let path_of_group = format!("groups[value eq \"{}\"]", id(&pilots));
    let leave = json!([{"op": "remove", "path": path_of_group}]);
    let refused = site.patch(&ada.id, &leave).await.expect(400);
    assert_eq!(refused["scimType"], "mutability", "{refused}");

    for (filter, found) in [
        (format!("groups.value eq \"{}\"", id(&guides)), 2),
        (format!("groups eq \"{}\" and groups.display sw \"pil\"", id(&guides)), 1),
        (format!("groups[value eq \"{}\" and display eq \"PILOTS\"]", id(&guides)), 0),
        ("groups.display eq \"PILOTS\"".to_owned(), 1),
        ("not (groups.display eq \"pilots\")".to_owned(), 1),
        ("groups pr".to_owned(), 2),
        ("groups.type eq \"direct\"".to_owned(), 2),
        ("groups.type eq \"indirect\"".to_owned(), 0),
        ("not (groups pr)".to_owned(), 0),
        (format!("groups.value eq \"{NOBODY}\""), 0),
        ("groups.value eq \"no-uuid\"".to_owned(), 0),
    ] {
        let encoded = filter.replace(' ', "%20").replace('"', "%22");
        let body = site.get(&format!("/Users?filter={encoded}")).await.expect(200);
        assert_eq!(body["totalResults"], found, "{filter}");
    }

    site.push("DELETE", &guides).send().await;
    let left = site.get(&path).await.expect(200);
    assert_eq!(left["groups"], json!([told[1]]));
}
