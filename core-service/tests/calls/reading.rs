//! Look-ups, and the walls between sites.

use super::fixture::*;
use provost_proto::v1;
use provost_proto::v1::Role;
use provost_proto::v1::lookup_user_request::Key;
use tonic::{Code, Status};

on_both_databases!(
    users_are_looked_up_by_name_and_external_id,
    no_site_learns_of_another,
    reads_after_an_answer_see_it,
);

async fn look_up(users: &mut Users, site: &str, key: Key) -> Result<v1::User, Status> {
    let request = v1::LookupUserRequest {
        on_behalf_of: String::new(),
        site: site.to_owned(),
        key: Some(key),
    };
    Ok(users.lookup_user(request).await?.into_inner().user.unwrap())
}

async fn users_are_looked_up_by_name_and_external_id(fixture: Fixture) {
    let id = fixture.user("Émile@example.com", Role::Registered).await.id;
    let mut users = fixture.users();
    let set = v1::change::Change::SetExternalId(v1::SetExternalId {
        external_id: Some("00u1A".to_owned()),
    });
    let options = v1::WriteOptions::default();
    let known = change(&mut users, &id, vec![set], options).await.unwrap().user.unwrap();
    for key in [
        Key::UserName("Émile@example.com".to_owned()),
        Key::UserName("E\u{301}MILE@EXAMPLE.COM".to_owned()),
        Key::ExternalId("00u1A".to_owned()),
    ] {
        assert_eq!(look_up(&mut users, SITE, key).await.unwrap(), known);
    }
    for key in [
        Key::UserName("emile@example.com".to_owned()),
        Key::UserName(String::new()),
        Key::ExternalId("00u1a".to_owned()),
        Key::ExternalId(String::new()),
    ] {
        let refusal = reason(&look_up(&mut users, SITE, key).await.unwrap_err());
        assert_eq!(refusal, (Code::NotFound, "USER_NOT_FOUND".to_owned()));
    }
}

async fn no_site_learns_of_another(fixture: Fixture) {
    fixture.site("globex").await;
    let ada = fixture.user("ada", Role::Registered).await;
    let mut globex = users(&fixture.core, &fixture.token("globex").await);
    let there = |site: &str, id: &str| v1::GetUserRequest {
        on_behalf_of: String::new(),
        site: site.to_owned(),
        user_id: id.to_owned(),
        include_groups: false,
    };
    // An id of another site is not there, exactly as one that is nowhere.
    let nowhere = "00000000-0000-7000-8000-000000000000";
    let [other, none] = [
        globex.get_user(there("globex", &ada.id)).await.unwrap_err(),
        globex.get_user(there("globex", nowhere)).await.unwrap_err(),
    ];
    assert_eq!((other.code(), other.message()), (Code::NotFound, none.message()));
    let key = Key::UserName("ada".to_owned());
    let status = look_up(&mut globex, "globex", key).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let request = v1::ChangeUserRequest {
        site: "globex".to_owned(),
        user_id: ada.id.clone(),
        changes: vec![v1::Change { change: Some(set_active(false)) }],
        options: None,
        include_groups: false,
    };
    assert_eq!(globex.change_user(request).await.unwrap_err().code(), Code::NotFound);

    // A token opens its own site only, and does not tell which others there are.
    let [acme, nobody] = [
        globex.get_user(there(SITE, &ada.id)).await.unwrap_err(),
        globex.get_user(there("nobody", &ada.id)).await.unwrap_err(),
    ];
    assert_eq!(reason(&acme), (Code::Unauthenticated, "TOKEN_INVALID".to_owned()));
    assert_eq!((acme.code(), acme.message()), (nobody.code(), nobody.message()));
    assert_eq!(fixture.get(&ada.id).await, ada);

    // The same name may be in both.
    let request = v1::CreateUserRequest {
        site: "globex".to_owned(),
        user_name: "ada".to_owned(),
        ..v1::CreateUserRequest::default()
    };
    fixture.users().create_user(request).await.unwrap();
    let same = look_up(&mut globex, "globex", Key::UserName("ada".to_owned())).await.unwrap();
    assert_eq!((same.site.as_str(), same.id == ada.id), ("globex", false));
}

/// What has been answered is there for every read from then on, at this core and at any other one of
/// the same database.
async fn reads_after_an_answer_see_it(fixture: Fixture) {
    let elsewhere = open(&fixture.url).await;
    let mut writer = (fixture.users(), fixture.sites());
    let mut readers = [
        (fixture.users(), fixture.sites()),
        (users(&elsewhere, OPERATOR), sites(&elsewhere, OPERATOR)),
    ];
    for round in 0..20 {
        let name = format!("user-{round}");
        let made = create(&mut writer.0, &name, Role::Registered).await.unwrap();
        let title = vec![set_title(&name)];
        let options = v1::WriteOptions::default();
        let changed = change(&mut writer.0, &made.id, title, options).await.unwrap();
        let changed = changed.user.unwrap();
        let site = format!("site-{round}");
        let request = v1::CreateSiteRequest { name: site.clone(), options: None };
        writer.1.create_site(request).await.unwrap();
        let enabled = Some(round % 2 == 0);
        let protect_user_names = vec![name.clone()];
        let request = v1::UpdateScimSettingsRequest {
            site: SITE.to_owned(),
            enabled,
            protect_user_names,
            ..v1::UpdateScimSettingsRequest::default()
        };
        writer.1.update_scim_settings(request).await.unwrap();
        let token = fixture.token(SITE).await;
        for (users, sites) in &mut readers {
            assert_eq!(get(users, &made.id).await.unwrap(), changed);
            let found = look_up(users, SITE, Key::UserName(name.clone())).await.unwrap();
            assert_eq!(found, changed);
            let request = v1::ListUsersRequest {
                site: SITE.to_owned(),
                skip: round,
                count_total: true,
                ..v1::ListUsersRequest::default()
            };
            let page = users.list_users(request).await.unwrap().into_inner();
            assert_eq!((page.users, page.total), (vec![changed.clone()], Some(round + 1)));
            let request = v1::ListSitesRequest::default();
            let listed = sites.list_sites(request).await.unwrap().into_inner().sites;
            assert!(listed.iter().any(|listed| listed.name == site));
            let request =
                v1::GetScimSettingsRequest { on_behalf_of: String::new(), site: SITE.to_owned() };
            let settings = sites.get_scim_settings(request).await.unwrap().into_inner().settings;
            let settings = settings.unwrap();
            assert_eq!(Some(settings.enabled), enabled);
            assert_eq!(settings.protected_user_names.last(), Some(&name));
            let request =
                v1::ListTokensRequest { site: SITE.to_owned(), ..v1::ListTokensRequest::default() };
            let tokens = sites.list_tokens(request).await.unwrap().into_inner().tokens;
            assert_eq!(tokens.len(), usize::try_from(round).unwrap() + 1);
        }
        drop(token);
    }
    elsewhere.close().await;
}
