//! Writers take turns, also those of several cores on one database.

use super::fixture::{Fixture, on_both_databases};
use super::people::{id, move_in, person};
use provost_core::store::Store;
use provost_domain::{Caller, Changes, Event, EventBody, Outcome, Saved, SiteId, Timestamp, User};

on_both_databases!(sixteen_writers_lose_no_change);

const WRITERS: usize = 16;
const ROUNDS: usize = 5;

/// Each writer reads the user and the site's revision and adds one to both.
async fn sixteen_writers_lose_no_change(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    move_in(&fixture.store, &[person(site, 1, "Ada")]).await;
    let second_core = Store::open(&fixture.url).await.unwrap();
    let cores = [&fixture.store, &second_core];
    let writers = (0..WRITERS).map(|number| async move {
        for _ in 0..ROUNDS {
            add_one(cores[number % 2], site).await;
        }
    });
    futures::future::join_all(writers).await;
    let user = fixture.store.user(site, id(1)).await.unwrap().unwrap();
    assert_eq!(user.version, 1 + i64::try_from(WRITERS * ROUNDS).unwrap());
    let ledger = fixture.rows(
        "SELECT cast(count(*) AS text), cast(min(revision) AS text), cast(max(revision) AS text) \
         FROM events",
    );
    assert_eq!(ledger.await, [["80", "1", "80"]]);
    second_core.close().await.unwrap();
}

async fn add_one(store: &Store, site: SiteId) {
    let mut writer = store.group_writer();
    let (group, mut found) =
        writer.begin(&[site].into(), &[(site, id(1))].into(), &[].into()).await.unwrap();
    let revision = found.sites[0].revision + 1;
    let before = found.users.remove(0);
    let after = User { version: before.version + 1, ..before.clone() };
    let event = Event {
        on_behalf_of: None,
        site,
        revision,
        user: Some(id(1)),
        previous: None,
        standing: None,
        at: Timestamp(1),
        caller: Caller::Operator,
        outcome: Outcome::Accepted,
        notices: Vec::new(),
        body: EventBody::UserChanged { asked: Vec::new(), before: None, after: None },
        trace_id: None,
        reason: None,
    };
    let changes = Changes {
        saved_users: vec![Saved { before: Some(before), after }],
        events: vec![event],
        ..Changes::default()
    };
    group.commit(&changes).await.unwrap();
}
