//! `provost ledger watch`: what is decided appears as it is decided, also behind a restart of the core, and
//! whoever ends it can go on where it was.

use std::fs::{self, File};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

use crate::support::Engine;
use crate::support::child::{Fixture, Served};

/// The command under way, and what it prints.
struct Watching {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watching {
    fn begin(fixture: &Fixture, served: &Served, line: &str) -> Self {
        let mut command = fixture.provost();
        command.env("PROVOST_CORE__ADDRESS", format!("http://{}", served.grpc));
        command.args(["ledger", "watch"]).args(line.split(' '));
        let errors = File::create(fixture.path().join("watch.stderr")).unwrap();
        command.stdout(std::process::Stdio::piped()).stderr(errors);
        let mut process = command.spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    async fn line(&mut self) -> String {
        self.lines.next_line().await.unwrap().expect("it goes on")
    }

    /// The next event of JSON: site, revision, kind.
    async fn event(&mut self) -> (String, i64, String) {
        let event: Value = serde_json::from_str(&self.line().await).unwrap();
        let text = |name: &str| event[name].as_str().unwrap().to_owned();
        (text("site"), event["revision"].as_i64().unwrap(), text("kind"))
    }

    /// As by ctrl-c: what it says at its end, and the cursor in that.
    async fn interrupted(mut self, fixture: &Fixture) -> (String, String) {
        let id = i32::try_from(self.process.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), Signal::INT).unwrap();
        let ended = self.process.wait().await.unwrap();
        let said = fs::read_to_string(fixture.path().join("watch.stderr")).unwrap();
        assert_eq!(ended.code(), Some(0), "{said}");
        let cursor = said.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        (said, cursor)
    }
}

#[tokio::test]
async fn decisions_appear_as_they_are_made() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let mut served = fixture.serve().await;
    let operate = async |served: &Served, line: &str| {
        let arguments: Vec<&str> = line.split(' ').collect();
        let output = fixture.operate(served, &arguments).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    operate(&served, "site create acme").await;
    let all = "--all-sites --from earliest --output json";
    let mut watching = Watching::begin(&fixture, &served, all);
    // Until the site that was made last was told, in whatever order ledgers come.
    while watching.event().await != ("acme".to_owned(), 1, "site_created".to_owned()) {}
    operate(&served, "user register-sign-in ada --site acme").await;
    assert_eq!(watching.event().await, ("acme".to_owned(), 2, "user_created".to_owned()));

    // The core goes and another one comes.
    let address = served.grpc.to_string();
    served.terminate();
    served.ended().await;
    let served = fixture.serve_with(&[("PROVOST_GRPC__LISTEN", &address)]).await;
    operate(&served, "user set-role ada Moderator --site acme").await;
    assert_eq!(watching.event().await, ("acme".to_owned(), 3, "user_changed".to_owned()));
    let (said, cursor) = watching.interrupted(&fixture).await;
    assert!(said.contains("Go on behind what was shown"), "{said}");

    operate(&served, "user deactivate ada --site acme").await;
    let line = format!("--all-sites --output json --from {cursor}");
    let mut watching = Watching::begin(&fixture, &served, &line);
    assert_eq!(watching.event().await, ("acme".to_owned(), 4, "user_changed".to_owned()));
    watching.interrupted(&fixture).await;

    // For people, of one site.
    let mut watching = Watching::begin(&fixture, &served, "--site acme --from earliest");
    let head = watching.line().await;
    assert!(head.starts_with("REVISION  TIME"), "{head}");
    let first = watching.line().await;
    let words: Vec<&str> = first.split_whitespace().collect();
    assert_eq!([words[0], words[2], words[3]], ["1", "operator", "site_created"], "{first}");
    watching.interrupted(&fixture).await;

    let wrong = fixture.operate(&served, &["ledger", "watch", "--from", "yesterday"]).await;
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert!(!wrong.status.success() && said.contains("CURSOR_INVALID"), "{said}");
}
