//! The proxies of `docs/https.md`, as it sets them up: what identity providers send comes through as it
//! was sent. Their own end of TLS is left out, which is not ours to test.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::conversations::conversations_hold;
use crate::support::child::Fixture;
use crate::support::wire::{self, Request};
use crate::support::{Engine, House, Shape, until};

/// A proxy in front of a house, which goes away with this value.
struct Proxy {
    _process: Child,
    _folder: TempDir,
    address: SocketAddr,
}

#[tokio::test]
async fn conversations_hold_behind_nginx() {
    let Some(mut house) = house_for("nginx").await else { return };
    let folder = tempfile::tempdir().unwrap();
    let address = anywhere();
    let server = block("nginx", house.http)
        .replace("listen 443 ssl;", &format!("listen {address};"))
        .lines()
        .filter(|line| !line.trim_start().starts_with("ssl_"))
        .collect::<Vec<_>>()
        .join("\n");
    let place = folder.path().display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {place}/{kind};\n"))
        .concat();
    let config = format!(
        "daemon off;\nmaster_process off;\npid {place}/pid;\nevents {{}}\n\
         http {{\naccess_log off;\n{temporary}{server}\n}}\n"
    );
    fs::write(folder.path().join("nginx.conf"), config).unwrap();
    let mut command = Command::new("nginx");
    command.args(["-e", "stderr", "-c"]).arg(folder.path().join("nginx.conf"));
    judge(&mut house, Proxy::start(command, folder, address).await).await;
    house.stop().await;
}

#[tokio::test]
async fn conversations_hold_behind_caddy() {
    let Some(mut house) = house_for("caddy").await else { return };
    let folder = tempfile::tempdir().unwrap();
    let address = anywhere();
    let site = format!("http://:{} {{\n    bind 127.0.0.1", address.port());
    let site = block("caddy", house.http).replace("id.example.com {", &site);
    let config = folder.path().join("Caddyfile");
    fs::write(&config, format!("{{\n    admin off\n}}\n{site}\n")).unwrap();
    let mut command = Command::new("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(config);
    command.env("HOME", folder.path());
    judge(&mut house, Proxy::start(command, folder, address).await).await;
    house.stop().await;
}

/// What each of them says is in front of what the proxy adds, as anybody may write it.
#[tokio::test]
async fn wrong_tokens_behind_a_proxy_are_counted_for_who_shows_them() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve_with(&[("PROVOST_HTTP__TRUSTED_HOPS", "1")]).await;
    let show_wrong_token = async |by: &str, claimed: usize| {
        let request = Request {
            method: "GET".to_owned(),
            target: "/api/scim/v2/Users".to_owned(),
            headers: vec![
                ("Authorization".to_owned(), "Bearer wrong".to_owned()),
                ("X-Forwarded-For".to_owned(), format!("192.0.2.{claimed}, {by}")),
            ],
            body: None,
        };
        wire::send(served.http, &request).await.unwrap().status
    };
    let mut status = 0;
    for claimed in 0..100 {
        status = show_wrong_token("198.51.100.7", claimed).await;
    }
    assert_eq!(status, 429);
    assert_eq!(show_wrong_token("203.0.113.9", 0).await, 401);
}

#[tokio::test]
async fn wrong_tokens_at_the_console_behind_a_proxy_are_counted_for_who_shows_them() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve_with(&[("PROVOST_CONSOLE__TRUSTED_HOPS", "1")]).await;
    let show_wrong_token = async |by: &str, claimed: usize| {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let request = Request {
            method: "POST".to_owned(),
            target: "/sign-in".to_owned(),
            headers: vec![
                header("Content-Type", "application/x-www-form-urlencoded"),
                header("X-Forwarded-For", &format!("192.0.2.{claimed}, {by}")),
            ],
            body: Some(b"token=wrong".to_vec()),
        };
        wire::send(served.console, &request).await.unwrap().status
    };
    let mut status = 0;
    for claimed in 0..100 {
        status = show_wrong_token("198.51.100.7", claimed).await;
    }
    assert_eq!(status, 429);
    assert_eq!(show_wrong_token("203.0.113.9", 0).await, 403);
}

/// A house, where the proxy is installed to be put in front of it.
async fn house_for(program: &str) -> Option<House> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join(program).is_file()) {
        return House::start(Shape::AllInOne, Engine::Sqlite).await;
    }
    let missing = format!("{program} is not installed; scripts/test installs it");
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{missing}");
    eprintln!("skipped: {missing}");
    None
}

/// What the page has in its block of this language, in front of this address.
fn block(language: &str, behind: SocketAddr) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/https.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, rest) = page.split_once(&format!("```{language}\n")).unwrap();
    let block = rest.split("```").next().unwrap();
    assert!(block.contains("127.0.0.1:8080"), "{block}");
    block.replace("127.0.0.1:8080", &behind.to_string())
}

fn anywhere() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

async fn judge(house: &mut House, proxy: Proxy) {
    house.http = proxy.address;
    conversations_hold(house).await;
}

impl Proxy {
    async fn start(mut command: Command, folder: TempDir, address: SocketAddr) -> Self {
        let log = fs::File::create(folder.path().join("log")).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        until("the proxy listens", async || {
            if let Some(status) = process.try_wait().unwrap() {
                let log = fs::read_to_string(folder.path().join("log")).unwrap();
                panic!("{status}: {log}");
            }
            TcpStream::connect(address).await.ok()
        })
        .await;
        Self { _process: process, _folder: folder, address }
    }
}
