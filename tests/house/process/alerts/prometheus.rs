//! Debian's Prometheus with the rules that operators import, in which half a second stands for what takes minutes.
//!
//! Must never know what an alert means.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;

use regex::{Captures, Regex};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::support::until;
use crate::support::wire::{self, Request};

const PROGRAM: &str = "prometheus";

/// What stands for windows and other spans of time: long enough for a few looks.
const SHORTER: [(&str, &str); 10] = [
    ("5m", "2500ms"),
    ("10m", "3s"),
    ("15m", "3500ms"),
    ("30m", "4s"),
    ("1h", "5s"),
    ("6h", "6s"),
    ("1d", "8s"),
    ("3d", "10s"),
    ("7d", "10s"),
    ("2m", "500ms"),
];
/// How long something is to last.
const AT_ONCE: &str = "500ms";
/// What stands for thresholds that take long to reach.
const LOWER: [(&str, &str); 4] = [
    ("connection_silence:seconds > 3600", "connection_silence:seconds > 2"),
    ("(provost_watch_pending) > 1000", "(provost_watch_pending) > 5"),
    ("(provost_consumer_lag_seconds) > 300", "(provost_consumer_lag_seconds) > 2"),
    ("(provost_cutoff_age_seconds) > 60", "(provost_cutoff_age_seconds) > 2"),
];

/// Rules and a place, before anybody is looked at.
pub struct PreparedPrometheus {
    folder: TempDir,
    address: SocketAddr,
}

/// Looks at processes twice a second, until this is dropped.
pub struct Prometheus {
    _process: Child,
    folder: TempDir,
    address: SocketAddr,
    targets: usize,
}

impl Prometheus {
    /// None, with a printed reason, where the program is not installed.
    pub fn prepared() -> Option<PreparedPrometheus> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        if !std::env::split_paths(&path).any(|folder| folder.join(PROGRAM).is_file()) {
            let missing = format!("{PROGRAM} is not installed; scripts/test installs it");
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{missing}");
            eprintln!("skipped: {missing}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/prometheus");
        for entry in fs::read_dir(rules).unwrap().map(Result::unwrap) {
            let name = entry.file_name();
            if name.to_str().unwrap().ends_with(".rules.yml") {
                let text = fs::read_to_string(entry.path()).unwrap();
                fs::write(folder.path().join(name), shortened(&text)).unwrap();
            }
        }
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Some(PreparedPrometheus { folder, address })
    }

    /// Waits until everybody is looked at and no alert fires.
    pub async fn is_quiet(&self) {
        until("everybody is looked at, and nothing fires", async || {
            let up = self.ask("/api/v1/query?query=sum(up)").await?;
            let up = up["data"]["result"][0]["value"][1].as_str()?.to_owned();
            // How full the disk of the machine is, which is not ours, is nothing that a test can mend.
            let of_ours =
                |alert: &Value| alert["labels"]["alertname"] != "ProvostDatabaseNearLimit";
            let is_quiet =
                up == self.targets.to_string() && !self.alerts().await?.iter().any(of_ours);
            is_quiet.then_some(())
        })
        .await;
    }

    /// Waits until there is a series of this name.
    pub async fn knows(&self, name: &str) {
        let query = format!("/api/v1/query?query={name}");
        until(name, async || {
            let found = self.ask(&query).await?;
            found["data"]["result"][0].is_object().then_some(())
        })
        .await;
    }

    /// The labels of an alert, once it fires. It may fire for several things at once.
    pub async fn fires(&self, name: &str) -> Value {
        self.fires_where(name, |_| true).await
    }

    /// The same, once it fires for this.
    pub async fn fires_for(&self, name: &str, (label, value): (&str, &str)) -> Value {
        self.fires_where(name, |labels| labels[label] == value).await
    }

    async fn fires_where(&self, name: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        until(&format!("{name} fires: {}", self.log()), async || {
            let alerts = self.alerts().await?;
            let firing = alerts.iter().filter(|alert| alert["state"] == "firing");
            let mut labels = firing.map(|alert| &alert["labels"]);
            labels.find(|labels| labels["alertname"] == name && is_it(labels)).cloned()
        })
        .await
    }

    /// Waits until an alert that has fired is gone.
    pub async fn clears(&self, name: &str) {
        until(&format!("{name} clears"), async || {
            let alerts = self.alerts().await?;
            (!alerts.iter().any(|alert| alert["labels"]["alertname"] == name)).then_some(())
        })
        .await;
    }

    /// Whether a question has an answer that is a number; a question that can't be understood is a fault of the
    /// test.
    pub async fn answers(&self, query: &str) -> bool {
        let letter = |byte: u8| match char::from(byte) {
            letter if letter.is_ascii_alphanumeric() => letter.to_string(),
            _ => format!("%{byte:02X}"),
        };
        let query: String = query.bytes().map(letter).collect();
        let request = get(&format!("/api/v1/query?query={query}"));
        let answer = wire::send(self.address, &request).await.unwrap();
        let found = answer.expect(200);
        let series = found["data"]["result"].as_array().unwrap();
        series.iter().any(|series| series["value"][1] != "NaN")
    }

    async fn alerts(&self) -> Option<Vec<Value>> {
        self.ask("/api/v1/alerts").await?["data"]["alerts"].as_array().cloned()
    }

    /// None while it does not answer.
    async fn ask(&self, target: &str) -> Option<Value> {
        let answer = wire::send(self.address, &get(target)).await.ok()?;
        (answer.status == 200).then(|| answer.json())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

fn get(target: &str) -> Request {
    Request { method: "GET".to_owned(), target: target.to_owned(), headers: Vec::new(), body: None }
}

impl PreparedPrometheus {
    /// Begins to look at the admin listeners of processes.
    pub fn looking_at(self, targets: &[SocketAddr]) -> Prometheus {
        let Self { folder, address } = self;
        let named: Vec<_> = targets.iter().map(|target| format!("'{target}'")).collect();
        let config = format!(
            "global: {{scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}}\n\
             rule_files: ['*.rules.yml']\n\
             scrape_configs: [{{job_name: provost, static_configs: [{{targets: [{}]}}]}}]\n",
            named.join(", ")
        );
        let file = folder.path().join("prometheus.yml");
        fs::write(&file, config).unwrap();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let process = Command::new(PROGRAM)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .args(["--log.level=warn", "--rules.alert.resend-delay=500ms"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Prometheus { _process: process, folder, address, targets: targets.len() }
    }
}

/// The same rules in another time.
fn shortened(rules: &str) -> String {
    let lasting = Regex::new(r"for: \w+").unwrap().replace_all(rules, format!("for: {AT_ONCE}"));
    let spans = Regex::new(r"(\[|offset )(\d+[mhd])\b").unwrap();
    let shorter = spans.replace_all(&lasting, |found: &Captures<'_>| {
        let span = SHORTER.iter().find(|(span, _)| *span == &found[2]);
        format!("{}{}", &found[1], span.unwrap_or_else(|| panic!("no span for {found:?}")).1)
    });
    LOWER.iter().fold(shorter.into_owned(), |rules, (real, lower)| rules.replace(real, lower))
}
