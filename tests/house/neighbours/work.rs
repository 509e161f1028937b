//! Work in the writer: whoever asks for much waits for it alone.

use std::sync::Arc;

use provost_test_kit::on_both_databases;
use serde_json::json;
use tokio::task::JoinSet;

use super::Street;
on_both_databases!(crate::neighbours::Street: whoever_writes_without_a_pause_holds_up_nobody);

async fn whoever_writes_without_a_pause_holds_up_nobody(street: Street) {
    let (good, bad) = (street.neighbour("good").await, street.neighbour("bad").await);
    let request = bad.patch(&json!([{"op": "replace", "path": "title", "value": "again"}]));
    let request = Arc::new(request);
    let mut writers = JoinSet::new();
    for _ in 0..32 {
        let (bad, request) = (bad.clone(), Arc::clone(&request));
        writers.spawn(async move { while bad.send(&request).await.is_ok() {} });
    }
    good.is_answered_in_time(10).await;
    street.ends_within_the_grace().await;
}
