//! The whole core and enterprise schema (RFC 7643 sections 4.1 and 4.3): kept, told and changed as it was sent.

use provost_proto::v1::{CreationPolicy, UpdateScimSettingsRequest};
use serde_json::{Value, json};

use crate::support::{House, Site, in_every_house};

in_every_house!(
    all_that_a_user_may_have_is_told_as_it_was_sent,
    elements_are_picked_by_any_filter,
    one_element_is_primary,
    what_the_service_sets_is_left_out_of_a_whole_and_refused_as_a_path,
    a_group_is_left_by_whom_a_filter_picks,
);

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// With each attribute that clients write, and every part of each.
fn whole() -> Value {
    let element = |value: &str, kind: &str, primary: bool| json!({"value": value, "display": format!("D {value}"), "type": kind, "primary": primary});
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "externalId": "00u1",
        "userName": "ada.lovelace@example.com",
        "name": {
            "formatted": "Ms. Augusta Ada King III",
            "familyName": "King",
            "givenName": "Augusta",
            "middleName": "Ada",
            "honorificPrefix": "Ms.",
            "honorificSuffix": "III",
        },
        "displayName": "Ada King",
        "nickName": "Ada",
        "profileUrl": "https://example.com/ada",
        "title": "Countess",
        "userType": "Registered",
        "preferredLanguage": "en-GB",
        "locale": "en-GB",
        "timezone": "Europe/London",
        "active": true,
        "emails": [element("ada@example.com", "work", true), element("ada@home.example", "home", false)],
        "phoneNumbers": [element("tel:+44-20-7946-0001", "mobile", false)],
        "ims": [element("ada", "xmpp", false)],
        "photos": [element("https://example.com/ada.png", "photo", true)],
        "addresses": [{
            "formatted": "12 St James's Square\nLondon",
            "streetAddress": "12 St James's Square",
            "locality": "London",
            "region": "London",
            "postalCode": "SW1Y 4JH",
            "country": "GB",
            "type": "work",
            "primary": true,
        }],
        "entitlements": [element("premium", "licence", false)],
        "roles": [element("Payroll", "app", true), element("Auditor", "app", false)],
        "x509Certificates": [element("MIIBAAH/+w==", "signing", false)],
        ENTERPRISE: {
            "employeeNumber": "701984",
            "costCenter": "4130",
            "organization": "Analytical Engines",
            "division": "Theory",
            "department": "Notes",
            "manager": {"value": "26118915-6090-4610-87e4-49d8ca9f808d", "$ref": "../Users/26118915-6090-4610-87e4-49d8ca9f808d"},
        },
    })
}

async fn created(site: &Site<'_>, body: &Value) -> Value {
    site.settings(UpdateScimSettingsRequest {
        creation: CreationPolicy::Create.into(),
        ..UpdateScimSettingsRequest::default()
    })
    .await;
    let answer = site.push("POST", "/Users").json(body).send().await;
    assert_eq!(answer.header("Provost-Notice"), None);
    answer.expect(201)
}

/// What was sent, without what the service adds.
fn as_sent(mut told: Value) -> Value {
    for name in ["id", "meta"] {
        told.as_object_mut().unwrap().remove(name).unwrap();
    }
    told
}

async fn all_that_a_user_may_have_is_told_as_it_was_sent(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = created(&site, &whole()).await;
    assert_eq!(as_sent(user.clone()), whole());
    let id = user["id"].as_str().unwrap();
    let path = format!("/Users/{id}");
    assert_eq!(site.get(&path).await.expect(200), user);
    // What was read is written back, and nothing has changed.
    assert_eq!(site.put(id, &user).await.expect(200), user);
    for (filter, found) in [
        ("roles[value eq \"payroll\" and primary eq true]", 1),
        ("roles.value sw \"aud\"", 1),
        ("entitlements.display co \"premium\"", 1),
        ("x509Certificates.value eq \"MIIBAAH/+w==\"", 1),
        ("x509Certificates[type eq \"signing\" and value eq \"AAAA\"]", 0),
        (&format!("{ENTERPRISE}:manager.$ref ew \"808d\""), 1),
    ] {
        let listed = site.get(&format!("/Users?filter={}", encoded(filter))).await.expect(200);
        assert_eq!(listed["totalResults"], found, "{filter}");
    }
    let mut bare = whole();
    for name in ["roles", "entitlements", "x509Certificates", "ims", "photos", "addresses"] {
        bare.as_object_mut().unwrap().remove(name).unwrap();
    }
    assert_eq!(as_sent(site.put(id, &bare).await.expect(200)), bare, "what is left out goes");
    // Another manager has another name and another URL.
    let manager = format!("{ENTERPRISE}:manager");
    for value in [json!("7"), json!({"value": "8"}), json!([{"value": "9"}])] {
        let operations = json!([{"op": "replace", "path": manager, "value": value}]);
        let after = site.patch(id, &operations).await.expect(200);
        let told = after[ENTERPRISE]["manager"].as_object().unwrap().clone();
        assert_eq!(told.keys().collect::<Vec<_>>(), ["value"], "{value}");
    }
    let deep = json!([{"op": "add", "path": format!("{manager}.value"), "value": "10"}]);
    assert_eq!(
        site.patch(id, &deep).await.expect(200)[ENTERPRISE]["manager"],
        json!({"value": "10"})
    );
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

async fn elements_are_picked_by_any_filter(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = created(&site, &whole()).await;
    let id = user["id"].as_str().unwrap();
    let steps = [
        (
            json!({"op": "replace", "path": "emails[value ew \"home.example\" and not (type eq \"work\")].display", "value": "Home"}),
            "$.emails[1].display",
            json!("Home"),
        ),
        (
            json!({"op": "replace", "path": "roles[value co \"udi\" or value sw \"x\"].type", "value": "audit"}),
            "$.roles[1].type",
            json!("audit"),
        ),
        (
            json!({"op": "add", "path": "addresses[(country ne \"US\" and postalCode gt \"SW\") or region pr].locality", "value": "Westminster"}),
            "$.addresses[0].locality",
            json!("Westminster"),
        ),
        (
            json!({"op": "replace", "path": "x509Certificates[value eq \"MIIBAAH/+w==\"].display", "value": "Key"}),
            "$.x509Certificates[0].display",
            json!("Key"),
        ),
        (
            json!({"op": "remove", "path": "emails[not (primary eq true)]"}),
            "$.emails.length",
            json!(1),
        ),
        (
            json!({"op": "replace", "path": "entitlements[value ge \"p\" and value le \"q\"]", "value": {"value": "basic", "type": "licence"}}),
            "$.entitlements[0].value",
            json!("basic"),
        ),
    ];
    for (operation, path, expected) in steps {
        let after = site.patch(id, &json!([operation])).await.expect(200);
        let path = path.trim_start_matches("$.");
        let found = path.split(['.', '[', ']']).filter(|step| !step.is_empty()).try_fold(
            after,
            |value, step| match step.parse::<usize>() {
                Ok(index) => value.get(index).cloned(),
                Err(_) if step == "length" => value.as_array().map(|list| json!(list.len())),
                Err(_) => value.get(step).cloned(),
            },
        );
        assert_eq!(found, Some(expected), "{operation}");
    }
    let nobody = json!([{"op": "replace", "path": "emails[value sw \"x\"].display", "value": "x"}]);
    let answer = site.patch(id, &nobody).await;
    answer.refusal(400);
    assert_eq!(answer.json()["scimType"], "noTarget");
}

/// RFC 7644 section 3.5.2: where one becomes the primary one, the others cease to be.
async fn one_element_is_primary(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = created(&site, &whole()).await;
    let id = user["id"].as_str().unwrap();
    let primaries = |user: &Value, list: &str| -> Vec<bool> {
        let elements = user[list].as_array().unwrap().iter();
        elements.map(|element| element["primary"].as_bool().unwrap()).collect()
    };
    for (operation, list, expected) in [
        (
            json!({"op": "replace", "path": "emails[type eq \"home\"].primary", "value": true}),
            "emails",
            vec![false, true],
        ),
        (
            json!({"op": "add", "path": "emails", "value": [{"value": "x@example.com", "primary": true}]}),
            "emails",
            vec![false, false, true],
        ),
        (
            json!({"op": "replace", "path": "roles[value eq \"Auditor\"]", "value": {"value": "Auditor", "primary": "True"}}),
            "roles",
            vec![false, true],
        ),
        (
            json!({"op": "replace", "path": "roles", "value": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}),
            "roles",
            vec![false, true],
        ),
        (
            json!({"op": "replace", "path": "emails[primary eq true].primary", "value": false}),
            "emails",
            vec![false, false, false],
        ),
    ] {
        let after = site.patch(id, &json!([operation])).await.expect(200);
        assert_eq!(primaries(&after, list), expected, "{operation}");
    }
}

/// Clients send back what they read, and an operation with a path means what it names.
async fn what_the_service_sets_is_left_out_of_a_whole_and_refused_as_a_path(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut body = whole();
    body["id"] = json!("mine");
    body["meta"] = json!({"created": "2001-01-01T00:00:00Z", "version": "W/\"9\""});
    body["groups"] =
        json!([{"value": "00000000-0000-0000-0000-000000000000", "display": "Admins"}]);
    let user = created(&site, &body).await;
    assert_eq!(as_sent(user.clone()), whole());
    let id = user["id"].as_str().unwrap();
    let pathless =
        json!([{"op": "replace", "value": {"id": "mine", "groups": [], "title": "Lady"}}]);
    assert_eq!(site.patch(id, &pathless).await.expect(200)["title"], "Lady");
    for (op, path) in [
        ("replace", "id"),
        ("remove", "meta"),
        ("add", "meta.created"),
        ("add", "groups"),
        ("remove", "groups[value eq \"x\"]"),
        ("replace", "groups.display"),
    ] {
        let operations = json!([
            {"op": "replace", "path": "title", "value": "Duchess"},
            {"op": op, "path": path, "value": "x"},
        ]);
        let answer = site.patch(id, &operations).await;
        let detail = answer.refusal(400);
        assert!(detail.contains("is set by the service"), "{path}: {detail}");
        assert_eq!(answer.json()["scimType"], "mutability", "{path}");
    }
    assert_eq!(site.get(&format!("/Users/{id}")).await.expect(200)["title"], "Lady");
}

async fn a_group_is_left_by_whom_a_filter_picks(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut ids = Vec::new();
    for user_name in ["ada@example.com", "bo@example.com", "cid@example.com", "dan@example.com"] {
        ids.push(site.user(user_name).await.id);
    }
    let members: Vec<_> = ids.iter().map(|id| json!({"value": id})).collect();
    let body = json!({"displayName": "Pilots", "members": members});
    let group = site.push("POST", "/Groups").json(&body).send().await.expect(201);
    let path = format!("/Groups/{}", group["id"].as_str().unwrap());
    let left = async || {
        let read = site.get(&path).await.expect(200);
        let members = read["members"].as_array().cloned().unwrap_or_default();
        let at = |member: &Value| ids.iter().position(|id| member["value"] == *id).unwrap();
        let mut left: Vec<_> = members.iter().map(at).collect();
        left.sort_unstable();
        left
    };
    let shown = site.get(&path).await.expect(200)["members"][0]["display"].clone();
    assert!(shown.is_string(), "{shown}");
    let without = async |path_of_members: String| {
        let operation = json!([{"op": "remove", "path": path_of_members}]);
        site.push("PATCH", &path).operations(&operation).send().await
    };
    for (picked, expected) in [
        (format!("members[value eq \"{}\" and type eq \"Group\"]", ids[0]), vec![0, 1, 2, 3]),
        (format!("members[value eq \"{}\" and type eq \"User\"]", ids[0]), vec![1, 2, 3]),
        ("members[display eq \"nobody\"]".to_owned(), vec![1, 2, 3]),
        (format!("members[not (value eq \"{}\") and value ne \"{}\"]", ids[1], ids[2]), vec![1, 2]),
        ("members[display pr]".to_owned(), vec![]),
    ] {
        assert_eq!(without(picked.clone()).await.status, 204, "{picked}");
        assert_eq!(left().await, expected, "{picked}");
    }
    for member in ["members.display", "members.value", "members[value eq \"x\"].type"] {
        let answer = without(member.to_owned()).await;
        answer.refusal(400);
        assert_eq!(answer.json()["scimType"], "mutability", "{member}");
    }
}
