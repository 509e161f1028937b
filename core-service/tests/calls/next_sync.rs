//! What a change of settings says of the next sync, where it is only tried.

use super::fixture::*;
use super::signing_in::sign_in;
use futures::future::join_all;
use provost_proto::v1::{self, Permission, Role};

on_both_databases!(
    whom_a_sync_would_change_is_told_to_whoever_may_know,
    no_more_than_a_thousand_are_looked_at,
);

fn opening(validate_only: bool) -> v1::UpdateScimSettingsRequest {
    let options = v1::WriteOptions { validate_only, ..v1::WriteOptions::default() };
    v1::UpdateScimSettingsRequest {
        site: SITE.to_owned(),
        allow_admin_promotion: Some(true),
        options: Some(options),
        ..v1::UpdateScimSettingsRequest::default()
    }
}

async fn told(mut sites: Sites, request: v1::UpdateScimSettingsRequest) -> Option<v1::NextSync> {
    sites.update_scim_settings(request).await.unwrap().into_inner().next_sync
}

async fn whom_a_sync_would_change_is_told_to_whoever_may_know(fixture: Fixture) {
    let chief = fixture.user("chief", Role::Admin).await;
    let ada = fixture.user("ada", Role::Registered).await;
    fixture.user("bob", Role::Registered).await;
    let mut okta = fixture.connection().await;
    let asked = vec![set_role(Role::Admin)];
    change(&mut okta, &ada.id, asked, v1::WriteOptions::default()).await.unwrap();
    let expected = v1::ExpectedUser {
        user_id: ada.id.clone(),
        user_name: "ada".to_owned(),
        role: Role::Registered.into(),
        is_role_changed: true,
        next_role: Role::Admin.into(),
        next_active: None,
    };
    let expected = v1::NextSync { user_count: 1, is_incomplete: false, users: vec![expected] };
    assert_eq!(told(fixture.sites(), opening(true)).await.as_ref(), Some(&expected));
    let closing = v1::UpdateScimSettingsRequest { allow_admin_promotion: None, ..opening(true) };
    assert_eq!(told(fixture.sites(), closing).await, Some(v1::NextSync::default()));

    // Who may change settings need not know of people; for an Admin it is told.
    let manages = [Permission::ManageSettings, Permission::ChangeRoles];
    let reads = [Permission::ManageSettings, Permission::ChangeRoles, Permission::ReadUsers];
    let acts = [Permission::ActForUsers];
    for (name, permissions, user, knows) in [
        ("settings", &manages[..], "", false),
        ("both", &reads[..], "", true),
        ("console", &acts[..], chief.id.as_str(), true),
    ] {
        let highest = if user.is_empty() { Role::Admin } else { Role::Unspecified };
        let grant = grant(Some(SITE), permissions, highest);
        let token = fixture.service(name, vec![grant]).await;
        let mut request = opening(true);
        user.clone_into(&mut request.options.as_mut().unwrap().on_behalf_of);
        let answer = told(sites(&fixture.core, &token), request).await;
        assert_eq!(answer.as_ref(), knows.then_some(&expected), "{name}");
    }
    let signed_in = sign_in(&fixture.core, SITE, "chief").await.unwrap().token;
    assert_eq!(told(sites(&fixture.core, &signed_in), opening(true)).await, Some(expected));
    // What is done is not foretold.
    assert_eq!(told(fixture.sites(), opening(false)).await, None);
    assert_eq!(fixture.get(&ada.id).await.role(), Role::Registered);
}

async fn no_more_than_a_thousand_are_looked_at(fixture: Fixture) {
    for hundred in 0..10 {
        let users = (0..101).map(async |number| {
            fixture.user(&format!("user-{hundred}-{number}"), Role::Registered).await
        });
        join_all(users).await;
    }
    let refused = |number: usize| {
        let users = format!("SELECT id FROM users ORDER BY id LIMIT {number}");
        format!(
            "UPDATE users SET unmet = '[[\"ADMIN_PROMOTION_CLOSED\",\"role\"]]' WHERE id IN ({users})"
        )
    };
    for (number, count, is_incomplete) in [(30, 30, false), (1000, 1000, false), (1001, 1000, true)]
    {
        fixture.rows(&refused(number)).await;
        let told = told(fixture.sites(), opening(true)).await.unwrap();
        assert_eq!((told.user_count, told.is_incomplete), (count, is_incomplete), "{number}");
        assert_eq!(told.users.len(), 20);
    }
}
