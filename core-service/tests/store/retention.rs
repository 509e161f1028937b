//! Ledgers that are kept for some days: what goes, what stays, and who writes meanwhile.

use super::fixture::{Fixture, on_both_databases};
use super::people::save;
use provost_domain::{
    Caller, Changes, ConnectionPolicy, Event, EventBody, EventFilter, EventOrder, LedgerRetention,
    Outcome, Role, RoleHolder, Site, SiteId, StandingChange, Timestamp, UserId,
};
use uuid::Uuid;

on_both_databases!(
    what_is_too_old_goes_and_the_newest_stays,
    others_write_between_two_steps,
    who_had_a_role_is_told_as_far_as_events_go,
    nothing_goes_before_it_was_gone_through,
);

const DAY: i64 = 86_400 * 1_000_000;
/// So many events go in one step.
const STEP: i64 = 250;

fn line(site: SiteId, revision: i64) -> Event {
    Event {
        on_behalf_of: None,
        site,
        revision,
        user: Some(UserId(Uuid::from_u128(7))),
        previous: Some(revision - 1),
        standing: None,
        at: Timestamp(revision * DAY),
        caller: Caller::Operator,
        outcome: Outcome::Accepted,
        notices: Vec::new(),
        body: EventBody::SiteCreated { after: ConnectionPolicy::default() },
        trace_id: None,
        reason: None,
    }
}

/// An event each day.
async fn site(fixture: &Fixture, name: &str, days: i64, kept: i32) -> SiteId {
    let site = fixture.site(name).await;
    let ledger_retention = LedgerRetention::of_days(kept).unwrap();
    let policy = ConnectionPolicy { ledger_retention, ..site.policy.clone() };
    let changes = Changes {
        changed_sites: vec![Site { policy, ..site.clone() }],
        events: (1..=days).map(|day| line(site.id, day)).collect(),
        ..Changes::default()
    };
    save(&fixture.store, changes).await;
    site.id
}

async fn ends(fixture: &Fixture, site: SiteId) -> (i64, i64) {
    let (oldest, head) = fixture.store.ledger_ends(site).await.unwrap().unwrap();
    (oldest.revision, head.revision)
}

async fn trim(fixture: &Fixture, now: i64) -> Vec<(SiteId, i64)> {
    let outdated = fixture.store.outdated_ledgers(Timestamp(now)).await.unwrap();
    for (site, last) in &outdated {
        while fixture.store.trim_ledger(*site, *last).await.unwrap() {}
    }
    outdated
}

async fn what_is_too_old_goes_and_the_newest_stays(fixture: &Fixture) {
    let short = site(fixture, "short", 100, 30).await;
    let long = site(fixture, "long", 100, 500).await;
    let ever = site(fixture, "ever", 100, 0).await;
    assert_eq!(fixture.store.ledger_retention(short).await.unwrap().days(), 30);
    assert_eq!(trim(fixture, 100 * DAY).await, [(short, 69)]);
    assert_eq!(trim(fixture, 100 * DAY).await, [], "all of it is done");
    assert_eq!(ends(fixture, short).await, (70, 100));
    for site in [long, ever] {
        assert_eq!(ends(fixture, site).await, (1, 100));
    }
    // A chain that leads further back ends, and so does a page that began there.
    let links = fixture.store.chain(short, 72, 0, 10).await.unwrap();
    assert_eq!(links, [(72, 71), (71, 70), (70, 69)]);
    let filter = EventFilter::default();
    let behind = fixture.store.events(short, 1..=69, &filter, EventOrder::NewestFirst, 9).await;
    assert!(behind.unwrap().is_empty());
    assert_eq!(trim(fixture, 10_000 * DAY).await, [(short, 99), (long, 99)]);
    assert_eq!((ends(fixture, short).await, ends(fixture, long).await), ((100, 100), (100, 100)));
    assert_eq!(trim(fixture, 20_000 * DAY).await, []);
}

async fn nothing_goes_before_it_was_gone_through(fixture: &Fixture) {
    let site = site(fixture, "acme", 100, 30).await;
    let older = "UPDATE events SET previous_revision = NULL WHERE revision = 7 RETURNING kind";
    fixture.rows(older).await;
    assert_eq!(trim(fixture, 100 * DAY).await, []);
    let piece = fixture.store.unfilled_piece(site).await.unwrap().unwrap();
    assert_eq!((piece.last, piece.events.len()), (7, 0));
    fixture.store.save_filled(site, piece.last, &[]).await.unwrap();
    assert_eq!(trim(fixture, 100 * DAY).await, [(site, 69)]);
}

async fn others_write_between_two_steps(fixture: &Fixture) {
    let days = 10 * STEP;
    let site = site(fixture, "acme", days, 1).await;
    let [(_, last)] = fixture.store.outdated_ledgers(Timestamp(days * DAY)).await.unwrap()[..]
    else {
        panic!("one ledger");
    };
    let mut revision = days;
    let mut oldest = 1;
    while fixture.store.trim_ledger(site, last).await.unwrap() {
        let now = ends(fixture, site).await.0;
        assert!(now - oldest <= STEP, "{oldest} {now}");
        oldest = now;
        revision += 1;
        let events = vec![line(site, revision)];
        save(&fixture.store, Changes { events, ..Changes::default() }).await;
    }
    assert_eq!(ends(fixture, site).await, (days - 1, revision));
    assert!(revision >= days + 9, "{revision}");
    // At the same time, too: whoever writes comes before the end.
    let (days, last) = (40 * STEP, 40 * STEP - 2);
    let site = self::site(fixture, "globex", days, 1).await;
    let trimmed = async { while fixture.store.trim_ledger(site, last).await.unwrap() {} };
    let written = async {
        let events = vec![line(site, days + 1)];
        save(&fixture.store, Changes { events, ..Changes::default() }).await;
        ends(fixture, site).await.0
    };
    let ((), oldest_when_written) = tokio::join!(trimmed, written);
    assert!(oldest_when_written < days - 1, "it waited for all of it");
}

fn standing(
    site: SiteId,
    revision: i64,
    user: u128,
    role: Option<Role>,
    active: Option<bool>,
) -> Event {
    let user_name = format!("user-{user}");
    let standing = Some(StandingChange { user_name, role, active });
    Event { user: Some(UserId(Uuid::from_u128(user))), standing, ..line(site, revision) }
}

async fn holders(fixture: &Fixture, site: SiteId, at: i64) -> Vec<(u128, bool, i64, i64)> {
    let found =
        fixture.store.role_holders(site, Timestamp(at * DAY), UserId(Uuid::nil()), 100).await;
    let told = |holder: RoleHolder| {
        let (role, status) = (holder.role_decision.revision, holder.status_decision.revision);
        (holder.user.0.as_u128(), holder.active, role, status)
    };
    found.unwrap().into_iter().filter_map(|(_, holder)| holder.map(told)).collect()
}

async fn who_had_a_role_is_told_as_far_as_events_go(fixture: &Fixture) {
    let site = site(fixture, "acme", 1, 30).await;
    let (admin, registered) = (Some(Role::Admin), Some(Role::Registered));
    let events = vec![
        standing(site, 2, 1, admin, Some(true)),
        standing(site, 3, 2, admin, Some(true)),
        standing(site, 4, 3, admin, Some(true)),
        standing(site, 5, 1, None, Some(false)),
        standing(site, 6, 1, None, Some(true)),
        standing(site, 7, 2, registered, None),
        standing(site, 8, 3, registered, None),
        standing(site, 9, 3, admin, Some(false)),
        standing(site, 50, 1, None, Some(false)),
        standing(site, 60, 2, admin, Some(true)),
    ];
    let rows: Vec<i64> = (10..=70).filter(|day| ![50, 60].contains(day)).collect();
    let events = events.into_iter().chain(rows.into_iter().map(|day| line(site, day))).collect();
    save(&fixture.store, Changes { events, ..Changes::default() }).await;
    let times = [40, 49, 50, 60, 70];
    let mut before = Vec::new();
    for at in times {
        before.push(holders(fixture, site, at).await);
    }
    assert_eq!(before[0], [(1, true, 2, 6), (3, false, 9, 9)]);
    // The core stops when the events are gone.
    assert!(fixture.store.trim_ledger(site, 39).await.unwrap());
    assert_eq!(ends(fixture, site).await, (40, 70));
    assert_eq!(trim(fixture, 70 * DAY).await, [(site, 39)]);
    assert_eq!(trim(fixture, 70 * DAY).await, [], "nothing is left");
    for (at, before) in times.into_iter().zip(before) {
        assert_eq!(holders(fixture, site, at).await, before, "{at}");
    }
    let kept =
        "SELECT cast(revision AS text) FROM standing_changes ORDER BY standing_changes.revision";
    assert_eq!(fixture.rows(kept).await.concat(), ["2", "6", "9", "50", "60"]);
}
