//! Child processes: the binary as its users start it, in a folder of its own and on free ports.
//! Owns its output and its end; must never know what it should print.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};

use tokio::process::{Child, Command};

use super::{Callers, Database, Engine, until};

/// The binary under test.
pub const PROVOST: &str = env!("CARGO_BIN_EXE_provost");

/// Where a child keeps its data, between starts as well.
pub struct Fixture {
    pub database: Database,
}

/// A started service.
pub struct Served {
    process: Child,
    stdout: PathBuf,
    stderr: PathBuf,
    pub http: SocketAddr,
    pub grpc: SocketAddr,
}

impl Fixture {
    pub fn fresh(engine: Engine) -> Option<Self> {
        Some(Self { database: Database::fresh_at(engine, "data/provost.db")? })
    }

    pub fn path(&self) -> &Path {
        self.database.folder()
    }

    /// The binary in this fixture, with nothing from the environment of the tests.
    pub fn provost(&self) -> Command {
        let mut command = Command::new(PROVOST);
        command
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("PROVOST_DATA_DIR", self.path().join("data"))
            .env("PROVOST_HTTP__LISTEN", "127.0.0.1:0")
            .env("PROVOST_GRPC__LISTEN", "127.0.0.1:0")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if let Some(url) = self.database.server_url() {
            command.env("PROVOST_DATABASE__URL", url);
        }
        command
    }

    /// Runs the binary to its end.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        self.provost().args(arguments).output().await.unwrap()
    }

    /// An operator command against a started service.
    pub async fn operate(&self, served: &Served, arguments: &[&str]) -> Output {
        let address = format!("http://{}", served.grpc);
        let mut command = self.provost();
        command.env("PROVOST_CORE__ADDRESS", address);
        command.args(arguments).output().await.unwrap()
    }

    /// The operator at a started service.
    pub fn operator(&self, served: &Served) -> Callers {
        let token = fs::read_to_string(self.path().join("data/operator.token")).unwrap();
        Callers::new(served.grpc, token.trim())
    }

    pub async fn serve(&self) -> Served {
        self.serve_with(&[]).await
    }

    /// Starts `provost serve` and waits until it has said where it is.
    pub async fn serve_with(&self, variables: &[(&str, &str)]) -> Served {
        self.launch("serve", variables).await
    }

    /// Starts one of the roles: `serve`, `core` or `gateway`.
    pub async fn launch(&self, role: &str, variables: &[(&str, &str)]) -> Served {
        let stdout = self.path().join(format!("{role}.stdout"));
        let stderr = self.path().join(format!("{role}.stderr"));
        let process = self
            .provost()
            .arg(role)
            .envs(variables.iter().copied())
            .stdout(File::create(&stdout).unwrap())
            .stderr(File::create(&stderr).unwrap())
            .spawn()
            .unwrap();
        let nowhere: SocketAddr = ([127, 0, 0, 1], 0).into();
        let mut served = Served { process, stdout, stderr, http: nowhere, grpc: nowhere };
        until("provost says where it is", async || served.is_there()).await;
        let said = served.stdout();
        served.http = address(&said, "SCIM base URL").unwrap_or(nowhere);
        served.grpc = address(&said, "gRPC address").unwrap_or(nowhere);
        served
    }
}

impl Served {
    fn is_there(&mut self) -> Option<()> {
        if let Some(status) = self.process.try_wait().unwrap() {
            panic!("provost ended with {status}: {}", self.stderr());
        }
        // The announcement is written at once, and only when the sockets are open.
        self.stdout().contains("gRPC address").then_some(())
    }

    pub fn stdout(&self) -> String {
        fs::read_to_string(&self.stdout).unwrap_or_default()
    }

    /// The SCIM token that a first start prints.
    pub fn scim_token(&self) -> String {
        let said = self.stdout();
        let line = said.lines().find(|line| line.starts_with("SCIM token")).unwrap();
        line.split_whitespace().nth(2).unwrap().to_owned()
    }

    pub fn stderr(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap_or_default()
    }

    /// As a power cut: no chance to finish anything.
    pub async fn kill(&mut self) {
        self.process.kill().await.unwrap();
    }

    /// Asks to end; `ended` waits for it.
    pub fn terminate(&self) {
        let id = self.process.id().unwrap().to_string();
        let status = std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(status.success());
    }

    pub async fn ended(&mut self) -> ExitStatus {
        self.process.wait().await.unwrap()
    }
}

/// The address in the line that begins with these words.
fn address(said: &str, label: &str) -> Option<SocketAddr> {
    let line = said.lines().find(|line| line.starts_with(label))?;
    let text = line[label.len()..].trim().trim_start_matches("http://");
    let text = text.split('/').next().unwrap_or_default();
    match text.parse() {
        Ok(address) => Some(address),
        Err(error) => panic!("{line:?}: {error}"),
    }
}
