//! The session in README.md, word for word. One line is replaced: `cargo run --release` would
//! build the product again, so the binary under test stands where that build would leave it.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::support::child::PROVOST;
use crate::support::until;

#[tokio::test]
async fn the_readme_session_works_as_it_is_written() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"));
    let readme = readme.unwrap();
    let [start, session] = &blocks(&readme, "sh")[..] else {
        panic!("README.md has a block that starts the service and one that uses it");
    };
    assert_eq!(start.trim(), "cargo run --release");

    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("target/release")).unwrap();
    symlink(PROVOST, folder.path().join("target/release/provost")).unwrap();
    // The README uses the default ports, which somebody else may hold for a moment.
    until("ports 8080, 8081, 50051 and 9464 are free", async || {
        let free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        (free(8080) && free(8081) && free(50051) && free(9464)).then_some(())
    })
    .await;
    let printed = folder.path().join("printed");
    let mut service = newcomer(folder.path(), "exec ./target/release/provost")
        .stdout(File::create(&printed).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("the service says where it is", async || {
        assert_eq!(service.try_wait().unwrap(), None, "the service ended");
        fs::read_to_string(&printed).unwrap().contains("Operator token").then_some(())
    })
    .await;

    let output = newcomer(folder.path(), session).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complaint}");
    for shown in blocks(&readme, "text").iter().flat_map(|block| block.lines()) {
        // An ellipsis stands for what the README leaves out.
        for part in shown.split('…') {
            assert!(said.contains(part.trim_end_matches('"')), "{part:?} is not in:\n{said}");
        }
    }
    assert!(said.contains("\"totalResults\":1"), "{said}");
    let last = said.trim().lines().last().unwrap();
    assert!(last.contains("ada@example.com") && last.contains("Moderator"), "{said}");
}

/// A shell in the folder, with nothing but a path, that stops at the first failure.
fn newcomer(folder: &Path, script: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-e", "-c", script])
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// The fenced blocks of a language, in order.
pub fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}");
    let mut found = Vec::new();
    let mut lines = text.lines();
    while lines.by_ref().any(|line| line == fence) {
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        found.push(block.join("\n"));
    }
    found
}
