//! Sites and connections that are deleted.

use super::fixture::*;
use provost_core::Core;
use provost_proto::v1;
use std::time::Duration;
use tonic::{Code, Status};

on_both_databases!(
    a_connection_goes_with_its_tokens_and_its_name_is_free,
    a_deleted_site_is_answered_like_one_that_never_was,
    another_core_forgets_a_deleted_site,
    the_name_of_a_deleted_site_stays_with_its_ledger,
    what_services_might_do_in_a_deleted_site_is_taken_by_line_of_their_ledger,
    the_line_about_a_deleted_service_names_what_it_might_do,
    what_is_meant_where_nothing_is_named_stays,
    a_deletion_may_be_tried_and_expect_a_version,
    a_large_site_goes_at_once_and_its_users_afterwards,
    what_a_core_left_behind_the_next_one_removes,
);

const OTHER: &str = "other";

async fn delete_site(core: &Core, site: &str, options: v1::WriteOptions) -> Result<i64, Status> {
    let request = v1::DeleteSiteRequest { site: site.to_owned(), options: Some(options) };
    Ok(sites(core, OPERATOR).delete_site(request).await?.into_inner().revision)
}

async fn delete_connection(fixture: &Fixture, name: &str) -> Result<i64, Status> {
    let (site, connection) = (SITE.to_owned(), name.to_owned());
    let request = v1::DeleteConnectionRequest { site, connection, options: None };
    Ok(fixture.sites().delete_connection(request).await?.into_inner().revision)
}

async fn create_connection(fixture: &Fixture, name: &str) -> Result<(), Status> {
    let request =
        v1::CreateConnectionRequest { site: SITE.to_owned(), name: name.to_owned(), options: None };
    fixture.sites().create_connection(request).await.map(|_| ())
}

async fn token_of(fixture: &Fixture, connection: &str) -> Result<String, Status> {
    let request = v1::CreateTokenRequest {
        site: SITE.to_owned(),
        name: "Okta".to_owned(),
        connection: connection.to_owned(),
        ..v1::CreateTokenRequest::default()
    };
    Ok(fixture.sites().create_token(request).await?.into_inner().value)
}

async fn list(core: &Core, token: &str, site: &str) -> Result<(), Status> {
    let request = v1::ListUsersRequest { site: site.to_owned(), ..v1::ListUsersRequest::default() };
    users(core, token).list_users(request).await.map(|_| ())
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code, word: &str) {
    assert_eq!(reason(&answer.unwrap_err()), (code, word.to_owned()));
}

async fn kinds(fixture: &Fixture, site: &str) -> Vec<String> {
    let sql = format!(
        "SELECT kind FROM events JOIN sites ON sites.id = site_id WHERE name = '{site}' \
         ORDER BY events.revision"
    );
    fixture.rows(&sql).await.concat()
}

async fn a_connection_goes_with_its_tokens_and_its_name_is_free(fixture: Fixture) {
    create_connection(&fixture, "okta").await.unwrap();
    let token = token_of(&fixture, "okta").await.unwrap();
    let others = fixture.token(SITE).await;
    list(&fixture.core, &token, SITE).await.unwrap();

    let revision = delete_connection(&fixture, "okta").await.unwrap();
    let kinds = kinds(&fixture, SITE).await;
    assert_eq!(kinds[4..], ["token_revoked", "connection_deleted"]);
    assert_eq!(usize::try_from(revision).unwrap(), kinds.len());
    let gone = list(&fixture.core, &token, SITE).await;
    assert_refused(gone, Code::Unauthenticated, "TOKEN_INVALID");
    list(&fixture.core, &others, SITE).await.unwrap();
    for name in ["okta", "No Name"] {
        let again = delete_connection(&fixture, name).await;
        assert_refused(again, Code::NotFound, "CONNECTION_NOT_FOUND");
    }
    assert_refused(token_of(&fixture, "okta").await, Code::NotFound, "CONNECTION_NOT_FOUND");

    create_connection(&fixture, "okta").await.unwrap();
    let new = token_of(&fixture, "okta").await.unwrap();
    list(&fixture.core, &new, SITE).await.unwrap();
    let gone = list(&fixture.core, &token, SITE).await;
    assert_refused(gone, Code::Unauthenticated, "TOKEN_INVALID");
}

async fn a_deleted_site_is_answered_like_one_that_never_was(fixture: Fixture) {
    fixture.site(OTHER).await;
    let (token, others) = (fixture.token(SITE).await, fixture.token(OTHER).await);
    fixture.user("ada", v1::Role::Admin).await;
    for (token, site) in [(&token, SITE), (&others, OTHER)] {
        list(&fixture.core, token, site).await.unwrap();
    }
    delete_site(&fixture.core, SITE, v1::WriteOptions::default()).await.unwrap();

    let told = |answer: Result<(), Status>| {
        let status = answer.unwrap_err();
        (reason(&status), status.message().replace(SITE, "NAME").replace("never-was", "NAME"))
    };
    for token in [token.as_str(), &others, "wrong", OPERATOR] {
        let gone = told(list(&fixture.core, token, SITE).await);
        let unknown = told(list(&fixture.core, token, "never-was").await);
        assert_eq!(gone, unknown);
        let code = if token == OPERATOR { Code::NotFound } else { Code::Unauthenticated };
        assert_eq!(gone.0.0, code);
    }
    let again = delete_site(&fixture.core, SITE, v1::WriteOptions::default()).await;
    assert_refused(again, Code::NotFound, "SITE_NOT_FOUND");
    assert_refused(create_connection(&fixture, "x").await, Code::NotFound, "SITE_NOT_FOUND");
    let listed =
        fixture.sites().list_sites(v1::ListSitesRequest::default()).await.unwrap().into_inner();
    let names: Vec<_> = listed.sites.iter().map(|site| site.name.as_str()).collect();
    assert_eq!(names, [OTHER]);
    list(&fixture.core, &others, OTHER).await.unwrap();
}

/// It has seen site and token a moment ago, which is enough to read for a second, and not to write.
async fn another_core_forgets_a_deleted_site(fixture: Fixture) {
    let second = open(&fixture.url).await;
    let id = fixture.user("ada", v1::Role::Registered).await.id;
    let token = fixture.token(SITE).await;
    let write = async |token: &str| {
        let options = v1::WriteOptions::default();
        change(&mut users(&second, token), &id, vec![set_title("x")], options).await
    };
    write(&token).await.unwrap();
    write(OPERATOR).await.unwrap();
    delete_site(&fixture.core, SITE, v1::WriteOptions::default()).await.unwrap();
    assert_refused(write(&token).await, Code::Unauthenticated, "TOKEN_INVALID");
    assert_refused(write(OPERATOR).await, Code::NotFound, "SITE_NOT_FOUND");
    for token in [&token, OPERATOR] {
        let forgets = async { while list(&second, token, SITE).await.is_ok() {} };
        tokio::time::timeout(Duration::from_secs(30), forgets).await.unwrap();
    }
    second.close().await;
}

async fn the_name_of_a_deleted_site_stays_with_its_ledger(fixture: Fixture) {
    fixture.user("ada", v1::Role::Admin).await;
    let revision = delete_site(&fixture.core, SITE, v1::WriteOptions::default()).await.unwrap();
    assert_eq!(kinds(&fixture, SITE).await, ["site_created", "user_created", "site_deleted"]);
    assert_eq!(revision, 3);
    let request = v1::CreateSiteRequest { name: SITE.to_owned(), options: None };
    let taken = fixture.sites().create_site(request).await.unwrap_err();
    assert!(taken.message().contains("was deleted, and its ledger stays"), "{}", taken.message());
    assert_refused(Err::<(), _>(taken), Code::AlreadyExists, "SITE_EXISTS");
}

fn reads(site: Option<&str>) -> v1::Grant {
    grant(site, &[v1::Permission::ReadUsers], v1::Role::Unspecified)
}

/// The newest events about services.
async fn events_about_services(fixture: &Fixture) -> Vec<v1::Event> {
    let request = v1::ListEventsRequest {
        installation: true,
        order: v1::EventOrder::NewestFirst.into(),
        ..v1::ListEventsRequest::default()
    };
    let mut ledgers = ledgers(&fixture.core, OPERATOR);
    ledgers.list_events(request).await.unwrap().into_inner().events
}

/// The service of an event, and its grants, before and after.
fn of_service(event: &v1::Event) -> [Option<(String, Vec<v1::Grant>)>; 2] {
    [&event.before, &event.after].map(|state| match state.as_ref()?.state.clone()? {
        v1::event_state::State::Service(service) => Some((service.name, service.grants)),
        other => panic!("{other:?}"),
    })
}

async fn what_services_might_do_in_a_deleted_site_is_taken_by_line_of_their_ledger(
    fixture: Fixture,
) {
    fixture.site(OTHER).await;
    fixture.service("desk", vec![reads(Some(SITE)), reads(Some(OTHER))]).await;
    fixture.service("everywhere", vec![reads(None)]).await;
    fixture.service("elsewhere", vec![reads(Some(OTHER))]).await;
    let services = async || {
        let request = v1::ListServicesRequest::default();
        let listed = fixture.services().list_services(request).await.unwrap().into_inner();
        let shown = listed.services.into_iter().map(|it| (it.name, (it.version, it.grants)));
        shown.collect::<std::collections::BTreeMap<_, _>>()
    };
    let (before, lines) = (services().await, events_about_services(&fixture).await.len());
    let reason = "moved away".to_owned();
    let try_it = v1::WriteOptions { validate_only: true, ..Default::default() };
    delete_site(&fixture.core, SITE, try_it).await.unwrap();
    assert_eq!(services().await, before);
    let options = v1::WriteOptions { reason: reason.clone(), ..Default::default() };
    delete_site(&fixture.core, SITE, options).await.unwrap();

    let mut expected = before;
    let version = expected["desk"].0 + 1;
    expected.insert("desk".to_owned(), (version, vec![reads(Some(OTHER))]));
    assert_eq!(services().await, expected);
    let events = events_about_services(&fixture).await;
    assert_eq!(events.len(), lines + 1);
    let event = &events[0];
    assert_eq!(
        (&*event.kind, &*event.caller, &event.reason),
        ("grant_changed", "operator", &reason)
    );
    let gone = Some(("desk".to_owned(), vec![reads(Some(SITE))]));
    assert_eq!(of_service(event), [gone, None]);
}

async fn the_line_about_a_deleted_service_names_what_it_might_do(fixture: Fixture) {
    let grants = vec![reads(None), reads(Some(SITE))];
    fixture.service("desk", grants.clone()).await;
    let request = v1::DeleteServiceRequest { service: "desk".to_owned(), options: None };
    fixture.services().delete_service(request).await.unwrap();
    let events = events_about_services(&fixture).await;
    assert_eq!(events[0].kind, "service_deleted");
    assert_eq!(of_service(&events[0]), [Some(("desk".to_owned(), grants)), None]);
}

async fn what_is_meant_where_nothing_is_named_stays(fixture: Fixture) {
    fixture.site("default").await;
    for name in ["", "default"] {
        let refused = delete_site(&fixture.core, name, v1::WriteOptions::default()).await;
        assert_refused(refused, Code::FailedPrecondition, "DEFAULT_NOT_DELETABLE");
    }
    let refused = delete_connection(&fixture, "scim").await;
    assert_refused(refused, Code::FailedPrecondition, "DEFAULT_NOT_DELETABLE");
    let token = fixture.token(SITE).await;
    let site = SITE.to_owned();
    let request = v1::DeleteSiteRequest { site, options: None };
    let refused = sites(&fixture.core, &token).delete_site(request).await;
    assert_refused(refused, Code::PermissionDenied, "CALLER_NOT_PERMITTED");
}

async fn a_deletion_may_be_tried_and_expect_a_version(fixture: Fixture) {
    let try_it = v1::WriteOptions { validate_only: true, ..Default::default() };
    delete_site(&fixture.core, SITE, try_it).await.unwrap();
    for options in [
        v1::WriteOptions { expected_version: Some(9), ..Default::default() },
        v1::WriteOptions { expected_versions: vec![9], ..Default::default() },
        v1::WriteOptions { unexpected_versions: vec![1], ..Default::default() },
    ] {
        let refused = delete_site(&fixture.core, SITE, options).await;
        assert_refused(refused, Code::Aborted, "VERSION_MISMATCH");
    }
    list(&fixture.core, OPERATOR, SITE).await.unwrap();
}

/// Users past the core, so many that they go in several steps.
async fn crowd(fixture: &Fixture) {
    let id = |n: u32| {
        let uuid = uuid::Uuid::from_u128(n.into());
        if fixture.url.starts_with("postgres") {
            format!("'{uuid}'")
        } else {
            format!("x'{}'", uuid.simple())
        }
    };
    let rows = (1..=1_500).map(|n| {
        format!("(1, {}, 'u{n}', 'u{n}', true, true, 1, '[]', '{{}}', '[]', 1, 1, 1)", id(n))
    });
    let sql = format!(
        "INSERT INTO users (site_id, id, user_name, user_name_key, directory_active, active, role, \
         holds, profile, unmet, version, created_at, updated_at) VALUES {}",
        rows.collect::<Vec<_>>().join(", ")
    );
    fixture.rows(&sql).await;
}

async fn all_gone(fixture: &Fixture) {
    let sql = "SELECT 'user' FROM users WHERE site_id = 1 UNION ALL SELECT name FROM tokens \
        WHERE site_id = 1 UNION ALL SELECT name FROM connections WHERE site_id = 1";
    let gone = async { while !fixture.rows(sql).await.is_empty() {} };
    tokio::time::timeout(Duration::from_mins(1), gone).await.unwrap();
}

async fn a_large_site_goes_at_once_and_its_users_afterwards(fixture: Fixture) {
    fixture.site(OTHER).await;
    fixture.token(SITE).await;
    crowd(&fixture).await;
    delete_site(&fixture.core, SITE, v1::WriteOptions::default()).await.unwrap();
    let lookup = v1::LookupUserRequest {
        on_behalf_of: String::new(),
        site: SITE.to_owned(),
        key: Some(v1::lookup_user_request::Key::UserName("u1500".to_owned())),
    };
    let unreachable = fixture.users().lookup_user(lookup).await;
    assert_refused(unreachable, Code::NotFound, "SITE_NOT_FOUND");
    all_gone(&fixture).await;
    let token = fixture.token(OTHER).await;
    list(&fixture.core, &token, OTHER).await.unwrap();
}

async fn what_a_core_left_behind_the_next_one_removes(fixture: Fixture) {
    fixture.token(SITE).await;
    crowd(&fixture).await;
    fixture.rows("UPDATE sites SET deleted_at = 1 WHERE id = 1").await;
    let fixture = fixture.restarted().await;
    all_gone(&fixture).await;
}
