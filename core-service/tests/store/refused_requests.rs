//! Refused requests: read as they were, and bounded in number and time.

use super::fixture::{Fixture, on_both_databases};
use provost_domain::{RefusedRequest, SiteId, Timestamp};
use uuid::Uuid;

on_both_databases!(
    the_newest_of_each_site_are_kept,
    no_site_is_looked_at,
    what_is_old_goes_a_little_at_a_time,
);

fn request(site: SiteId, number: u128) -> RefusedRequest {
    RefusedRequest {
        id: Uuid::from_u128(number),
        site,
        at: Timestamp(i64::try_from(number).unwrap()),
        caller: "connection:okta".to_owned(),
        operation: "PATCH /Users/{id}".to_owned(),
        status: 400,
        reason: "invalidPath".to_owned(),
        sentence: "It's \"…\" that can't be read".to_owned(),
        trace_id: number.is_multiple_of(2).then(|| "0af7651916cd43dd8448eb211c80319c".to_owned()),
        left_out: 7,
    }
}

async fn keep(fixture: &Fixture, site: SiteId, numbers: std::ops::RangeInclusive<u128>, most: u64) {
    let requests = numbers.map(|number| request(site, number)).collect();
    fixture.store.keep_refused_requests(requests).await.unwrap();
    fixture.store.keep_newest_refused_requests(site, false, most).await.unwrap();
}

async fn numbers(fixture: &Fixture, site: SiteId) -> Vec<u128> {
    let found = fixture.store.refused_requests(site, None, 1_000).await.unwrap();
    found.into_iter().map(|request| request.id.as_u128()).collect()
}

async fn the_newest_of_each_site_are_kept(fixture: &Fixture) {
    let [acme, globex] = [fixture.site("acme").await.id, fixture.site("globex").await.id];
    keep(fixture, globex, 1..=2, 5).await;
    keep(fixture, acme, 1..=5, 5).await;
    assert_eq!(numbers(fixture, acme).await, [5, 4, 3, 2, 1]);
    keep(fixture, acme, 6..=8, 5).await;
    assert_eq!(numbers(fixture, acme).await, [8, 7, 6, 5, 4]);
    assert_eq!(numbers(fixture, globex).await, [2, 1]);
    let behind = Some(Uuid::from_u128(7));
    let found = fixture.store.refused_requests(acme, behind, 2).await.unwrap();
    assert_eq!(found, [request(acme, 6), request(acme, 5)]);
}

/// A foreign key would wait for whoever writes in one of the sites, and keep the writers of the others.
async fn no_site_is_looked_at(fixture: &Fixture) {
    let nobodys = SiteId(4_711);
    keep(fixture, nobodys, 1..=2, 5).await;
    assert_eq!(numbers(fixture, nobodys).await, [2, 1]);
}

async fn what_is_old_goes_a_little_at_a_time(fixture: &Fixture) {
    let acme = fixture.site("acme").await.id;
    keep(fixture, acme, 1..=600, 1_000).await;
    let mut left = Vec::new();
    while fixture.store.trim_refused_requests(Timestamp(590)).await.unwrap() {
        left.push(numbers(fixture, acme).await.len());
    }
    assert_eq!(left, [350, 100, 11]);
    assert_eq!(numbers(fixture, acme).await.last(), Some(&590));
}
