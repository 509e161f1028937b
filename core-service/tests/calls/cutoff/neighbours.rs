//! That consumers are in nobody's way, however often they acknowledge.

use super::super::fixture::*;
use super::super::watches::of;
use super::{cursor, head};
use provost_proto::v1;
use provost_proto::v1::{Role, WatchStart};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

on_both_databases!(consumers_at_full_tilt_leave_others_their_turn);

/// So many calls at once, each of which moves its consumer.
const CALLS: usize = 32;

async fn consumers_at_full_tilt_leave_others_their_turn(fixture: Fixture) {
    fixture.site("globex").await;
    let earlier = cursor(&fixture, of(&["globex"], WatchStart::Now)).await;
    let user = v1::CreateUserRequest {
        site: "globex".to_owned(),
        user_name: "ada".to_owned(),
        ..v1::CreateUserRequest::default()
    };
    fixture.users().create_user(user).await.unwrap();
    let later = head(&fixture, "globex").await;
    let bob = fixture.user("bob", Role::Registered).await.id;
    let (has_ended, acknowledged) = (AtomicBool::new(false), AtomicUsize::new(0));
    let consumers = (0..CALLS).map(async |number| {
        let mut cursors = [&later, &earlier].into_iter().cycle();
        while !has_ended.load(Ordering::Relaxed) {
            let request = v1::AcknowledgeEventsRequest {
                consumer: format!("mail-{}", number % 8),
                cursor: cursors.next().unwrap().clone(),
                rewind: true,
            };
            ledgers(&fixture.core, OPERATOR).acknowledge_events(request).await.unwrap();
            acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    });
    let writer = async {
        for round in 0..20 {
            let changes = vec![set_active(round % 2 == 1)];
            let options = v1::WriteOptions::default();
            change(&mut fixture.users(), &bob, changes, options).await.unwrap();
        }
        has_ended.store(true, Ordering::Relaxed);
    };
    tokio::join!(futures::future::join_all(consumers), writer);
    assert!(acknowledged.into_inner() >= CALLS);
}
