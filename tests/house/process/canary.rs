//! No name, mail address or token in the logs, however much is logged.

use serde_json::json;

use crate::support::Engine;
use crate::support::child::Home;
use crate::support::wire::{self, Request};

/// Our rooms say everything, and so do the libraries that see our values.
const LEVEL: &str = "debug,provost=trace,provost_core=trace,provost_gateway=trace,\
                     provost_migrations=trace,sea_orm=trace,sqlx=trace,tonic=trace,axum=trace";
const NAME: &str = "Canaria";
const MAIL: &str = "canary.bird@example.com";
const PASSWORD: &str = "Canary-password-1";
const WRONG_TOKEN: &str = "canary-wrong-token";

#[tokio::test]
async fn logs_hold_no_names_and_no_secrets() {
    let home = Home::fresh(Engine::Sqlite).unwrap();
    for format in ["json", "pretty"] {
        let mut served = home
            .serve_with(&[("PROVOST_LOG__FORMAT", format), ("PROVOST_LOG__LEVEL", LEVEL)])
            .await;
        let created =
            home.operate(&served, &["token", "create", "--name", format, "--output", "json"]).await;
        let created: serde_json::Value = serde_json::from_slice(&created.stdout).unwrap();
        let token = created["value"].as_str().unwrap().to_owned();
        let sign_in = ["user", "register-sign-in", MAIL, "--given-name", NAME, "--email", MAIL];
        assert!(home.operate(&served, &sign_in).await.status.success());
        for request in requests(&token) {
            wire::send(served.http, &request).await.unwrap();
        }
        served.terminate();
        served.ended().await;
        let logs = served.stderr();
        assert!(logs.lines().count() > 10, "trace logs a lot:\n{logs}");
        for secret in [NAME, MAIL, "canary.bird", PASSWORD, WRONG_TOKEN, &token] {
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

/// What goes well and what goes wrong: both are logged, neither with a name.
fn requests(token: &str) -> Vec<Request> {
    let look_up = format!("/Users?filter=userName+eq+%22{MAIL}%22");
    let body = json!({
        "userName": MAIL,
        "name": {"givenName": NAME},
        "password": PASSWORD,
    });
    let broken = format!("{{\"userName\": \"{MAIL}\", ");
    let post = |body: String| ("POST", "/Users".to_owned(), token, Some(body));
    [
        ("GET", look_up.clone(), token, None),
        ("GET", look_up, WRONG_TOKEN, None),
        ("GET", format!("/Users?filter=shoeSize+eq+%22{MAIL}%22"), token, None),
        ("GET", format!("/Users/{MAIL}"), token, None),
        post(body.to_string()),
        post(broken),
    ]
    .into_iter()
    .map(|(method, path, token, body)| Request {
        method: method.to_owned(),
        target: format!("/api/scim/v2{path}"),
        headers: vec![
            ("Authorization".to_owned(), format!("Bearer {token}")),
            ("Content-Type".to_owned(), "application/scim+json".to_owned()),
        ],
        body: body.map(String::into_bytes),
    })
    .collect()
}
