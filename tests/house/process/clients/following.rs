//! The watchers of the clients: killed, and with a core that goes and comes back. Owns the lives of a
//! watcher; must never know what a cursor is.

use std::io::{PipeReader, PipeWriter};
use std::path::Path;

use provost_proto::v1::RegisterSignInRequest;
use rustix::pipe::fcntl_setpipe_size;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::unix::pipe::Receiver;
use tokio::process::Child;

use super::relay::Relay;
use super::{Client, Language, Place};
use crate::support::until;

/// More events than a watcher can tell before somebody listens, so that it is killed between them.
const EVENTS: usize = 200;
const PIPE_BYTES: usize = 4096;

pub async fn a_watcher_that_is_killed_loses_nothing(language: Language) {
    let mut place = Place::new().await;
    let relay = Relay::to(place.served.grpc).await;
    let client = Client { core: relay.address, ..place.operator(language) };
    let cursor = place.fixture.path().join("cursor");
    for number in 0..EVENTS {
        place.sign_in(&format!("user{number}@example.com")).await;
    }
    let told = place.told().await;

    let mut watcher = Watcher::start(&client, &cursor);
    assert_eq!(watcher.line().await, told[0]);
    watcher.kill().await;

    // What was told and not acknowledged is told again.
    let mut watcher = Watcher::start(&client, &cursor);
    for line in &told {
        assert_eq!(watcher.line().await, *line);
    }

    // It goes on by itself where the core is next.
    place.served.terminate();
    assert!(place.served.ended().await.success());
    place.served = place.fixture.serve().await;
    relay.lead_to(place.served.grpc);
    place.sign_in("ada@example.com").await;
    let ada = place.told().await.pop().unwrap();
    assert_eq!(watcher.line().await, ada);
    watcher.kill().await;

    // It was killed before it acknowledged that, or after.
    place.sign_in("linus@example.com").await;
    let linus = place.told().await.pop().unwrap();
    let mut watcher = Watcher::start(&client, &cursor);
    let mut line = watcher.line().await;
    if line == ada {
        line = watcher.line().await;
    }
    assert_eq!(line, linus);
}

/// It has dealt with everything and kept where it is, but nobody heard of it.
pub async fn a_watcher_that_is_killed_before_it_acknowledges(language: Language) {
    let place = Place::new().await;
    let operator = place.operator(language);
    operator.says("sign-in ada@example.com").await;
    operator.says("deactivate ada@example.com").await;
    // First it asks for the events.
    let (relay, stop) = Relay::stopping_call(place.served.grpc, 1).await;
    let held_up = Client { core: relay.address, ..operator.clone() };
    let cursor = place.fixture.path().join("cursor");
    let watcher = Watcher::start(&held_up, &cursor);
    stop.arrived.notified().await;
    assert!(cursor.exists());
    let mut told = watcher.killed().await;
    let before = place.cutoff("ada@example.com").await;
    assert_eq!((&before["cut_off"], &before["consumers"]), (&json!(false), &json!([])));

    let watcher = Watcher::start(&operator, &cursor);
    place.cut_off("ada@example.com").await;
    told.extend(watcher.killed().await);
    for line in place.told().await {
        assert!(told.contains(&line), "{line}: {told:?}");
    }
    whoever_is_deactivated_is_out(&place, &operator, "operator").await;
}

/// Nobody is said to be out before the watcher has come back.
pub async fn whoever_is_deactivated_is_out(place: &Place, client: &Client, caller: &str) {
    let cursor = place.fixture.path().join("cursor");
    let mut watcher = Watcher::start(client, &cursor);
    client.says("sign-in grace@example.com").await;
    while !watcher.line().await.contains("user_created") {}
    watcher.killed().await;
    place.provost(&["user", "deactivate", "grace@example.com"]).await;
    assert_eq!(place.cutoff("grace@example.com").await["cut_off"], false);
    let watcher = Watcher::start(client, &cursor);
    let out = place.cut_off("grace@example.com").await;
    let consumer = &out["consumers"][0];
    assert_eq!((&consumer["consumer"], &consumer["caller"]), (&json!("example"), &json!(caller)));
    assert_eq!(out["cut_off_time"], consumer["pass_time"]);
    watcher.killed().await;
}

impl Place {
    /// What is said of somebody who was deactivated.
    async fn cutoff(&self, who: &str) -> Value {
        let said = self.provost(&["user", "cutoff", who, "--output", "json"]).await;
        serde_json::from_str(&said).unwrap()
    }

    /// The same, once that is to be out everywhere.
    async fn cut_off(&self, who: &str) -> Value {
        until("the cut-off is complete", async || {
            Some(self.cutoff(who).await).filter(|said| said["cut_off"] == true)
        })
        .await
    }

    async fn sign_in(&self, user_name: &str) {
        let user_name = user_name.to_owned();
        let request = RegisterSignInRequest { user_name, ..RegisterSignInRequest::default() };
        self.callers().users().register_sign_in(request).await.unwrap();
    }

    /// What a watcher tells of every event.
    async fn told(&self) -> Vec<String> {
        let line = |event: super::Event| {
            let (revision, kind, user_id) = (event.revision, event.kind, event.user_id);
            format!("default {revision} {kind} {user_id} by {}", event.caller)
        };
        self.events().await.into_iter().map(line).collect()
    }
}

/// A client that follows, and what it tells, which it can't tell ahead of whoever reads.
struct Watcher {
    process: Child,
    told: BufReader<Receiver>,
}

impl Watcher {
    fn start(client: &Client, cursor: &Path) -> Self {
        let (reader, writer): (PipeReader, PipeWriter) = std::io::pipe().unwrap();
        fcntl_setpipe_size(&writer, PIPE_BYTES).unwrap();
        let mut command = client.command(&format!("follow {}", cursor.display()));
        let process = command.stdout(writer).spawn().unwrap();
        let receiver = Receiver::from_owned_fd(reader.into()).unwrap();
        Self { process, told: BufReader::with_capacity(PIPE_BYTES, receiver) }
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.told.read_line(&mut line);
        let read = tokio::time::timeout(std::time::Duration::from_mins(1), read).await;
        assert_ne!(read.unwrap().unwrap(), 0, "the watcher ended: {:?}", self.process.try_wait());
        line.trim_end().to_owned()
    }

    /// What it has told and nobody has read yet, when it is killed.
    async fn killed(mut self) -> Vec<String> {
        self.process.kill().await.unwrap();
        let mut rest = String::new();
        self.told.read_to_string(&mut rest).await.unwrap();
        rest.lines().map(str::to_owned).collect()
    }

    async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }
}
