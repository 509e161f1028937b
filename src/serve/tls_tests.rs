//! Both listeners behind TLS, and what strangers cost there.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use provost_proto::v1::access_service_client::AccessServiceClient;
use provost_proto::v1::{
    AddServiceCertificateRequest, CreateServiceRequest, ExplainAccessRequest,
    RemoveServiceCertificateRequest,
};
use provost_test_kit::{Authority, Issued};
use rustls::ClientConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::Request;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;

use super::entrance::{HANDSHAKE_TIMEOUT, MOST_HANDSHAKES};
use super::{Config, HEAD_TIMEOUT, Mode, Running, start};
use crate::channel::{AsOperator, Clients, Destination, Remote, answers, remote};
use crate::tls::{ClientTls, TlsFile, Trust};

/// A service whose listeners are both behind TLS.
async fn started(folder: &Path, authority: &Authority) -> Running {
    let mut config = Config::embedded().unwrap();
    config.data_dir = folder.join("data");
    config.grpc.listen.set_port(0);
    config.admin.listen = Some(([127, 0, 0, 1], 0).into());
    config.console.listen = None;
    config.http.listen.set_port(0);
    let (certificate, key) = authority.issue(&["localhost"]).write(folder, "server");
    std::fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
    let authorities = folder.join("clients.pem");
    std::fs::write(&authorities, authority.pem()).unwrap();
    config.grpc.tls_client_ca = Some(authorities);
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
fn way(host: &str, address: SocketAddr, trust: Trust) -> Destination {
    let address = format!("https://{host}:{}", address.port()).parse().unwrap();
    Destination { address, tls: Some(ClientTls { trust, identity: None, protocol: "h2" }) }
}

/// The same by its authority, with this certificate or with none.
fn shown(folder: &Path, address: SocketAddr, certificate: Option<&Issued>) -> Destination {
    let file = |path| TlsFile { setting: "core.tls_certificate", path };
    let mut way = way("localhost", address, Trust::Authority(file(folder.join("ca.pem"))));
    let written = certificate.map(|issued| issued.write(folder, "client"));
    if let Some(tls) = &mut way.tls {
        tls.identity = written.map(|(certificate, key)| (file(certificate), file(key)));
    }
    way
}

/// Asks a question for every service, and answers the reason of the refusal, or that there was no word.
async fn refusal(channel: Remote, token: Option<&str>) -> Option<String> {
    let rpc = "UserService/GetUser".to_owned();
    let mut request = Request::new(ExplainAccessRequest { rpc, ..Default::default() });
    if let Some(token) = token {
        let value = format!("Bearer {token}").parse().unwrap();
        request.metadata_mut().insert("authorization", value);
    }
    let answer = AccessServiceClient::new(channel).explain_access(request).await;
    let status = answer.err()?;
    let reason = status.get_details_error_info().map(|info| info.reason);
    Some(reason.unwrap_or_else(|| "no connection".to_owned()))
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
    let numbers = running.metrics.text().unwrap();
    for listener in ["scim", "grpc"] {
        let left = format!(
            "provost_tls_certificate_time_left_seconds{{provost_listener=\"{listener}\"}} "
        );
        let left = numbers.lines().find_map(|line| line.strip_prefix(&*left)).unwrap();
        assert!(left.parse::<f64>().unwrap() > 0.0, "{left}");
    }
    assert!(numbers.contains("url_scheme=\"https\""), "{numbers}");
    assert!(dialled(http, Authority::new().client(&[], None)).await.is_err(), "not trusted");

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
async fn a_client_is_who_its_certificate_says() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let authority = Authority::new();
    let running = started(folder, &authority).await;
    let grpc = running.grpc_addr.unwrap();
    let operator = AsOperator::new(running.operator_token.as_ref().unwrap()).unwrap();
    let mut services = Clients::new(remote(&shown(folder, grpc, None)), operator).services;
    let (billing, name) = ("billing".to_owned(), "spiffe://example.com/billing".to_owned());
    services
        .create_service(CreateServiceRequest { name: billing.clone(), options: None })
        .await
        .unwrap();
    for certificate_name in [name.clone(), "billing.example.com".to_owned()] {
        let service = billing.clone();
        let request = AddServiceCertificateRequest { service, certificate_name, options: None };
        services.add_service_certificate(request).await.unwrap();
    }

    let issue = |names: &[&str]| Some(authority.issue(names));
    let (unknown, missing) = (Some("CERTIFICATE_INVALID"), Some("TOKEN_MISSING"));
    let wrong = Some("TOKEN_INVALID");
    for (certificate, token, expected) in [
        (issue(&[&name]), None, None),
        (issue(&[&name, "localhost", "x.example.com"]), None, None),
        (issue(&["Billing.example.com"]), None, None),
        (issue(&["spiffe://example.com/other"]), None, unknown),
        (issue(&[&name, "spiffe://example.com/other"]), None, unknown),
        (issue(&["billing.example.com", "localhost"]), None, unknown),
        (issue(&["127.0.0.1"]), None, unknown),
        (issue(&[&name]), Some("provost_svc_wrong"), wrong),
        (None, None, missing),
        (Some(Authority::new().issue(&[&name])), None, Some("no connection")),
        (Some(authority.issue_expired(&[&name])), None, Some("no connection")),
    ] {
        let way = shown(folder, grpc, certificate.as_ref());
        let reason = refusal(remote(&way), token).await;
        assert_eq!(reason.as_deref(), expected, "{token:?} {way:?}");
    }

    // Over a connection that exists, too.
    let channel = remote(&shown(folder, grpc, issue(&[&name]).as_ref()));
    assert_eq!(refusal(channel.clone(), None).await, None);
    let (service, certificate_name) = (billing, name);
    let request = RemoveServiceCertificateRequest { service, certificate_name, options: None };
    services.remove_service_certificate(request).await.unwrap();
    assert_eq!(refusal(channel, None).await.as_deref(), unknown);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_connection_ends_with_the_trust_in_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let authority = Authority::new();
    let running = started(folder, &authority).await;
    let grpc = running.grpc_addr.unwrap();
    let names = ["spiffe://example.com/billing"];
    let opened = async |file: String, issued: &Issued| {
        let folder = folder.join(file);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
        let channel = remote(&shown(&folder, grpc, Some(issued)));
        let mut health = HealthClient::new(channel);
        let mut open = health.watch(HealthCheckRequest::default()).await?.into_inner();
        open.message().await.map(|_| open)
    };
    let mut kept = opened("kept".to_owned(), &authority.issue(&names)).await.unwrap();
    // On a busy machine one that is good for a short time may have expired before it is shown.
    let mut seconds = 2;
    let mut expiring = loop {
        let issued = authority.issue_for(&names, Duration::from_secs(seconds));
        match opened(format!("expiring-{seconds}"), &issued).await {
            Ok(open) => break open,
            Err(refused) => assert!(seconds < 60, "{refused}"),
        }
        seconds *= 2;
    };
    assert!(expiring.message().await.is_err(), "the certificate has expired");
    let still = timeout(Duration::from_millis(50), kept.message()).await;
    assert!(still.is_err(), "{still:?}");

    std::fs::write(folder.join("clients.pem"), Authority::new().pem()).unwrap();
    assert!(kept.message().await.is_err(), "its authority has left the file");
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
