//! Lists that no index serves: whoever asks for many waits for them alone.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::pages::settle_large_users;
use super::{ANSWERED, Street};

on_every_street!(unindexed_lists_of_one_site_hold_up_no_others);

/// Requests of the bad neighbour at once.
const CROWD: usize = 40;
/// As many as a filter may have over lists.
const CONDITIONS: usize = 20;

async fn unindexed_lists_of_one_site_hold_up_no_others(street: Street) {
    let (good, bad) = (street.neighbour("good").await, street.neighbour("bad").await);
    settle_large_users(&street).await;
    let conditions = vec!["emails.value+co+%22nobody%22"; CONDITIONS].join("+or+");
    let request = Arc::new(bad.get(&format!("/Users?filter={conditions}")));
    let mut crowd = JoinSet::new();
    for _ in 0..CROWD {
        let (bad, request) = (bad.clone(), Arc::clone(&request));
        crowd.spawn(async move { while bad.send(&request).await.is_ok() {} });
    }
    let request = good.get("/Users?filter=emails.value+co+%22ada%22");
    for _ in 0..10 {
        let answer = timeout(ANSWERED, good.send(&request)).await;
        let page = answer.expect("the good neighbour is answered in time").unwrap().expect(200);
        assert_eq!(page["totalResults"], 1);
    }
    street.ends_within_the_grace().await;
}
