//! Which side is in charge of status (design: the law, point 14), and what SCIM needs to be on.

use provost_proto::v1::{
    ActivateUserRequest, DeactivateUserRequest, DirectoryStatus, ErrorReason,
    GetScimSettingsRequest, PlaceHoldRequest, StatusAuthority, UpdateScimSettingsRequest,
};
use serde_json::json;
use tonic::Code;

use crate::support::{House, Site, in_every_house, reason};

in_every_house!(
    the_directory_alone_activates_and_deactivates,
    what_scim_says_of_status_is_noticed_where_it_is_not_in_charge,
    scim_is_on_only_with_single_sign_on,
);

async fn in_charge(site: &Site<'_>, authority: StatusAuthority) {
    site.settings(UpdateScimSettingsRequest {
        status_authority: authority.into(),
        ..UpdateScimSettingsRequest::default()
    })
    .await;
}

async fn the_directory_alone_activates_and_deactivates(house: &House) {
    let site = Site::new(house, "acme").await;
    in_charge(&site, StatusAuthority::Directory).await;
    let user = site.user("ada.lovelace@example.com").await;
    let mut users = house.operator.users();
    let (name, user_id) = (|| site.name.clone(), || user.id.clone());
    let deactivate = DeactivateUserRequest {
        site: name(),
        user_id: user_id(),
        ..DeactivateUserRequest::default()
    };
    let activate = ActivateUserRequest { site: name(), user_id: user_id(), options: None };
    for status in [
        users.deactivate_user(deactivate).await.map(|_| ()).unwrap_err(),
        users.activate_user(activate).await.map(|_| ()).unwrap_err(),
    ] {
        let expected = (Code::FailedPrecondition, "STATUS_NOT_IN_CHARGE".to_owned());
        assert_eq!(reason(&status), expected);
        assert!(status.message().contains("the directory is in charge"), "{}", status.message());
    }
    assert_eq!(site.stored(&user.id).await.version, user.version);

    let operations = json!([{"op": "replace", "path": "active", "value": false}]);
    assert_eq!(site.patch(&user.id, &operations).await.expect(200)["active"], false);
    let operations = json!([{"op": "replace", "path": "active", "value": true}]);
    assert_eq!(site.patch(&user.id, &operations).await.expect(200)["active"], true);

    // Holds of security stand above both sides.
    let security = PlaceHoldRequest {
        site: name(),
        user_id: user_id(),
        name: "security".to_owned(),
        ..PlaceHoldRequest::default()
    };
    let held = users.place_hold(security).await.unwrap().into_inner().decision.unwrap();
    assert!(!held.user.unwrap().active);
}

async fn what_scim_says_of_status_is_noticed_where_it_is_not_in_charge(house: &House) {
    let site = Site::new(house, "acme").await;
    in_charge(&site, StatusAuthority::Local).await;
    let user = site.user("ada.lovelace@example.com").await;
    let mut put = site.get(&format!("/Users/{}", user.id)).await.expect(200);
    put["active"] = false.into();
    put["title"] = "Countess".into();
    let operations = json!([
        {"op": "replace", "path": "active", "value": "False"},
        {"op": "replace", "path": "title", "value": "Countess"},
    ]);
    for answer in [site.patch(&user.id, &operations).await, site.put(&user.id, &put).await] {
        let body = answer.expect(200);
        assert_eq!((&body["active"], &body["title"]), (&true.into(), &"Countess".into()));
        let notice = answer.all("Provost-Notice");
        assert!(notice.contains(ErrorReason::StatusNotInCharge.name()), "{notice}");
        assert!(notice.contains("status_authority"), "says what to change: {notice}");
    }
    let stored = site.stored(&user.id).await;
    assert_eq!((stored.active, stored.directory_status()), (true, DirectoryStatus::Active));

    // This side deactivates, and the directory, which goes on saying active, is told.
    let deactivate = DeactivateUserRequest {
        site: site.name.clone(),
        user_id: user.id.clone(),
        ..DeactivateUserRequest::default()
    };
    house.operator.users().deactivate_user(deactivate).await.unwrap();
    let operations = json!([{"op": "replace", "path": "active", "value": true}]);
    let answer = site.patch(&user.id, &operations).await;
    assert_eq!(answer.expect(200)["active"], false);
    assert!(answer.all("Provost-Notice").contains("HOLD_IN_FORCE"));
}

async fn scim_is_on_only_with_single_sign_on(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut sites = house.operator.sites();
    let update = |enabled, single_sign_on| UpdateScimSettingsRequest {
        site: site.name.clone(),
        enabled,
        single_sign_on,
        ..UpdateScimSettingsRequest::default()
    };
    for (asked, is_accepted) in [
        (update(None, Some(false)), false),
        (update(Some(false), Some(false)), true),
        (update(Some(true), None), false),
        (update(None, Some(true)), true),
        (update(Some(true), None), true),
    ] {
        let answer = sites.update_scim_settings(asked.clone()).await;
        assert_eq!(answer.is_ok(), is_accepted, "{asked:?}");
        if let Err(status) = answer {
            let expected = (Code::FailedPrecondition, "SINGLE_SIGN_ON_REQUIRED".to_owned());
            assert_eq!(reason(&status), expected);
        }
    }
    // The name of the assertion is shown as it was told.
    let named = UpdateScimSettingsRequest {
        user_name_assertion: Some("User Identifier".to_owned()),
        ..update(None, None)
    };
    site.settings(named).await;
    let shown = GetScimSettingsRequest { on_behalf_of: String::new(), site: site.name.clone() };
    let shown = sites.get_scim_settings(shown).await.unwrap().into_inner().settings.unwrap();
    assert!(shown.enabled && shown.single_sign_on);
    assert_eq!(shown.user_name_assertion, "User Identifier");
    assert_eq!(shown.status_authority(), StatusAuthority::Both);
}
