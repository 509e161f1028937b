//! Bodies that come late, slowly or in masses: the token is looked at first, and nobody holds more
//! than their share.

use crate::exchange::{Asking, House, ONE, ask, ask_at, settings};
use axum::body::{Body, Bytes};
use futures::future::join_all;
use futures::stream::{self, Stream, StreamExt as _};
use provost_gateway::GatewaySettings;
use provost_proto::v1::ErrorReason;
use provost_test_kit::fake_core::{Asked, Reply, decided, user};
use std::io;
use std::time::Duration;
use tonic::Code;

const NOTHING: &str = r#"{"Operations": []}"#;
const REJECTED: Reply =
    Reply::Refused(Code::Unauthenticated, ErrorReason::TokenInvalid, "the token is not valid");

/// A piece of a body, and how long it is waited for.
fn pieces(
    pieces: impl IntoIterator<Item = (u64, &'static str)>,
) -> impl Stream<Item = io::Result<Bytes>> {
    stream::iter(pieces.into_iter().collect::<Vec<_>>()).then(async |(seconds, piece)| {
        if seconds > 0 {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
        Ok(Bytes::from_static(piece.as_bytes()))
    })
}

fn patch(body: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Asking {
    ask("PATCH", ONE).body(Body::from_stream(body))
}

#[tokio::test(start_paused = true)]
async fn a_wrong_token_is_told_before_the_body_is_there() {
    for body in [vec![(3600, NOTHING)], vec![(0, "{"), (3600, "}")]] {
        let house = House::answering([REJECTED]);
        let before = tokio::time::Instant::now();
        house.send(patch(pieces(body))).await.expect(401);
        assert!(before.elapsed() < Duration::from_secs(1));
        house.asked_for_the_token_only();
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_token_has_no_large_body_read() {
    let endless = stream::repeat(()).map(|()| Ok(Bytes::from_static(&[b' '; 4096])));
    let mut settings = crate::exchange::settings();
    settings.body_limit = 1 << 30;
    let house = House::with(settings, [REJECTED]);
    house.send(patch(endless)).await.expect(401);
    house.asked_for_the_token_only();
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_of_a_good_token_is_waited_for() {
    let house = House::answering([Reply::Admitted, decided(user(), vec![])]);
    let body = pieces([(1, r#"{"Opera"#), (14, r#"tions""#), (14, ": []}")]);
    house.send(patch(body)).await.expect(200);
    let asked = house.calls().into_iter().map(|call| call.asked).collect::<Vec<_>>();
    assert!(matches!(asked[..], [Asked::CheckToken(_), Asked::Change(_)]), "{asked:?}");
}

/// A body that is held back until it is wanted is not asked for before the token is known.
#[tokio::test(start_paused = true)]
async fn who_expects_to_be_told_to_go_on_is_told_of_the_token_first() {
    let house = House::answering([REJECTED]);
    let unread = stream::poll_fn(|_| -> std::task::Poll<Option<io::Result<Bytes>>> {
        panic!("it was read")
    });
    house.send(patch(unread).header("Expect", "100-continue")).await.expect(401);
    let house = House::answering([Reply::Admitted, decided(user(), vec![])]);
    let wanted = patch(pieces([(0, NOTHING)])).header("Expect", "100-continue");
    house.send(wanted).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn a_body_has_a_time_for_its_pauses_and_one_for_all_of_it() {
    let drops = stream::repeat((7, " ")).take(100);
    let drops = drops.collect::<Vec<_>>().await;
    for (body, seconds) in [(vec![(0, "{"), (16, "}")], 15), (drops, 60)] {
        let house = House::admitting();
        let before = tokio::time::Instant::now();
        house.send(patch(pieces(body))).await.expect(408);
        assert_eq!(before.elapsed().as_secs(), seconds);
        house.asked_for_the_token_only();
    }
}

#[tokio::test]
async fn a_body_that_is_announced_as_too_large_is_not_read() {
    for length in ["4097", "99999999999999999999999"] {
        let unread = stream::poll_fn(|_| -> std::task::Poll<Option<io::Result<Bytes>>> {
            panic!("it was read")
        });
        let house = House::admitting();
        house.send(patch(unread).header("Content-Length", length)).await.expect(413);
        house.asked_for_the_token_only();
    }
}

#[tokio::test(start_paused = true)]
async fn a_site_holds_its_share_of_the_bytes_and_no_more() {
    // Eight bodies of the largest size are a site's share of the memory.
    const FULL: &str = include_str!("slow_bodies.rs");
    let full = &FULL[..4096];
    let house = House::answering((0..40).map(|_| Reply::Admitted));
    let body = move || Body::from_stream(pieces([(0, full), (14, "")]));
    let many = (0..9).map(|_| house.send(ask("PATCH", ONE).body(body())));
    let beside = house.send(ask_at("PATCH", "/c/acme/auth/scim/v2/Users/1").body(body()));
    let (many, beside) = tokio::join!(join_all(many), beside);
    let refused: Vec<_> = many.iter().filter(|answer| answer.status == 503).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].header("Retry-After"), Some("5"));
    // What was read is no JSON.
    beside.expect(400);
    house.send(ask("PATCH", ONE).body(body())).await.expect(400);
}

/// What bodies of groups hold is none of what those of users have.
#[tokio::test(start_paused = true)]
async fn bodies_of_groups_have_a_share_of_their_own() {
    let full: &'static str = " ".repeat(8 * 4096).leak();
    let house = House::answering((0..8).map(|_| Reply::Admitted));
    let body = |full| Body::from_stream(pieces([(0, full), (14, "")]));
    let group = "/Groups/0198b3a0-0000-7000-8000-00000000000a";
    let groups = (0..3).map(|_| house.send(ask("PATCH", group).body(body(full))));
    let user = house.send(ask("PATCH", ONE).body(body(&full[..4096])));
    let (groups, user) = tokio::join!(join_all(groups), user);
    let refused = groups.iter().filter(|answer| answer.status == 503).count();
    assert_eq!(refused, 1, "two of the largest size have room");
    // What was read is no JSON.
    user.expect(400);
}

/// They hold it until they are answered, and with it room for the answer.
#[tokio::test(start_paused = true)]
async fn bulk_requests_have_a_share_of_their_own() {
    let operations = vec![r#"{"method":"DELETE","path":"/Users/1"}"#; 1000].join(",");
    let body = format!(r#"{{"Operations":[{operations}]}}"#);
    let full: &'static str = format!("{body}{}", " ".repeat(8 * 65_536 - body.len())).leak();
    let settings = GatewaySettings { body_limit: 65_536, ..settings() };
    // All four are let in before the first body is there; nothing of what two of them ask is ever answered.
    let replies = (0..4).map(|_| Reply::Admitted).chain([Reply::Never, Reply::Never]);
    let house = House::with(settings, replies);
    let body = |piece| Body::from_stream(pieces([(0, piece), (14, "")]));
    let bulks = (0..3).map(|_| house.send(ask("POST", "/Bulk").body(body(full))));
    let group = "/Groups/0198b3a0-0000-7000-8000-00000000000a";
    let group =
        house.send(ask("PATCH", group).body(Body::from_stream(pieces([(0, full), (16, "")]))));
    let (bulks, group) = tokio::join!(join_all(bulks), group);
    let refused: Vec<_> = bulks.iter().filter(|answer| answer.status == 503).collect();
    assert_eq!(refused.len(), 1, "two of the largest size have room");
    assert_eq!(refused[0].header("Retry-After"), Some("5"));
    // What was read is no PATCH.
    assert_ne!(group.status, 503);
}
