//! Watches: whoever follows as much as may be, without a pause, holds up neither writers nor other watches.

use provost_proto::v1::watch_events_request::Start;
use provost_proto::v1::watch_events_response::Content;
use provost_proto::v1::{RegisterSignInRequest, WatchEventsRequest, WatchStart};
use tokio::task::JoinSet;

use super::Street;
use crate::support::Callers;

on_every_street!(whoever_follows_without_a_pause_holds_up_nobody);

/// As many as one caller may have.
const WATCHES: usize = 128;
/// So many are told to each again and again.
const EVENTS: usize = 300;
/// Writes of the good neighbour.
const WRITES: usize = 10;

fn of(site: &str, start: WatchStart) -> WatchEventsRequest {
    WatchEventsRequest {
        sites: vec![site.to_owned()],
        start: Some(Start::StartAt(start.into())),
        ..WatchEventsRequest::default()
    }
}

async fn whoever_follows_without_a_pause_holds_up_nobody(street: Street) {
    let good = street.neighbour("good").await;
    let bad = street.neighbour("bad").await;
    let operator = street.operator();
    for number in 0..EVENTS {
        let request = RegisterSignInRequest {
            site: bad.name.to_owned(),
            user_name: format!("user-{number}"),
            ..RegisterSignInRequest::default()
        };
        operator.users().register_sign_in(request).await.unwrap();
    }
    let greedy = operator.with_token(&operator.service_token("greedy").await);
    let mut watches = JoinSet::new();
    for _ in 0..WATCHES {
        let greedy = greedy.clone();
        watches.spawn(async move { while tell_all(&greedy).await.is_some() {} });
    }
    let now = of(good.name, WatchStart::Now);
    let mut watch = operator.ledgers().watch_events(now).await.unwrap().into_inner();
    watch.message().await.unwrap();
    good.is_answered_in_time(WRITES).await;
    let mut told = 0;
    while told < WRITES {
        let response = watch.message().await.unwrap().unwrap();
        if let Some(Content::Events(batch)) = response.content {
            told += batch.events.len();
        }
    }
    drop(watch);
    watches.shutdown().await;
    street.ends_within_the_grace().await;
}

/// Everything once more, from the beginning; nothing once the core is gone.
async fn tell_all(greedy: &Callers) -> Option<()> {
    let earliest = of("bad", WatchStart::Earliest);
    let mut watch = match greedy.ledgers().watch_events(earliest).await {
        Ok(watch) => watch.into_inner(),
        // The place of the one before may not be free yet.
        Err(status) => return (status.code() == tonic::Code::ResourceExhausted).then_some(()),
    };
    let mut left = EVENTS;
    while left > 0 {
        if let Some(Content::Events(batch)) = watch.message().await.ok()??.content {
            left = left.saturating_sub(batch.events.len());
        }
    }
    Some(())
}
