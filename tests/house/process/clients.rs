//! The clients of `docs/clients`, as somebody runs them who has copied them, against a running
//! service. `scripts/test` builds them. Owns what each of them says; must never know how.

mod relay;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use provost_proto::v1::{Event, ListEventsRequest};
use tokio::process::Command;

use super::foreign::installed;
use crate::support::child::{Fixture, PROVOST, Served};
use crate::support::{Callers, Engine};
use relay::Relay;

#[derive(Clone, Copy)]
enum Language {
    Rust,
    Python,
    TypeScript,
}

macro_rules! in_every_language {
    ($($story:ident)*) => {$(mod $story {
        use super::Language::{self, Python, Rust, TypeScript};

        #[tokio::test]
        async fn in_rust() { run(Rust).await }

        #[tokio::test]
        async fn in_python() { run(Python).await }

        #[tokio::test]
        async fn in_typescript() { run(TypeScript).await }

        async fn run(language: Language) {
            if language.program().is_some() {
                super::$story(language).await;
            }
        }
    })*};
}

in_every_language! {
    the_first_ten_minutes
    a_lost_answer_has_one_effect
}

async fn the_first_ten_minutes(language: Language) {
    let place = Place::new().await;
    let operator = Client { language, core: place.served.grpc, token: place.operator.clone() };
    for (words, expected) in [
        (
            "sign-in ada@example.com",
            "ada@example.com is admitted as Registered, for the first time",
        ),
        ("sign-in Ada@example.com", "Ada@example.com is admitted as Registered"),
        ("set-role ada@example.com Admin", "ada@example.com is Admin"),
        (
            "sign-in linus@example.com",
            "linus@example.com is admitted as Registered, for the first time",
        ),
        ("deactivate linus@example.com", "linus@example.com is deactivated"),
        ("deactivate linus@example.com", "linus@example.com is deactivated, and was before"),
        ("sign-in linus@example.com", "linus@example.com is not admitted, by the holds: manual"),
    ] {
        assert_eq!(operator.says(words).await, expected);
    }
    for (words, expected) in [
        ("deactivate ada@example.com", "LAST_ADMIN: this is the last active Admin"),
        ("deactivate grace@example.com", "USER_NOT_FOUND: "),
        ("set-role ada@example.com Chief", "the roles are Registered, Moderator and Admin"),
        ("promote ada@example.com", "say sign-in USER_NAME, "),
    ] {
        let complaint = operator.complains(words).await;
        assert!(complaint.contains(expected), "{words}: {complaint}");
    }

    let billing = Client { token: place.service("billing").await, ..operator.clone() };
    let refused = billing.complains("set-role linus@example.com Moderator").await;
    let advice = "provost service grant billing --site default --permission ";
    assert!(refused.contains("GRANT_MISSING: ") && refused.contains(advice), "{refused}");
    let stranger = Client { token: String::new(), ..operator };
    let refused = stranger.complains("sign-in ada@example.com").await;
    assert!(refused.contains("TOKEN_MISSING: "), "{refused}");
}

/// The core has decided, and nobody heard of it: the client asks again, and is told the same.
async fn a_lost_answer_has_one_effect(language: Language) {
    let place = Place::new().await;
    let before = place.events().await.len();
    for (call, words, expected) in [
        (
            0,
            "sign-in ada@example.com",
            "ada@example.com is admitted as Registered, for the first time",
        ),
        // First the user is looked up.
        (1, "deactivate ada@example.com", "ada@example.com is deactivated"),
    ] {
        let relay = Relay::losing_answer(place.served.grpc, call).await;
        let client = Client { language, core: relay.address, token: place.operator.clone() };
        assert_eq!(client.says(words).await, expected);
    }
    let events = place.events().await;
    let kinds: Vec<&str> = events[before..].iter().map(|event| &*event.kind).collect();
    assert_eq!(kinds, ["user_created", "user_changed"]);
}

/// A service that has just been started.
struct Place {
    fixture: Fixture,
    served: Served,
    operator: String,
}

impl Place {
    async fn new() -> Self {
        let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
        let served = fixture.serve().await;
        let operator = std::fs::read_to_string(fixture.path().join("data/operator.token")).unwrap();
        Self { fixture, served, operator: operator.trim().to_owned() }
    }

    fn callers(&self) -> Callers {
        self.fixture.operator(&self.served)
    }

    /// The token of a new service that may read users and no more.
    async fn service(&self, name: &str) -> String {
        for line in [
            format!("service create {name}"),
            format!("service grant {name} --site default --permission read_users"),
        ] {
            let arguments: Vec<&str> = line.split(' ').collect();
            assert!(
                self.fixture.operate(&self.served, &arguments).await.status.success(),
                "{line}"
            );
        }
        let arguments = ["service", "token", "create", name, "--name", "test"];
        let output = self.fixture.operate(&self.served, &arguments).await;
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The ledger of the site, the oldest event first.
    async fn events(&self) -> Vec<Event> {
        let mut ledgers = self.callers().ledgers();
        let answer = ledgers.list_events(ListEventsRequest::default()).await.unwrap();
        answer.into_inner().events.into_iter().rev().collect()
    }
}

/// A client with its settings.
#[derive(Clone)]
struct Client {
    language: Language,
    core: SocketAddr,
    token: String,
}

impl Client {
    fn command(&self, words: &str) -> Command {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut command = Command::new(self.language.program().unwrap());
        match self.language {
            Language::Rust => {}
            Language::Python => {
                command
                    .arg(root.join("docs/clients/python/main.py"))
                    .env("PYTHONPATH", root.join("target/clients/python"))
                    .env("PYTHONDONTWRITEBYTECODE", "1");
            }
            Language::TypeScript => {
                command.arg(root.join("target/clients/typescript/dist/main.js"));
            }
        }
        command
            .args(words.split(' '))
            .env("IDENTITY_ADDRESS", format!("http://{}", self.core))
            .env("IDENTITY_TOKEN", &self.token)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    async fn says(&self, words: &str) -> String {
        let output = self.command(words).output().await.unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words}: {complaint}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    async fn complains(&self, words: &str) -> String {
        let output = self.command(words).output().await.unwrap();
        assert_eq!(output.status.code(), Some(1), "{words}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

impl Language {
    /// What runs the client; none where it was not built, on which only CI insists.
    fn program(self) -> Option<PathBuf> {
        match self {
            // Built with the tests of its crate.
            Self::Rust => installed(Path::new(PROVOST).with_file_name("identity-client")),
            Self::Python => {
                installed("target/clients/python").and(installed("target/venv/bin/python"))
            }
            Self::TypeScript => {
                installed("target/clients/typescript/dist/main.js").map(|_| "node".into())
            }
        }
    }
}
