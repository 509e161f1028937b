//! The processes that are measured, and how they are reached.

use crate::children::{Server, bound};
use crate::dataset::Dataset;
use crate::fixed::LISTENING;
use crate::outcome::Outcome;
use crate::receiver::Receiver;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The share of traces that is sampled in all runs.
pub const SAMPLE_RATIO: f64 = 0.01;

/// Starts processes with the settings that all of them share.
pub struct Launcher {
    /// Where data folders and logs lie.
    pub folder: PathBuf,
    /// The released binary.
    pub provost: PathBuf,
    /// Where traces go.
    pub otlp: String,
}

/// A measured process.
pub struct Running {
    /// SCIM, as `127.0.0.1:port`.
    pub http: String,
    /// gRPC, as `127.0.0.1:port`.
    pub grpc: String,
    /// The console, as `127.0.0.1:port`; empty where there is none.
    pub console: String,
    /// The process.
    pub id: u32,
    data: PathBuf,
    _server: Server,
}

impl Running {
    /// The value that opens everything on the gRPC listener.
    pub fn operator_token(&self) -> Outcome<String> {
        Ok(fs::read_to_string(self.data.join("operator.token"))?.trim().to_owned())
    }
}

impl Launcher {
    /// With the traces going to this receiver.
    pub fn new(folder: &Path, provost: &Path, receiver: &Receiver) -> Self {
        let (folder, provost) = (folder.to_owned(), provost.to_owned());
        Self { folder, provost, otlp: receiver.endpoint.clone() }
    }

    /// `provost serve`
    pub fn serve(&self, name: &str, dataset: &Dataset) -> Outcome<Running> {
        self.provost(name, "serve", &[("PROVOST_DATABASE__URL", &dataset.url())])
    }

    /// The same, with the console.
    pub fn serve_with_console(&self, name: &str, dataset: &Dataset) -> Outcome<Running> {
        let url = dataset.url();
        let settings =
            [("PROVOST_DATABASE__URL", &*url), ("PROVOST_CONSOLE__LISTEN", "127.0.0.1:0")];
        self.provost(name, "serve", &settings)
    }

    /// `provost serve`, with SCIM behind TLS by this certificate and key.
    pub fn serve_over_tls(
        &self,
        name: &str,
        dataset: &Dataset,
        (certificate, key): (&Path, &Path),
    ) -> Outcome<Running> {
        let (certificate, key) = (certificate.display().to_string(), key.display().to_string());
        let settings = [
            ("PROVOST_DATABASE__URL", &*dataset.url()),
            ("PROVOST_HTTP__TLS_CERTIFICATE", &*certificate),
            ("PROVOST_HTTP__TLS_KEY", &*key),
        ];
        self.provost(name, "serve", &settings)
    }

    /// `provost core`
    pub fn core(&self, name: &str, dataset: &Dataset) -> Outcome<Running> {
        self.provost(name, "core", &[("PROVOST_DATABASE__URL", &dataset.url())])
    }

    /// `provost gateway` in front of a core.
    pub fn gateway(&self, name: &str, core: &Running) -> Outcome<Running> {
        let address = format!("http://{}", core.grpc);
        self.provost(name, "gateway", &[("PROVOST_CORE__ADDRESS", &address)])
    }

    /// The yardstick of one process.
    pub fn fixed_serve(&self) -> Outcome<Running> {
        self.fixed("fixed-serve", "serve", &[])
    }

    /// The echo of gRPC.
    pub fn echo(&self) -> Outcome<Running> {
        self.fixed("echo", "core", &[])
    }

    /// The core of the yardstick of two processes. It shares the cores of the machine with its
    /// gateway, as `provost core` does.
    pub fn fixed_core(&self) -> Outcome<Running> {
        self.fixed("fixed-core", "core", &["--shares-cores"])
    }

    fn provost(&self, name: &str, role: &str, settings: &[(&str, &str)]) -> Outcome<Running> {
        let data = self.folder.join(name);
        fs::create_dir_all(&data)?;
        let mut command = bound("TERM", &self.provost);
        for (section, variable, address) in [
            ("[admin]", "PROVOST_ADMIN__LISTEN", "127.0.0.1:0"),
            ("[console]", "PROVOST_CONSOLE__LISTEN", ""),
        ] {
            if self.knows(section)? {
                command.env(variable, address);
            }
        }
        command
            .arg(role)
            .current_dir(&data)
            .env("PROVOST_DATA_DIR", data.join("data"))
            .env("PROVOST_HTTP__LISTEN", "127.0.0.1:0")
            .env("PROVOST_GRPC__LISTEN", "127.0.0.1:0")
            // Versions are compared that write a line for each request with versions that write none.
            .env("PROVOST_LOG__LEVEL", "warn")
            .env("PROVOST_TELEMETRY__OTLP_ENDPOINT", &self.otlp)
            .env("PROVOST_TELEMETRY__SAMPLE_RATIO", SAMPLE_RATIO.to_string())
            .envs(settings.iter().copied());
        let address = |words: &str, label: &str| {
            let line = words.lines().find_map(|line| line.strip_prefix(label)).unwrap_or_default();
            let line = line.trim().trim_start_matches("http://").trim_start_matches("https://");
            line.split('/').next().unwrap_or_default().to_owned()
        };
        let ready = |words: &str| {
            words.split_once("gRPC address").is_some_and(|(_, rest)| rest.contains('\n'))
        };
        let (server, words) = Server::start(command, "TERM", &data.join("log"), ready)?;
        Ok(Running {
            http: address(&words, "SCIM base URL"),
            grpc: address(&words, "gRPC address"),
            console: address(&words, "Console "),
            id: server.id(),
            data: data.join("data"),
            _server: server,
        })
    }

    /// Versions are compared of which one has no listener for its health, or no console, and refuses a
    /// setting for it.
    fn knows(&self, section: &str) -> Outcome<bool> {
        let known = Command::new(&self.provost).args(["config", "--defaults"]).output()?;
        Ok(String::from_utf8_lossy(&known.stdout).contains(section))
    }

    /// It has one listener, whichever of the two it is.
    fn fixed(&self, name: &str, rooms: &str, flags: &[&str]) -> Outcome<Running> {
        let mut command = bound("TERM", std::env::current_exe()?);
        command.arg(format!("fixed-{rooms}"));
        let ratio = SAMPLE_RATIO.to_string();
        command.args(["--otlp", &self.otlp, "--sample-ratio", &ratio]).args(flags);
        let running = self.peer(name, command)?;
        Ok(Running { grpc: running.http.clone(), ..running })
    }

    /// A process that says where it listens and serves HTTP there.
    pub fn peer(&self, name: &str, command: Command) -> Outcome<Running> {
        let data = self.folder.join(name);
        fs::create_dir_all(&data)?;
        let ready =
            |words: &str| words.split_once(LISTENING).is_some_and(|(_, rest)| rest.contains('\n'));
        let (server, words) = Server::start(command, "TERM", &data.join("log"), ready)?;
        let line = words.lines().find_map(|line| line.strip_prefix(LISTENING));
        let http = line.unwrap_or_default().to_owned();
        let (grpc, console) = (String::new(), String::new());
        Ok(Running { http, grpc, console, id: server.id(), data, _server: server })
    }
}
