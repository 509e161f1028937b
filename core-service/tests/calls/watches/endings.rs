//! How long a watch lasts: as long as its caller may read, and its core is there.

use super::super::fixture::*;
use super::{Watch, behind, of, of_all, places};
use provost_proto::v1;
use provost_proto::v1::watch_events_response::Content;
use provost_proto::v1::{Permission, Role, WatchStart};
use tonic::Code;
use tonic_types::StatusExt as _;

on_both_databases!(
    a_watch_ends_with_its_token,
    a_watch_ends_with_its_grant,
    a_deleted_site_is_told_to_its_last_event,
    a_grant_for_all_sites_that_is_taken_away_ends_deleted_ones_too,
    a_core_that_stops_ends_its_watches_with_a_cursor,
    a_caller_has_so_many_watches,
    so_many_ledgers_are_followed_and_no_more,
    a_long_cursor_is_told_now_and_then,
    deleted_sites_are_told_from_the_earliest_on_a_few_at_a_time,
);

async fn a_watch_ends_with_its_token(fixture: Fixture) {
    let may = |site| grant(site, &[Permission::ReadLedger], Role::Unspecified);
    let mut watches = Vec::new();
    for (name, scope) in [("revoked", Some(SITE)), ("expired", Some(SITE)), ("deleted", None)] {
        let token = fixture.service(name, vec![may(scope)]).await;
        for request in [of(&[SITE], WatchStart::Now), of_all(WatchStart::Now)] {
            let ledgers = ledgers(&fixture.core, &token);
            watches.push((name, Watch::begin(ledgers, request).await.unwrap()));
        }
    }
    let mut services = fixture.services();
    let list = v1::ListServiceTokensRequest { service: "revoked".to_owned(), ..Default::default() };
    let tokens = services.list_service_tokens(list).await.unwrap().into_inner().tokens;
    let revocation = v1::RevokeServiceTokenRequest {
        service: "revoked".to_owned(),
        token_id: tokens[0].id.clone(),
        options: None,
    };
    services.revoke_service_token(revocation).await.unwrap();
    let past = "UPDATE service_tokens SET expires_at = 1 WHERE service_id = \
        (SELECT id FROM services WHERE name = 'expired') RETURNING name";
    assert_eq!(fixture.rows(past).await.len(), 1);
    let deletion = v1::DeleteServiceRequest { service: "deleted".to_owned(), options: None };
    services.delete_service(deletion).await.unwrap();
    for (name, mut watch) in watches {
        let end = watch.end().await;
        assert_eq!(reason(&end), (Code::Unauthenticated, "TOKEN_INVALID".to_owned()), "{name}");
    }
}

async fn a_watch_ends_with_its_grant(fixture: Fixture) {
    fixture.site("globex").await;
    let may = |site, permission| grant(Some(site), &[permission], Role::Unspecified);
    let grants = vec![may(SITE, Permission::ReadLedger), may("globex", Permission::ReadLedger)];
    let token = fixture.service("billing", grants).await;
    let mut watches = Vec::new();
    for request in [of(&[SITE, "globex"], WatchStart::Now), of_all(WatchStart::Now)] {
        watches.push(Watch::begin(ledgers(&fixture.core, &token), request).await.unwrap());
    }
    fixture.give("billing", may("globex", Permission::ReadUsers)).await;
    for mut watch in watches {
        let end = watch.end().await;
        assert_eq!(reason(&end), (Code::PermissionDenied, "GRANT_MISSING".to_owned()));
        assert_eq!(end.get_details_error_info().unwrap().metadata["site"], "globex");
    }
}

/// Its grants go with it, and so would its last event.
async fn a_deleted_site_is_told_to_its_last_event(fixture: Fixture) {
    fixture.site("globex").await;
    let may = |site| grant(Some(site), &[Permission::ReadLedger], Role::Unspecified);
    let token = fixture.service("billing", vec![may(SITE), may("globex")]).await;
    let begin = |request| Watch::begin(ledgers(&fixture.core, &token), request);
    let mut named = begin(of(&["globex"], WatchStart::Now)).await.unwrap();
    let mut all = begin(of_all(WatchStart::Now)).await.unwrap();
    let deletion = v1::DeleteSiteRequest { site: "globex".to_owned(), options: None };
    fixture.sites().delete_site(deletion).await.unwrap();
    for watch in [&mut named, &mut all] {
        let (events, _) = watch.events(1).await;
        assert_eq!(
            (places(&events), events[0].kind.as_str()),
            (vec![("globex", 2)], "site_deleted")
        );
    }
    assert_eq!(reason(&named.end().await).1, "GRANT_MISSING");
    fixture.user("ada", Role::Registered).await;
    assert_eq!(places(&all.events(1).await.0), [(SITE, 2)]);
}

/// Other than a grant for the site, it was not taken away by the deletion.
async fn a_grant_for_all_sites_that_is_taken_away_ends_deleted_ones_too(fixture: Fixture) {
    fixture.site("globex").await;
    let may = |site| grant(site, &[Permission::ReadLedger], Role::Unspecified);
    let token = fixture.service("billing", vec![may(None), may(Some(SITE))]).await;
    let begin = |request| Watch::begin(ledgers(&fixture.core, &token), request);
    let mut named = begin(of(&[SITE, "globex"], WatchStart::Now)).await.unwrap();
    let mut all = begin(of_all(WatchStart::Now)).await.unwrap();
    let deletion = v1::DeleteSiteRequest { site: "globex".to_owned(), options: None };
    fixture.sites().delete_site(deletion).await.unwrap();
    for watch in [&mut named, &mut all] {
        assert_eq!(places(&watch.events(1).await.0), [("globex", 2)]);
    }
    fixture.give("billing", grant(None, &[Permission::ReadUsers], Role::Unspecified)).await;
    let end = named.end().await;
    assert_eq!(reason(&end), (Code::PermissionDenied, "GRANT_MISSING".to_owned()));
    assert_eq!(end.get_details_error_info().unwrap().metadata["site"], "globex");
    // Of the other one nothing is lost that is still to be told.
    fixture.user("ada", Role::Registered).await;
    assert_eq!(places(&all.events(1).await.0), [(SITE, 2)]);
}

async fn a_core_that_stops_ends_its_watches_with_a_cursor(fixture: Fixture) {
    let mut watch = fixture.watch(of(&[SITE], WatchStart::Now)).await;
    watch.response().await.unwrap();
    fixture.core.end_watches();
    let last = watch.response().await.unwrap().cursor;
    let end = watch.end().await;
    assert_eq!(reason(&end), (Code::Unavailable, "CORE_STOPPING".to_owned()));
    assert!(end.get_details_retry_info().is_some());
    drop(watch);
    fixture.user("ada", Role::Registered).await;
    let fixture = fixture.restarted().await;
    let mut again = fixture.watch(behind(of(&[SITE], WatchStart::Now), &last)).await;
    assert_eq!(places(&again.events(1).await.0), [(SITE, 2)]);
}

async fn a_caller_has_so_many_watches(fixture: Fixture) {
    let mut watches = Vec::new();
    for _ in 0..128 {
        watches.push(fixture.watch(of(&[SITE], WatchStart::Now)).await);
    }
    let one_more = || Watch::begin(ledgers(&fixture.core, OPERATOR), of(&[SITE], WatchStart::Now));
    let refusal = one_more().await.map(|_| ()).unwrap_err();
    assert_eq!(reason(&refusal), (Code::ResourceExhausted, "TOO_MANY_WATCHES".to_owned()));
    assert!(refusal.get_details_retry_info().is_some());
    watches.pop();
    one_more().await.unwrap();
}

/// Sites past the core, up to this number of them.
async fn fill(fixture: &Fixture, from: i64, until: i64) {
    let copied = "revision, user_count, deleted_user_count, user_turnover, enabled, \
        allow_moderator_promotion, allow_admin_promotion, creation, deletion, refusals, \
        protected_user_names, created_at, version, deleted_at, status_authority, single_sign_on, \
        user_name_assertion";
    let fill = format!(
        "WITH RECURSIVE n(x) AS (SELECT {from} UNION ALL SELECT x + 1 FROM n WHERE x < {until}) \
         INSERT INTO sites (id, name, {copied}) \
         SELECT 1000 + n.x, 'site-' || CAST(n.x AS text), {copied} FROM n CROSS JOIN sites \
         WHERE sites.name = '{SITE}' RETURNING name"
    );
    fixture.rows(&fill).await;
}

async fn so_many_ledgers_are_followed_and_no_more(fixture: Fixture) {
    // Beside `acme`.
    fill(&fixture, 2, 10_000).await;
    let mut watch = fixture.watch(of_all(WatchStart::Now)).await;
    let cursor = watch.response().await.unwrap().cursor;
    fixture.user("ada", Role::Registered).await;
    assert_eq!(places(&watch.events(1).await.0), [(SITE, 2)]);
    fill(&fixture, 10_001, 10_001).await;
    let expected = (Code::InvalidArgument, "LIMIT_EXCEEDED".to_owned());
    assert_eq!(reason(&watch.end().await), expected);
    let request = behind(of_all(WatchStart::Now), &cursor);
    let refused = Watch::begin(ledgers(&fixture.core, OPERATOR), request).await;
    assert_eq!(reason(&refused.map(|_| ()).unwrap_err()), expected);
}

async fn a_long_cursor_is_told_now_and_then(fixture: Fixture) {
    // Beside `acme`.
    fill(&fixture, 2, 300).await;
    let mut watch = fixture.watch(of_all(WatchStart::Now)).await;
    assert_ne!(watch.response().await.unwrap().cursor, "");
    let mut revision = 1;
    // A response that comes a second behind the cursor before has one.
    loop {
        revision += 1;
        fixture.user(&format!("user-{revision}"), Role::Registered).await;
        let response = watch.response().await.unwrap();
        if response.cursor.is_empty() {
            break;
        }
    }
    let cursor = loop {
        let cursor = watch.response().await.unwrap().cursor;
        if !cursor.is_empty() {
            break cursor;
        }
    };
    fixture.user("late", Role::Registered).await;
    let mut again = fixture.watch(behind(of_all(WatchStart::Now), &cursor)).await;
    assert_eq!(places(&again.events(1).await.0), [(SITE, revision + 1)]);
}

/// However many there were. A cursor from in between goes on there.
async fn deleted_sites_are_told_from_the_earliest_on_a_few_at_a_time(fixture: Fixture) {
    const SITES: usize = 600;
    fill(&fixture, 2, i64::try_from(SITES).unwrap()).await;
    let copied = "user_id, at, caller, kind, outcome, notices, body, trace_id, reason";
    let events = format!(
        "INSERT INTO events (site_id, revision, {copied}) SELECT sites.id, 1, {copied} \
         FROM sites CROSS JOIN events WHERE sites.id > 1000 AND events.revision = 1 AND \
         events.site_id = (SELECT id FROM sites WHERE name = '{SITE}') RETURNING kind"
    );
    assert_eq!(fixture.rows(&events).await.len(), SITES - 1);
    fixture.rows("UPDATE sites SET deleted_at = 1 WHERE id > 1000 RETURNING name").await;
    let mut watch = fixture.watch(of_all(WatchStart::Earliest)).await;
    let (mut told, mut kept) = (Vec::new(), None);
    while told.len() < SITES {
        let response = watch.response().await.unwrap();
        let Some(Content::Events(batch)) = response.content else { continue };
        told.extend(batch.events.into_iter().map(|event| event.site));
        if !response.cursor.is_empty() && kept.is_none() {
            kept = Some((response.cursor, told.clone()));
        }
    }
    let (cursor, mut so_far) = kept.unwrap();
    assert!(so_far.len() < SITES, "a few at a time");
    let mut again = fixture.watch(behind(of_all(WatchStart::Now), &cursor)).await;
    while so_far.len() < SITES {
        let Some(Content::Events(batch)) = again.response().await.unwrap().content else {
            continue;
        };
        so_far.extend(batch.events.into_iter().map(|event| event.site));
    }
    for sites in [&mut told, &mut so_far] {
        sites.sort_unstable();
        sites.dedup();
        assert_eq!(sites.len(), SITES);
    }
    // Whoever begins now is told of none of them.
    let mut now = fixture.watch(of_all(WatchStart::Now)).await;
    fixture.user("ada", Role::Registered).await;
    assert_eq!(places(&now.events(1).await.0), [(SITE, 2)]);
}
