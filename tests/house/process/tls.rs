//! TLS as an operator meets it: files that can't be used, files that are renewed, and commands on the
//! same machine.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use provost_test_kit::{Authority, Issued};
use rustix::process::Signal;
use rustls::ClientConfig;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::child::{Fixture, Served};
use crate::support::wire::{Request, send, send_over};
use crate::support::{Engine, until};

/// Variables by which both listeners are behind TLS.
fn variables(files: &(PathBuf, PathBuf)) -> Vec<(&'static str, &str)> {
    let (certificate, key) = (files.0.to_str().unwrap(), files.1.to_str().unwrap());
    vec![
        ("PROVOST_HTTP__TLS_CERTIFICATE", certificate),
        ("PROVOST_HTTP__TLS_KEY", key),
        ("PROVOST_GRPC__TLS_CERTIFICATE", certificate),
        ("PROVOST_GRPC__TLS_KEY", key),
    ]
}

async fn dialled(
    address: SocketAddr,
    client: &Arc<ClientConfig>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::clone(client)).connect("localhost".try_into().unwrap(), stream).await
}

fn users(served: &Served) -> Request {
    Request {
        method: "GET".to_owned(),
        target: "/api/scim/v2/Users".to_owned(),
        headers: vec![("Authorization".to_owned(), format!("Bearer {}", served.scim_token()))],
        body: None,
    }
}

#[tokio::test]
async fn files_that_cant_be_used_stop_the_start_and_change_nothing_later() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let authority = Authority::new();
    let good = authority.issue(&["localhost"]);
    let broken = Issued { certificate: good.certificate.clone(), key: "no key".to_owned() };
    let files = broken.write(fixture.path(), "server");
    let mut command = fixture.provost();
    let output = command.envs(variables(&files)).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(64), "{said}");
    assert!(said.contains("http.tls_key names, holds no private key"), "{said}");
    assert!(!fixture.path().join("data").exists(), "nothing was made");

    good.write(fixture.path(), "server");
    let served = fixture.serve_with(&variables(&files)).await;
    broken.write(fixture.path(), "server");
    served.signal(Signal::HUP);
    served.logged("the certificate before stays in force, because").await;
    let client = authority.client(&["http/1.1"], None);
    let stream = dialled(served.http, &client).await.unwrap();
    send_over(stream, served.http, &users(&served)).await.unwrap().expect(200);
    assert!(!served.stderr().contains("in clear"), "{}", served.stderr());
}

#[tokio::test]
async fn commands_on_the_machine_find_a_core_behind_tls() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let authority = Authority::new();
    let files = authority.issue(&["core.example"]).write(fixture.path(), "server");
    let served = fixture.serve_with(&variables(&files)).await;
    // By the file in its data folder, though nobody on this machine is called core.example.
    let output = fixture.run(&["token", "list"]).await;
    assert!(output.status.success(), "{output:?}");
    // By its address, which is not trusted by itself.
    let address = format!("https://{}", served.grpc);
    let output = fixture.run(&["token", "list", "--address", &address]).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(said.contains("PROVOST_CORE__TLS_CA"), "{said}");
    let files = authority.issue(&["localhost"]).write(fixture.path(), "server");
    served.signal(Signal::HUP);
    served.logged("the new certificate").await;
    assert!(files.0.exists());
    let authority_file = fixture.path().join("ca.pem");
    fs::write(&authority_file, authority.pem()).unwrap();
    let mut command = fixture.provost();
    command.env("PROVOST_CORE__TLS_CA", authority_file);
    command.env("PROVOST_CORE__ADDRESS", format!("https://localhost:{}", served.grpc.port()));
    let output = command.args(["token", "list"]).output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Whoever is connected goes on asking, whatever becomes of the certificate.
#[tokio::test]
async fn an_expired_certificate_is_replaced_under_load() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let authority = Authority::new();
    let client = authority.client(&["http/1.1"], None);
    let files = authority.issue(&["localhost"]).write(fixture.path(), "server");
    let served = fixture.serve_with(&variables(&files)).await;
    let (address, token) = (served.http, served.scim_token());
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut load = Vec::new();
    for _ in 0..4 {
        let (mut stream, token) = (dialled(address, &client).await.unwrap(), token.clone());
        let stopped = stopped.clone();
        load.push(tokio::spawn(async move {
            let mut answered = 0;
            let request = format!(
                "GET /api/scim/v2/Users?count=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
            );
            while !*stopped.borrow() {
                stream.write_all(request.as_bytes()).await.unwrap();
                let mut answer = [0; 4096];
                let read = stream.read(&mut answer).await.unwrap();
                let answer = String::from_utf8_lossy(&answer[..read]);
                assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
                answered += 1;
            }
            answered
        }));
    }
    authority.issue_expired(&["localhost"]).write(fixture.path(), "server");
    served.signal(Signal::HUP);
    until("nobody new trusts it", async || dialled(address, &client).await.err()).await;
    authority.issue(&["localhost"]).write(fixture.path(), "server");
    served.signal(Signal::HUP);
    let again = until("it is trusted again", async || dialled(address, &client).await.ok()).await;
    send_over(again, address, &users(&served)).await.unwrap().expect(200);
    stop.send(true).unwrap();
    for asking in load {
        assert!(asking.await.unwrap() > 0);
    }
}

/// Gateway and core apart, each knowing the other by an authority of their own.
#[tokio::test]
async fn a_gateway_dials_its_core_over_tls() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let authority = Authority::new();
    let files = authority.issue(&["localhost"]).write(fixture.path(), "server");
    let own = authority.issue(&["gateway.example"]).write(fixture.path(), "gateway");
    let other = fixture.path().join("other.pem");
    fs::write(&other, Authority::new().pem()).unwrap();
    let known = fixture.path().join("ca.pem");
    fs::write(&known, authority.pem()).unwrap();
    let known = known.to_str().unwrap();
    let (certificate, key) = (files.0.to_str().unwrap(), files.1.to_str().unwrap());
    let core = fixture
        .launch(
            "core",
            &[
                ("PROVOST_GRPC__TLS_CERTIFICATE", certificate),
                ("PROVOST_GRPC__TLS_KEY", key),
                ("PROVOST_GRPC__TLS_CLIENT_CA", known),
            ],
        )
        .await;
    let address = format!("https://localhost:{}", core.grpc.port());
    let token = core.scim_token();
    let bearer = format!("Bearer {token}");
    let request = |authorization: Option<&str>| Request {
        method: "GET".to_owned(),
        target: "/api/scim/v2/Users".to_owned(),
        headers: authorization
            .map(|it| ("Authorization".to_owned(), it.to_owned()))
            .into_iter()
            .collect(),
        body: None,
    };
    let (own_certificate, own_key) = (own.0.to_str().unwrap(), own.1.to_str().unwrap());
    for (trusted, shown, status) in [
        (known, &[][..], 200),
        (
            known,
            &[
                ("PROVOST_CORE__TLS_CERTIFICATE", own_certificate),
                ("PROVOST_CORE__TLS_KEY", own_key),
            ],
            200,
        ),
        (other.to_str().unwrap(), &[], 503),
    ] {
        let mut variables =
            vec![("PROVOST_CORE__ADDRESS", address.as_str()), ("PROVOST_CORE__TLS_CA", trusted)];
        variables.extend_from_slice(shown);
        let gateway = fixture.launch("gateway", &variables).await;
        let answer = send(gateway.http, &request(Some(&bearer))).await.unwrap();
        assert_eq!(answer.status, status, "{}", gateway.stderr());
        if status == 200 {
            // Whatever the gateway shows of itself, it asks nothing in its own name.
            send(gateway.http, &request(None)).await.unwrap().expect(401);
        }
    }
    let missing = [("PROVOST_CORE__ADDRESS", &*address), ("PROVOST_CORE__TLS_CA", "missing.pem")];
    let mut command = fixture.provost();
    let output = command.arg("gateway").envs(missing).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(64), "{said}");
    assert!(said.contains("missing.pem, which core.tls_ca names, can't be read"), "{said}");
}
