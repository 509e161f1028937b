//! How large pages are: of each, with lists as full as they get, at most 60 KB come over the wire.

use futures::future::join_all;
use provost_proto::v1::ruled_group::By;
use provost_proto::v1::watch_events_request::Start;
use provost_proto::v1::{
    AcknowledgeEventsRequest, CreateConnectionRequest, CreateServiceRequest,
    CreateServiceTokenRequest, CreateSiteRequest, Grant, Permission, PlaceHoldRequest,
    PutGrantRequest, Role, RuledGroup, SetGroupRuleRequest, UpdateScimSettingsRequest,
    WatchEventsRequest, WatchStart, grant,
};
use serde_json::json;

use crate::support::browser::{Browser, fields_of};
use crate::support::{House, Site, in_one_house};

in_one_house!(joined, AllInOne, Sqlite, every_page_is_small);

const MOST: usize = 60 * 1024;

async fn every_page_is_small(house: &House) {
    let (site, user, group) = full(house).await;
    let mut browser = Browser::of_operator(house).await;
    let person = format!("/sites/acme/people/{user}");
    let group = format!("/sites/acme/groups/{group}");
    let rule = "by=name&group=Everybody%20who%20works%20in%20the%20house";
    let mut sizes = Vec::new();
    for (path, rows) in [
        ("/sign-in", 0),
        ("/sites", 100),
        ("/sites/acme/settings", 25),
        ("/sites/acme/settings?roles=one", 25),
        ("/sites/acme/guides", 0),
        ("/sites/acme/guides/okta", 0),
        ("/sites/acme/guides/okta-sso", 0),
        ("/sites/acme/guides/entra", 0),
        ("/sites/acme/guides/onelogin", 0),
        ("/sites/acme/log", 24),
        ("/sites/acme/log?caller=connection%3Ascim&outcome=partly_accepted", 24),
        ("/sites/acme/people", 50),
        ("/sites/acme/people?begins&q=somebody", 50),
        (person.as_str(), 32 + 24),
        (&format!("{person}/hold"), 0),
        (&format!("{person}/role?role=Admin"), 0),
        (&format!("{person}/cutoff"), 96),
        ("/sites/acme/groups", 50),
        ("/sites/acme/groups/new", 0),
        (group.as_str(), 50),
        (&format!("{group}/delete"), 0),
        ("/sites/acme/groups/rules", 50),
        ("/sites/acme/groups/rules?skip=50", 50),
        ("/sites/acme/groups/rules/new", 0),
        (&format!("/sites/acme/groups/rules/rule?{rule}"), 25),
        (&format!("/sites/acme/groups/rules/set?{rule}&role=Admin"), 25),
        (&format!("/sites/acme/groups/rules/delete?{rule}"), 0),
        ("/sites/acme/services", 96 + 13),
        ("/services", 50),
        ("/services/service-of-the-house-00", 50 + 60),
        ("/nowhere", 0),
    ] {
        let page = browser.get(path).await;
        let text = page.text();
        let found = text.matches("<th scope=\"row\">").count()
            + text.matches("<span class=\"quiet\">made").count();
        assert!(found >= rows, "{path}: {found} rows");
        sizes.push((
            page.body.len()
                + page.headers.iter().map(|(a, b)| a.len() + b.len() + 4).sum::<usize>(),
            path.to_owned(),
        ));
    }
    // What a form answers is a page too.
    let page = browser.get("/sites/acme/settings").await.text();
    let mut fields = fields_of(&page, "settings");
    fields.insert("ledger_retention_days".to_owned(), "soon".to_owned());
    let form: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    sizes.push((
        browser.post("/sites/acme/settings", &form).await.body.len(),
        "refused settings".to_owned(),
    ));
    drop(site);
    sizes.sort();
    assert!(sizes.iter().all(|(size, _)| *size < MOST), "{sizes:#?}");
}

/// A site with lists as full as they get, and the ids of somebody and of a group there.
async fn full(house: &House) -> (Site<'_>, String, String) {
    let site = Site::new(house, "acme").await;
    let mut sites = house.operator.sites();
    for number in 0..100 {
        let name = format!("a-site-of-a-customer-with-a-long-name-{number:03}");
        sites.create_site(CreateSiteRequest { name: name.clone(), options: None }).await.unwrap();
        let connection = CreateConnectionRequest { site: site.name.clone(), name, options: None };
        sites.create_connection(connection).await.unwrap();
    }
    join_all((0..30).map(async |number| {
        site.another_token(&format!("token of the directory {number:02}")).await
    }))
    .await;
    let protected =
        (0..100).map(|number| format!("break.glass.{number:03}@accounts.acme.example")).collect();
    site.settings(UpdateScimSettingsRequest {
        protect_user_names: protected,
        user_name_assertion: Some("Display Name Assertion".to_owned()),
        ..UpdateScimSettingsRequest::default()
    })
    .await;
    let users = join_all((0..60).map(async |number| {
        site.user_as(
            &format!("somebody.with.a.name.{number:02}@people.acme.example"),
            Role::Moderator,
        )
        .await
        .id
    }))
    .await;
    let user = users[0].clone();
    join_all(users.iter().map(async |user| {
        let asked = json!([
            {"op": "replace", "path": "externalId", "value": format!("00u{user}")},
            {"op": "replace", "path": "displayName", "value": "Somebody With A Name"},
            {"op": "replace", "path": "title", "value": "Of whom much is known"},
            {"op": "replace", "path": "userType", "value": "Admin"},
            {"op": "replace", "path": "userType", "value": "Registered"},
            {"op": "replace", "path": "userType", "value": "no such role"},
        ]);
        site.patch(user, &asked).await.expect(200);
    }))
    .await;
    let group = groups(house, &site, &users).await;
    let mut callers = house.operator.users();
    for number in 0..32 {
        let request = PlaceHoldRequest {
            site: site.name.clone(),
            user_id: user.clone(),
            name: format!("hold-of-a-department-{number:02}"),
            note: "because somebody asked for it in a ticket of some length".to_owned(),
            ..PlaceHoldRequest::default()
        };
        callers.place_hold(request).await.unwrap();
    }
    for number in 0..13 {
        followed(house, &site, &format!("service-of-the-house-{number:02}")).await;
    }
    let mut services = house.operator.services();
    for number in 0..50 {
        let name = format!("another-service-of-the-house-{number:02}");
        services.create_service(CreateServiceRequest { name, options: None }).await.unwrap();
    }
    for number in 0..60 {
        let request = CreateServiceTokenRequest {
            service: "service-of-the-house-00".to_owned(),
            name: format!("token of the service {number:02}"),
            ..CreateServiceTokenRequest::default()
        };
        services.create_service_token(request).await.unwrap();
        let grant = Some(Grant {
            scope: Some(grant::Scope::Site(format!(
                "a-site-of-a-customer-with-a-long-name-{number:03}"
            ))),
            permissions: vec![Permission::ReadUsers.into(), Permission::ReadLedger.into()],
            highest_role: 0,
        });
        let request =
            PutGrantRequest { service: "service-of-the-house-00".to_owned(), grant, options: None };
        services.put_grant(request).await.unwrap();
    }
    (site, user, group)
}

/// As many groups as a page has and more, as many rules as there may be, and the id of the group in which all
/// users are, none of whom gets the role that it gives.
async fn groups(house: &House, site: &Site<'_>, users: &[String]) -> String {
    let members: Vec<_> = users.iter().map(|id| json!({"value": id})).collect();
    let everybody = json!({"displayName": "Everybody who works in the house", "members": members});
    let everybody = site.push("POST", "/Groups").json(&everybody).send().await.expect(201);
    join_all((0..99).map(async |number| {
        let name = format!("Group of a department with a long name {number:02}");
        let external_id = format!("00g-of-a-department-{number:02}");
        let group = json!({"displayName": name, "externalId": external_id});
        site.push("POST", "/Groups").json(&group).send().await.expect(201);
        set_rule(house, site, &name).await;
    }))
    .await;
    set_rule(house, site, "Everybody who works in the house").await;
    everybody["id"].as_str().unwrap().to_owned()
}

async fn set_rule(house: &House, site: &Site<'_>, name: &str) {
    let group = Some(RuledGroup { by: Some(By::DisplayName(name.to_owned())) });
    let (site, role) = (site.name.clone(), Role::Admin.into());
    let request = SetGroupRuleRequest { site, group, role, options: None };
    house.operator.groups().set_group_rule(request).await.unwrap();
}

/// A service that may read the site's ledger, with as many consumers as one may have, up to 96 in all.
async fn followed(house: &House, site: &Site<'_>, service: &str) {
    let scope = grant::Scope::Site(site.name.clone());
    let permissions =
        vec![Permission::ReadUsers, Permission::ReadLedger, Permission::RegisterSignIns];
    let token = house.operator.service_token_with(service, scope, permissions).await;
    let mut ledgers = house.operator.with_token(&token).ledgers();
    let request = WatchEventsRequest {
        sites: vec![site.name.clone()],
        start: Some(Start::StartAt(WatchStart::Now.into())),
        ..WatchEventsRequest::default()
    };
    let mut watch = ledgers.watch_events(request).await.unwrap().into_inner();
    let cursor = watch.message().await.unwrap().unwrap().cursor;
    if service.ends_with("12") {
        return;
    }
    for number in 0..8 {
        let consumer = format!("consumer-of-the-house-{number}");
        let request = AcknowledgeEventsRequest { consumer, cursor: cursor.clone(), rewind: false };
        ledgers.acknowledge_events(request).await.unwrap();
    }
}
