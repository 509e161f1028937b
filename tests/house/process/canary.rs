//! No name, mail address or token in the logs, however much is logged, nor in spans.

use std::fs;

use provost_proto::v1::{CreateSessionRequest, CreateSignInCodeRequest, ListSitesRequest};
use serde_json::json;

use crate::support::child::{Fixture, Served};
use crate::support::wire::{self, Request};
use crate::support::{Engine, Receiver};

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
