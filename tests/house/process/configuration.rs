//! Bad configuration stops the start with one sentence and exit code 64.

use std::fs;

use crate::support::Engine;
use crate::support::child::Fixture;

#[tokio::test]
async fn a_mistake_stops_the_start_with_a_sentence() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    for (variable, value, named) in [
        ("PROVOST_HTTP__LISTEN", "everywhere", "everywhere"),
        ("PROVOST_HTTP__BODY_LIMIT_BYTES", "0", "body_limit_bytes"),
        ("PROVOST_HTTP__PUBLIC_URL", "https://id.example.com/api/scim/v2/", "public_url"),
        ("PROVOST_CORE__TIMEOUT_MS", "0", "timeout_ms"),
        ("PROVOST_TELEMETRY__SAMPLE_RATIO", "7", "sample_ratio"),
        ("PROVOST_DATABASE__URL", "mysql://x", "database.url"),
        ("PROVOST_HTTP__LISTENS", "127.0.0.1:1", "LISTENS"),
        ("PROVOST_SPEED", "fast", "PROVOST_SPEED"),
        ("TOKIO_WORKER_THREADS", "0", "from 1 to 1024"),
    ] {
        let output = fixture.provost().env(variable, value).output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{variable}={value}: {said}");
        let said_lower = said.to_lowercase();
        assert!(said_lower.contains(&named.to_lowercase()), "{variable}={value}: {said}");
        assert_eq!(said.trim().lines().count(), 1, "one sentence: {said}");
    }
    assert!(!fixture.path().join("data").exists(), "nothing was made");
}

#[tokio::test]
async fn a_file_lies_between_defaults_and_variables() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let file = fixture.path().join("provost.toml");
    let password = "hunter2-in-the-url";
    fs::write(
        &file,
        format!(
            "[core]\ntimeout_ms = 1234\n[http]\nbody_limit_bytes = 2048\n\
             [database]\nurl = \"postgres://provost:{password}@localhost/provost\"\n"
        ),
    )
    .unwrap();
    let mut command = fixture.provost();
    command.env("PROVOST_HTTP__BODY_LIMIT_BYTES", "4096").arg("config");
    let output = command.output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    for part in ["1234", "4096", "127.0.0.1:0"] {
        assert!(said.contains(part), "{part} is missing in:\n{said}");
    }
    assert!(!said.contains(password), "{said}");

    fs::write(&file, "[http]\nport = 80\n").unwrap();
    let output = fixture.run(&["config"]).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(64), "{said}");
    assert!(said.contains("port") && said.contains("provost.toml"), "{said}");
}
