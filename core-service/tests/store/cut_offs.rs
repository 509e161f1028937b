//! Cut-offs: written down once, taken back by who goes back, and gone with the events.

use super::fixture::{Fixture, on_both_databases};
use provost_domain::{Consumer, ConsumerName, SiteId, Timestamp};

on_both_databases!(
    what_everybody_has_passed_is_written_down_once,
    cut_offs_go_with_their_events_a_little_at_a_time,
);

const ACME: SiteId = SiteId(4_711);
const GLOBEX: SiteId = SiteId(4_712);

/// As a consumer acknowledges.
async fn acknowledge(fixture: &Fixture, site: SiteId, caller: &str, revision: i64, at: i64) {
    let name = ConsumerName::parse("mail").unwrap();
    let mut consumer =
        Consumer { site, caller: caller.to_owned(), name, since: 0, passed: Vec::new() };
    consumer.acknowledge(revision, Timestamp(at));
    fixture.store.keep_consumers(&[consumer], false).await.unwrap();
    fixture.store.keep_cut_offs(&[(site, Timestamp(at))]).await.unwrap();
}

async fn kept(fixture: &Fixture, site: SiteId) -> Vec<[i64; 2]> {
    let rows = format!(
        "SELECT CAST(revision AS text), CAST(at AS text) FROM cut_offs WHERE site_id = {} \
         ORDER BY revision",
        site.0
    );
    let number = |text: &String| text.parse().unwrap();
    fixture.rows(&rows).await.iter().map(|row| [number(&row[0]), number(&row[1])]).collect()
}

async fn what_everybody_has_passed_is_written_down_once(fixture: &Fixture) {
    for (caller, revision, at, expected) in [
        ("a", 3, 30, &[[3, 30]][..]),
        // One that comes later changes nothing of what was passed, and holds up what comes.
        ("b", 2, 40, &[[3, 30]]),
        ("a", 5, 50, &[[3, 30]]),
        ("b", 4, 60, &[[3, 30], [4, 60]]),
        ("b", 9, 90, &[[3, 30], [4, 60], [5, 90]]),
        ("b", 9, 95, &[[3, 30], [4, 60], [5, 90]]),
    ] {
        acknowledge(fixture, ACME, caller, revision, at).await;
        assert_eq!(kept(fixture, ACME).await, expected, "{caller} {revision}");
    }
    for (revision, expected) in
        [(1, Some(30)), (3, Some(30)), (4, Some(60)), (5, Some(90)), (6, None)]
    {
        let found = fixture.store.cut_off(ACME, revision).await.unwrap();
        assert_eq!(found.map(|at| at.0), expected, "{revision}");
    }
    acknowledge(fixture, GLOBEX, "a", 7, 70).await;
    fixture.store.take_back_cut_offs(&[(ACME, 4), (SiteId(1), 0)]).await.unwrap();
    assert_eq!(kept(fixture, ACME).await, [[3, 30], [4, 60]]);
    assert_eq!(kept(fixture, GLOBEX).await, [[7, 70]]);
}

async fn cut_offs_go_with_their_events_a_little_at_a_time(fixture: &Fixture) {
    for revision in 1..=300 {
        acknowledge(fixture, ACME, "a", revision, revision).await;
    }
    let mut left = Vec::new();
    while fixture.store.trim_ledger(ACME, 290).await.unwrap() {
        left.push(kept(fixture, ACME).await.len());
    }
    assert_eq!(left, [50, 10]);
    assert_eq!(kept(fixture, ACME).await[0], [291, 291]);
}
