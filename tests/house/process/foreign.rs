//! Clients that nobody here wrote, against a running service: `scim2-tester`, `scim-sanity` and the
//! commands of `scim2-cli`, and Python's `grpcio` with server reflection (`tests/foreign`).
//! `scripts/test` installs them.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::support::Engine;
use crate::support::child::Fixture;

#[tokio::test]
async fn scim2_tester_finds_no_fault_with_users_and_groups() {
    meets_a_client("check_scim.py").await;
}

#[tokio::test]
async fn scim_sanity_finds_what_is_explained_and_nothing_else() {
    meets_a_client("check_sanity.py").await;
}

#[tokio::test]
async fn the_commands_of_scim2_cli_do_what_they_say() {
    meets_a_client("drive_scim_cli.py").await;
}

/// Runs a client of SCIM against a service that lets directories create, delete and promote.
async fn meets_a_client(script: &str) {
    let Some(python) = python() else { return };
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    for line in [
        "site settings set --creation create --deletion delete --manage-user-roles true",
        // The tester makes and unmakes Admins of its own; the last one may not go.
        "user register-sign-in owner@example.com --given-name Olga --family-name Owner",
        "user set-role owner@example.com Admin",
    ] {
        let arguments: Vec<&str> = line.split(' ').collect();
        assert!(fixture.operate(&served, &arguments).await.status.success(), "{line}");
    }
    let base = format!("http://{}/api/scim/v2", served.http);
    run(&python, script, &[&base, &served.scim_token()]).await;
}

#[tokio::test]
async fn grpcio_drives_what_reflection_describes() {
    let Some(python) = python() else { return };
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    let token = std::fs::read_to_string(fixture.path().join("data/operator.token")).unwrap();
    run(&python, "drive_users.py", &[&served.grpc.to_string(), token.trim()]).await;
}

async fn run(python: &Path, script: &str, arguments: &[&str]) {
    let script = root().join("tests/foreign").join(script);
    let output = tokio::process::Command::new(python)
        .arg(script)
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complaint}");
    println!("{said}");
}

/// The interpreter with the pinned packages.
pub fn python() -> Option<PathBuf> {
    installed("target/venv/bin/python")
}

/// What `scripts/test` installs, by its path in the house; without it only CI insists.
pub fn installed(path: impl AsRef<Path>) -> Option<PathBuf> {
    let path = root().join(path);
    if path.exists() {
        return Some(path);
    }
    let missing = format!("there is no {}; scripts/test installs it", path.display());
    let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!in_ci, "{missing}");
    eprintln!("skipped: {missing}");
    None
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
