//! No name, mail address or token in the logs, however much is logged, nor in spans.

use std::fs;

use provost_proto::v1::{CreateSessionRequest, CreateSignInCodeRequest, ListSitesRequest};
use sea_orm::sqlx::postgres::PgConnection;
use sea_orm::sqlx::{self, Connection as _};
use serde_json::json;

use crate::support::child::{Fixture, Served};
use crate::support::wire::{self, Request};
use crate::support::{Answer, Engine, Receiver, until};

/// Our rooms say everything, and so do the libraries that see our values.
const LEVEL: &str = "debug,provost=trace,provost_core=trace,provost_gateway=trace,\
                     provost_migrations=trace,sea_orm=trace,sqlx=trace,tonic=trace,axum=trace";
const NAME: &str = "Canaria";
const MAIL: &str = "canary.bird@example.com";
/// A method may hold any letters, but no `@`.
const MAIL_AS_METHOD: &str = "canary.bird";
const PASSWORD: &str = "Canary-password-1";
const WRONG_TOKEN: &str = "canary-wrong-token";

#[tokio::test]
async fn logs_hold_no_names_and_no_secrets() {
    logs_hold_none(&Fixture::fresh(Engine::Sqlite).unwrap()).await;
}

/// Its errors may quote rows.
#[tokio::test]
async fn logs_hold_none_of_postgres_either() {
    let Some(fixture) = Fixture::fresh(Engine::Postgres) else { return };
    logs_hold_none(&fixture).await;
}

async fn logs_hold_none(fixture: &Fixture) {
    for format in ["json", "pretty"] {
        let mut served = fixture
            .serve_with(&[("PROVOST_LOG__FORMAT", format), ("PROVOST_LOG__LEVEL", LEVEL)])
            .await;
        let tokens = ask_everything(fixture, &served, format).await;
        served.terminate();
        served.ended().await;
        let logs = served.stderr();
        assert!(logs.lines().count() > 10, "trace logs a lot:\n{logs}");
        assert!(logs.matches("provost::requests").count() > 10, "each request has a line:\n{logs}");
        for secret in secrets(&tokens) {
            let leak = logs.lines().find(|line| line.contains(secret));
            assert_eq!(leak, None, "{secret} in the {format} logs");
        }
        if format == "json" {
            for line in logs.lines() {
                assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
            }
        }
    }
}

/// What the database refuses to store is told of, without what it says of the row.
#[tokio::test]
async fn errors_of_sqlite_hold_none() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let house = Listened::to(&fixture).await;
    for event in ["INSERT", "UPDATE"] {
        let raised = "SELECT RAISE(ABORT, 'nobody wants ' || NEW.user_name)";
        let trigger =
            format!("CREATE TRIGGER no_{event} BEFORE {event} ON users BEGIN {raised}; END");
        fixture.database.rows(&trigger).await;
    }
    house.fails_to_change().await;
    house.ends_without_a_name(&["database statement failed"]).await;
}

/// Neither where it quotes the row, nor where its own words have the name in them, under whichever code, nor where a statement is ended or
/// its connection is.
#[tokio::test]
async fn errors_of_postgres_hold_none() {
    let Some(fixture) = Fixture::fresh(Engine::Postgres) else { return };
    let house = Listened::to(&fixture).await;
    let database = &fixture.database;
    let refused = "CHECK (user_name NOT LIKE 'canary%') NOT VALID";
    database.rows(&format!("ALTER TABLE users ADD CONSTRAINT no_birds {refused}")).await;
    house.fails_to_change().await;
    database.rows("ALTER TABLE users DROP CONSTRAINT no_birds").await;

    // Whoever raises an error gives it a code, or any other one that the database has.
    for code in ["", " USING ERRCODE = 'check_violation'"] {
        let raised = format!("BEGIN RAISE EXCEPTION 'nobody wants %', NEW.user_name{code}; END");
        let raised = raised.replace('\'', "''");
        let returns = "RETURNS trigger LANGUAGE plpgsql";
        database
            .rows(&format!("CREATE OR REPLACE FUNCTION no_birds() {returns} AS '{raised}'"))
            .await;
        let event = "BEFORE INSERT OR UPDATE ON users FOR EACH ROW";
        database
            .rows(&format!("CREATE TRIGGER no_birds {event} EXECUTE FUNCTION no_birds()"))
            .await;
        house.fails_to_change().await;
        database.rows("DROP TRIGGER no_birds ON users").await;
    }

    let mut keeper = PgConnection::connect(database.url()).await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        .execute(&mut keeper)
        .await
        .unwrap();
    for end in ["pg_cancel_backend", "pg_terminate_backend"] {
        let ended = format!(
            "SELECT {end}(pid)::text FROM pg_stat_activity WHERE datname = current_database() \
             AND cardinality(pg_blocking_pids(pid)) > 0"
        );
        for request in [look_up(&house.served), house.change()] {
            let answer = tokio::spawn({
                let http = house.served.http;
                async move { wire::send(http, &request).await.unwrap() }
            });
            until("it is ended as often as it is tried", async || {
                database.rows(&ended).await;
                answer.is_finished().then_some(())
            })
            .await;
            is_a_fault(&answer.await.unwrap());
        }
    }
    keeper.close().await.unwrap();
    let words = ["no_birds", "error P0001", "error 23514", "due to user request"];
    house.ends_without_a_name(&words).await;
}

/// A service that is listened to in every way, and that knows somebody.
struct Listened {
    served: Served,
    receiver: Receiver,
    user: String,
}

impl Listened {
    async fn to(fixture: &Fixture) -> Self {
        let (receiver, endpoint) = Receiver::start().await;
        let variables =
            [("PROVOST_LOG__LEVEL", LEVEL), ("PROVOST_TELEMETRY__OTLP_ENDPOINT", &endpoint)];
        let served = fixture.serve_with(&variables).await;
        let sign_in = ["user", "register-sign-in", MAIL, "--given-name", NAME, "--email", MAIL];
        assert!(fixture.operate(&served, &sign_in).await.status.success());
        let found = look_up(&served);
        let found = wire::send(served.http, &found).await.unwrap().expect(200);
        let user = found["Resources"][0]["id"].as_str().unwrap().to_owned();
        Self { served, receiver, user }
    }

    fn change(&self) -> Request {
        let operation = json!({"op": "replace", "path": "displayName", "value": NAME});
        let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        let body = json!({"schemas": [schema], "Operations": [operation]}).to_string();
        let target = format!("/api/scim/v2/Users/{}", self.user);
        request(("PATCH", target, &self.served.scim_token(), Some(body)))
    }

    async fn fails_to_change(&self) {
        is_a_fault(&wire::send(self.served.http, &self.change()).await.unwrap());
    }

    /// Its log has all these words, and neither that nor a span nor a metric has a name.
    async fn ends_without_a_name(mut self, words: &[&str]) {
        let metrics = ("GET", "/metrics".to_owned(), "", None);
        let metrics = wire::send(self.served.admin, &request(metrics)).await.unwrap().text();
        self.served.terminate();
        self.served.ended().await;
        let (log, spans) = (self.served.stderr(), self.receiver.spans());
        for word in words {
            assert!(log.contains(word), "{word} is not in the log:\n{log}");
        }
        assert!(spans.iter().any(|span| span.name.contains("PATCH")), "{spans:?}");
        let spans = spans.iter().map(|span| format!("{span:?}"));
        let told = log.lines().chain(metrics.lines()).map(str::to_owned).chain(spans);
        let leaks: Vec<_> =
            told.filter(|told| secrets(&[]).any(|secret| told.contains(secret))).collect();
        assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    }
}

fn look_up(served: &Served) -> Request {
    let target = format!("/api/scim/v2/Users?filter=userName+eq+%22{MAIL}%22");
    request(("GET", target, &served.scim_token(), None))
}

/// It is the service's own, and says nothing of the database.
fn is_a_fault(answer: &Answer) {
    assert!(answer.status >= 500, "{}: {}", answer.status, answer.text());
    for secret in secrets(&[]) {
        assert!(!answer.text().contains(secret), "{}", answer.text());
    }
}

/// Whoever asks decides that a trace is sampled, before anybody knows who it is.
#[tokio::test]
async fn spans_hold_no_names_and_no_secrets() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let (receiver, endpoint) = Receiver::start().await;
    let mut served = fixture.serve_with(&[("PROVOST_TELEMETRY__OTLP_ENDPOINT", &endpoint)]).await;
    let tokens = ask_everything(&fixture, &served, "test").await;
    served.terminate();
    served.ended().await;
    let spans = receiver.spans();
    let lists = spans.iter().filter(|span| span.name == "GET /Users").count();
    assert!(lists >= 5, "all were recorded: {spans:?}");
    for secret in secrets(&tokens) {
        let leak = spans.iter().find(|span| format!("{span:?}").contains(secret));
        assert_eq!(leak, None, "{secret} in a span");
    }
}

fn secrets(tokens: &[String]) -> impl Iterator<Item = &str> {
    let told = [NAME, MAIL, "canary.bird", PASSWORD, WRONG_TOKEN];
    told.into_iter().chain(tokens.iter().map(String::as_str))
}

/// Asks with new tokens, one of each kind, which are answered.
async fn ask_everything(fixture: &Fixture, served: &Served, name: &str) -> Vec<String> {
    let created =
        fixture.operate(served, &["token", "create", "--name", name, "--output", "json"]).await;
    let created: serde_json::Value = serde_json::from_slice(&created.stdout).unwrap();
    let token = created["value"].as_str().unwrap().to_owned();
    let sign_in = ["user", "register-sign-in", MAIL, "--given-name", NAME, "--email", MAIL];
    assert!(fixture.operate(served, &sign_in).await.status.success());
    for request in requests(&token) {
        wire::send(served.http, &request).await.unwrap();
    }
    let mut tokens = others(fixture, served, name).await;
    for token in &tokens {
        // It opens something here, and nothing there.
        let mut sites = fixture.operator(served).with_token(token).sites();
        drop(sites.list_sites(ListSitesRequest::default()).await);
        let request = request(("GET", "/api/scim/v2/Users".to_owned(), token, None));
        let status = wire::send(served.http, &request).await.unwrap().status;
        assert!(matches!(status, 401 | 403), "{status}");
    }
    tokens.push(token);
    tokens
}

/// What opens something besides SCIM: the operator's token, a service's, a code that stood in a link, and a session's.
async fn others(fixture: &Fixture, served: &Served, name: &str) -> Vec<String> {
    let operator = fixture.operator(served);
    let own = fs::read_to_string(fixture.path().join("data/operator.token")).unwrap();
    let service = operator.service_token(name).await;
    let asked = CreateSignInCodeRequest::default();
    let code = operator.sessions().create_sign_in_code(asked).await.unwrap().into_inner().code;
    let link = request(("GET", format!("/sign-in?code={code}"), "", None));
    assert_eq!(wire::send(served.console, &link).await.unwrap().status, 200);
    let mut sessions = operator.with_token(&code).sessions();
    let session = sessions.create_session(CreateSessionRequest::default()).await.unwrap();
    vec![own.trim().to_owned(), service, code, session.into_inner().token]
}

/// What goes well and what goes wrong: both are told, neither with a name.
fn requests(token: &str) -> Vec<Request> {
    const BASE: &str = "/api/scim/v2";
    let users = format!("{BASE}/Users");
    let look_up = format!("{users}?filter=userName+eq+%22{MAIL}%22");
    let body = json!({
        "userName": MAIL,
        "name": {"givenName": NAME},
        "password": PASSWORD,
    });
    let broken = format!("{{\"userName\": \"{MAIL}\", ");
    let get = |path: String| ("GET", path, token, None);
    let post = |body: String| ("POST", users.clone(), token, Some(body));
    [
        get(look_up.clone()),
        ("GET", look_up, WRONG_TOKEN, None),
        get(format!("{users}?filter=emails.value+eq+%22{MAIL}%22")),
        get(format!("{users}?filter=shoeSize+eq+%22{MAIL}%22")),
        get(format!("{users}/{MAIL}")),
        ("PATCH", format!("{users}/{MAIL}"), token, Some(body.to_string())),
        ("DELETE", format!("{users}/{MAIL}"), token, None),
        get(format!("{BASE}/{MAIL}")),
        get(format!("/{MAIL}")),
        get(format!("/c/{MAIL}/auth/scim/v2/Users")),
        (MAIL_AS_METHOD, users.clone(), token, None),
        post(body.to_string()),
        post(broken),
    ]
    .map(request)
    .into()
}

fn request((method, target, token, body): (&str, String, &str, Option<String>)) -> Request {
    Request {
        method: method.to_owned(),
        target,
        headers: vec![
            ("Authorization".to_owned(), format!("Bearer {token}")),
            ("Content-Type".to_owned(), "application/scim+json".to_owned()),
        ],
        body: body.map(String::into_bytes),
    }
}
