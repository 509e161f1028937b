//! Internal services, from the first token to the last refusal.

use super::fixture::*;
use provost_proto::v1;
use provost_proto::v1::Permission;
use tonic::{Code, Status};

on_both_databases!(
    a_service_may_do_what_its_grants_say_and_nothing_else,
    sites_without_a_grant_and_unknown_ones_are_told_alike,
    what_is_taken_away_is_gone_at_once_also_in_another_core,
    services_are_listed_with_their_grants_and_tokens,
    the_ledger_names_the_service_and_no_site_is_the_installation,
    a_service_reads_the_ledgers_of_its_sites_and_only_the_operator_the_installations,
    a_token_of_a_service_ends_and_one_that_was_only_tried_has_no_value,
    a_service_manages_access_within_its_own,
    a_typed_token_does_not_look_like_a_services,
    there_are_so_many_services_tokens_and_grants_and_no_more,
    who_manages_access_of_a_site_sees_its_grants,
);

fn denied(status: &Status, permission: &str) {
    denied_to("billing", status, permission);
}

fn denied_to(service: &str, status: &Status, permission: &str) {
    use tonic_types::StatusExt as _;
    let info = status.get_details_error_info().unwrap();
    assert_eq!((status.code(), info.reason.as_str()), (Code::PermissionDenied, "GRANT_MISSING"));
    assert_eq!(info.metadata["missing_permission"], permission);
    assert_eq!(info.metadata["service"], service);
}

/// Beyond a limit, with it beside the words.
fn beyond(status: &Status, limit: &str) {
    use tonic_types::StatusExt as _;
    let info = status.get_details_error_info().unwrap();
    assert_eq!((status.code(), info.reason.as_str()), (Code::InvalidArgument, "LIMIT_EXCEEDED"));
    assert_eq!(info.metadata["limit"], limit, "{status:?}");
}

async fn there_are_so_many_services_tokens_and_grants_and_no_more(fixture: Fixture) {
    fixture.service("billing", Vec::new()).await;
    let mut operator = fixture.services();
    let service = || "billing".to_owned();
    // It has one.
    for number in 1..=100 {
        let request = v1::CreateServiceTokenRequest {
            service: service(),
            name: format!("token {number}"),
            ..v1::CreateServiceTokenRequest::default()
        };
        match operator.create_service_token(request).await {
            Ok(_) => assert!(number < 100),
            Err(status) => {
                assert_eq!(number, 100);
                beyond(&status, "100");
            }
        }
    }
    let token = async |name: &str| {
        let mut operator = fixture.services();
        let (service, name) = (service(), name.to_owned());
        let rest = v1::CreateServiceTokenRequest::default();
        operator.create_service_token(v1::CreateServiceTokenRequest { service, name, ..rest }).await
    };
    // One that opens nothing any more makes room.
    let outlived = "UPDATE service_tokens SET expires_at = 1 WHERE name = 'token 7' RETURNING name";
    fixture.rows(outlived).await;
    token("in its place").await.unwrap();
    beyond(&token("one more").await.unwrap_err(), "100");

    for number in 1..=101 {
        let (certificate_name, options) = (format!("spiffe://x/{number}"), None);
        let request =
            v1::AddServiceCertificateRequest { service: service(), certificate_name, options };
        match operator.add_service_certificate(request).await {
            Ok(_) => assert!(number <= 100),
            Err(status) => {
                assert_eq!(number, 101);
                beyond(&status, "100");
            }
        }
    }
    for number in 1..=101 {
        let site = format!("site-{number}");
        fixture.site(&site).await;
        let grant = grant(Some(&site), &[Permission::ReadUsers], v1::Role::Unspecified);
        let request = v1::PutGrantRequest { service: service(), grant: Some(grant), options: None };
        match operator.put_grant(request).await {
            Ok(_) => assert!(number <= 100),
            Err(status) => {
                assert_eq!(number, 101);
                beyond(&status, "100");
            }
        }
    }
    let rows = (2..1000).map(|id| format!("({id}, 'service-{id}', 1, 1)")).collect::<Vec<_>>();
    let rows = rows.join(", ");
    let insert = format!(
        "INSERT INTO services (id, name, version, created_at) VALUES {rows} RETURNING name"
    );
    assert_eq!(fixture.rows(&insert).await.len(), 998);
    let mut create = async |name: &str| {
        let request = v1::CreateServiceRequest { name: name.to_owned(), options: None };
        operator.create_service(request).await
    };
    create("the-last").await.unwrap();
    beyond(&create("one-more").await.unwrap_err(), "1000");
    let request = v1::DeleteServiceRequest { service: "the-last".to_owned(), options: None };
    fixture.services().delete_service(request).await.unwrap();
    create("one-more").await.unwrap();
}

async fn who_manages_access_of_a_site_sees_its_grants(fixture: Fixture) {
    fixture.site("globex").await;
    let manages = [Permission::ReadUsers, Permission::ManageAccess];
    let here = |site: &str| grant(Some(site), &manages, v1::Role::Unspecified);
    let token = fixture.service("keeper", vec![here(SITE)]).await;
    for name in ["alpha", "beta"] {
        fixture.service(name, vec![here(SITE), here("globex")]).await;
    }
    fixture.service("everywhere", vec![grant(None, &manages, v1::Role::Unspecified)]).await;
    let mut keeper = services(&fixture.core, &token);
    let mut request =
        v1::ListGrantsRequest { site: SITE.to_owned(), page_size: 2, ..Default::default() };
    let first = keeper.list_grants(request.clone()).await.unwrap().into_inner();
    request.page_token = first.next_page_token;
    let second = keeper.list_grants(request.clone()).await.unwrap().into_inner();
    assert_eq!(second.next_page_token, "");
    let all: Vec<_> = first.grants.into_iter().chain(second.grants).collect();
    let named: Vec<_> = all.iter().map(|granted| granted.service.as_str()).collect();
    assert_eq!(named, ["alpha", "beta", "keeper"]);
    // Of the other site not even that they have a grant about it.
    assert!(all.iter().all(|granted| granted.grant == Some(here(SITE))), "{all:?}");
    assert!(all.iter().all(|granted| granted.version > 1), "{all:?}");
    "globex".clone_into(&mut request.site);
    denied_to("keeper", &keeper.list_grants(request).await.unwrap_err(), "manage_access");
}

fn role_of(id: &str, role: v1::Role) -> v1::SetUserRoleRequest {
    let (site, user_id) = (SITE.to_owned(), id.to_owned());
    v1::SetUserRoleRequest { site, user_id, role: role.into(), options: None }
}

async fn a_service_may_do_what_its_grants_say_and_nothing_else(fixture: Fixture) {
    let ada = fixture.user("ada", v1::Role::Registered).await;
    fixture.user("root", v1::Role::Admin).await;
    let grants = vec![grant(
        Some(SITE),
        &[Permission::ReadUsers, Permission::ChangeRoles],
        v1::Role::Moderator,
    )];
    let token = fixture.service("billing", grants).await;
    assert!(token.starts_with("provost_svc_"));
    let mut own = users(&fixture.core, &token);
    assert_eq!(get(&mut own, &ada.id).await.unwrap().user_name, "ada");
    own.set_user_role(role_of(&ada.id, v1::Role::Moderator)).await.unwrap();
    let status = own.set_user_role(role_of(&ada.id, v1::Role::Admin)).await.unwrap_err();
    denied(&status, "change_roles");
    let deletion =
        v1::DeleteUserRequest { site: SITE.to_owned(), user_id: ada.id.clone(), options: None };
    denied(&own.delete_user(deletion).await.unwrap_err(), "delete_users");
    let status = change(&mut own, &ada.id, vec![set_title("x")], v1::WriteOptions::default()).await;
    denied(&status.unwrap_err(), "change_profiles");
    let listing = v1::ListSitesRequest::default();
    let status = sites(&fixture.core, &token).list_sites(listing).await.unwrap_err();
    assert_eq!(reason(&status), (Code::PermissionDenied, "CALLER_NOT_PERMITTED".to_owned()));
}

async fn sites_without_a_grant_and_unknown_ones_are_told_alike(fixture: Fixture) {
    fixture.site("other").await;
    let token = fixture
        .service(
            "billing",
            vec![grant(Some(SITE), &[Permission::ReadUsers], v1::Role::Unspecified)],
        )
        .await;
    let mut own = users(&fixture.core, &token);
    let mut told = Vec::new();
    for site in ["other", "nowhere"] {
        let request = v1::GetUserRequest {
            on_behalf_of: String::new(),
            site: site.to_owned(),
            user_id: String::new(),
            include_groups: false,
        };
        let status = own.get_user(request).await.unwrap_err();
        denied(&status, "read_users");
        told.push(status.message().replace(site, "SITE"));
    }
    assert_eq!(told[0], told[1]);
    // Who may read everywhere is told that there is no such site.
    fixture.give("billing", grant(None, &[Permission::ReadUsers], v1::Role::Unspecified)).await;
    let request = v1::GetUserRequest {
        on_behalf_of: String::new(),
        site: "nowhere".to_owned(),
        user_id: String::new(),
        include_groups: false,
    };
    let status = own.get_user(request).await.unwrap_err();
    assert_eq!(reason(&status), (Code::NotFound, "SITE_NOT_FOUND".to_owned()));
}

fn activation(id: &str) -> v1::ActivateUserRequest {
    v1::ActivateUserRequest { site: SITE.to_owned(), user_id: id.to_owned(), options: None }
}

async fn what_is_taken_away_is_gone_at_once_also_in_another_core(fixture: Fixture) {
    let ada = fixture.user("ada", v1::Role::Registered).await;
    let status_grant = || grant(Some(SITE), &[Permission::ChangeStatus], v1::Role::Unspecified);
    let token = fixture.service("billing", vec![status_grant()]).await;
    let other = open(&fixture.url).await;
    let (mut here, mut there) = (users(&fixture.core, &token), users(&other, &token));
    here.activate_user(activation(&ada.id)).await.unwrap();
    there.activate_user(activation(&ada.id)).await.unwrap();

    let scope = v1::remove_grant_request::Scope::Site(SITE.to_owned());
    let request =
        v1::RemoveGrantRequest { service: "billing".to_owned(), scope: Some(scope), options: None };
    let mut services = fixture.services();
    services.remove_grant(request.clone()).await.unwrap();
    assert!(!services.remove_grant(request).await.unwrap().into_inner().changed);
    denied(&here.activate_user(activation(&ada.id)).await.unwrap_err(), "change_status");
    denied(&there.activate_user(activation(&ada.id)).await.unwrap_err(), "change_status");

    fixture.give("billing", status_grant()).await;
    here.activate_user(activation(&ada.id)).await.unwrap();
    let request = v1::ListServiceTokensRequest {
        service: "billing".to_owned(),
        ..v1::ListServiceTokensRequest::default()
    };
    let listed = services.list_service_tokens(request).await.unwrap().into_inner();
    assert!(listed.tokens[0].last_use_time.is_some());
    let revocation = v1::RevokeServiceTokenRequest {
        service: "billing".to_owned(),
        token_id: listed.tokens[0].id.clone(),
        options: None,
    };
    let revoked = services.revoke_service_token(revocation.clone()).await.unwrap().into_inner();
    assert_eq!((revoked.changed, revoked.token.unwrap().version), (true, 2));
    assert!(!services.revoke_service_token(revocation).await.unwrap().into_inner().changed);
    for door in [&mut here, &mut there] {
        let status = door.activate_user(activation(&ada.id)).await.unwrap_err();
        assert_eq!(reason(&status), (Code::Unauthenticated, "TOKEN_INVALID".to_owned()));
    }
    other.close().await;
}

async fn services_are_listed_with_their_grants_and_tokens(fixture: Fixture) {
    let mine =
        grant(Some(SITE), &[Permission::ReadUsers, Permission::ChangeRoles], v1::Role::Admin);
    let everywhere = grant(None, &[Permission::ReadLedger], v1::Role::Unspecified);
    fixture.service("billing", vec![mine.clone(), everywhere.clone()]).await;
    fixture.service("audit", Vec::new()).await;
    let mut services = fixture.services();
    let mut names = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = v1::ListServicesRequest { page_size: 1, page_token };
        let page = services.list_services(request).await.unwrap().into_inner();
        names.extend(page.services.into_iter().map(|it| (it.name, it.version, it.grants)));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    // Each grant and the token count.
    let expected =
        [("audit".to_owned(), 2, Vec::new()), ("billing".to_owned(), 4, vec![everywhere, mine])];
    assert_eq!(names, expected);

    let again = v1::CreateServiceRequest { name: "audit".to_owned(), options: None };
    let status = services.create_service(again).await.unwrap_err();
    assert_eq!(reason(&status), (Code::AlreadyExists, "SERVICE_EXISTS".to_owned()));
    let deletion = v1::DeleteServiceRequest { service: "billing".to_owned(), options: None };
    services.delete_service(deletion.clone()).await.unwrap();
    let status = services.delete_service(deletion).await.unwrap_err();
    assert_eq!(reason(&status), (Code::NotFound, "SERVICE_NOT_FOUND".to_owned()));
    // The ledger goes on to name it, so nobody else is ever called so.
    let again = v1::CreateServiceRequest { name: "billing".to_owned(), options: None };
    let status = services.create_service(again).await.unwrap_err();
    assert_eq!(reason(&status), (Code::AlreadyExists, "SERVICE_EXISTS".to_owned()));
    let listed = services.list_services(v1::ListServicesRequest::default()).await.unwrap();
    let names: Vec<_> = listed.into_inner().services.into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["audit"]);
    let request = v1::CreateServiceTokenRequest {
        service: "audit".to_owned(),
        name: "test".to_owned(),
        ..v1::CreateServiceTokenRequest::default()
    };
    let status = services.create_service_token(request).await.unwrap_err();
    assert_eq!(reason(&status), (Code::AlreadyExists, "TOKEN_NAME_TAKEN".to_owned()));
    for table in ["grants", "service_tokens"] {
        let sql = format!("SELECT cast(count(*) AS text) FROM {table}");
        let left = if table == "grants" { "0" } else { "1" };
        assert_eq!(fixture.rows(&sql).await, [[left]], "{table}");
    }
}

async fn the_ledger_names_the_service_and_no_site_is_the_installation(fixture: Fixture) {
    let token = fixture
        .service(
            "billing",
            vec![grant(Some(SITE), &[Permission::CreateUsers], v1::Role::Unspecified)],
        )
        .await;
    create(&mut users(&fixture.core, &token), "ada", v1::Role::Registered).await.unwrap();
    let sql = "SELECT cast(site_id AS text), cast(revision AS text), caller, kind FROM events \
               WHERE kind <> 'site_created' ORDER BY site_id, revision";
    let expected = [
        ["0", "1", "operator", "service_created"],
        ["0", "2", "operator", "grant_changed"],
        ["0", "3", "operator", "service_token_created"],
        ["1", "2", "service:billing", "user_created"],
    ];
    assert_eq!(fixture.rows(sql).await, expected);
    let listed = fixture.sites().list_sites(v1::ListSitesRequest::default()).await.unwrap();
    let names: Vec<_> = listed.into_inner().sites.into_iter().map(|site| site.name).collect();
    assert_eq!(names, [SITE]);
    // The empty name stands for the site `default`, which is not there.
    let request = v1::GetScimSettingsRequest { on_behalf_of: String::new(), site: String::new() };
    let status = fixture.sites().get_scim_settings(request).await.unwrap_err();
    assert_eq!(reason(&status), (Code::NotFound, "SITE_NOT_FOUND".to_owned()));
}

fn of_installation() -> v1::ListEventsRequest {
    let order = v1::EventOrder::OldestFirst.into();
    v1::ListEventsRequest { installation: true, order, ..v1::ListEventsRequest::default() }
}

async fn a_service_reads_the_ledgers_of_its_sites_and_only_the_operator_the_installations(
    fixture: Fixture,
) {
    fixture.site("other").await;
    let may = grant(Some(SITE), &[Permission::ReadLedger], v1::Role::Unspecified);
    let token = fixture.service("billing", vec![may]).await;
    let mut own = ledgers(&fixture.core, &token);
    let of = |site: &str| v1::ListEventsRequest { site: site.to_owned(), ..Default::default() };
    assert_eq!(own.list_events(of(SITE)).await.unwrap().into_inner().events.len(), 1);
    for site in ["other", "nowhere"] {
        denied(&own.list_events(of(site)).await.unwrap_err(), "read_ledger");
    }
    fixture.give("billing", grant(None, &[Permission::ReadLedger], v1::Role::Unspecified)).await;
    own.list_events(of("other")).await.unwrap();
    for token in [token, fixture.token(SITE).await] {
        let status = ledgers(&fixture.core, &token).list_events(of_installation()).await;
        let told = reason(&status.unwrap_err());
        assert_eq!(told, (Code::PermissionDenied, "CALLER_NOT_PERMITTED".to_owned()));
    }

    let mut ledgers = ledgers(&fixture.core, OPERATOR);
    let events = ledgers.list_events(of_installation()).await.unwrap().into_inner().events;
    let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
    let expected = ["service_created", "grant_changed", "service_token_created", "grant_changed"];
    assert_eq!(kinds, expected);
    let Some(v1::event_state::State::Service(after)) = events[1].after.clone().unwrap().state
    else {
        panic!("{:?}", events[1])
    };
    let may = grant(Some(SITE), &[Permission::ReadLedger], v1::Role::Unspecified);
    assert_eq!((after.name.as_str(), after.grants), ("billing", vec![may]));
    let request = v1::GetLedgerRequest { installation: true, ..Default::default() };
    let ledger = ledgers.get_ledger(request).await.unwrap().into_inner().ledger.unwrap();
    assert_eq!((ledger.oldest_revision, ledger.head_revision), (1, 4));
    let request = v1::GetEventRequest { revision: 1, installation: true, ..Default::default() };
    let event = ledgers.get_event(request).await.unwrap().into_inner().event.unwrap();
    assert_eq!(event, events[0]);
    let both = v1::GetLedgerRequest { site: SITE.to_owned(), installation: true };
    let status = ledgers.get_ledger(both).await.unwrap_err();
    assert_eq!(reason(&status), (Code::InvalidArgument, "VALUE_INVALID".to_owned()));
}

async fn a_token_of_a_service_ends_and_one_that_was_only_tried_has_no_value(fixture: Fixture) {
    fixture.service("billing", Vec::new()).await;
    let request = |ttl: i64, options| v1::CreateServiceTokenRequest {
        service: "billing".to_owned(),
        name: "short".to_owned(),
        expiration: Some(v1::create_service_token_request::Expiration::Ttl(
            prost_types::Duration { seconds: ttl, nanos: 0 },
        )),
        options,
    };
    let mut services = fixture.services();
    let made = services.create_service_token(request(3_600, None)).await.unwrap().into_inner();
    let token = made.token.unwrap();
    let (from, end) = (token.create_time.unwrap(), token.expire_time.unwrap());
    assert_eq!(end.seconds - from.seconds, 3_600);
    assert!(made.value.starts_with("provost_svc_"));
    let only = v1::WriteOptions { validate_only: true, ..v1::WriteOptions::default() };
    let tried =
        v1::CreateServiceTokenRequest { name: "tried".to_owned(), ..request(60, Some(only)) };
    let tried = services.create_service_token(tried).await.unwrap().into_inner();
    assert_eq!((tried.changed, tried.value.as_str()), (true, ""));
    let status = services.create_service_token(request(-1, None)).await.unwrap_err();
    assert_eq!(reason(&status), (Code::InvalidArgument, "VALUE_INVALID".to_owned()));
}

async fn a_service_manages_access_within_its_own(fixture: Fixture) {
    let own = [Permission::ManageAccess, Permission::ReadUsers];
    let token =
        fixture.service("billing", vec![grant(Some(SITE), &own, v1::Role::Unspecified)]).await;
    fixture.service("other", Vec::new()).await;
    let mut services = services(&fixture.core, &token);
    let give = |service: &str, grant: v1::Grant| v1::PutGrantRequest {
        service: service.to_owned(),
        grant: Some(grant),
        options: None,
    };
    let reads = grant(Some(SITE), &[Permission::ReadUsers], v1::Role::Unspecified);
    assert!(services.put_grant(give("other", reads)).await.unwrap().into_inner().changed);
    let deletes = grant(Some(SITE), &[Permission::DeleteUsers], v1::Role::Unspecified);
    for to in ["other", "billing"] {
        let status = services.put_grant(give(to, deletes.clone())).await.unwrap_err();
        denied(&status, "delete_users");
    }
    let everywhere = grant(None, &[Permission::ReadUsers], v1::Role::Unspecified);
    let status = services.put_grant(give("other", everywhere)).await.unwrap_err();
    denied(&status, "manage_access");
    let status = services.list_services(v1::ListServicesRequest::default()).await.unwrap_err();
    denied(&status, "manage_access");
    let status = services.put_grant(v1::PutGrantRequest::default()).await.unwrap_err();
    denied(&status, "manage_access");
    let status = fixture.services().put_grant(v1::PutGrantRequest::default()).await.unwrap_err();
    assert_eq!(reason(&status), (Code::InvalidArgument, "VALUE_INVALID".to_owned()));
}

async fn a_typed_token_does_not_look_like_a_services(fixture: Fixture) {
    let request = v1::CreateTokenRequest {
        site: SITE.to_owned(),
        name: "typed".to_owned(),
        value: Some("provost_svc_correct-horse-battery".to_owned()),
        ..v1::CreateTokenRequest::default()
    };
    let status = fixture.sites().create_token(request).await.unwrap_err();
    assert_eq!(reason(&status), (Code::InvalidArgument, "TOKEN_WEAK".to_owned()));
}
