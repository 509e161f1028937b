//! What whoever runs the service is answered, from the start to the end.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use http::Request;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceExt as _;

use super::listener::{LONGEST, MOST_CONNECTIONS};
use super::log_level::{self, CallerPlace};
use super::{AdminServer, Readiness};
use crate::config::Config;
use crate::metrics::Metrics;
use crate::mode::Mode;
use crate::serve::{Running, start};

/// Everything on free ports.
fn config(folder: &TempDir) -> Config {
    let mut config = Config::embedded().unwrap();
    config.data_dir = folder.path().join("data");
    config.http.listen.set_port(0);
    config.grpc.listen.set_port(0);
    config.admin.listen = Some(([127, 0, 0, 1], 0).into());
    config.console.listen = None;
    config
}

fn uncollected() -> Metrics {
    Metrics::start(&Config::embedded().unwrap().telemetry.in_force, Mode::Core, 1).unwrap()
}

/// Status and body.
async fn ask(address: SocketAddr, method: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// The body of `/readyz` once the status is this.
async fn readiness(running: &Running, status: u16) -> String {
    readiness_at(running.admin_addr, status).await
}

async fn readiness_at(admin: SocketAddr, status: u16) -> String {
    let asked = async {
        loop {
            let (found, body) = ask(admin, "GET", "/readyz").await;
            if found == status {
                return body;
            }
        }
    };
    timeout(Duration::from_mins(1), asked).await.unwrap()
}

#[tokio::test]
async fn a_start_that_is_under_way_is_alive_and_not_ready() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, readiness) = (socket.local_addr().unwrap(), Readiness::default());
    let server = AdminServer::start(socket, readiness.clone(), uncollected());
    assert_eq!(ask(address, "GET", "/livez").await, (200, "ok\n".to_owned()));
    let starting =
        "start: not ok: the database is being opened and brought up to date, or waited for\n";
    assert_eq!(ask(address, "GET", "/startupz").await, (503, starting.to_owned()));
    assert_eq!(ask(address, "GET", "/readyz").await, (503, format!("{starting}drain: ok\n")));
    readiness.has_started();
    assert_eq!(ask(address, "GET", "/startupz").await, (200, "start: ok\n".to_owned()));
    readiness.is_ending();
    let (status, body) = ask(address, "GET", "/readyz").await;
    assert_eq!(status, 503);
    assert!(body.contains("drain: not ok: the process was told to stop"), "{body}");
    assert_eq!(ask(address, "GET", "/startupz").await.0, 200);
    server.end().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn every_kind_of_process_says_what_it_depends_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(&folder);
    let whole = start(Mode::AllInOne, &config).await.unwrap();
    let core = "start: ok\ndrain: ok\ndatabase: ok\nmigrations: ok\n";
    assert_eq!(readiness(&whole, 200).await, core);
    whole.stop().await.unwrap();

    // A gateway may come first. Its core answers at an address that is known only then.
    let reserved = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    config.grpc.listen = reserved;
    let gateway = start(Mode::Gateway, &config).await.unwrap();
    let missing = readiness(&gateway, 503).await;
    assert!(
        missing.starts_with("start: ok\ndrain: ok\ncore: not ok: the core at http://127"),
        "{missing}"
    );
    let core = start(Mode::Core, &config).await.unwrap();
    assert_eq!(readiness(&gateway, 200).await, "start: ok\ndrain: ok\ncore: ok\n");
    core.stop().await.unwrap();
    readiness(&gateway, 503).await;
    gateway.stop().await.unwrap();
}

#[tokio::test]
async fn readiness_falls_before_requests_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(&folder);
    config.shutdown.pause = Duration::from_hours(1);
    let running = start(Mode::AllInOne, &config).await.unwrap();
    let (admin, http) = (running.admin_addr, running.http_addr.unwrap());
    let grpc = format!("http://{}", running.grpc_addr.unwrap());
    let channel = Channel::from_shared(grpc).unwrap().connect().await.unwrap();
    let mut health = HealthClient::new(channel);
    let stopping = tokio::spawn(running.stop());
    readiness_at(admin, 503).await;
    // A request that comes in the pause is answered, and balancers of gRPC hear of the end.
    assert_eq!(ask(http, "GET", "/api/scim/v2/Users").await.0, 401);
    let status = health.check(HealthCheckRequest::default()).await.unwrap().into_inner().status();
    assert_eq!(status, ServingStatus::NotServing);
    assert!(!stopping.is_finished());
    tokio::time::pause();
    stopping.await.unwrap().unwrap();
    assert!(TcpStream::connect(http).await.is_err());
    assert!(TcpStream::connect(admin).await.is_err());
}

#[tokio::test]
async fn a_database_file_that_went_away_is_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder);
    let running = start(Mode::AllInOne, &config).await.unwrap();
    let (file, aside) = (config.data_dir.join("provost.db"), config.data_dir.join("aside"));
    std::fs::rename(&file, &aside).unwrap();
    let body = readiness(&running, 503).await;
    let line = body.lines().find(|line| line.starts_with("database: ")).unwrap();
    assert!(line.contains("was removed or replaced while it was open"), "{body}");
    assert_eq!(ask(running.admin_addr, "GET", "/livez").await.0, 200);
    std::fs::rename(&aside, &file).unwrap();
    readiness(&running, 200).await;
    running.stop().await.unwrap();
}

#[tokio::test]
async fn each_listener_serves_its_own_pages_only() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(Mode::AllInOne, &config(&folder)).await.unwrap();
    for path in ["/livez", "/readyz", "/startupz", "/metrics"] {
        assert_eq!(ask(running.http_addr.unwrap(), "GET", path).await.0, 404, "{path}");
    }
    for path in ["/", "/api/scim/v2/Users", "/readyz/"] {
        let (status, body) = ask(running.admin_addr, "GET", path).await;
        assert_eq!(status, 404, "{path}");
        assert!(body.contains("/readyz"), "{body}");
    }
    assert_eq!(ask(running.admin_addr, "POST", "/readyz").await.0, 405);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn who_connects_and_says_nothing_makes_room() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let _server = AdminServer::start(socket, Readiness::default(), uncollected());
    let mut silent = Vec::new();
    for _ in 0..MOST_CONNECTIONS {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    tokio::time::pause();
    let answer = timeout(LONGEST * 2, ask(address, "GET", "/livez")).await;
    assert_eq!(answer.unwrap().0, 200);
    let mut heard = Vec::new();
    silent[0].read_to_end(&mut heard).await.unwrap();
}

#[tokio::test]
async fn a_taken_port_is_named_with_its_flag() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config(&folder);
    config.admin.listen = taken.local_addr().ok();
    let failure = start(Mode::Core, &config).await.err().unwrap().to_string();
    assert!(failure.starts_with("The admin address 127.0.0.1:"), "{failure}");
    assert!(failure.ends_with("choose another one with --admin-listen."), "{failure}");
    assert!(!config.data_dir.exists());
}

#[tokio::test]
async fn the_level_of_the_log_is_not_changed_from_elsewhere() {
    let put = |place, header: &str| {
        let request = Request::put("/loglevel").header(header, "192.0.2.1");
        let request = request.body(Body::from("debug")).unwrap();
        log_level::router().with_state(()).layer(Extension(place)).oneshot(request)
    };
    assert_eq!(put(CallerPlace::Elsewhere, "X-Other").await.unwrap().status(), 403);
    assert_ne!(put(CallerPlace::Here, "X-Other").await.unwrap().status(), 403);
    for header in ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"] {
        assert_eq!(put(CallerPlace::Here, header).await.unwrap().status(), 403, "{header}");
    }
}
