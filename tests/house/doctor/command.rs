//! The command `provost doctor`, as people and scripts run it.

use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};

use provost_test_kit::Authority;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;

use super::front::{Fate, Fault, Front};
use crate::support::child::{Fixture, Served};
use crate::support::{Engine, until};

/// A service behind TLS, and the arguments that lead to it.
async fn serve(fixture: &Fixture) -> (Served, Vec<String>) {
    let authority = Authority::new();
    let (certificate, key) = authority.issue(&["localhost"]).write(fixture.path(), "server");
    std::fs::write(fixture.path().join("ca.pem"), authority.pem()).unwrap();
    let variables = [
        ("PROVOST_HTTP__TLS_CERTIFICATE", certificate.to_str().unwrap()),
        ("PROVOST_HTTP__TLS_KEY", key.to_str().unwrap()),
    ];
    let served = fixture.serve_with(&variables).await;
    for line in [
        "user register-sign-in boss --given-name B --family-name O --email b@example.com",
        "user set-role boss Admin",
        "user register-sign-in ada --given-name A --family-name L --email a@example.com",
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let output = fixture.operate(&served, &words).await;
        assert!(output.status.success(), "{output:?}");
    }
    let url = format!("https://localhost:{}/api/scim/v2", served.http.port());
    let arguments = ["doctor", "--url", &url, "--ca", "ca.pem"].map(str::to_owned);
    (served, arguments.to_vec())
}

#[tokio::test]
async fn a_healthy_service_ends_it_with_zero() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let (served, line) = serve(&fixture).await;
    let run = async |more: &str| {
        let mut command = fixture.provost();
        command.args(&line).args(more.split_whitespace()).output().await.unwrap()
    };
    // Promotions are closed, which is the site's choice.
    let output = run("--token-file data/scim.token --user ada").await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(!said.contains("FAIL") && said.contains("  note  200 "), "{said}");
    assert!(said.contains("0 errors, 0 warnings, ") && said.contains(" is as before."), "{said}");
    assert!(said.contains("Okta, changes by PATCH: okta-deactivate"), "{said}");
    assert!(said.contains("role-not-in-force: The role \"Moderator\" was asked for"), "{said}");
    assert!(!said.contains(&served.scim_token()), "{said}");

    let output = run("--token-file data/scim.token --idp onelogin --output json").await;
    assert_eq!(output.status.code(), Some(1), "nobody may be created");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found: Vec<&Value> =
        report["findings"].as_array().unwrap().iter().map(|one| &one["check"]).collect();
    assert_eq!(found, ["creation-refused"]);
    assert_eq!((&report["is_well"], &report["is_put_back"]), (&false.into(), &Value::Null));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("0 errors, 1 warning,"), "{said}");

    let output = run("--dry-run --user ada --idp entra").await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("and none was."), "{said}");
    assert!(said.contains("PATCH /api/scim/v2/Users/{{id}}"), "{said}");
}

#[tokio::test]
async fn what_cant_be_examined_ends_it_with_two() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    for (line, code, words) in [
        ("--url id.example.com --token t", 2, "is no base URL of SCIM"),
        ("--url https://localhost:1/ --token t --ca none.pem", 2, "none.pem, which --ca names"),
        ("--url https://localhost:1/", 64, "set PROVOST_SCIM_TOKEN"),
        ("--url https://localhost:1/ --token-file none", 64, "can't be read from none"),
        ("--url https://localhost:1/ --token t", 1, "1 error,"),
    ] {
        let output = fixture.provost().arg("doctor").args(line.split(' ')).output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{line}: {said}");
        assert!(said.contains(words), "{line}: {said}");
    }
}

/// The question that is never answered here, and whether it came.
static ASKED: AtomicBool = AtomicBool::new(false);

#[tokio::test]
async fn ctrl_c_ends_it_in_words() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    let fault = Fault::there(|request| {
        if !request.target.contains("/Schemas") {
            return Fate::Passed;
        }
        ASKED.store(true, Ordering::SeqCst);
        Fate::Lost
    });
    let front = Front::start(served.http, None, fault).await;
    let url = format!("http://{}/api/scim/v2", front.address);
    let line = ["doctor", "--url", &url, "--token-file", "data/scim.token", "--idp", "entra"];
    let mut command = fixture.provost();
    let doctor = command.args(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the doctor asks", async || ASKED.load(Ordering::SeqCst).then_some(())).await;
    let id = Pid::from_raw(i32::try_from(doctor.id().unwrap()).unwrap()).unwrap();
    kill_process(id, Signal::INT).unwrap();
    let output = doctor.wait_with_output().await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("stopped before the end, and has put everything back."), "{said}");
}

#[tokio::test]
async fn a_token_needs_no_command_line() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let (served, line) = serve(&fixture).await;
    let token = served.scim_token();
    let command = || {
        let mut command = fixture.provost();
        command.args(&line).args(["--user", "ada", "--idp", "okta"]);
        command
    };
    let output = command().env("PROVOST_SCIM_TOKEN", &token).output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut piped = command();
    piped.args(["--token-file", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut piped = piped.spawn().unwrap();
    piped.stdin.take().unwrap().write_all(format!("{token}\n").as_bytes()).await.unwrap();
    assert!(piped.wait_with_output().await.unwrap().status.success());
}
