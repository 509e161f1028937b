//! The life of a core's listener, from the first start to the drain.

use std::net::SocketAddr;
use std::time::Duration;

use futures::{FutureExt as _, stream};
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tower::{Service as _, ServiceExt as _};

use super::grpc::{LARGEST_METADATA, MOST_CALLS};
use super::write_timeout::PATIENCE;
use super::{Addresses, Config, HEAD_TIMEOUT, Mode, Running, start};

fn config(folder: &tempfile::TempDir) -> Config {
    let mut config = Config::embedded().unwrap();
    config.data_dir = folder.path().join("data");
    config.grpc.listen.set_port(0);
    config.admin.listen = Some(([127, 0, 0, 1], 0).into());
    config.console.listen = None;
    config
}

async fn health(running: &Running) -> HealthClient<Channel> {
    let address = format!("http://{}", running.grpc_addr.unwrap());
    HealthClient::new(Channel::from_shared(address).unwrap().connect().await.unwrap())
}

#[tokio::test]
async fn a_balancer_hears_of_the_end_and_does_not_hold_it() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(Mode::Core, &config(&folder)).await.unwrap();
    let address = running.grpc_addr.unwrap();
    let mut health = health(&running).await;
    let service = "provost.identity.v1.UserService".to_owned();
    let watch = health.watch(HealthCheckRequest { service }).await.unwrap();
    let mut watch = watch.into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);

    running.stop().await.unwrap();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    assert!(watch.message().await.unwrap().is_none());
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn only_the_first_start_makes_a_token() {
    let folder = tempfile::tempdir().unwrap();
    let first = start(Mode::Core, &config(&folder)).await.unwrap();
    assert!(first.first_scim_token.is_some());
    let operator_token = first.operator_token.clone();
    first.stop().await.unwrap();

    let second = start(Mode::Core, &config(&folder)).await.unwrap();
    assert_eq!(second.first_scim_token, None);
    assert_eq!(second.operator_token, operator_token);
    second.stop().await.unwrap();
}

/// The commands of a folder find the first core of it, and when that ends the next one.
#[tokio::test]
async fn a_second_core_leaves_the_commands_to_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder);
    let found = || Addresses::of(&config.data_dir).map(|addresses| addresses.grpc);
    let first = start(Mode::Core, &config).await.unwrap();
    let second = start(Mode::Core, &config).await.unwrap();
    assert_eq!(found(), first.grpc_addr);
    second.stop().await.unwrap();
    assert_eq!(found(), first.grpc_addr);
    let second = start(Mode::Core, &config).await.unwrap();
    assert_eq!(found(), first.grpc_addr);
    first.stop().await.unwrap();
    assert_eq!(found(), second.grpc_addr);
    second.stop().await.unwrap();
    assert_eq!(found(), None);

    // What a core leaves that was killed doesn't count.
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let left = Addresses { grpc: gone, certificate: None, public_url: None, console_url: None };
    let (left, _) = left.write(&config.data_dir).await.unwrap();
    let third = start(Mode::Core, &config).await.unwrap();
    assert_eq!(found(), third.grpc_addr);
    left.remove();
    assert_eq!(found(), third.grpc_addr);
    third.stop().await.unwrap();
    assert!(!config.data_dir.join("addresses.json").exists());
}

#[tokio::test]
async fn a_taken_port_is_named_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config(&folder);
    config.grpc.listen = taken.local_addr().unwrap();
    let failure = start(Mode::Core, &config).await.err().unwrap();
    assert!(failure.to_string().starts_with("The gRPC address 127.0.0.1:"), "{failure}");
    assert!(!config.data_dir.exists());
}

#[tokio::test]
async fn who_connects_and_says_nothing_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(&folder);
    config.http.listen.set_port(0);
    let running = start(Mode::AllInOne, &config).await.unwrap();
    let doors = [("SCIM", running.http_addr.unwrap()), ("gRPC", running.grpc_addr.unwrap())];
    for (door, address) in doors {
        for said in ["", "PRI * HTTP/2.0"] {
            let mut silent = TcpStream::connect(address).await.unwrap();
            silent.write_all(said.as_bytes()).await.unwrap();
            // Time passes as soon as nobody has anything to do but wait.
            tokio::time::pause();
            let mut heard = Vec::new();
            let closed = timeout(HEAD_TIMEOUT * 2, silent.read_to_end(&mut heard)).await;
            assert!(closed.is_ok(), "{door} behind {said:?}");
            tokio::time::resume();
        }
    }
    running.stop().await.unwrap();
}

/// A window of nothing lets the head of an answer come, and nothing behind it. Well before a client
/// that answers no ping would be cut off.
#[tokio::test]
async fn who_lets_no_answer_of_grpc_be_sent_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(Mode::Core, &config(&folder)).await.unwrap();
    let address = format!("http://{}", running.grpc_addr.unwrap());
    let endpoint = Channel::from_shared(address).unwrap().initial_stream_window_size(0);
    let mut health = HealthClient::new(endpoint.connect().await.unwrap());
    let watch = health.watch(HealthCheckRequest::default()).await.unwrap();
    tokio::time::pause();
    let answer = timeout(PATIENCE * 3 / 2, watch.into_inner().message()).await;
    answer.expect("cut off in time").unwrap_err();
    tokio::time::resume();
    running.stop().await.unwrap();
}

/// A gateway asks for all its clients over one connection, also for those whose tokens are wrong. Their
/// calls are refused before their messages are there.
#[tokio::test]
async fn refused_calls_do_not_end_the_connection_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(Mode::Core, &config(&folder)).await.unwrap();
    let address = format!("http://{}", running.grpc_addr.unwrap());
    let mut channel = Channel::from_shared(address).unwrap().connect().await.unwrap();
    let mut health = HealthClient::new(channel.clone());
    let mut watch = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    watch.message().await.unwrap();
    for _ in 0..1_000 {
        let (refused, told) = oneshot::channel::<()>();
        let message = async {
            let _ = told.await;
            Ok::<_, Status>(Frame::data(Bytes::from_static(&[0; 5])))
        };
        let call = http::Request::post("/provost.identity.v1.UserService/CheckToken")
            .header("content-type", "application/grpc")
            .header("authorization", "Bearer wrong")
            .body(Body::new(StreamBody::new(Box::pin(stream::once(message)))));
        let answer = channel.ready().await.unwrap().call(call.unwrap()).await.unwrap();
        assert!(["8", "16"].contains(&answer.headers()["grpc-status"].to_str().unwrap()));
        refused.send(()).unwrap();
    }
    assert!(watch.message().now_or_never().is_none(), "the connection has ended");
    drop(watch);
    running.stop().await.unwrap();
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
/// A `POST` of `/`, as HPACK has it.
const HEAD: [u8; 3] = [0x83, 0x86, 0x84];

/// A client that speaks HTTP/2 frame by frame (RFC 9113 section 4.1).
struct FrameClient(TcpStream);

impl FrameClient {
    /// Takes as much as ever comes.
    async fn connect(address: SocketAddr) -> Self {
        let mut client = Self(TcpStream::connect(address).await.unwrap());
        client.0.set_nodelay(true).unwrap();
        client.0.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        let wide = frame(WINDOW_UPDATE, 0, 0, &[0x3f, 0, 0, 0]);
        client.send(&[frame(SETTINGS, 0, 0, &[]), wide]).await;
        client
    }

    async fn send(&mut self, frames: &[Vec<u8>]) {
        self.0.write_all(&frames.concat()).await.unwrap();
    }

    /// Reads until a frame of this kind on this stream comes.
    async fn hear(&mut self, kind: u8, stream: u32) {
        loop {
            let mut head = [0; 9];
            self.0.read_exact(&mut head).await.unwrap();
            let mut payload = vec![0; usize::from(u16::from_be_bytes([head[1], head[2]]))];
            self.0.read_exact(&mut payload).await.unwrap();
            if head[3] == kind && head[5..] == stream.to_be_bytes() {
                return;
            }
            let known = [DATA, HEADERS, RST_STREAM, SETTINGS, PING, WINDOW_UPDATE];
            assert!(known.contains(&head[3]), "{head:?} {}", String::from_utf8_lossy(&payload));
        }
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A proxy asks for all its clients over one connection, like a gateway.
#[tokio::test]
async fn what_comes_behind_an_answer_does_not_end_the_connection_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(&folder);
    config.http.listen.set_port(0);
    let running = start(Mode::AllInOne, &config).await.unwrap();
    for address in [running.http_addr.unwrap(), running.grpc_addr.unwrap()] {
        let mut client = FrameClient::connect(address).await;
        for number in 0..700 {
            let stream = 2 * number + 1;
            client.send(&[frame(HEADERS, 4, stream, &HEAD)]).await;
            client.hear(HEADERS, stream).await;
            client.send(&[frame(DATA, 0, stream, b"{"), frame(DATA, 1, stream, b"}")]).await;
        }
        client.send(&[frame(PING, 0, 0, &[0; 8])]).await;
        client.hear(PING, 0).await;
    }
    running.stop().await.unwrap();
}

/// Many clients of one gateway, or of one proxy, may leave at once.
#[tokio::test]
async fn requests_that_are_taken_back_do_not_end_the_connection_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(&folder);
    config.http.listen.set_port(0);
    let running = start(Mode::AllInOne, &config).await.unwrap();
    let taken_back = (0..300).flat_map(|number| {
        let stream = 2 * number + 1;
        [frame(HEADERS, 4, stream, &HEAD), frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])]
    });
    let taken_back: Vec<_> = taken_back.chain([frame(PING, 0, 0, &[0; 8])]).collect();
    for address in [running.http_addr.unwrap(), running.grpc_addr.unwrap()] {
        let mut client = FrameClient::connect(address).await;
        client.send(&taken_back).await;
        client.hear(PING, 0).await;
    }
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_connection_has_so_many_calls_open_and_the_next_one_waits() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(Mode::Core, &config(&folder)).await.unwrap();
    let mut health = health(&running).await;
    let mut open = Vec::new();
    for _ in 0..MOST_CALLS {
        open.push(health.watch(HealthCheckRequest::default()).await.unwrap());
    }
    let mut other = health.clone();
    let mut next = tokio::spawn(async move { other.check(HealthCheckRequest::default()).await });
    let early = timeout(Duration::from_millis(50), &mut next).await;
    assert!(early.is_err(), "{early:?}");
    drop(open.pop());
    next.await.unwrap().unwrap();
    drop(open);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn metadata_that_are_too_large_are_refused_by_their_status() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(Mode::Core, &config(&folder)).await.unwrap();
    let mut health = health(&running).await;
    let limit = usize::try_from(LARGEST_METADATA).unwrap();
    for (length, is_taken) in [(limit - 2_048, true), (limit, false)] {
        let mut request = tonic::Request::new(HealthCheckRequest::default());
        request.metadata_mut().insert("x-long", "x".repeat(length).parse().unwrap());
        match health.check(request).await {
            Ok(_) => assert!(is_taken, "{length}"),
            Err(status) => assert!(!is_taken && status.message().contains("431"), "{status:?}"),
        }
    }
    running.stop().await.unwrap();
}

#[tokio::test]
async fn who_says_nothing_does_not_hold_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(Mode::Core, &config(&folder)).await.unwrap();
    let grace = running.grace;
    let _silent = TcpStream::connect(running.grpc_addr.unwrap()).await.unwrap();
    // A call behind it: by its answer, the silent one has been taken as well.
    health(&running).await.check(HealthCheckRequest::default()).await.unwrap();
    tokio::time::pause();
    timeout(grace / 2, running.stop()).await.expect("before the grace is over").unwrap();
}

/// The library that reads HTTP refuses by itself what is none, with a status and no body.
#[tokio::test]
async fn what_is_no_http_is_refused_in_scim() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(&folder);
    config.http.listen.set_port(0);
    let running = start(Mode::AllInOne, &config).await.unwrap();
    let long = "x".repeat(70_000);
    for (request, status) in [
        ("GET / path HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\nHost : x\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("G\u{0}T / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 400),
        (format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n"), 414),
        (format!("GET / HTTP/1.1\r\nHost: x\r\nA: {long}\r\nB: {long}\r\n\r\n"), 431),
    ] {
        let mut client = TcpStream::connect(running.http_addr.unwrap()).await.unwrap();
        // It may be refused before all of it is sent.
        let _ = client.write_all(request.as_bytes()).await;
        client.shutdown().await.ok();
        let mut answer = Vec::new();
        let end = client.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        let shown = request.get(..40).unwrap_or(&request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{shown}: {answer} {end:?}");
        assert!(answer.contains("\r\ncontent-type: application/scim+json\r\n"), "{answer}");
        let body = answer.split("\r\n\r\n").nth(1).unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["status"], status.to_string());
    }
    running.stop().await.unwrap();
}
