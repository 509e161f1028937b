//! Strangers: their bytes are not kept, and their wrong tokens hold up nobody, also not from the
//! same address.

use std::sync::Arc;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::Street;

on_every_street!(
    unfinished_bodies_of_strangers_hold_neither_memory_nor_connections,
    wrong_tokens_without_a_pause_hold_up_nobody,
);

/// How many bodies, and how much of each is sent before its sender stops.
const BODIES: usize = 400;
const SENT: usize = 900_000;
/// What they may add to the memory of the process; kept, they would add four times as much.
const MORE_MEMORY: usize = 90_000_000;

async fn unfinished_bodies_of_strangers_hold_neither_memory_nor_connections(street: Street) {
    let good = street.neighbour("good").await;
    good.is_answered_in_time(3).await;
    let before = street.memory();
    let mut strangers = JoinSet::new();
    for _ in 0..BODIES {
        let address = good.address;
        strangers.spawn(async move { unfinished(address).await });
    }
    let mut turned_away = Vec::new();
    while let Some(stranger) = strangers.join_next().await {
        turned_away.push(stranger.unwrap().unwrap());
    }
    let more = street.memory().saturating_sub(before);
    assert!(more < MORE_MEMORY, "{more} bytes more");
    good.is_answered_in_time(10).await;
    for (mut stranger, was_reset) in turned_away {
        let mut heard = Vec::new();
        // It may be told by a reset, because it goes on sending what nobody wants, and a reset may
        // overtake the answer. It is told once: whoever has heard of it in writing reads only the end.
        let end = stranger.read_to_end(&mut heard).await;
        if end.is_ok() && !(was_reset && heard.is_empty()) {
            let answer = String::from_utf8_lossy(&heard);
            assert!(
                answer.starts_with("HTTP/1.1 401") || answer.starts_with("HTTP/1.1 429"),
                "{answer}"
            );
        }
    }
    street.ends_within_the_grace().await;
}

/// A body of a wrong token, most of it, and then nothing more; and whether the service did not take it.
async fn unfinished(address: std::net::SocketAddr) -> std::io::Result<(TcpStream, bool)> {
    let mut stream = TcpStream::connect(address).await?;
    let head = "PATCH /c/good/auth/scim/v2/Users/1 HTTP/1.1\r\nHost: x\r\n\
        Authorization: Bearer wrong\r\nContent-Length: 1000000\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    // The service may have answered and closed meanwhile.
    let was_reset = stream.write_all(&vec![b' '; SENT]).await.is_err();
    Ok((stream, was_reset))
}

async fn wrong_tokens_without_a_pause_hold_up_nobody(street: Street) {
    let (good, mut bad) = (street.neighbour("good").await, street.neighbour("bad").await);
    "wrong".clone_into(&mut bad.token);
    let request = Arc::new(bad.patch(&json!([{"op": "remove", "path": "title"}])));
    let mut knocking = JoinSet::new();
    for _ in 0..32 {
        let (bad, request) = (bad.clone(), Arc::clone(&request));
        knocking.spawn(async move {
            while let Ok(answer) = bad.send(&request).await {
                assert!([401, 429].contains(&answer.status), "{answer:?}");
            }
        });
    }
    good.is_answered_in_time(10).await;
    street.ends_within_the_grace().await;
}
