//! Both listeners behind TLS, and what strangers cost there.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use provost_test_kit::Authority;
use rustls::ClientConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::entrance::{HANDSHAKE_TIMEOUT, MOST_HANDSHAKES};
use super::{Config, HEAD_TIMEOUT, Mode, Running, start};
use crate::channel::{WayToCore, answers, remote};
use crate::tls::{ClientTls, TlsFile, Trust};

/// A service whose listeners are both behind TLS.
async fn started(folder: &Path, authority: &Authority) -> Running {
    let mut config = Config::embedded().unwrap();
    config.data_dir = folder.join("data");
    config.grpc.listen.set_port(0);
    config.http.listen.set_port(0);
    let (certificate, key) = authority.issue(&["localhost"]).write(folder, "server");
    (config.http.tls_certificate, config.http.tls_key) =
        (Some(certificate.clone()), Some(key.clone()));
    (config.grpc.tls_certificate, config.grpc.tls_key) = (Some(certificate), Some(key));
    start(Mode::AllInOne, &config).await.unwrap()
}

async fn dialled(
    address: SocketAddr,
    client: Arc<ClientConfig>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(client).connect("localhost".try_into().unwrap(), stream).await
}

/// The core at this port, dialled by a name.
fn way(host: &str, address: SocketAddr, trust: Trust) -> WayToCore {
    let address = format!("https://{host}:{}", address.port()).parse().unwrap();
    WayToCore { address, tls: Some(ClientTls { trust, identity: None }) }
}

#[tokio::test]
async fn both_listeners_speak_tls_with_those_who_trust_them() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let running = started(folder.path(), &authority).await;
    let (http, grpc) = (running.http_addr.unwrap(), running.grpc_addr.unwrap());

    for (offered, chosen) in
        [(&["h2", "http/1.1"][..], Some("h2")), (&["http/1.1"], Some("http/1.1")), (&[], None)]
    {
        let mut stream = dialled(http, authority.client(offered, None)).await.unwrap();
        let spoken = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
        assert_eq!(spoken.as_deref(), chosen.map(str::as_bytes));
        if chosen != Some("h2") {
            let request =
                b"GET /api/scim/v2/Users HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
            stream.write_all(request).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
        }
    }
    assert!(dialled(grpc, authority.client(&["http/1.1"], None)).await.is_err(), "gRPC is HTTP/2");
    assert!(dialled(http, Authority::new().client(&[], None)).await.is_err(), "not trusted");

    std::fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
    std::fs::write(folder.path().join("other.pem"), Authority::new().pem()).unwrap();
    let file = |name| TlsFile { setting: "core.tls_ca", path: folder.path().join(name) };
    let (trusted, other) = (Trust::Authority(file("ca.pem")), Trust::Authority(file("other.pem")));
    let (pinned, not_pinned) =
        (Trust::Certificate(file("server.pem")), Trust::Certificate(file("ca.pem")));
    for (host, trust, is_right) in [
        ("localhost", trusted.clone(), true),
        ("127.0.0.1", trusted, false),
        ("localhost", other, false),
        ("localhost", Trust::EveryAuthority, false),
        ("127.0.0.1", pinned, true),
        ("localhost", not_pinned, false),
    ] {
        let way = way(host, grpc, trust);
        assert_eq!(answers(&way).await, is_right, "{way:?}");
        let mut health = HealthClient::new(remote(&way));
        let answer = health.check(HealthCheckRequest::default()).await;
        assert_eq!(answer.is_ok(), is_right, "{way:?} {answer:?}");
    }
    running.stop().await.unwrap();
}

#[tokio::test]
async fn who_shakes_no_hand_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let running = started(folder.path(), &authority).await;
    for address in [running.http_addr.unwrap(), running.grpc_addr.unwrap()] {
        for said in [&b""[..], b"\x16\x03\x01\x02\x00", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"] {
            let mut silent = TcpStream::connect(address).await.unwrap();
            silent.write_all(said).await.unwrap();
            tokio::time::pause();
            let mut heard = Vec::new();
            let closed = timeout(HANDSHAKE_TIMEOUT * 2, silent.read_to_end(&mut heard)).await;
            assert!(closed.is_ok(), "behind {said:?}");
            tokio::time::resume();
        }
        let mut silent = dialled(address, authority.client(&["h2"], None)).await.unwrap();
        tokio::time::pause();
        let closed = timeout(HEAD_TIMEOUT * 2, silent.read_to_end(&mut Vec::new())).await;
        assert!(closed.is_ok(), "behind a handshake");
        tokio::time::resume();
    }
    running.stop().await.unwrap();
}

#[tokio::test]
async fn strangers_who_say_nothing_keep_nobody_out() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let running = started(folder.path(), &authority).await;
    let address = running.http_addr.unwrap();
    let mut strangers = Vec::new();
    for _ in 0..=MOST_HANDSHAKES {
        strangers.push(TcpStream::connect(address).await.unwrap());
    }
    dialled(address, authority.client(&["h2"], None)).await.unwrap();
    let end = strangers[0].read(&mut [0]).await;
    assert!(!matches!(end, Ok(1..)), "the first one is given up: {end:?}");
    drop(strangers);
    running.stop().await.unwrap();
}
