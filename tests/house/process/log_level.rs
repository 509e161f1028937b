//! The level of the log, changed while the process runs.

use std::net::SocketAddr;

use crate::support::Engine;
use crate::support::child::{Fixture, Served};
use crate::support::wire::{Request, send};

async fn ask(address: SocketAddr, method: &str, target: &str, body: Option<&str>) -> (u16, String) {
    let request = Request {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: vec![],
        body: body.map(|body| body.as_bytes().to_vec()),
    };
    let answer = send(address, &request).await.unwrap();
    (answer.status, answer.text())
}

/// How many requests to SCIM have left a line.
fn lines(served: &Served) -> usize {
    served.stderr().matches("provost::requests: request").count()
}

#[tokio::test]
async fn the_level_is_told_and_changed_while_the_process_runs() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let mut served = fixture.serve_with(&[("PROVOST_LOG__LEVEL", "error")]).await;
    let level = async |put: Option<&str>| {
        let method = if put.is_some() { "PUT" } else { "GET" };
        ask(served.admin, method, "/loglevel", put).await
    };
    assert_eq!(level(None).await, (200, "error\n".to_owned()));
    let mut expected = 0;
    for (sent, in_force, is_logged) in [
        (None, "error", false),
        (Some("debug"), "debug", true),
        (Some("info,provost::requests=off\n"), "info,provost::requests=off", false),
        (Some("warn"), "warn", true),
        (Some(""), "error", false),
    ] {
        assert_eq!(level(sent).await, (200, format!("{in_force}\n")));
        assert_eq!(ask(served.http, "GET", "/api/scim/v2/Users", None).await.0, 401);
        expected += usize::from(is_logged);
    }
    let (status, said) = level(Some("loud")).await;
    assert_eq!(status, 400);
    let sentence = "\"loud\" is not a log level: write error, warn, info, debug or trace,";
    assert!(said.starts_with(sentence), "{said}");
    assert_eq!(level(None).await, (200, "error\n".to_owned()));
    served.terminate();
    assert_eq!(served.ended().await.code(), Some(0), "{}", served.stderr());
    assert_eq!(lines(&served), expected, "{}", served.stderr());
}
