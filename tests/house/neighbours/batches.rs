//! Batches, and calls with ids: whoever asks for as much as there may be in one call, or never asks for the same
//! twice, waits for it alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures::{StreamExt as _, stream};
use provost_proto::v1::{
    BatchChangeUsersRequest, Change, ChangeUserRequest, RegisterSignInRequest, Role, SetRole,
    UserChanges, WriteOptions, change,
};
use tokio::task::JoinSet;

use super::Street;
use crate::support::Callers;

on_every_street!(
    batches_without_a_pause_hold_up_nobody,
    calls_with_ids_without_a_pause_hold_up_nobody,
);

/// The users of a batch, as many as one may have.
const USERS: usize = 1_000;
/// Clients that send batches, and clients that send calls with ids.
const BATCHES: usize = 6;
const CALLERS: usize = 64;
/// Writes of the good neighbour.
const WRITES: usize = 10;
/// So many batches are decided at most while one write waits: the one under way, the one that is next, and one that
/// was begun before the write came. If they went first, it would be all of them.
const AHEAD: usize = 3;

/// Counts what of many is done.
#[derive(Clone, Default)]
struct Tally {
    done: Arc<AtomicUsize>,
    stopping: Arc<AtomicBool>,
}

impl Tally {
    fn goes_on(&self) -> bool {
        !self.stopping.load(Ordering::Relaxed)
    }

    fn add(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    fn so_far(&self) -> usize {
        self.done.load(Ordering::Relaxed)
    }

    /// Until one is done behind what is known.
    async fn has_grown(&self) {
        let before = self.so_far();
        while self.so_far() == before {
            tokio::task::yield_now().await;
        }
    }
}

async fn settle(operator: &Callers, number: usize) -> Vec<String> {
    let one = async |number: usize| {
        let request = RegisterSignInRequest {
            site: "bad".to_owned(),
            user_name: format!("user-{number}"),
            ..RegisterSignInRequest::default()
        };
        let answer = operator.users().register_sign_in(request).await.unwrap().into_inner();
        answer.decision.unwrap().user.unwrap().id
    };
    // Not all at once, or the connection is taken for an attack.
    stream::iter(0..number).map(one).buffered(32).collect().await
}

fn to_role(number: usize) -> Vec<Change> {
    let role = if number.is_multiple_of(2) { Role::Moderator } else { Role::Registered };
    vec![Change { change: Some(change::Change::SetRole(SetRole { role: role.into() })) }]
}

async fn batches_without_a_pause_hold_up_nobody(street: Street) {
    let good = street.neighbour("good").await;
    street.neighbour("bad").await;
    let operator = street.operator();
    let users = Arc::new(settle(&operator, USERS).await);
    let tally = Tally::default();
    let mut clients = JoinSet::new();
    for client in 0..BATCHES {
        let (operator, users, tally) = (operator.clone(), Arc::clone(&users), tally.clone());
        clients.spawn(async move {
            let mut round = client;
            while tally.goes_on() {
                let item = |user_id: &String| UserChanges {
                    user_id: user_id.clone(),
                    changes: to_role(round),
                    expected_version: None,
                };
                let request = BatchChangeUsersRequest {
                    site: "bad".to_owned(),
                    items: users.iter().map(item).collect(),
                    // All or nothing, or each by itself.
                    return_partial_success: client.is_multiple_of(2),
                    omit_users: true,
                    options: None,
                };
                operator.users().batch_change_users(request).await.unwrap();
                tally.add();
                round += 1;
            }
        });
    }
    tally.has_grown().await;
    let before = tally.so_far();
    good.is_answered_in_time(WRITES).await;
    let meanwhile = tally.so_far() - before;
    assert!(
        meanwhile <= WRITES * AHEAD + BATCHES,
        "{meanwhile} batches went before {WRITES} writes"
    );
    tally.stopping.store(true, Ordering::Relaxed);
    clients.join_all().await;
    street.ends_within_the_grace().await;
}

/// Each id is one that was never seen, so each is kept.
async fn calls_with_ids_without_a_pause_hold_up_nobody(street: Street) {
    let good = street.neighbour("good").await;
    street.neighbour("bad").await;
    let operator = street.operator();
    let users = Arc::new(settle(&operator, CALLERS).await);
    let tally = Tally::default();
    let mut clients = JoinSet::new();
    for client in 0..CALLERS {
        let (operator, users, tally) = (operator.clone(), Arc::clone(&users), tally.clone());
        clients.spawn(async move {
            let mut round = 0;
            while tally.goes_on() {
                let request_id = format!("{client}-{round}");
                let request = ChangeUserRequest {
                    include_groups: false,
                    site: "bad".to_owned(),
                    user_id: users[client].clone(),
                    changes: to_role(round),
                    options: Some(WriteOptions { request_id, ..WriteOptions::default() }),
                };
                operator.users().change_user(request).await.unwrap();
                tally.add();
                round += 1;
            }
        });
    }
    tally.has_grown().await;
    good.is_answered_in_time(WRITES).await;
    tally.stopping.store(true, Ordering::Relaxed);
    clients.join_all().await;
    street.ends_within_the_grace().await;
}
