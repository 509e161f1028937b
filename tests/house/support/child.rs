//! Child processes: the binary as its users start it, in a folder of its own and on free ports.
//! Owns its output and its end; must never know what it should print.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

use super::{Callers, Database, Engine, until};

/// The binary under test.
pub const PROVOST: &str = env!("CARGO_BIN_EXE_provost");

/// Where a child keeps its data, between starts as well.
pub struct Fixture {
    pub database: Database,
}

/// A service that was started at a terminal.
pub struct Watched {
    _process: Child,
    _terminal: tokio::fs::File,
    pub said: String,
}

/// A started service.
pub struct Served {
    process: Child,
    stdout: PathBuf,
    stderr: PathBuf,
    pub http: SocketAddr,
    pub grpc: SocketAddr,
    pub console: SocketAddr,
    pub admin: SocketAddr,
}

/// A terminal, as whoever sits at it sees it, and as a child does.
fn terminal() -> (tokio::fs::File, File) {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let screen = ptsname(&terminal, Vec::new()).unwrap();
    let screen = File::options().read(true).write(true).open(screen.to_str().unwrap()).unwrap();
    (tokio::fs::File::from_std(File::from(terminal)), screen)
}

/// Whether the screen shows something more, which is taken in; nothing once the child has ended.
async fn shows_more(terminal: &mut tokio::fs::File, said: &mut String) -> bool {
    let mut part = [0; 4096];
    // Linux calls it an error when nobody writes to a terminal any more.
    let read = terminal.read(&mut part).await.unwrap_or_default();
    *said += &String::from_utf8_lossy(&part[..read]);
    read > 0
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
            .env("PROVOST_CONSOLE__LISTEN", "127.0.0.1:0")
            .env("PROVOST_ADMIN__LISTEN", "127.0.0.1:0")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if let Some(url) = self.database.server_url() {
            command.env("PROVOST_DATABASE__URL", url);
        }
        command
    }

    /// Starts the service as a person does, who watches it at a terminal, and answers what the
    /// screen shows once it shows this word.
    pub async fn watch(&self, role: &str, word: &str) -> Watched {
        let (mut terminal, screen) = terminal();
        let log = File::create(self.path().join("watched.stderr")).unwrap();
        let process = self.provost().arg(role).stdout(screen).stderr(log).spawn().unwrap();
        let mut said = String::new();
        while !said.contains(word) {
            assert!(shows_more(&mut terminal, &mut said).await, "{said}");
        }
        Watched { _process: process, _terminal: terminal, said: said.replace("\r\n", "\n") }
    }

    /// An operator command at a terminal, where this is typed as soon as the screen shows that word:
    /// its code, and all that the screen showed.
    pub async fn operate_at_terminal(
        &self,
        served: &Served,
        arguments: &[&str],
        (word, typed): (&str, &str),
    ) -> (Option<i32>, String) {
        let (mut terminal, screen) = terminal();
        let mut command = self.provost();
        command.env("PROVOST_CORE__ADDRESS", format!("http://{}", served.grpc));
        let [input, output] = [(); 2].map(|()| screen.try_clone().unwrap());
        command.args(arguments).stdin(input).stdout(output).stderr(screen);
        let mut process = command.spawn().unwrap();
        // Or its end would never be seen.
        drop(command);
        let mut said = String::new();
        while !said.contains(word) {
            assert!(shows_more(&mut terminal, &mut said).await, "{said}");
        }
        terminal.write_all(typed.as_bytes()).await.unwrap();
        terminal.flush().await.unwrap();
        while shows_more(&mut terminal, &mut said).await {}
        (process.wait().await.unwrap().code(), said.replace("\r\n", "\n"))
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

    /// Starts one of the roles: `serve`, `core`, `gateway` or `console`.
    pub async fn launch(&self, role: &str, variables: &[(&str, &str)]) -> Served {
        let log = File::create(self.path().join(format!("{role}.stderr"))).unwrap();
        self.launch_logging_to(log, role, variables).await
    }

    /// Starts one of the roles with this as its standard error.
    pub async fn launch_logging_to(
        &self,
        log: impl Into<Stdio>,
        role: &str,
        variables: &[(&str, &str)],
    ) -> Served {
        let stdout = self.path().join(format!("{role}.stdout"));
        let stderr = self.path().join(format!("{role}.stderr"));
        let process = self
            .provost()
            .arg(role)
            .envs(variables.iter().copied())
            .stdout(File::create(&stdout).unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let nowhere: SocketAddr = ([127, 0, 0, 1], 0).into();
        let (http, grpc, console, admin) = (nowhere, nowhere, nowhere, nowhere);
        let mut served = Served { process, stdout, stderr, http, grpc, console, admin };
        until("provost says where it is", async || served.is_there()).await;
        let said = served.stdout();
        served.http = address(&said, "SCIM base URL", "scim_base_url").unwrap_or(nowhere);
        served.console = address(&said, "Console", "console_url").unwrap_or(nowhere);
        served.admin = address(&said, "Admin address", "admin_address").unwrap_or(nowhere);
        served.grpc = address(&said, "gRPC address", "grpc_address").unwrap_or(nowhere);
        served
    }
}

impl Served {
    fn is_there(&mut self) -> Option<()> {
        if let Some(status) = self.process.try_wait().unwrap() {
            panic!("provost ended with {status}: {}", self.stderr());
        }
        // The announcement is written at once, and only when the sockets are open.
        let said = self.stdout();
        ["gRPC address", "grpc_address"].iter().any(|word| said.contains(word)).then_some(())
    }

    pub fn stdout(&self) -> String {
        fs::read_to_string(&self.stdout).unwrap_or_default()
    }

    /// The SCIM token of a first start.
    pub fn scim_token(&self) -> String {
        let folder = self.stdout.parent().unwrap();
        fs::read_to_string(folder.join("data/scim.token")).unwrap().trim().to_owned()
    }

    pub fn stderr(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap_or_default()
    }

    /// Waits for a line of the log, which is written by a thread of its own.
    pub async fn logged(&self, word: &str) -> String {
        until(word, async || {
            let log = self.stderr();
            let mut whole = log.split_inclusive('\n').filter(|line| line.ends_with('\n'));
            whole.find(|line| line.contains(word)).map(str::to_owned)
        })
        .await
    }

    /// The resident memory of the process, in bytes.
    pub fn memory(&self) -> usize {
        let id = self.process.id().unwrap();
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        let kilobytes: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kilobytes * 1024
    }

    /// As a power cut: no chance to finish anything.
    pub async fn kill(&mut self) {
        self.process.kill().await.unwrap();
    }

    /// Asks to end; `ended` waits for it.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Sends the process a signal.
    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.process.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    }

    pub async fn ended(&mut self) -> ExitStatus {
        self.process.wait().await.unwrap()
    }
}

/// The address in the line that begins with these words, or in this member of an object.
fn address(said: &str, label: &str, member: &str) -> Option<SocketAddr> {
    let announced: Value = serde_json::from_str(said).unwrap_or_default();
    let text = match announced[member].as_str() {
        Some(text) => text,
        None => said.lines().find_map(|line| line.strip_prefix(label))?.trim(),
    };
    let text = text
        .trim_start_matches("http://")
        .trim_start_matches("https://")
        .split('/')
        .next()
        .unwrap_or_default();
    match text.replace("localhost", "127.0.0.1").parse() {
        Ok(address) => Some(address),
        Err(error) => panic!("{text:?}: {error}"),
    }
}
