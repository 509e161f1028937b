//! Consumers of ledgers: kept as they said, whoever else writes, and never set back by chance.

use super::fixture::{Fixture, on_both_databases};
use provost_domain::{Consumer, ConsumerLag, ConsumerName, SiteId, Timestamp};

on_both_databases!(
    consumers_go_on_and_only_back_where_they_are_told_to,
    no_site_is_looked_at,
    all_consumers_are_told_at_once,
    nobodys_consumers_are_removed,
    many_ledgers_are_acknowledged_at_once,
);

fn consumer(site: SiteId, caller: &str, revisions: &[i64]) -> Consumer {
    let name = ConsumerName::parse("mail").unwrap();
    let mut consumer =
        Consumer { site, caller: caller.to_owned(), name, since: 0, passed: Vec::new() };
    for revision in revisions {
        consumer.acknowledge(*revision, Timestamp(revision * 10));
    }
    consumer
}

async fn kept(fixture: &Fixture) -> Vec<Consumer> {
    let found = fixture.store.consumers(None).await.unwrap();
    found.into_iter().map(|lag| lag.consumer).collect()
}

async fn consumers_go_on_and_only_back_where_they_are_told_to(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    let [first, second, third] =
        [&[3][..], &[3, 5], &[4]].map(|revisions| consumer(site, "operator", revisions));
    for (said, may_go_back, expected) in [
        (&first, false, &first),
        (&second, false, &second),
        // As from a core that has read it before another one wrote.
        (&first, false, &second),
        (&third, false, &second),
        (&third, true, &third),
    ] {
        fixture.store.keep_consumers(std::slice::from_ref(said), may_go_back).await.unwrap();
        assert_eq!(kept(fixture).await, std::slice::from_ref(expected));
    }
    let name = &first.name;
    assert!(!fixture.store.remove_consumer(site, "service:billing", name).await.unwrap());
    assert!(fixture.store.remove_consumer(site, "operator", name).await.unwrap());
    assert!(!fixture.store.remove_consumer(site, "operator", name).await.unwrap());
    assert_eq!(kept(fixture).await, []);
}

/// A foreign key would wait for whoever writes in the site, and they for it.
async fn no_site_is_looked_at(fixture: &Fixture) {
    let nobodys = consumer(SiteId(4_711), "operator", &[1]);
    fixture.store.keep_consumers(&[nobodys], false).await.unwrap();
    let rows = fixture.rows("SELECT caller, passed FROM consumers").await;
    assert_eq!(rows, [["operator", "[[1,10]]"]]);
}

async fn all_consumers_are_told_at_once(fixture: &Fixture) {
    let [acme, globex] = [fixture.site("acme").await.id, fixture.site("globex").await.id];
    fixture.rows("UPDATE sites SET revision = 7 WHERE name = 'acme' RETURNING name").await;
    let said = [consumer(globex, "service:b", &[]), consumer(acme, "service:a", &[2, 5])];
    fixture.store.keep_consumers(&said, false).await.unwrap();
    let [of_globex, of_acme] = said;
    let lag = |consumer, site_name: &str, pending| ConsumerLag {
        consumer,
        site_name: site_name.to_owned(),
        pending,
        oldest_pending: None,
    };
    let [of_globex, of_acme] = [lag(of_globex, "globex", 0), lag(of_acme, "acme", 2)];
    let all = fixture.store.consumers(None).await.unwrap();
    assert_eq!(all, [of_acme.clone(), of_globex]);
    assert_eq!(fixture.store.consumers(Some(acme)).await.unwrap(), [of_acme]);
}

/// Of services that are gone, whose last acknowledgement came too late to go with them.
async fn nobodys_consumers_are_removed(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    let rows = "INSERT INTO services (id, name, version, created_at, deleted_at) VALUES \
        (1, 'billing', 1, 1, NULL), (2, 'desk', 1, 1, 2) RETURNING name";
    assert_eq!(fixture.rows(rows).await.len(), 2);
    let of = ["operator", "service:billing", "service:desk", "service:nobody"];
    let said = of.map(|caller| consumer(site, caller, &[1]));
    fixture.store.keep_consumers(&said, false).await.unwrap();
    fixture.store.remove_ownerless_consumers().await.unwrap();
    assert_eq!(kept(fixture).await, said[..2]);
    fixture.store.remove_ownerless_consumers().await.unwrap();
    assert_eq!(kept(fixture).await.len(), 2);
}

async fn many_ledgers_are_acknowledged_at_once(fixture: &Fixture) {
    let number = if fixture.url.starts_with("sqlite") { 10_000 } else { 2_000 };
    let said: Vec<_> = (1..=number).map(|id| consumer(SiteId(id), "operator", &[id])).collect();
    fixture.store.keep_consumers(&said, false).await.unwrap();
    let rows = fixture.rows("SELECT cast(sum(revision) AS text) FROM consumers").await;
    assert_eq!(rows, [[(number * (number + 1) / 2).to_string()]]);
    let positions: Vec<_> = (1..=number).map(|id| (SiteId(id), id)).collect();
    let found = fixture
        .store
        .reached_ledgers(("operator", &said[0].name), &positions, (false, false))
        .await;
    // None of these sites is there.
    assert_eq!(found.unwrap(), []);
}
