//! The clients of `docs/clients`, as somebody runs them who has copied them, against a running
//! service. `scripts/test` builds them. Owns what each of them says; must never know how.

mod following;
mod relay;
mod session;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use provost_proto::v1::{Event, ListEventsRequest};
use provost_test_kit::Authority;
use tokio::process::Command;

use super::foreign::installed;
use crate::support::child::{Fixture, PROVOST, Served};
use crate::support::{Callers, Engine};
use following::{
    a_watcher_that_is_killed_before_it_acknowledges, a_watcher_that_is_killed_loses_nothing,
};
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
    whoever_was_slower_reads_again
    a_watcher_that_is_killed_loses_nothing
    a_watcher_that_is_killed_before_it_acknowledges
    behind_tls
}

async fn the_first_ten_minutes(language: Language) {
    let place = Place::new().await;
    let operator = place.operator(language);
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

    let billing =
        Client { token: place.service("billing", &["read_users"]).await, ..operator.clone() };
    let refused = billing.complains("set-role linus@example.com Moderator").await;
    let advice = "Ask for the permission change_roles.";
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
        let client = Client { core: relay.address, ..place.operator(language) };
        assert_eq!(client.says(words).await, expected);
    }
    let events = place.events().await;
    let kinds: Vec<&str> = events[before..].iter().map(|event| &*event.kind).collect();
    assert_eq!(kinds, ["user_created", "user_changed"]);
}

/// Between its reading and its writing somebody else writes.
async fn whoever_was_slower_reads_again(language: Language) {
    let place = Place::new().await;
    let operator = place.operator(language);
    operator.says("sign-in ada@example.com").await;
    // First the user is looked up.
    let (relay, stop) = Relay::stopping_call(place.served.grpc, 1).await;
    let slower = Client { core: relay.address, ..operator.clone() };
    let slower = async { slower.says("set-role ada@example.com Moderator").await };
    let faster = async {
        stop.arrived.notified().await;
        operator.says("deactivate ada@example.com").await;
        stop.go_on.notify_one();
    };
    assert_eq!(tokio::join!(slower, faster).0, "ada@example.com is Moderator");
    let asked: Vec<_> = place.events().await.into_iter().map(|event| event.asked).collect();
    assert!(
        asked.ends_with(&[vec!["place_hold".to_owned()], vec!["set_role".to_owned()]]),
        "{asked:?}"
    );
}

/// The core shows a certificate that the client trusts, and the client one of its own.
async fn behind_tls(language: Language) {
    let (fixture, authority) = (Fixture::fresh(Engine::Sqlite).unwrap(), Authority::new());
    let folder = fixture.path().to_owned();
    let trusted = folder.join("authority.pem");
    std::fs::write(&trusted, authority.pem()).unwrap();
    let (certificate, key) = authority.issue(&["127.0.0.1"]).write(&folder, "core");
    let files = [
        ("PROVOST_GRPC__TLS_CERTIFICATE", certificate.to_str().unwrap()),
        ("PROVOST_GRPC__TLS_KEY", key.to_str().unwrap()),
        ("PROVOST_GRPC__TLS_CLIENT_CA", trusted.to_str().unwrap()),
    ];
    let served = fixture.serve_with(&files).await;
    let place = Place { fixture, served };
    let token = place.service("billing", &["register_sign_ins", "read_ledger"]).await;
    let (certificate, key) =
        authority.issue(&["spiffe://example/billing"]).write(&folder, "client");
    let files = Some([trusted, certificate, key]);
    let client = Client { language, core: place.served.grpc, token, files };
    let expected = "ada@example.com is admitted as Registered, for the first time";
    assert_eq!(client.says("sign-in ada@example.com").await, expected);
    // By its certificate alone, once that stands for a service.
    let client = Client { token: String::new(), ..client };
    let refused = client.complains("sign-in ada@example.com").await;
    assert!(refused.contains("CERTIFICATE_INVALID: "), "{refused}");
    place.provost(&["service", "certificate", "add", "billing", "spiffe://example/billing"]).await;
    let expected = "ada@example.com is admitted as Registered";
    assert_eq!(client.says("sign-in ada@example.com").await, expected);
    following::whoever_is_deactivated_is_out(&place, &client, "service:billing").await;
}

/// A running service.
struct Place {
    fixture: Fixture,
    served: Served,
}

impl Place {
    async fn new() -> Self {
        let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
        let served = fixture.serve().await;
        Self { fixture, served }
    }

    /// A client of the operator.
    fn operator(&self, language: Language) -> Client {
        let token = std::fs::read_to_string(self.fixture.path().join("data/operator.token"));
        let token = token.unwrap().trim().to_owned();
        Client { language, core: self.served.grpc, token, files: None }
    }

    fn callers(&self) -> Callers {
        self.fixture.operator(&self.served)
    }

    /// The token of a new service that may do this in the default site.
    async fn service(&self, name: &str, permissions: &[&str]) -> String {
        self.provost(&["service", "create", name]).await;
        let mut grant = vec!["service", "grant", name, "--site", "default"];
        grant.extend(permissions.iter().flat_map(|permission| ["--permission", permission]));
        self.provost(&grant).await;
        self.provost(&["service", "token", "create", name, "--name", "test"]).await
    }

    /// What a command says on the machine of the service.
    async fn provost(&self, arguments: &[&str]) -> String {
        let output = self.fixture.run(arguments).await;
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The ledger of the site, the oldest event first.
    async fn events(&self) -> Vec<Event> {
        let mut ledgers = self.callers().ledgers();
        let request = ListEventsRequest { page_size: 1000, ..ListEventsRequest::default() };
        let answer = ledgers.list_events(request).await.unwrap();
        answer.into_inner().events.into_iter().rev().collect()
    }
}

/// A client with its settings.
#[derive(Clone)]
struct Client {
    language: Language,
    core: SocketAddr,
    token: String,
    /// Where the core is behind TLS: whom to trust, and its own certificate and key.
    files: Option<[PathBuf; 3]>,
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
            .env("IDENTITY_TOKEN", &self.token)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        match &self.files {
            None => command.env("IDENTITY_ADDRESS", format!("http://{}", self.core)),
            Some([trusted, certificate, key]) => command
                .env("IDENTITY_ADDRESS", format!("https://{}", self.core))
                .env("IDENTITY_CA_FILE", trusted)
                .env("IDENTITY_CERTIFICATE_FILE", certificate)
                .env("IDENTITY_KEY_FILE", key),
        };
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
