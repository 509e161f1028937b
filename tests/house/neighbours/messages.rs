//! Large messages over gRPC: of whoever sends many, no more are kept than fit into their share.

use futures::{StreamExt as _, stream};
use http::{Request, header};
use http_body::Frame;
use http_body_util::StreamBody;
use provost_test_kit::on_both_databases;
use tokio::task::JoinSet;
use tonic::body::Body;
use tonic::codegen::{Bytes, Service as _};
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::Street;

on_both_databases!(
    crate::neighbours::Street:
    unfinished_messages_of_a_good_token_hold_no_more_than_its_share,
);

/// How many calls, how long their messages say they are, and how much of each is sent.
const CALLS: usize = 40;
const ANNOUNCED: u32 = 4_000_000;
const PIECES: usize = 60;
const PIECE: &[u8] = &[0; 64 << 10];
/// So many of them fit into the share of a caller.
const FITTING: usize = 8;
/// What they may add to the memory of the process; kept, they would add nearly twice as much.
const MORE_MEMORY: usize = 90_000_000;

async fn unfinished_messages_of_a_good_token_hold_no_more_than_its_share(street: Street) {
    let (good, bad) = (street.neighbour("good").await, street.neighbour("bad").await);
    good.is_answered_in_time(3).await;
    let before = street.memory();
    let channel = street.operator().channel();
    let mut calls = JoinSet::new();
    for _ in 0..CALLS {
        calls.spawn(answer(channel.clone(), bad.token.clone()));
    }
    for _ in FITTING..CALLS {
        let code = calls.join_next().await.unwrap().unwrap();
        assert_eq!(code, Code::ResourceExhausted);
    }
    let more = street.memory().saturating_sub(before);
    assert!(more < MORE_MEMORY, "{more} bytes more");
    good.is_answered_in_time(10).await;
    drop(calls);
    street.ends_within_the_grace().await;
}

/// What a call is answered whose message stops shortly before its end.
async fn answer(mut channel: Channel, token: String) -> Code {
    let [a, b, c, d] = ANNOUNCED.to_be_bytes();
    let head = Bytes::copy_from_slice(&[0, a, b, c, d]);
    let pieces =
        std::iter::once(head).chain(std::iter::repeat_n(Bytes::from_static(PIECE), PIECES));
    let frames = stream::iter(pieces.map(|piece| Ok::<_, Status>(Frame::data(piece))));
    let request = Request::post("/provost.identity.v1.UserService/ChangeUser")
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::new(StreamBody::new(frames.chain(stream::pending()))))
        .unwrap();
    std::future::poll_fn(|task| channel.poll_ready(task)).await.unwrap();
    let response = channel.call(request).await.unwrap();
    Status::from_header_map(response.headers()).unwrap().code()
}
