//! What bodies ask for is done, all of it and no more: selected elements, blank values, and a PUT of
//! a part.

use provost_proto::v1::{RefusalPolicy, Role, UpdateScimSettingsRequest};
use serde_json::{Value, json};

use crate::support::{House, Site, in_every_house};

in_every_house!(
    an_element_fits_the_selector_that_it_was_sent_to,
    nothing_is_made_of_primary_alone,
    an_element_goes_with_its_value,
    a_put_that_does_not_name_the_user_clears_nothing,
    blank_values_are_no_values,
    app_roles_for_something_else_are_no_errors,
    the_name_of_a_manager_is_the_services,
    what_is_not_kept_is_not_removed_in_silence,
);

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The id of a user with a primary work address and nothing else.
async fn somebody(site: &Site<'_>) -> String {
    let id = site.user("ada.lovelace@example.com").await.id;
    let work = json!([{"type": "work", "value": "ada@example.com", "primary": true}]);
    let body = json!({"userName": "ada.lovelace@example.com", "emails": work});
    site.put(&id, &body).await.expect(200);
    id
}

async fn emails(site: &Site<'_>, id: &str) -> Value {
    site.get(&format!("/Users/{id}")).await.expect(200)["emails"].take()
}

async fn an_element_fits_the_selector_that_it_was_sent_to(house: &House) {
    let site = Site::new(house, "acme").await;
    let id = somebody(&site).await;
    let work = json!({"type": "work", "value": "ada@example.com", "primary": true});
    let home = json!({"type": "home", "value": "ada@example.org", "primary": false});
    let whole = json!([{
        "op": "replace", "path": "emails[type eq \"home\"]", "value": {"value": "ada@example.org"},
    }]);
    for _ in 0..2 {
        site.patch(&id, &whole).await.expect(200);
        assert_eq!(emails(&site, &id).await, json!([work, home]));
    }
    let whole = json!([{
        "op": "replace", "path": "emails[type eq \"work\"]", "value": {"value": "a@example.com"},
    }]);
    site.patch(&id, &whole).await.expect(200);
    let work = json!({"type": "work", "value": "a@example.com", "primary": false});
    assert_eq!(emails(&site, &id).await, json!([work, home]));
    let part = json!([{
        "op": "Add", "path": "emails[type eq \"other\"].value", "value": "o@example.com",
    }]);
    site.patch(&id, &part).await.expect(200);
    let other = json!({"type": "other", "value": "o@example.com", "primary": false});
    assert_eq!(emails(&site, &id).await, json!([work, home, other]));
}

async fn nothing_is_made_of_primary_alone(house: &House) {
    let site = Site::new(house, "acme").await;
    let id = somebody(&site).await;
    let before = emails(&site, &id).await;
    let operations = json!([
        {"op": "replace", "path": "title", "value": "Countess"},
        {"op": "add", "path": "emails[type eq \"home\"].primary", "value": true},
    ]);
    let answer = site.patch(&id, &operations).await;
    assert_eq!(answer.json()["scimType"], "noTarget");
    answer.refusal(400);
    assert_eq!(emails(&site, &id).await, before);
    assert_eq!(site.get(&format!("/Users/{id}")).await.expect(200).get("title"), None);
}

async fn an_element_goes_with_its_value(house: &House) {
    let site = Site::new(house, "acme").await;
    let id = somebody(&site).await;
    let shown = json!([{"op": "add", "path": "emails[type eq \"home\"]",
        "value": {"value": "ada@example.org", "display": "At home"}}]);
    site.patch(&id, &shown).await.expect(200);
    let operations = json!([
        {"op": "remove", "path": "emails[type eq \"work\"].value"},
        {"op": "remove", "path": "emails[type eq \"home\"].value"},
    ]);
    site.patch(&id, &operations).await.expect(200);
    let left = json!([{"type": "home", "display": "At home", "primary": false}]);
    assert_eq!(emails(&site, &id).await, left);
}

async fn a_put_that_does_not_name_the_user_clears_nothing(house: &House) {
    let site = Site::new(house, "acme").await;
    site.promotions(true, false).await;
    let id = somebody(&site).await;
    let before =
        json!([{"op": "add", "value": {"title": "Countess", "name": {"givenName": "Ada"}}}]);
    let before = site.patch(&id, &before).await.expect(200);
    let answer =
        site.put(&id, &json!({"active": false, "userType": "Moderator", "titel": "x"})).await;
    let after = answer.expect(200);
    assert_eq!((&after["active"], &after["userType"]), (&json!(false), &json!("Moderator")));
    for kept in ["userName", "name", "emails", "title"] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    let notices = answer.all("Provost-Notice");
    assert!(
        notices.contains("attribute=\"userName\";detail=\"the PUT has no userName"),
        "{notices}"
    );
    assert!(notices.contains("titel is not kept here"), "{notices}");
    let whole = json!({"userName": "ada.lovelace@example.com"});
    let after = site.put(&id, &whole).await.expect(200);
    assert_eq!((after.get("title"), after.get("emails")), (None, None), "a whole user clears");
}

async fn blank_values_are_no_values(house: &House) {
    let site = Site::new(house, "acme").await;
    let id = somebody(&site).await;
    for blank in [json!(null), json!(""), json!(" \t"), json!([]), json!({}), json!([null])] {
        let set = json!([{"op": "add", "value": {"title": "x", "ims": ["y"], "manager": "z"}}]);
        let mut before = site.patch(&id, &set).await.expect(200);
        for name in ["title", "ims", "manager"] {
            let add = json!([{"op": "add", "path": name, "value": blank}]);
            assert_eq!(site.patch(&id, &add).await.expect(200), before, "{name} {blank}");
            let replace = json!([{"op": "replace", "path": name, "value": blank}]);
            before = site.patch(&id, &replace).await.expect(200);
            let held = if name == "manager" { before.get(ENTERPRISE) } else { before.get(name) };
            assert_eq!(held, None, "{name} {blank}");
        }
        site.put(&id, &json!({"userName": blank})).await.refusal(400);
        let put = json!({"userName": "ada.lovelace@example.com", "title": blank, "ims": blank});
        let after = site.put(&id, &put).await.expect(200);
        assert_eq!((after.get("title"), after.get("ims")), (None, None), "{blank}");
    }
}

async fn app_roles_for_something_else_are_no_errors(house: &House) {
    let site = Site::new(house, "acme").await;
    site.settings(UpdateScimSettingsRequest {
        refusals: RefusalPolicy::Reject.into(),
        ..UpdateScimSettingsRequest::default()
    })
    .await;
    site.promotions(true, false).await;
    let id = somebody(&site).await;
    let operations = json!([
        {"op": "add", "path": "roles", "value": [{"value": "Payroll"}]},
        {"op": "replace", "path": "userType", "value": "Moderator"},
        {"op": "add", "path": "entitlements", "value": [{"value": "Admin"}]},
        {"op": "add", "path": "urn:example:User:userType", "value": "Contractor"},
        {"op": "replace", "path": "title", "value": "${user.title}"},
    ]);
    let answer = site.patch(&id, &operations).await;
    let after = answer.expect(200);
    assert!(!answer.all("Provost-Notice").contains("Payroll"));
    assert_eq!(after["roles"], json!([{"value": "Payroll", "primary": false}]));
    assert_eq!(after["entitlements"], json!([{"value": "Admin", "primary": false}]));
    assert_eq!(site.stored(&id).await.role(), Role::Moderator);
    for (path, word) in [("roles", "Admin"), ("userType", "Chief"), ("stackUserType", "Chief")] {
        let asked = json!([{"op": "replace", "path": path, "value": word}]);
        site.patch(&id, &asked).await.refusal(400);
    }
}

async fn the_name_of_a_manager_is_the_services(house: &House) {
    let site = Site::new(house, "acme").await;
    let id = somebody(&site).await;
    let path = format!("{ENTERPRISE}:manager");
    let manager =
        json!([{"op": "add", "path": path, "value": {"value": "7", "displayName": "Bo"}}]);
    let after = site.patch(&id, &manager).await.expect(200);
    assert_eq!(after[ENTERPRISE]["manager"], json!({"value": "7"}));
    let name = json!([
        {"op": "replace", "path": "title", "value": "Countess"},
        {"op": "replace", "path": format!("{path}.displayName"), "value": "Bo"},
    ]);
    let answer = site.patch(&id, &name).await;
    let detail = answer.refusal(400);
    assert!(detail.contains("manager.displayName is set by the service"), "{detail}");
    assert_eq!(answer.json()["scimType"], "mutability");
    let after = site.get(&format!("/Users/{id}")).await.expect(200);
    assert_eq!((after.get("title"), &after[ENTERPRISE]["manager"]), (None, &json!({"value": "7"})));
}

async fn what_is_not_kept_is_not_removed_in_silence(house: &House) {
    let site = Site::new(house, "acme").await;
    let id = somebody(&site).await;
    let before = site.get(&format!("/Users/{id}")).await.expect(200);
    for path in ["shoeSize", "shoeSize.left", r#"shoes[colour eq "red"]"#, "emails.colour"] {
        let answer = site.patch(&id, &json!([{"op": "remove", "path": path}])).await;
        assert_eq!(answer.expect(200), before, "{path}");
        let notice = answer.all("Provost-Notice");
        assert!(notice.contains("ATTRIBUTE_NOT_KEPT"), "{path}: {notice}");
        assert!(notice.contains("is not kept here"), "{path}: {notice}");
    }
}
