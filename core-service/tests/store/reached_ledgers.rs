//! What is read of a consumer that acknowledges: of a ledger in which it stays, next to nothing.

use super::fixture::{Fixture, on_both_databases};
use provost_domain::{Consumer, ConsumerName, Timestamp};

on_both_databases!(what_was_passed_is_read_where_a_consumer_moves,);

async fn what_was_passed_is_read_where_a_consumer_moves(fixture: &Fixture) {
    let [here, elsewhere] = [fixture.site("acme").await.id, fixture.site("globex").await.id];
    let name = ConsumerName::parse("mail").unwrap();
    let mut said =
        Consumer { site: here, caller: "operator".to_owned(), name, since: 3, passed: Vec::new() };
    said.acknowledge(5, Timestamp(50));
    fixture.store.keep_consumers(&[said.clone()], false).await.unwrap();
    for (revision, to_beginning, may_go_back, moves) in [
        (5, false, false, false),
        (5, false, true, false),
        (4, false, false, false),
        (4, false, true, true),
        (6, false, false, true),
        (6, true, false, false),
        (5, true, true, true),
    ] {
        let (of, positions) = (("operator", &said.name), [(here, revision), (elsewhere, 9)]);
        let moving = (to_beginning, may_go_back);
        let found = fixture.store.reached_ledgers(of, &positions, moving).await.unwrap();
        let told = found.into_iter().map(|it| (it.site, it.has_consumer, it.consumer));
        let mut told: Vec<_> = told.collect();
        told.sort_by_key(|(site, ..)| *site);
        let read = moves.then(|| said.clone());
        assert_eq!(told, [(here, true, read), (elsewhere, false, None)], "{revision}");
    }
}
