//! Somebody stays in charge (design: the law, point 5), whoever knocks and however many at once.

use provost_proto::v1::{
    DeactivateUserRequest, DeleteUserRequest, DeletionPolicy, PlaceHoldRequest, Role,
    SetUserRoleRequest, UpdateScimSettingsRequest,
};
use serde_json::json;
use tonic::{Code, Status};

use crate::support::{House, Site, in_every_house, reason};

in_every_house!(
    the_last_admin_stays_by_every_path,
    of_two_admins_who_step_down_at_once_one_stays,
    protected_accounts_are_closed_to_scim,
);

async fn the_last_admin_stays_by_every_path(house: &House) {
    let site = Site::new(house, "acme").await;
    site.settings(UpdateScimSettingsRequest {
        allow_moderator_promotion: Some(true),
        allow_admin_promotion: Some(true),
        deletion: DeletionPolicy::Delete.into(),
        ..UpdateScimSettingsRequest::default()
    })
    .await;
    let admin = site.user_as("ada.lovelace@example.com", Role::Admin).await;
    let path = format!("/Users/{}", admin.id);

    for (operation, attribute) in [
        (json!({"op": "replace", "path": "userType", "value": "Registered"}), "userType"),
        (json!({"op": "replace", "path": "active", "value": false}), "active"),
    ] {
        let answer = site.patch(&admin.id, &json!([operation])).await;
        let body = answer.expect(200);
        assert_eq!((&body["userType"], &body["active"]), (&json!("Admin"), &json!(true)));
        let notice = answer.all("Provost-Notice");
        assert!(notice.contains("LAST_ADMIN"), "{attribute}: {notice}");
    }
    let deletion = site.push("DELETE", &path).send().await;
    assert!((400..500).contains(&deletion.status), "{}", deletion.text());

    let (site_name, user_id) = (site.name.clone(), admin.id.clone());
    let mut users = house.operator.users();
    let refusals: [Status; 4] = [
        users
            .set_user_role(SetUserRoleRequest {
                site: site_name.clone(),
                user_id: user_id.clone(),
                role: Role::Moderator.into(),
                options: None,
            })
            .await
            .unwrap_err(),
        users
            .deactivate_user(DeactivateUserRequest {
                site: site_name.clone(),
                user_id: user_id.clone(),
                ..DeactivateUserRequest::default()
            })
            .await
            .unwrap_err(),
        users
            .place_hold(PlaceHoldRequest {
                site: site_name.clone(),
                user_id: user_id.clone(),
                name: "legal".to_owned(),
                ..PlaceHoldRequest::default()
            })
            .await
            .unwrap_err(),
        users
            .delete_user(DeleteUserRequest { site: site_name, user_id, options: None })
            .await
            .unwrap_err(),
    ];
    for status in refusals {
        let expected = (Code::FailedPrecondition, "LAST_ADMIN".to_owned());
        assert_eq!(reason(&status), expected, "{status:?}");
    }
    assert_eq!(site.stored(&admin.id).await.version, admin.version);
}

async fn of_two_admins_who_step_down_at_once_one_stays(house: &House) {
    let site = Site::new(house, "acme").await;
    let first = site.user_as("ada.lovelace@example.com", Role::Admin).await;
    let second = site.user_as("grace.hopper@example.com", Role::Admin).await;
    let demote = |user_id: &str| {
        let mut users = house.operator.users();
        let request = SetUserRoleRequest {
            site: site.name.clone(),
            user_id: user_id.to_owned(),
            role: Role::Registered.into(),
            options: None,
        };
        async move { users.set_user_role(request).await }
    };
    for round in 0..8 {
        let (one, other) = tokio::join!(demote(&first.id), demote(&second.id));
        assert_eq!(
            [one.is_ok(), other.is_ok()].iter().filter(|ok| **ok).count(),
            1,
            "round {round}: one of them steps down"
        );
        let mut admins = 0;
        for id in [&first.id, &second.id] {
            let user = site.stored(id).await;
            admins += i32::from(user.role() == Role::Admin && user.active);
            site.set_role(id, Role::Admin).await;
        }
        assert_eq!(admins, 1, "round {round}");
    }
}

async fn protected_accounts_are_closed_to_scim(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("break.glass@example.com").await;
    site.settings(UpdateScimSettingsRequest {
        protect_user_names: vec!["Break.Glass@example.com".to_owned()],
        ..UpdateScimSettingsRequest::default()
    })
    .await;
    let operations = json!([{"op": "replace", "path": "active", "value": false}]);
    let answer = site.patch(&user.id, &operations).await;
    assert_eq!(answer.expect(200)["active"], true);
    assert!(answer.all("Provost-Notice").contains("USER_PROTECTED"));
    assert_eq!(site.stored(&user.id).await.version, user.version);
}
