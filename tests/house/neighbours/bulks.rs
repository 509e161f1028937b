//! Bulk requests: whoever asks for as many operations as one may have, again and again, waits for them alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use provost_proto::v1::{CreationPolicy, DeletionPolicy, UpdateScimSettingsRequest};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Neighbour, Street};
use crate::support::wire::Request;

on_every_street!(bulks_without_a_pause_hold_up_nobody);

/// As many operations as a request may have.
const OPERATIONS: usize = 1_000;
/// Clients that send them.
const CLIENTS: usize = 6;
/// Writes of the good neighbour.
const WRITES: usize = 10;

fn bulk(neighbour: &Neighbour, operations: &Value) -> Request {
    let body = json!({"Operations": operations});
    let patch = neighbour.patch(&Value::Null);
    Request {
        method: "POST".to_owned(),
        target: format!("/c/{}/auth/scim/v2/Bulk", neighbour.name),
        body: Some(body.to_string().into_bytes()),
        ..patch
    }
}

/// People who come and go, and groups of them: all are there for one request.
fn operations(client: usize, round: usize) -> Value {
    let one = |number: usize| {
        let (bulk_id, name) = (format!("b{number}"), format!("{client}-{round}-{number}"));
        let delete = |what: &str, other: usize| json!({"method": "DELETE", "path": format!("/{what}/bulkId:b{other}")});
        match number {
            0..450 => json!({"method": "POST", "path": "/Users", "bulkId": bulk_id,
                "data": {"userName": name}}),
            450..500 => {
                let first = (number - 450) * 9;
                let members =
                    (first..first + 9).map(|it| json!({"value": format!("bulkId:b{it}")}));
                let members: Vec<_> = members.collect();
                json!({"method": "POST", "path": "/Groups", "bulkId": bulk_id,
                    "data": {"displayName": name, "members": members}})
            }
            500..550 => delete("Groups", number - 50),
            _ => delete("Users", number - 550),
        }
    };
    (0..OPERATIONS).map(one).collect()
}

async fn bulks_without_a_pause_hold_up_nobody(street: Street) {
    let good = street.neighbour("good").await;
    let bad = street.neighbour("bad").await;
    let settings = UpdateScimSettingsRequest {
        site: "bad".to_owned(),
        creation: CreationPolicy::Create.into(),
        deletion: DeletionPolicy::Delete.into(),
        ..UpdateScimSettingsRequest::default()
    };
    street.operator().sites().update_scim_settings(settings).await.unwrap();
    let (done, stopping) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let (bad, done, stopping) = (bad.clone(), Arc::clone(&done), Arc::clone(&stopping));
        clients.spawn(async move {
            let mut round = 0;
            while !stopping.load(Ordering::Relaxed) {
                let request = bulk(&bad, &operations(client, round));
                let answer = bad.send(&request).await.unwrap().expect(200);
                let answers = answer["Operations"].as_array().unwrap();
                assert_eq!(answers.len(), OPERATIONS);
                let failed = answers.iter().find(|one| one.get("response").is_some());
                assert_eq!(failed, None);
                done.fetch_add(1, Ordering::Relaxed);
                round += 1;
            }
        });
    }
    while done.load(Ordering::Relaxed) == 0 {
        assert!(!clients.is_empty());
        tokio::task::yield_now().await;
    }
    let memory = street.memory();
    good.is_answered_in_time(WRITES).await;
    assert!(street.memory() < memory + (64 << 20), "{memory} and then {}", street.memory());
    stopping.store(true, Ordering::Relaxed);
    clients.join_all().await;
    street.ends_within_the_grace().await;
}
