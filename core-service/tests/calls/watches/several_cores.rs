//! Several cores on one database: nothing is missed and nothing comes out of order, whoever is asked, however
//! often a watch breaks off, and however late a transaction commits.

use super::super::fixture::*;
use super::{Watch, behind, of, places};
use provost_core::Core;
use provost_proto::v1;
use provost_proto::v1::watch_events_response::Content;
use provost_proto::v1::{Role, WatchStart};
use provost_test_kit::{Database, Engine};
use sea_orm::{ConnectionTrait as _, Statement, TransactionTrait as _};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

const SITES: [&str; 3] = [SITE, "globex", "initech"];
const WRITERS: usize = 8;
/// How long is written; longer where the variable says so.
const WRITTEN_FOR: (&str, u64) = ("PROVOST_TEST_WATCH_SECONDS", 5);

/// What a consumer has dealt with: it keeps both at once.
#[derive(Debug, Clone, Default)]
struct Kept {
    cursor: String,
    /// The last revision of each ledger.
    told: BTreeMap<String, i64>,
}

impl Kept {
    fn request(&self) -> v1::WatchEventsRequest {
        let earliest = of(&SITES, WatchStart::Earliest);
        if self.cursor.is_empty() { earliest } else { behind(earliest, &self.cursor) }
    }

    fn take(&mut self, response: v1::WatchEventsResponse) {
        let v1::WatchEventsResponse { cursor, content, .. } = response;
        if let Some(Content::Events(batch)) = content {
            for event in batch.events {
                let last = self.told.entry(event.site).or_default();
                assert_eq!((event.follows_revision, event.revision), (*last, *last + 1));
                *last = event.revision;
            }
        }
        if !cursor.is_empty() {
            self.cursor = cursor;
        }
    }
}

/// Follows until it was told all of this, and breaks off now and then: what it was told since it has kept
/// its cursor it has forgotten.
async fn follow(
    cores: Arc<[Core; 2]>,
    mut heads: tokio::sync::watch::Receiver<BTreeMap<String, i64>>,
) {
    let (mut kept, mut deaths) = (Kept::default(), 0);
    loop {
        let core = &cores[rand::random_range(0..2)];
        let mut watch = Watch::begin(ledgers(core, OPERATOR), kept.request()).await.unwrap();
        let mut working = kept.clone();
        for _ in 0..rand::random_range(1..40) {
            tokio::select! {
                response = watch.response() => working.take(response.unwrap()),
                _ = heads.changed() => {}
            }
            // A consumer keeps its cursor at the end of every third response or so.
            if rand::random_ratio(1, 3) {
                kept = working.clone();
            }
            let heads = heads.borrow();
            if !heads.is_empty() && working.told == *heads {
                assert!(deaths > 0);
                return;
            }
        }
        deaths += 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_told_in_order_by_whichever_core() {
    let Some(database) = Database::fresh(Engine::Postgres) else { return };
    let fixture = Fixture::on(database).await;
    for site in &SITES[1..] {
        fixture.site(site).await;
    }
    let cores = Arc::new([open(&fixture.url).await, open(&fixture.url).await]);
    // Unknown until all is written.
    let (heads, told_heads) = tokio::sync::watch::channel(BTreeMap::new());
    let followers: Vec<_> =
        (0..3).map(|_| tokio::spawn(follow(Arc::clone(&cores), told_heads.clone()))).collect();
    let (variable, seconds) = WRITTEN_FOR;
    let seconds = std::env::var(variable).map_or(seconds, |text| text.parse().unwrap());
    let end = Instant::now() + Duration::from_secs(seconds);
    let writers = (0..WRITERS).map(|number| {
        let cores = Arc::clone(&cores);
        tokio::spawn(async move {
            let mut users = users(&cores[number % 2], OPERATOR);
            for round in 0_u32.. {
                let site = SITES[(number + usize::try_from(round).unwrap()) % SITES.len()];
                let name = format!("user-{number}-{round}");
                let request = v1::RegisterSignInRequest {
                    site: site.to_owned(),
                    user_name: name,
                    ..v1::RegisterSignInRequest::default()
                };
                users.register_sign_in(request).await.unwrap();
                if Instant::now() >= end {
                    return;
                }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let written = fixture.rows("SELECT name, CAST(revision AS text) FROM sites WHERE id > 0").await;
    let head = |row: Vec<String>| (row[0].clone(), row[1].parse().unwrap());
    let written: BTreeMap<String, i64> =
        written.into_iter().filter(|row| SITES.contains(&row[0].as_str())).map(head).collect();
    assert!(written.values().all(|revision| *revision > 8), "{written:?}");
    heads.send(written).unwrap();
    for follower in followers {
        follower.await.unwrap();
    }
    let cores = Arc::into_inner(cores).unwrap();
    for core in cores {
        core.close().await;
    }
}

/// A transaction that has its revision holds the ledger, so nothing overtakes it.
#[tokio::test]
async fn a_transaction_that_commits_late_is_not_skipped() {
    let Some(database) = Database::fresh(Engine::Postgres) else { return };
    let fixture = Fixture::on(database).await;
    fixture.site("globex").await;
    fixture.user("ada", Role::Registered).await;
    let mut watch = fixture.watch(of(&[SITE, "globex"], WatchStart::Now)).await;
    let cursor = watch.response().await.unwrap().cursor;

    let other = sea_orm::Database::connect(&fixture.url).await.unwrap();
    let late = other.begin().await.unwrap();
    let copied =
        "user_id, at, caller, kind, outcome, notices, body, trace_id, reason, on_behalf_of";
    for sql in [
        format!("UPDATE sites SET revision = revision + 1 WHERE name = '{SITE}'"),
        format!(
            "INSERT INTO events (site_id, revision, {copied}) SELECT e.site_id, s.revision, {copied} \
             FROM sites s JOIN events e ON e.site_id = s.id AND e.revision = s.revision - 1 \
             WHERE s.name = '{SITE}'"
        ),
    ] {
        let statement = Statement::from_string(other.get_database_backend(), sql);
        assert_eq!(late.execute_raw(statement).await.unwrap().rows_affected(), 1);
    }
    let mut users = fixture.users();
    let waiting = tokio::spawn(async move { create(&mut users, "bob", Role::Registered).await });
    // Others go on meanwhile.
    let elsewhere = v1::RegisterSignInRequest {
        site: "globex".to_owned(),
        user_name: "eve".to_owned(),
        ..v1::RegisterSignInRequest::default()
    };
    let third = open(&fixture.url).await;
    super::super::fixture::users(&third, OPERATOR).register_sign_in(elsewhere).await.unwrap();
    assert_eq!(places(&watch.events(1).await.0), [("globex", 2)]);
    late.commit().await.unwrap();
    waiting.await.unwrap().unwrap();
    let expected = [(SITE, 3), (SITE, 4)];
    assert_eq!(places(&watch.events(2).await.0), expected);
    let request = behind(of(&[SITE, "globex"], WatchStart::Now), &cursor);
    let (mut events, _) = fixture.watch(request).await.events(3).await;
    events.retain(|event| event.site == SITE);
    assert_eq!(places(&events), expected);
    other.close().await.unwrap();
    third.close().await;
}
