//! Positions that are none any more: whoever holds one is told so and what to do, also in the middle of a
//! watch, and is never told events that do not follow.

use super::super::fixture::*;
use super::{Watch, behind, of, of_all, places};
use provost_proto::v1;
use provost_proto::v1::{Role, WatchStart};
use tonic::{Code, Status};

on_both_databases!(
    a_restored_ledger_is_told_to_who_comes_back,
    a_restored_ledger_is_told_to_who_is_there,
    a_site_that_is_gone_is_told,
    events_that_are_gone_are_told,
    what_another_core_decides_is_told,
);

/// A watch that has come behind the last of three users, and its cursor.
async fn watched(fixture: &Fixture, request: v1::WatchEventsRequest) -> (Watch, String) {
    let mut watch = fixture.watch(request).await;
    watch.response().await.unwrap();
    for name in ["ada", "bob", "cyd"] {
        fixture.user(name, Role::Registered).await;
    }
    let (events, cursor) = watch.events(3).await;
    assert_eq!(places(&events), [(SITE, 2), (SITE, 3), (SITE, 4)]);
    (watch, cursor)
}

/// As after a backup of before revision 3 or 4 was put back; then as many other users come as are named.
async fn restore(fixture: &Fixture, revision: i64) {
    let site = format!("(SELECT id FROM sites WHERE name = '{SITE}')");
    let gone = "DELETE FROM events WHERE revision >";
    let back = format!("{gone} {revision} AND site_id = {site} RETURNING kind");
    assert_eq!(fixture.rows(&back).await.len(), usize::try_from(4 - revision).unwrap());
    let head =
        format!("UPDATE sites SET revision = {revision} WHERE name = '{SITE}' RETURNING name");
    fixture.rows(&head).await;
}

fn told(status: &Status, expected: &str) {
    assert_eq!(reason(status), (Code::FailedPrecondition, expected.to_owned()));
    assert!(status.message().contains("begin again"), "{status}");
}

async fn a_restored_ledger_is_told_to_who_comes_back(fixture: Fixture) {
    let (watch, cursor) = watched(&fixture, of(&[SITE], WatchStart::Now)).await;
    drop(watch);
    restore(&fixture, 3).await;
    let again = || fixture.watch(behind(of(&[SITE], WatchStart::Now), &cursor));
    let begin = || {
        let request = behind(of(&[SITE], WatchStart::Now), &cursor);
        Watch::begin(ledgers(&fixture.core, OPERATOR), request)
    };
    told(&begin().await.map(|_| ()).unwrap_err(), "CURSOR_AHEAD");
    fixture.user("dan", Role::Registered).await;
    told(&begin().await.map(|_| ()).unwrap_err(), "CURSOR_DIVERGED");
    fixture.user("eve", Role::Registered).await;
    told(&again().await.end().await, "CURSOR_DIVERGED");
}

async fn a_restored_ledger_is_told_to_who_is_there(fixture: Fixture) {
    let (mut one, _) = watched(&fixture, of(&[SITE], WatchStart::Now)).await;
    let mut all = fixture.watch(of_all(WatchStart::Now)).await;
    all.response().await.unwrap();
    restore(&fixture, 2).await;
    for watch in [&mut one, &mut all] {
        told(&watch.end().await, "CURSOR_AHEAD");
    }
    // Others were decided at once.
    for name in ["dan", "eve"] {
        fixture.user(name, Role::Registered).await;
    }
    let mut watch = fixture.watch(of(&[SITE], WatchStart::Now)).await;
    watch.response().await.unwrap();
    restore(&fixture, 3).await;
    for name in ["fay", "gil"] {
        fixture.user(name, Role::Registered).await;
    }
    told(&watch.end().await, "CURSOR_DIVERGED");
    // Also where nothing was told but a head that was just heard of, and the other one is as far.
    let keeping = fixture.watch(of(&[SITE], WatchStart::Now)).await;
    fixture.user("hal", Role::Registered).await;
    let mut watch = fixture.watch(of(&[SITE], WatchStart::Now)).await;
    let cursor = watch.response().await.unwrap().cursor;
    drop((watch, keeping));
    let other = format!(
        "UPDATE events SET at = at + 1 WHERE site_id = (SELECT id FROM sites WHERE name = '{SITE}') \
         AND revision = (SELECT revision FROM sites WHERE name = '{SITE}') RETURNING kind"
    );
    assert_eq!(fixture.rows(&other).await.len(), 1);
    let request = behind(of(&[SITE], WatchStart::Now), &cursor);
    let refused = Watch::begin(ledgers(&fixture.core, OPERATOR), request).await;
    told(&refused.map(|_| ()).unwrap_err(), "CURSOR_DIVERGED");
}

/// As after a backup of before the site was put back.
async fn forget(fixture: &Fixture, site: &str) {
    let id = format!("(SELECT id FROM sites WHERE name = '{site}')");
    for table in ["events", "standing_changes", "tokens", "connections"] {
        let of_site = format!("DELETE FROM {table} WHERE site_id = {id} RETURNING 'gone'");
        fixture.rows(&of_site).await;
    }
    let own = format!("DELETE FROM sites WHERE name = '{site}' RETURNING name");
    assert_eq!(fixture.rows(&own).await.len(), 1);
}

async fn a_site_that_is_gone_is_told(fixture: Fixture) {
    fixture.site("globex").await;
    let mut named = fixture.watch(of(&["globex"], WatchStart::Now)).await;
    let mut all = fixture.watch(of_all(WatchStart::Now)).await;
    named.response().await.unwrap();
    let cursor = all.response().await.unwrap().cursor;
    forget(&fixture, "globex").await;
    for watch in [&mut named, &mut all] {
        told(&watch.end().await, "CURSOR_AHEAD");
    }
    drop((named, all));
    let begin = || {
        let request = behind(of_all(WatchStart::Now), &cursor);
        Watch::begin(ledgers(&fixture.core, OPERATOR), request)
    };
    told(&begin().await.map(|_| ()).unwrap_err(), "CURSOR_AHEAD");
    // Whoever begins again goes on, also where its number is given again.
    let mut again = fixture.watch(of_all(WatchStart::Now)).await;
    again.response().await.unwrap();
    fixture.site("initech").await;
    assert_eq!(places(&again.events(1).await.0), [("initech", 1)]);
}

async fn events_that_are_gone_are_told(fixture: Fixture) {
    let mut watch = fixture.watch(of(&[SITE], WatchStart::Now)).await;
    let cursor = watch.response().await.unwrap().cursor;
    drop(watch);
    for name in ["ada", "bob", "cyd"] {
        fixture.user(name, Role::Registered).await;
    }
    let site = format!("(SELECT id FROM sites WHERE name = '{SITE}')");
    let trim = |revision: i64| {
        format!(
            "DELETE FROM events WHERE revision <= {revision} AND site_id = {site} RETURNING kind"
        )
    };
    // All that follows the cursor is there.
    fixture.rows(&trim(1)).await;
    let request = behind(of(&[SITE], WatchStart::Now), &cursor);
    let (events, _) = fixture.watch(request.clone()).await.events(3).await;
    assert_eq!(places(&events), [(SITE, 2), (SITE, 3), (SITE, 4)]);
    fixture.rows(&trim(2)).await;
    // What was read a moment ago may still be told.
    let fixture = fixture.restarted().await;
    told(&fixture.watch(request).await.end().await, "CURSOR_TRIMMED");
    let (events, _) = fixture.watch(of(&[SITE], WatchStart::Earliest)).await.events(2).await;
    assert_eq!(places(&events), [(SITE, 3), (SITE, 4)]);
}

async fn what_another_core_decides_is_told(fixture: Fixture) {
    let mut watches = [
        fixture.watch(of(&[SITE], WatchStart::Now)).await,
        fixture.watch(of_all(WatchStart::Now)).await,
    ];
    for watch in &mut watches {
        watch.response().await.unwrap();
    }
    let other = open(&fixture.url).await;
    create(&mut users(&other, OPERATOR), "ada", Role::Registered).await.unwrap();
    for watch in &mut watches {
        assert_eq!(places(&watch.events(1).await.0), [(SITE, 2)]);
    }
    other.close().await;
}
