//! Directory status and holds (design: the law, points 1 and 10).

use provost_proto::v1::{
    ActivateUserRequest, DeactivateUserRequest, DirectoryStatus, LiftHoldRequest, PlaceHoldRequest,
    RegisterSignInRequest, UpdateScimSettingsRequest,
};
use serde_json::{Value, json};
use tonic::Code;

use crate::support::{House, Site, in_every_house, reason};

in_every_house!(
    a_manual_deactivation_survives_a_full_sync,
    activating_lifts_the_manual_hold_and_no_other,
    the_directory_deactivates_and_reactivates,
    absent_is_not_false,
    who_is_deactivated_does_not_enter,
);

async fn a_manual_deactivation_survives_a_full_sync(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    deactivate(&site, &user.id).await;

    let body = site.get(&format!("/Users/{}", user.id)).await.expect(200);
    assert_eq!(body["active"], false);
    let mut sync = body.clone();
    sync["active"] = Value::Bool(true);
    for answer in [
        site.put(&user.id, &sync).await,
        site.patch(&user.id, &json!([{"op": "Replace", "path": "active", "value": "True"}])).await,
    ] {
        assert_eq!(answer.expect(200)["active"], false);
        let notice = answer.all("Provost-Notice");
        assert!(notice.contains("HOLD_IN_FORCE"), "{notice}");
        assert!(notice.contains("manual"), "says which hold stands: {notice}");
    }
    let stored = site.stored(&user.id).await;
    assert!(!stored.active);
    assert_eq!(stored.holds.len(), 1);
    assert_eq!(stored.holds[0].name, "manual");
    assert_eq!(stored.holds[0].owner, "operator");
    assert_eq!(stored.holds[0].note, "left the project");
}

async fn activating_lifts_the_manual_hold_and_no_other(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    deactivate(&site, &user.id).await;
    let mut users = house.operator.users();
    let security = PlaceHoldRequest {
        site: site.name.clone(),
        user_id: user.id.clone(),
        name: "security".to_owned(),
        ..PlaceHoldRequest::default()
    };
    users.place_hold(security).await.unwrap();
    let activate =
        ActivateUserRequest { site: site.name.clone(), user_id: user.id.clone(), options: None };
    let decision = users.activate_user(activate).await.unwrap().into_inner();
    let activated = decision.decision.unwrap().user.unwrap();
    assert!(!activated.active, "the hold `security` stands");
    let left: Vec<_> = activated.holds.iter().map(|hold| &hold.name).collect();
    assert_eq!(left, ["security"]);
    let lifting = LiftHoldRequest {
        site: site.name.clone(),
        user_id: user.id.clone(),
        name: "security".to_owned(),
        options: None,
    };
    let decision = users.lift_hold(lifting).await.unwrap().into_inner();
    assert!(decision.decision.unwrap().user.unwrap().active);
}

async fn the_directory_deactivates_and_reactivates(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    for (value, active) in [(json!(false), false), (json!("True"), true), (json!("False"), false)] {
        let operations = json!([{"op": "replace", "value": {"active": value}}]);
        let answer = site.patch(&user.id, &operations).await;
        assert_eq!(answer.expect(200)["active"], active);
        assert_eq!(answer.header("Provost-Notice"), None);
        assert_eq!(site.stored(&user.id).await.active, active);
    }
    // Where SCIM is off, nobody else could set the directory status back.
    site.settings(UpdateScimSettingsRequest {
        enabled: Some(false),
        ..UpdateScimSettingsRequest::default()
    })
    .await;
    let activate =
        ActivateUserRequest { site: site.name.clone(), user_id: user.id.clone(), options: None };
    let mut users = house.operator.users();
    let decision = users.activate_user(activate).await.unwrap().into_inner();
    let activated = decision.decision.unwrap().user.unwrap();
    assert!(activated.active);
    assert_eq!(activated.directory_status(), DirectoryStatus::Active);
}

async fn absent_is_not_false(house: &House) {
    let site = Site::new(house, "acme").await;
    site.promotions(true, true).await;
    let user = site.user_as("ada.lovelace@example.com", provost_proto::v1::Role::Moderator).await;
    let answer = site
        .put(
            &user.id,
            &json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "userName": "ada.lovelace@example.com",
                "name": {"givenName": "Augusta"},
                "password": "never-kept-7Hq",
            }),
        )
        .await;
    let body = answer.expect(200);
    assert_eq!(body["active"], true, "PUT without active");
    assert_eq!(body["userType"], "Moderator", "PUT without userType");
    assert_eq!(body["name"]["givenName"], "Augusta");
    assert_eq!(body["name"].get("familyName"), None, "left out is cleared");
    assert_eq!(body.get("emails"), None, "left out is cleared");
    assert!(!answer.text().contains("never-kept-7Hq"));
}

async fn who_is_deactivated_does_not_enter(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    let sign_in = RegisterSignInRequest {
        site: site.name.clone(),
        // The assertion may write the name in another case.
        user_name: "Ada.Lovelace@Example.com".to_owned(),
        profile: None,
        ..RegisterSignInRequest::default()
    };
    let mut users = house.operator.users();
    let entered = users.register_sign_in(sign_in.clone()).await.unwrap();
    let entered = entered.into_inner();
    assert!(entered.admitted && !entered.created);
    deactivate(&site, &user.id).await;
    let refused = users.register_sign_in(sign_in).await.unwrap().into_inner();
    assert!(!refused.admitted);

    let foreign_lift = LiftHoldRequest {
        site: site.name.clone(),
        user_id: user.id.clone(),
        name: "manual".to_owned(),
        options: None,
    };
    let mut connection = house.operator.with_token(&site.token).users();
    let status = connection.lift_hold(foreign_lift).await.unwrap_err();
    let expected = (Code::FailedPrecondition, "HOLD_NOT_OWNED".to_owned());
    assert_eq!(reason(&status), expected);
    assert!(!site.stored(&user.id).await.active);
}

async fn deactivate(site: &Site<'_>, user_id: &str) {
    let request = DeactivateUserRequest {
        site: site.name.clone(),
        user_id: user_id.to_owned(),
        note: "left the project".to_owned(),
        options: None,
    };
    let mut users = site.house.operator.users();
    users.deactivate_user(request).await.unwrap();
}
