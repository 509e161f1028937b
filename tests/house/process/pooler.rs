//! Behind a pooler of connections, as `docs/operations.md` says: it lends them for as long as they last, or the
//! start is refused.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Stdio;

use provost_proto::v1::RegisterSignInRequest;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::support::child::{Fixture, Served};
use crate::support::wire::{self, Request};
use crate::support::{Engine, until};

const PROGRAM: &str = "pgbouncer";
const CONFIG: &str = "pgbouncer.ini";

/// A pooler in front of a server, which goes away with this value.
pub struct Pooler {
    process: Child,
    folder: TempDir,
    address: SocketAddr,
}

#[tokio::test]
async fn cores_work_behind_a_pooler_that_lends_for_a_session() {
    let Some(fixture) = Fixture::fresh(Engine::Postgres) else { return };
    let Some(pooler) = Pooler::start(&fixture, "session").await else { return };
    let url = pooler.url();
    let variables = [("PROVOST_DATABASE__URL", url.as_str())];
    let served = fixture.serve_with(&variables).await;
    let core = fixture.launch("core", &variables).await;
    let mut users = fixture.operator(&core).users();
    let mut ids = Vec::new();
    for number in 0..16 {
        let user_name = format!("user{number}@example.com");
        let request = RegisterSignInRequest { user_name, ..RegisterSignInRequest::default() };
        let answer = users.register_sign_in(request).await.unwrap().into_inner();
        ids.push(answer.decision.unwrap().user.unwrap().id);
    }
    let token = served.scim_token();
    let changes: Vec<_> = ids
        .iter()
        .map(|id| tokio::spawn(deactivate(served.http, token.clone(), id.clone())))
        .collect();
    for change in changes {
        change.await.unwrap();
    }
    // Lists are looked through on connections with a limit of time.
    let filter = "/api/scim/v2/Users?filter=active%20eq%20false%20and%20title%20sw%20%22x%22";
    let found = wire::send(served.http, &request(&token, "GET", filter)).await.unwrap();
    assert_eq!(found.expect(200)["totalResults"], 16);
    let listed = fixture.operate(&core, &["ledger", "list", "--output", "json"]).await;
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let lent = fixture.database.rows(
        "SELECT datname::text FROM pg_stat_activity WHERE application_name = 'provost' AND \
         datname = current_database() AND client_port IS NOT NULL",
    );
    assert!(lent.await.len() > 10, "{}", pooler.log());
    stop([served, core]).await;
}

#[tokio::test]
async fn a_pooler_that_lends_for_a_transaction_is_refused_in_words() {
    let Some(fixture) = Fixture::fresh(Engine::Postgres) else { return };
    let Some(pooler) = Pooler::start(&fixture, "transaction").await else { return };
    for command in ["serve", "core", "migrate"] {
        let mut provost = fixture.provost();
        provost.arg(command).env("PROVOST_DATABASE__URL", pooler.url());
        let output = provost.output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{said}");
        for words in ["pool_mode = session", &pooler.address.to_string()] {
            assert!(said.contains(words), "{command}: {words}: {said}");
        }
    }
    let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
    assert!(fixture.database.rows(tables).await.is_empty(), "nothing was migrated");
}

async fn stop(processes: [Served; 2]) {
    for mut process in processes {
        process.terminate();
        assert_eq!(process.ended().await.code(), Some(0), "{}", process.stderr());
    }
}

async fn deactivate(address: SocketAddr, token: String, id: String) {
    let mut patch = request(&token, "PATCH", &format!("/api/scim/v2/Users/{id}"));
    let body = json!({"Operations": [
        {"op": "replace", "path": "active", "value": false},
        {"op": "replace", "path": "title", "value": "x"},
    ]});
    patch.body = Some(body.to_string().into_bytes());
    let answer = wire::send(address, &patch).await.unwrap();
    assert_eq!(answer.expect(200)["active"], false);
}

fn request(token: &str, method: &str, target: &str) -> Request {
    Request {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: vec![
            ("Authorization".to_owned(), format!("Bearer {token}")),
            ("Content-Type".to_owned(), "application/scim+json".to_owned()),
        ],
        body: None,
    }
}

impl Pooler {
    /// None, with a printed reason, where the program is not installed.
    pub async fn start(fixture: &Fixture, mode: &str) -> Option<Self> {
        if !is_installed() {
            return None;
        }
        let server = fixture.database.server_url()?;
        let (user, rest) = server.strip_prefix("postgres://")?.split_once(':')?;
        let (password, rest) = rest.split_once('@')?;
        let (address, name) = rest.split_once('/')?;
        let (host, port) = address.split_once(':')?;
        let listening = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let config = format!(
            "[databases]\n{name} = host={host} port={port} user={user} password={password}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = {mode}\ndefault_pool_size = 40\n",
            listening.port()
        );
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(CONFIG), config).unwrap();
        // It may run as another user, and finds the server's password there.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let process = launch(folder.path(), listening).await;
        Some(Self { process, folder, address: listening })
    }

    /// Ends it at once, and with it every connection.
    pub async fn stop(&mut self) {
        self.process.kill().await.unwrap();
    }

    /// Starts it again where it was.
    pub async fn resume(&mut self) {
        self.process = launch(self.folder.path(), self.address).await;
    }

    /// The server behind it, as a core is told.
    pub fn url(&self) -> String {
        let config = fs::read_to_string(self.folder.path().join(CONFIG)).unwrap();
        let name = config.lines().nth(1).unwrap().split(' ').next().unwrap();
        format!("postgres://postgres@{}/{name}", self.address)
    }

    fn log(&self) -> String {
        log_in(self.folder.path())
    }
}

async fn launch(folder: &Path, address: SocketAddr) -> Child {
    let mut command = Command::new(PROGRAM);
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        // It does not run as root.
        command.args(["-u", "nobody"]);
    }
    let log = fs::File::create(folder.join("log")).unwrap();
    command.arg(folder.join(CONFIG)).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    let mut process = command.kill_on_drop(true).spawn().unwrap();
    until("the pooler listens", async || {
        if let Some(status) = process.try_wait().unwrap() {
            panic!("{status}: {}", log_in(folder));
        }
        TcpStream::connect(address).await.ok()
    })
    .await;
    process
}

fn log_in(folder: &Path) -> String {
    fs::read_to_string(folder.join("log")).unwrap_or_default()
}

fn is_installed() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    folders.push("/usr/sbin".into());
    if folders.iter().any(|folder| folder.join(PROGRAM).is_file()) {
        return true;
    }
    let missing = format!("{PROGRAM} is not installed; scripts/test installs it");
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{missing}");
    eprintln!("skipped: {missing}");
    false
}
