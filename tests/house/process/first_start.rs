//! What a newcomer sees: everything once, nothing secret twice, and lines that work when pasted.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use serde_json::Value;

use crate::support::Engine;
use crate::support::child::{Fixture, PROVOST};

#[tokio::test]
async fn the_first_start_shows_a_person_lines_that_work_when_pasted() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let watched = fixture.watch("serve", r#""value":false}]}'"#).await;
    let said = &watched.said;
    for part in ["SCIM base URL", "SCIM token", "Console", "Operator token"] {
        assert!(said.contains(part), "{part} is missing in:\n{said}");
    }
    assert!(!fixture.path().join("data/scim.token").exists(), "nobody has to look it up");
    assert_eq!(said.matches("/sign-in?code=provost_").count(), 1, "{said}");
    let begin = said.find("\nt=").unwrap();
    let session = &said[begin..];
    assert!(session.contains(&format!("\n{PROVOST} user register-sign-in")), "{said}");

    let pasted = paste(&fixture, session).await;
    let (signed_in, answers) = pasted.split_once('\n').unwrap();
    assert!(signed_in.contains("ada@example.com"), "{pasted}");
    let mut answers = serde_json::Deserializer::from_str(answers).into_iter::<Value>();
    let found = answers.next().unwrap().unwrap();
    assert_eq!(found["totalResults"], 1);
    assert_eq!(found["Resources"][0]["userName"], "ada@example.com");
    assert_eq!(found["Resources"][0]["active"], true);
    let deactivated = answers.next().unwrap().unwrap();
    assert_eq!(deactivated["userName"], "ada@example.com");
    assert_eq!(deactivated["active"], false);
}

#[tokio::test]
async fn a_first_start_that_nobody_watches_keeps_the_token_in_a_file() {
    for form in ["pretty", "json"] {
        let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
        let served = fixture.serve_with(&[("PROVOST_LOG__FORMAT", form)]).await;
        let token = served.scim_token();
        assert!(token.starts_with("provost_scim_"), "{token}");
        let file = fixture.path().join("data/scim.token");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let (said, told) = (served.stdout(), served.logged("SCIM token").await);
        let log = served.stderr();
        assert!(!said.contains(&token) && !log.contains(&token), "{said}{log}");
        assert!(!said.contains("/sign-in?code="), "{said}");
        let says_where = |text: &str| text.contains(file.to_str().unwrap());
        assert!(says_where(&said), "{said}");
        assert!(says_where(&told), "{told}");
        if form == "json" {
            let announced: Value = serde_json::from_str(&said).unwrap();
            assert_eq!(announced["scim_token_file"], file.to_str().unwrap());
            assert_eq!(announced["grpc_address"], served.grpc.to_string());
            let url = format!("http://{}/api/scim/v2", served.http);
            assert_eq!(announced["scim_base_url"], url);
        }
    }
}

#[tokio::test]
async fn a_core_alone_says_nothing_of_a_port_that_it_does_not_serve() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let watched = fixture.watch("core", "provost_scim_").await;
    assert!(!watched.said.contains("base URL"), "{}", watched.said);
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let core = fixture.launch("core", &[]).await;
    assert!(!core.stdout().contains("base URL"), "{}", core.stdout());
}

#[tokio::test]
async fn a_second_start_prints_no_secret() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let mut served = fixture.serve().await;
    let first = served.stdout();
    let scim_token = served.scim_token();
    assert!(scim_token.len() >= 43, "256 bits: {scim_token}");
    let operator_file = fixture.path().join("data/operator.token");
    let operator_token = fs::read_to_string(&operator_file).unwrap();
    served.terminate();
    assert_eq!(served.ended().await.code(), Some(0));

    let mut again = fixture.serve().await;
    again.terminate();
    assert_eq!(again.ended().await.code(), Some(0));
    let said = again.stdout() + &again.stderr();
    for secret in [&scim_token, operator_token.trim()] {
        assert!(!said.contains(secret), "{said}");
        assert!(!first.contains(operator_token.trim()), "{first}");
    }
    assert!(said.contains("token create"), "says how to make a new token:\n{said}");
}

#[tokio::test]
async fn a_start_warns_of_what_is_likely_not_meant() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let _first = fixture.serve().await;
    let second = fixture
        .launch(
            "core",
            &[("PROVOST_HTTP__HOSTS__X", "acme"), ("PROVOST_GRPC__LISTEN", "0.0.0.0:0")],
        )
        .await;
    let mut third = fixture.launch("gateway", &[("PROVOST_DATA_DIR", "elsewhere")]).await;
    third.terminate();
    assert_eq!(third.ended().await.code(), Some(0));
    assert!(!third.stderr().contains("a new installation"), "a gateway makes none");
    for warning in [
        "another core runs on this data folder",
        "names a site that does not exist",
        "gRPC is served in clear beyond this machine",
    ] {
        let line = second.logged(warning).await;
        assert!(line.contains("WARN"), "{line}");
    }
    let beside = fixture.launch("core", &[("PROVOST_DATA_DIR", "elsewhere")]).await;
    beside.logged("there is one beside it").await;
}

#[tokio::test]
async fn what_is_secret_is_closed_to_others() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let _served = fixture.serve().await;
    for (path, mode) in [("data", 0o700), ("data/operator.token", 0o600)] {
        let permissions = fs::metadata(fixture.path().join(path)).unwrap().permissions();
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
