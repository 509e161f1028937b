//! What a newcomer sees: everything once, nothing secret twice, and lines that work when pasted.

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use serde_json::Value;

use crate::support::Engine;
use crate::support::child::{Fixture, PROVOST};

#[tokio::test]
async fn the_first_start_prints_lines_that_work_when_pasted() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    let said = served.stdout();
    for part in ["SCIM base URL", "SCIM token", "gRPC address", "Operator token"] {
        assert!(said.contains(part), "{part} is missing in:\n{said}");
    }
    let pasted: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("curl ") || line.contains("register-sign-in"))
        .collect();
    assert_eq!(pasted.len(), 3, "{said}");
    assert!(pasted[0].contains(PROVOST), "{}", pasted[0]);

    let signed_in = paste(&fixture, pasted[0]).await;
    assert!(signed_in.contains("ada@example.com"), "{signed_in}");
    let found: Value = serde_json::from_str(&paste(&fixture, pasted[1]).await).unwrap();
    assert_eq!(found["totalResults"], 1);
    assert_eq!(found["Resources"][0]["userName"], "ada@example.com");
    assert_eq!(found["Resources"][0]["active"], true);
    let deactivated: Value = serde_json::from_str(&paste(&fixture, pasted[2]).await).unwrap();
    assert_eq!(deactivated["active"], false);
    let found: Value = serde_json::from_str(&paste(&fixture, pasted[1]).await).unwrap();
    assert_eq!(found["Resources"][0]["active"], false);
}

#[tokio::test]
async fn a_second_start_prints_no_secret() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let mut served = fixture.serve().await;
    let first = served.stdout();
    let scim_token = served.scim_token();
    assert!(scim_token.len() >= 43, "256 bits: {scim_token}");
    let operator_file = fixture.path().join("data/operator.token");
    let operator_token = std::fs::read_to_string(&operator_file).unwrap();
    served.terminate();
    assert_eq!(served.ended().await.code(), Some(0));

    let again = fixture.serve().await;
    let said = again.stdout() + &again.stderr() + &served.stderr();
    for secret in [&scim_token, operator_token.trim()] {
        assert!(!said.contains(secret), "{said}");
        assert!(!first.contains(operator_token.trim()), "{first}");
    }
    assert!(said.contains("token create"), "says how to make a new token:\n{said}");
}

#[tokio::test]
async fn what_is_secret_is_closed_to_others() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let _served = fixture.serve().await;
    for (path, mode) in [("data", 0o700), ("data/operator.token", 0o600)] {
        let permissions = std::fs::metadata(fixture.path().join(path)).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, mode, "{path}");
    }
}

/// Runs a line as a person's shell does.
async fn paste(fixture: &Fixture, line: &str) -> String {
    let output = tokio::process::Command::new("sh")
        .args(["-c", line])
        .current_dir(fixture.path())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}\n{said}\n{complaint}");
    said
}
