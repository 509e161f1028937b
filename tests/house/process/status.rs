//! `provost status`: what somebody sees first who was called because something is wrong.

use serde_json::{Value, json};

use crate::support::Engine;
use crate::support::child::{Fixture, Served};
use crate::support::wire::{self, Request};

#[tokio::test]
async fn whoever_is_on_call_sees_on_one_screen_how_it_is() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let mut served = fixture.serve().await;
    let status = told(&fixture, &served).await;
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!((&status["command"], &status["waiting_commands"]), (&json!("serve"), &json!(0)));
    assert_eq!(status["database"]["kind"], "sqlite");
    assert_eq!(status["database"]["pending_migrations"], json!([]));
    assert_eq!(status["connections"][0]["connection"], "scim");
    assert_eq!(status["connections"][0]["last_request_time"], Value::Null);

    let request = Request {
        method: "GET".to_owned(),
        target: "/api/scim/v2/Users".to_owned(),
        headers: vec![("Authorization".to_owned(), format!("Bearer {}", served.scim_token()))],
        body: None,
    };
    wire::send(served.http, &request).await.unwrap().expect(200);
    // What is noted by the way is kept when the process ends, at the latest.
    served.terminate();
    served.ended().await;
    let served = fixture.serve().await;
    let status = told(&fixture, &served).await;
    assert!(status["connections"][0]["last_request_time"].is_string(), "{status}");
    let made = ["token", "create", "--name", "okta", "--expires", "20d"];
    assert!(fixture.operate(&served, &made).await.status.success());
    let screen = fixture.operate(&served, &["status"]).await.stdout;
    let screen = String::from_utf8(screen).unwrap();
    for words in ["gateway and core in one process", "sqlite, ", "nothing pending", "okta"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    assert!(screen.lines().count() <= 24, "one screen: {screen}");
}

async fn told(fixture: &Fixture, served: &Served) -> Value {
    let output = fixture.operate(served, &["status", "--output", "json"]).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
