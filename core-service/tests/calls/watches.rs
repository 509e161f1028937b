//! Following ledgers: nothing is missed, nothing comes out of order, and a watch lasts as long as it may.

mod endings;
mod positions;
mod several_cores;

use super::fixture::*;
use provost_proto::v1;
use provost_proto::v1::watch_events_request::Start;
use provost_proto::v1::watch_events_response::Content;
use provost_proto::v1::{Permission, Role, WatchStart};
use std::time::Duration;
use tokio::time::timeout;
use tonic::{Code, Status, Streaming};

on_both_databases!(
    a_watch_tells_what_is_decided_from_now_on,
    a_watch_from_the_earliest_event_tells_all_of_several_ledgers,
    a_filter_leaves_out_what_it_says_and_tells_what_lies_between,
    all_sites_are_those_to_come_and_those_that_go,
    all_sites_of_a_service_are_those_of_its_grants,
    a_snapshot_is_everybody_and_then_what_follows,
    what_is_no_watch_is_refused_with_words,
);

/// Nobody waits as long as this, unless something is broken.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Watch(Streaming<v1::WatchEventsResponse>);

pub fn of(sites: &[&str], start: WatchStart) -> v1::WatchEventsRequest {
    v1::WatchEventsRequest {
        sites: sites.iter().map(|site| (*site).to_owned()).collect(),
        start: Some(Start::StartAt(start.into())),
        ..v1::WatchEventsRequest::default()
    }
}

pub fn of_all(start: WatchStart) -> v1::WatchEventsRequest {
    v1::WatchEventsRequest { all_sites: true, ..of(&[], start) }
}

pub fn behind(request: v1::WatchEventsRequest, cursor: &str) -> v1::WatchEventsRequest {
    v1::WatchEventsRequest { start: Some(Start::Cursor(cursor.to_owned())), ..request }
}

impl Watch {
    pub async fn begin(
        mut ledgers: Ledgers,
        request: v1::WatchEventsRequest,
    ) -> Result<Self, Status> {
        Ok(Self(ledgers.watch_events(request).await?.into_inner()))
    }

    pub async fn response(&mut self) -> Result<v1::WatchEventsResponse, Status> {
        let response = timeout(PATIENCE, self.0.message()).await.expect("a response in time");
        Ok(response?.expect("a watch ends with a status"))
    }

    /// The next so many events, each as site and revision, and the cursor behind them.
    pub async fn events(&mut self, number: usize) -> (Vec<v1::Event>, String) {
        timeout(PATIENCE, self.so_many(number)).await.expect("events in time")
    }

    async fn so_many(&mut self, number: usize) -> (Vec<v1::Event>, String) {
        let (mut events, mut cursor) = (Vec::new(), String::new());
        while events.len() < number {
            let response = self.response().await.unwrap();
            cursor = response.cursor;
            if let Some(Content::Events(batch)) = response.content {
                assert!(!batch.events.is_empty());
                events.extend(batch.events);
            }
        }
        assert_eq!(events.len(), number, "{events:?}");
        (events, cursor)
    }

    /// With what it ends, whatever it tells before.
    pub async fn end(&mut self) -> Status {
        loop {
            if let Err(status) = self.response().await {
                return status;
            }
        }
    }
}

impl Fixture {
    pub async fn watch(&self, request: v1::WatchEventsRequest) -> Watch {
        Watch::begin(ledgers(&self.core, OPERATOR), request).await.unwrap()
    }
}

pub fn places(events: &[v1::Event]) -> Vec<(&str, i64)> {
    events.iter().map(|event| (event.site.as_str(), event.revision)).collect()
}

async fn a_watch_tells_what_is_decided_from_now_on(fixture: Fixture) {
    fixture.user("ada", Role::Registered).await;
    let mut watch = fixture.watch(of(&[SITE], WatchStart::Now)).await;
    let first = watch.response().await.unwrap();
    assert_eq!((first.content, first.pending), (Some(Content::Progress(v1::Progress {})), 0));
    assert_eq!(first.head_time, fixture.event(2).await.time);

    let bob = fixture.user("bob", Role::Registered).await;
    let (events, cursor) = watch.events(1).await;
    let expected =
        v1::Event { site: SITE.to_owned(), follows_revision: 2, ..fixture.event(3).await };
    assert_eq!((&events[0], &events[0].user_id), (&expected, &bob.id));
    drop(watch);
    for name in ["cyd", "dan", "eve"] {
        fixture.user(name, Role::Registered).await;
    }
    // Whichever cursor it begins with, it goes on behind that.
    for (cursor, expected) in [(&first.cursor, &[3, 4, 5, 6][..]), (&cursor, &[4, 5, 6])] {
        let mut again = fixture.watch(behind(of(&[SITE], WatchStart::Now), cursor)).await;
        let (events, _) = again.events(expected.len()).await;
        assert_eq!(events.iter().map(|event| event.revision).collect::<Vec<_>>(), expected);
        assert_eq!(events[0].follows_revision, expected[0] - 1);
    }
}

async fn a_watch_from_the_earliest_event_tells_all_of_several_ledgers(fixture: Fixture) {
    fixture.site("globex").await;
    fixture.user("ada", Role::Registered).await;
    let request = of(&["globex", SITE, SITE], WatchStart::Earliest);
    let mut watch = fixture.watch(request.clone()).await;
    let (events, cursor) = watch.events(3).await;
    let mut told = places(&events);
    // Those of each ledger in their order, the ledgers in any.
    told.sort_by_key(|(site, _)| *site);
    assert_eq!(told, [(SITE, 1), (SITE, 2), ("globex", 1)]);
    fixture.user("bob", Role::Registered).await;
    assert_eq!(places(&watch.events(1).await.0), [(SITE, 3)]);
    let other_order = of(&[SITE, "globex"], WatchStart::Now);
    let mut again = fixture.watch(behind(other_order, &cursor)).await;
    assert_eq!(places(&again.events(1).await.0), [(SITE, 3)]);

    let installation = v1::WatchEventsRequest { installation: true, ..of(&[], WatchStart::Now) };
    let mut watch = fixture.watch(installation.clone()).await;
    let before = watch.response().await.unwrap().cursor;
    fixture.service("billing", Vec::new()).await;
    let mut again = fixture.watch(behind(installation, &before)).await;
    for watch in [&mut watch, &mut again] {
        let (events, _) = watch.events(2).await;
        assert_eq!(places(&events), [("", 1), ("", 2)]);
        assert_eq!(events[0].kind, "service_created");
    }
}

async fn a_filter_leaves_out_what_it_says_and_tells_what_lies_between(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Registered).await;
    fixture.user("bob", Role::Registered).await;
    let none = v1::WriteOptions::default;
    change(&mut fixture.users(), &ada.id, vec![set_title("x")], none()).await.unwrap();
    fixture.user("cyd", Role::Registered).await;
    let kinds = vec!["user_changed".to_owned(), "user_created".to_owned()];
    for (filter, expected) in [
        (v1::WatchFilter { kinds, user_id: ada.id.clone() }, &[(0, 2), (2, 4)][..]),
        (
            v1::WatchFilter { user_id: ada.id.to_uppercase(), ..Default::default() },
            &[(0, 2), (2, 4)],
        ),
        (
            v1::WatchFilter { kinds: vec!["user_changed".to_owned()], ..Default::default() },
            &[(0, 4)],
        ),
    ] {
        let earliest = of(&[SITE], WatchStart::Earliest);
        let request = v1::WatchEventsRequest { filter: Some(filter), ..earliest };
        let mut watch = fixture.watch(request.clone()).await;
        let (events, _) = watch.events(expected.len()).await;
        let told = |event: &v1::Event| (event.follows_revision, event.revision);
        assert_eq!(events.iter().map(told).collect::<Vec<_>>(), expected);
    }
}

async fn all_sites_are_those_to_come_and_those_that_go(fixture: Fixture) {
    let mut watch = fixture.watch(of_all(WatchStart::Now)).await;
    let start = watch.response().await.unwrap().cursor;
    fixture.site("globex").await;
    fixture.user("ada", Role::Registered).await;
    let (events, _) = watch.events(2).await;
    let mut told = places(&events);
    told.sort_unstable();
    assert_eq!(told, [(SITE, 2), ("globex", 1)]);
    let deletion = v1::DeleteSiteRequest { site: "globex".to_owned(), options: None };
    fixture.sites().delete_site(deletion).await.unwrap();
    let (events, cursor) = watch.events(1).await;
    assert_eq!((places(&events), events[0].kind.as_str()), (vec![("globex", 2)], "site_deleted"));
    // Who was not there then is told all the same.
    let mut late = fixture.watch(behind(of_all(WatchStart::Now), &start)).await;
    let (events, _) = late.events(3).await;
    let mut told = places(&events);
    told.sort_unstable();
    assert_eq!(told, [(SITE, 2), ("globex", 1), ("globex", 2)]);
    // But nobody who knows it.
    fixture.user("bob", Role::Registered).await;
    let mut late = fixture.watch(behind(of_all(WatchStart::Now), &cursor)).await;
    assert_eq!(places(&late.events(1).await.0), [(SITE, 3)]);
    let mut all = fixture.watch(of_all(WatchStart::Earliest)).await;
    // Of `acme`, and of `globex`, which was deleted.
    assert_eq!(all.events(3 + 2).await.0.len(), 5);
}

async fn all_sites_of_a_service_are_those_of_its_grants(fixture: Fixture) {
    fixture.site("globex").await;
    let read = |site| grant(Some(site), &[Permission::ReadLedger], Role::Unspecified);
    let token = fixture.service("billing", vec![read(SITE)]).await;
    let request = of_all(WatchStart::Now);
    let mut watch = Watch::begin(ledgers(&fixture.core, &token), request).await.unwrap();
    watch.response().await.unwrap();
    fixture.user("ada", Role::Registered).await;
    assert_eq!(places(&watch.events(1).await.0), [(SITE, 2)]);
    // What it is given later it is told from the beginning.
    fixture.give("billing", read("globex")).await;
    assert_eq!(places(&watch.events(1).await.0), [("globex", 1)]);

    let none = fixture.service("idle", Vec::new()).await;
    let refused = Watch::begin(ledgers(&fixture.core, &none), of_all(WatchStart::Now)).await;
    let refusal = refused.map(|_| ()).unwrap_err();
    assert_eq!(reason(&refusal), (Code::PermissionDenied, "GRANT_MISSING".to_owned()));
}

async fn a_snapshot_is_everybody_and_then_what_follows(fixture: Fixture) {
    fixture.site("globex").await;
    let names: Vec<_> = (0..250).map(|number| format!("user-{number:03}")).collect();
    for name in &names {
        fixture.user(name, Role::Registered).await;
    }
    let request = of_all(WatchStart::Snapshot);
    let mut watch = fixture.watch(request.clone()).await;
    let (mut told, mut cursors) = (Vec::new(), Vec::new());
    loop {
        let response = watch.response().await.unwrap();
        match response.content {
            Some(Content::Users(batch)) => {
                assert!(batch.users.iter().all(|user| user.site == SITE));
                told.extend(batch.users.into_iter().map(|user| user.user_name));
                cursors.push((response.cursor, told.len()));
            }
            Some(Content::Synced(_)) => break,
            other => panic!("{other:?}"),
        }
        if cursors.len() == 1 {
            fixture.user("late", Role::Registered).await;
        }
    }
    told.retain(|name| name != "late");
    assert_eq!(told, names);
    let (events, _) = watch.events(1).await;
    assert_eq!(places(&events), [(SITE, 252)]);
    // It goes on in the middle.
    let (cursor, so_far) = &cursors[0];
    let mut again = fixture.watch(behind(request, cursor)).await;
    let Some(Content::Users(batch)) = again.response().await.unwrap().content else { panic!() };
    assert_eq!(batch.users[0].user_name, names[*so_far]);

    // It takes the permission to read users too.
    let may_read = grant(Some(SITE), &[Permission::ReadLedger], Role::Unspecified);
    let token = fixture.service("billing", vec![may_read]).await;
    for request in [of(&[SITE], WatchStart::Snapshot), of_all(WatchStart::Snapshot)] {
        let refused = Watch::begin(ledgers(&fixture.core, &token), request).await;
        let refusal = refused.map(|_| ()).unwrap_err();
        assert_eq!(reason(&refusal), (Code::PermissionDenied, "GRANT_MISSING".to_owned()));
        assert!(refusal.message().contains("read_users"), "{refusal}");
    }
}

async fn what_is_no_watch_is_refused_with_words(fixture: Fixture) {
    let mut watch = fixture.watch(of_all(WatchStart::Now)).await;
    let cursor = watch.response().await.unwrap().cursor;
    let both = v1::WatchEventsRequest { all_sites: true, ..of(&[SITE], WatchStart::Now) };
    let own = v1::WatchEventsRequest { installation: true, ..of(&[], WatchStart::Snapshot) };
    let filter =
        |filter| v1::WatchEventsRequest { filter: Some(filter), ..of(&[SITE], WatchStart::Now) };
    let kinds = vec!["user_changed".to_owned(); 33];
    for (request, expected) in [
        (of(&["narnia"], WatchStart::Now), "SITE_NOT_FOUND"),
        (of(&[SITE; 101], WatchStart::Now), "LIMIT_EXCEEDED"),
        (both, "VALUE_INVALID"),
        (own, "VALUE_INVALID"),
        (filter(v1::WatchFilter { kinds, ..Default::default() }), "LIMIT_EXCEEDED"),
        (
            filter(v1::WatchFilter { user_id: "x".to_owned(), ..Default::default() }),
            "USER_NOT_FOUND",
        ),
        (behind(of_all(WatchStart::Now), "what?"), "CURSOR_INVALID"),
        (behind(of_all(WatchStart::Now), ""), "CURSOR_INVALID"),
        (behind(of(&[SITE], WatchStart::Now), &cursor), "CURSOR_INVALID"),
    ] {
        let refused = Watch::begin(ledgers(&fixture.core, OPERATOR), request.clone()).await;
        let refusal = refused.map(|_| ()).unwrap_err();
        assert_eq!(reason(&refusal), (refusal.code(), expected.to_owned()), "{request:?}");
    }
    fixture.site("globex").await;
    let mut watch = fixture.watch(of(&[SITE], WatchStart::Now)).await;
    let cursor = watch.response().await.unwrap().cursor;
    let other = behind(of(&["globex"], WatchStart::Now), &cursor);
    let refused = Watch::begin(ledgers(&fixture.core, OPERATOR), other).await;
    assert_eq!(reason(&refused.map(|_| ()).unwrap_err()).1, "CURSOR_INVALID");
}
