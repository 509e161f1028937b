//! Roles through SCIM: two switches, closed by default (design: the law, points 2 and 4).

use provost_proto::v1::Role;
use serde_json::json;

use crate::support::{House, Site, in_every_house};

in_every_house!(
    a_promotion_needs_its_switch,
    a_switch_opens_its_own_role_only,
    moderator_to_admin_needs_both_switches,
    a_demotion_needs_the_switch_as_well,
    a_refused_promotion_does_not_block_the_rest,
    words_that_are_no_role_change_nothing,
);

async fn a_promotion_needs_its_switch(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    for role in ["Moderator", "Admin"] {
        let answer = site.patch(&user.id, &replace("userType", role)).await;
        assert_eq!(answer.expect(200)["userType"], "Registered");
        let notice = answer.all("Provost-Notice");
        let reason = format!("{}_PROMOTION_CLOSED", role.to_uppercase());
        assert!(notice.contains(&reason), "{notice}");
    }
    assert_eq!(site.stored(&user.id).await.version, user.version);
}

async fn a_switch_opens_its_own_role_only(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    site.promotions(true, false).await;
    let answer = site.patch(&user.id, &replace("userType", "Admin")).await;
    assert_eq!(answer.expect(200)["userType"], "Registered");
    let answer = site.patch(&user.id, &replace("userType", "moderator")).await;
    assert_eq!(answer.expect(200)["userType"], "Moderator");
    assert_eq!(answer.header("Provost-Notice"), None);

    let other = site.user("grace.hopper@example.com").await;
    site.promotions(false, true).await;
    let answer = site.patch(&other.id, &replace("stackUserType", "Moderator")).await;
    assert_eq!(answer.expect(200)["userType"], "Registered");
    let answer = site.patch(&other.id, &replace("stackUserType", "Admin")).await;
    assert_eq!(answer.expect(200)["userType"], "Admin");
}

async fn moderator_to_admin_needs_both_switches(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user_as("ada.lovelace@example.com", Role::Moderator).await;
    for (moderator, admin, role) in
        [(false, true, "Moderator"), (true, false, "Moderator"), (true, true, "Admin")]
    {
        site.promotions(moderator, admin).await;
        let answer = site.patch(&user.id, &replace("userType", "Admin")).await;
        assert_eq!(answer.expect(200)["userType"], role, "{moderator} {admin}");
    }
}

async fn a_demotion_needs_the_switch_as_well(house: &House) {
    let site = Site::new(house, "acme").await;
    site.user_as("owner@example.com", Role::Admin).await;
    let user = site.user_as("ada.lovelace@example.com", Role::Admin).await;
    site.promotions(true, false).await;
    let answer = site.patch(&user.id, &replace("userType", "Registered")).await;
    assert_eq!(answer.expect(200)["userType"], "Admin");
    assert!(answer.all("Provost-Notice").contains("ADMIN_PROMOTION_CLOSED"));
    site.promotions(false, true).await;
    let answer = site.patch(&user.id, &replace("userType", "Registered")).await;
    assert_eq!(answer.expect(200)["userType"], "Registered");
}

async fn a_refused_promotion_does_not_block_the_rest(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    let operations = json!([
        {"op": "replace", "path": "userType", "value": "Admin"},
        {"op": "replace", "path": "title", "value": "Countess"},
        {"op": "replace", "path": "active", "value": false},
    ]);
    let answer = site.patch(&user.id, &operations).await;
    let body = answer.expect(200);
    assert_eq!(body["userType"], "Registered");
    assert_eq!(body["title"], "Countess");
    assert_eq!(body["active"], false);
    assert!(answer.all("Provost-Notice").contains("ADMIN_PROMOTION_CLOSED"));
}

async fn words_that_are_no_role_change_nothing(house: &House) {
    let site = Site::new(house, "acme").await;
    site.promotions(true, true).await;
    let user = site.user_as("ada.lovelace@example.com", Role::Moderator).await;
    for (word, noticed) in [
        ("Contractor", Some("ROLE_UNKNOWN")),
        ("", Some("ROLE_EMPTY")),
        ("${user.custom_fields.userType}", Some("ROLE_EMPTY")),
        // Entra's own kinds of account.
        ("Member", None),
        ("Guest", None),
        ("Employee", None),
    ] {
        let answer = site.patch(&user.id, &replace("userType", word)).await;
        assert_eq!(answer.expect(200)["userType"], "Moderator", "{word:?}");
        let notice = answer.all("Provost-Notice");
        match noticed {
            Some(reason) => assert!(notice.contains(reason), "{word:?}: {notice}"),
            None => assert_eq!(notice, "", "{word:?}"),
        }
    }
    assert_eq!(site.stored(&user.id).await.version, user.version);
}

fn replace(attribute: &str, value: &str) -> serde_json::Value {
    json!([{"op": "replace", "path": attribute, "value": value}])
}
