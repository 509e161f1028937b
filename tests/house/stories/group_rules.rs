//! Groups that carry roles: what an identity provider moves by pushing who is in them.

use provost_proto::v1::ruled_group::By;
use provost_proto::v1::{Role, RuledGroup, SetGroupRuleRequest};
use serde_json::{Value, json};

use crate::support::{House, Site, in_every_house};

in_every_house!(
    who_is_pushed_into_a_group_has_its_role,
    a_role_that_can_not_follow_is_told_and_the_member_is_kept,
    a_thousand_are_moved_by_one_patch,
);

async fn rule(site: &Site<'_>, name: &str, role: Role) {
    let group = Some(RuledGroup { by: Some(By::DisplayName(name.to_owned())) });
    let (site_name, role) = (site.name.clone(), role.into());
    let request = SetGroupRuleRequest { site: site_name, group, role, options: None };
    site.house.operator.groups().set_group_rule(request).await.unwrap();
}

/// A new group without members; its path.
async fn group(site: &Site<'_>, name: &str) -> String {
    let made = site.push("POST", "/Groups").json(&json!({"displayName": name})).send().await;
    format!("/Groups/{}", made.expect(201)["id"].as_str().unwrap())
}

fn members(op: &str, ids: &[String]) -> Value {
    let members: Vec<_> = ids.iter().map(|id| json!({"value": id})).collect();
    json!([{"op": op, "path": "members", "value": members}])
}

async fn user_type(site: &Site<'_>, id: &str) -> Value {
    site.get(&format!("/Users/{id}")).await.expect(200)["userType"].clone()
}

async fn who_is_pushed_into_a_group_has_its_role(house: &House) {
    let site = Site::new(house, "acme").await;
    site.promotions(true, true).await;
    let ada = site.user("ada.lovelace@example.com").await.id;
    site.user("jo.day@example.com").await;
    rule(&site, "site moderators", Role::Moderator).await;
    let path = group(&site, "Site Moderators").await;
    let ids = [ada.clone()];
    let pushed = site.push("PATCH", &path).operations(&members("Add", &ids)).send().await;
    assert_eq!((pushed.status, pushed.header("Provost-Notice")), (204, None));
    assert_eq!(user_type(&site, &ada).await, "Moderator");
    // A full sync of the profile, which says nothing of groups.
    let word = json!([{"op": "replace", "path": "userType", "value": "Registered"}]);
    let user = format!("/Users/{ada}");
    let said = site.push("PATCH", &user).operations(&word).send().await;
    assert_eq!((said.status, said.header("Provost-Notice")), (200, None));
    assert_eq!(said.json()["userType"], "Moderator");
    let left = site.push("PATCH", &path).operations(&members("remove", &ids)).send().await;
    assert_eq!(left.status, 204);
    assert_eq!(user_type(&site, &ada).await, "Registered");
}

async fn a_role_that_can_not_follow_is_told_and_the_member_is_kept(house: &House) {
    let site = Site::new(house, "acme").await;
    let ada = site.user("ada.lovelace@example.com").await.id;
    rule(&site, "Admins", Role::Admin).await;
    let path = group(&site, "Admins").await;
    let pushed = site
        .push("PATCH", &path)
        .operations(&members("add", std::slice::from_ref(&ada)))
        .send()
        .await;
    assert_eq!(pushed.status, 204);
    let notice = pushed.header("Provost-Notice").unwrap();
    assert!(notice.starts_with("ADMIN_PROMOTION_CLOSED;attribute=\"userType\""), "{notice}");
    assert_eq!(user_type(&site, &ada).await, "Registered");
    assert_eq!(site.get(&path).await.expect(200)["members"][0]["value"], ada.as_str());
    let told = house.ledger("acme").await;
    assert_eq!(told.iter().filter(|event| event.notices.contains("ADMIN_PROMOTION")).count(), 1);
}

async fn a_thousand_are_moved_by_one_patch(house: &House) {
    let site = Site::new(house, "acme").await;
    site.promotions(true, true).await;
    let names: Vec<_> = (0..1000).map(|number| format!("user-{number}@example.com")).collect();
    let made = futures::future::join_all(names.iter().map(|name| site.user(name))).await;
    let ids: Vec<_> = made.into_iter().map(|user| user.id).collect();
    rule(&site, "Moderators", Role::Moderator).await;
    let path = group(&site, "Moderators").await;
    let before = house.ledger("acme").await.len();
    let pushed = site.push("PATCH", &path).operations(&members("add", &ids)).send().await;
    assert_eq!(pushed.status, 204);
    assert_eq!(house.ledger("acme").await.len() - before, 1001);
    for id in [&ids[0], &ids[500], &ids[999]] {
        assert_eq!(user_type(&site, id).await, "Moderator");
    }
}
