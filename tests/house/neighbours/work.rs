//! Work in the writer: whoever asks for much waits for it alone.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Neighbour, Street};
use crate::support::wire::Request;

on_every_street!(
    whoever_writes_without_a_pause_holds_up_nobody,
    whoever_asks_for_much_at_once_holds_up_nobody,
);

async fn whoever_writes_without_a_pause_holds_up_nobody(street: Street) {
    let (good, bad) = (street.neighbour("good").await, street.neighbour("bad").await);
    let request = bad.patch(&json!([{"op": "replace", "path": "title", "value": "again"}]));
    let _writers = without_pause(&bad, request, 32);
    good.is_answered_in_time(10).await;
    street.ends_within_the_grace().await;
}

/// A thousand times all of a hundred addresses, as long as a profile has room for.
async fn whoever_asks_for_much_at_once_holds_up_nobody(street: Street) {
    let (good, bad) = (street.neighbour("good").await, street.neighbour("bad").await);
    let long = "x".repeat(400);
    let addresses: Vec<Value> = (0..100)
        .map(|n| json!({"type": "work", "value": format!("{n}@example.com"), "display": long}))
        .collect();
    let operation = json!([{"op": "replace", "path": "emails", "value": addresses}]);
    bad.send(&bad.patch(&operation)).await.unwrap().expect(200);
    let kind = |n: usize| json!({"op": "replace", "path": "emails.type", "value": n.to_string()});
    let request = bad.patch(&(0..1_000).map(kind).collect());
    let answer = bad.send(&request).await.unwrap();
    assert!(answer.refusal(413).contains("send fewer changes"));
    let _writers = without_pause(&bad, request, 20);
    // As much as is admitted.
    let request = bad.patch(&(0..200).map(kind).collect());
    let _others = without_pause(&bad, request, 20);
    good.is_answered_in_time(5).await;
    street.ends_within_the_grace().await;
}

/// So many clients that send a request again and again, until they are dropped.
fn without_pause(neighbour: &Neighbour, request: Request, clients: usize) -> JoinSet<()> {
    let request = Arc::new(request);
    let mut writers = JoinSet::new();
    for _ in 0..clients {
        let (neighbour, request) = (neighbour.clone(), Arc::clone(&request));
        writers.spawn(async move { while neighbour.send(&request).await.is_ok() {} });
    }
    writers
}
