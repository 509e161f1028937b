//! What operators are told in numbers: how far consumers are behind, and whom it may let in.

use super::fixture::{Fixture, on_both_databases};
use super::people::save;
use provost_core::store::ConsumerFigure;
use provost_domain::{
    Caller, Changes, ConnectionPolicy, Consumer, ConsumerName, Event, EventBody, Outcome, SiteId,
    Timestamp, UserId, UserSnapshot,
};
use uuid::Uuid;

on_both_databases!(
    the_first_who_is_out_behind_a_position_is_found,
    consumers_are_as_far_behind_as_in_their_worst_ledger,
    a_database_knows_what_limits_it,
    a_ledger_without_its_newest_line_is_broken_while_its_site_is_there,
);

fn line(site: SiteId, revision: i64, body: EventBody) -> Event {
    Event {
        on_behalf_of: None,
        site,
        revision,
        user: Some(UserId(Uuid::from_u128(7))),
        previous: Some(revision - 1),
        standing: None,
        at: Timestamp(revision * 10),
        caller: Caller::Operator,
        outcome: Outcome::Accepted,
        notices: Vec::new(),
        body,
        trace_id: None,
        reason: None,
    }
}

fn shown(active: Option<bool>) -> Box<UserSnapshot> {
    Box::new(UserSnapshot { active, ..UserSnapshot::default() })
}

fn changed(to: Option<bool>) -> EventBody {
    let (before, after) = (shown(to.map(|active| !active)), shown(to));
    EventBody::UserChanged { asked: Vec::new(), before: Some(before), after: Some(after) }
}

fn deleted(was_active: bool) -> EventBody {
    EventBody::UserDeleted { asked: Vec::new(), before: Some(shown(Some(was_active))) }
}

async fn ledger(fixture: &Fixture, name: &str, bodies: Vec<EventBody>) -> SiteId {
    let site = fixture.site(name).await.id;
    let lines = (1..).zip(bodies).map(|(revision, body)| line(site, revision, body));
    let changes = Changes { events: lines.collect(), ..Changes::default() };
    save(&fixture.store, changes).await;
    site
}

async fn follow(fixture: &Fixture, site: SiteId, name: &str, revision: i64) {
    let (caller, name) = ("operator".to_owned(), ConsumerName::parse(name).unwrap());
    let mut consumer = Consumer { site, caller, name, since: 0, passed: Vec::new() };
    consumer.acknowledge(revision, Timestamp(1));
    fixture.store.keep_consumers(&[consumer], true).await.unwrap();
}

async fn the_first_who_is_out_behind_a_position_is_found(fixture: &Fixture) {
    let nobody = EventBody::UserChanged { asked: Vec::new(), before: None, after: None };
    let created = EventBody::UserCreated { asked: Vec::new(), after: Some(shown(Some(false))) };
    let acme = ledger(
        fixture,
        "acme",
        vec![
            created,
            changed(Some(true)),
            nobody,
            changed(None),
            changed(Some(false)),
            deleted(false),
            EventBody::UserDeleted { asked: Vec::new(), before: None },
            deleted(true),
            EventBody::SiteDeleted { before: ConnectionPolicy::default() },
        ],
    )
    .await;
    let globex = ledger(fixture, "globex", vec![changed(Some(false))]).await;
    for (behind, expected) in [(0, Some(5)), (5, Some(8)), (8, Some(9)), (9, None)] {
        let found = fixture.store.first_put_out(&[(acme, behind), (globex, 1)]).await.unwrap();
        let expected = expected.map(|revision| (acme, revision, Timestamp(revision * 10)));
        assert_eq!(found, Vec::from_iter(expected), "{behind}");
    }
    let found = fixture.store.first_put_out(&[(acme, 0), (globex, 0)]).await.unwrap();
    assert_eq!(found.len(), 2);
}

async fn consumers_are_as_far_behind_as_in_their_worst_ledger(fixture: &Fixture) {
    let acme = ledger(fixture, "acme", vec![changed(None); 9]).await;
    let globex = ledger(fixture, "globex", vec![changed(None); 2]).await;
    for (site, name, revision) in
        [(acme, "mail", 4), (globex, "mail", 1), (acme, "bell", 9), (globex, "bell", 3)]
    {
        follow(fixture, site, name, revision).await;
    }
    let figure = |name: &str, pending, oldest: Option<i64>| ConsumerFigure {
        caller: "operator".to_owned(),
        name: name.to_owned(),
        ledgers: 2,
        pending,
        oldest_pending: oldest.map(Timestamp),
    };
    let figures = fixture.store.figures().await.unwrap();
    assert_eq!(figures.consumers, [figure("bell", 0, None), figure("mail", 5, Some(20))]);
    let followed = fixture.store.consumed_ledgers().await.unwrap();
    let places = followed.iter().map(|it| (it.site, &*it.name, it.head, it.passed));
    let expected = [(acme, "acme", 9, 4), (globex, "globex", 2, 1)];
    assert_eq!(places.collect::<Vec<_>>(), expected);

    // What comes next was trimmed: the oldest that is kept counts.
    fixture.rows("DELETE FROM events WHERE revision < 8 RETURNING kind").await;
    let figures = fixture.store.figures().await.unwrap();
    assert_eq!(figures.consumers[1], figure("mail", 5, Some(80)));
}

async fn a_database_knows_what_limits_it(fixture: &Fixture) {
    let share = fixture.store.used_share().await.unwrap().unwrap();
    let limit = if fixture.url.starts_with("sqlite") { "disk" } else { "connections" };
    assert_eq!(share.limit, limit);
    assert!((0.0..=1.0).contains(&share.used) && share.used > 0.0, "{share:?}");
}

async fn a_ledger_without_its_newest_line_is_broken_while_its_site_is_there(fixture: &Fixture) {
    let broken = async || fixture.store.figures().await.unwrap().broken_ledgers;
    let acme = ledger(fixture, "acme", vec![changed(None); 3]).await;
    ledger(fixture, "globex", vec![changed(None); 3]).await;
    // Trimming takes the oldest.
    fixture.rows("DELETE FROM events WHERE revision < 3 RETURNING kind").await;
    assert_eq!(broken().await, 0);
    fixture.rows("DELETE FROM events RETURNING kind").await;
    assert_eq!(broken().await, 2);
    // Nobody can write into the ledger of a site that was deleted.
    fixture.rows("UPDATE sites SET deleted_at = 1 WHERE name = 'globex' RETURNING name").await;
    assert_eq!(broken().await, 1);
    let newer = Changes { events: vec![line(acme, 4, changed(None))], ..Changes::default() };
    save(&fixture.store, newer).await;
    assert_eq!(broken().await, 0);
}
