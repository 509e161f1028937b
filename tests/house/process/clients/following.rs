//! The watchers of the clients: killed, and with a core that goes and comes back. Owns the lives of a
//! watcher; must never know what a cursor is.

use std::io::{PipeReader, PipeWriter};
use std::path::Path;

use provost_proto::v1::RegisterSignInRequest;
use rustix::pipe::fcntl_setpipe_size;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::unix::pipe::Receiver;
use tokio::process::Child;

use super::relay::Relay;
use super::{Client, Language, Place};

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

impl Place {
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

    async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }
}
