//! A console: a service through which Admins of a site manage it, from the switch in the settings to
//! the directory that feels it.

use provost_proto::v1::{
    CreateServiceRequest, CreateServiceTokenRequest, CreateTokenRequest, DeactivateUserRequest,
    Event, Grant, ListEventsRequest, ListUsersRequest, Permission, PutGrantRequest, Role,
    UpdateScimSettingsRequest, WriteOptions, grant,
};
use serde_json::json;
use tonic::{Code, Status};

use crate::support::{Callers, House, Site, in_every_house, reason};

in_every_house!(an_admin_runs_their_site_through_a_console_until_the_directory_demotes_them);

async fn console(house: &House, site: &str) -> Callers {
    let (mut services, service) = (house.operator.services(), || "console".to_owned());
    let request = CreateServiceRequest { name: service(), options: None };
    services.create_service(request).await.unwrap();
    let grant = Some(Grant {
        scope: Some(grant::Scope::Site(site.to_owned())),
        permissions: vec![Permission::ActForUsers.into()],
        highest_role: Role::Unspecified.into(),
    });
    let request = PutGrantRequest { service: service(), grant, options: None };
    services.put_grant(request).await.unwrap();
    let request =
        CreateServiceTokenRequest { service: service(), name: service(), ..Default::default() };
    let made = services.create_service_token(request).await.unwrap().into_inner();
    house.operator.with_token(&made.value)
}

fn acting(user_id: &str) -> WriteOptions {
    WriteOptions { on_behalf_of: user_id.to_owned(), ..WriteOptions::default() }
}

async fn list(console: &Callers, site: &str, user_id: &str) -> Result<usize, Status> {
    let (site, on_behalf_of) = (site.to_owned(), user_id.to_owned());
    let request = ListUsersRequest { site, on_behalf_of, ..ListUsersRequest::default() };
    Ok(console.users().list_users(request).await?.into_inner().users.len())
}

async fn events(house: &House, site: &str) -> Vec<Event> {
    let request = ListEventsRequest { site: site.to_owned(), ..ListEventsRequest::default() };
    house.operator.ledgers().list_events(request).await.unwrap().into_inner().events
}

async fn an_admin_runs_their_site_through_a_console_until_the_directory_demotes_them(
    house: &House,
) {
    let mut site = Site::new(house, "acme").await;
    Site::new(house, "globex").await;
    let ada = site.user_as("ada@example.com", Role::Admin).await;
    site.user_as("grace@example.com", Role::Admin).await;
    let bob = site.user("bob@example.com").await;
    let console = console(house, "acme").await;
    let refused = (Code::PermissionDenied, "ACTOR_NOT_PERMITTED".to_owned());

    assert_eq!(list(&console, "acme", &ada.id).await.unwrap(), 3);
    assert_eq!(reason(&list(&console, "acme", &bob.id).await.unwrap_err()), refused);
    let elsewhere = reason(&list(&console, "globex", &ada.id).await.unwrap_err());
    assert_eq!(elsewhere, (Code::PermissionDenied, "GRANT_MISSING".to_owned()));

    // The switch and the token that she gives count for the directory at once.
    let settings = UpdateScimSettingsRequest {
        site: "acme".to_owned(),
        allow_admin_promotion: Some(true),
        options: Some(acting(&ada.id)),
        ..UpdateScimSettingsRequest::default()
    };
    console.sites().update_scim_settings(settings.clone()).await.unwrap();
    let token = CreateTokenRequest {
        site: "acme".to_owned(),
        name: "okta".to_owned(),
        options: Some(acting(&ada.id)),
        ..CreateTokenRequest::default()
    };
    site.token = console.sites().create_token(token).await.unwrap().into_inner().value;
    let deactivation = DeactivateUserRequest {
        site: "acme".to_owned(),
        user_id: bob.id.clone(),
        options: Some(acting(&ada.id)),
        ..DeactivateUserRequest::default()
    };
    console.users().deactivate_user(deactivation).await.unwrap();
    let activated = json!([{"op": "replace", "path": "active", "value": true}]);
    let answer = site.patch(&bob.id, &activated).await;
    assert_eq!(answer.expect(200)["active"], false, "SCIM lifts no hold");
    let notice = answer.all("Provost-Notice");
    assert!(notice.contains(&format!("of user:{}", ada.id)), "{notice}");

    let demoted = json!([{"op": "replace", "path": "userType", "value": "Registered"}]);
    let answer = site.patch(&ada.id, &demoted).await;
    assert_eq!(answer.expect(200)["userType"], "Registered");
    let write = console.sites().update_scim_settings(settings).await.unwrap_err();
    assert_eq!(reason(&write), refused);
    assert_eq!(reason(&list(&console, "acme", &ada.id).await.unwrap_err()), refused);

    // Who asked, and for whom, of everything that was done through the console.
    let told: Vec<_> = events(house, "acme")
        .await
        .into_iter()
        .filter(|event| event.caller == "service:console")
        .map(|event| (event.kind, event.on_behalf_of))
        .collect();
    let kinds = ["user_changed", "token_created", "settings_changed"];
    assert_eq!(told, kinds.map(|kind| (kind.to_owned(), ada.id.clone())));
}
