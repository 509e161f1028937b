//! The first ten minutes of `docs/grpc.md`, word for word. Owns the shell in which they are pasted.

use std::path::Path;

use tokio::process::Command;

use super::super::foreign::installed;
use super::super::readme::blocks;
use super::{Language, Place};
use crate::support::child::PROVOST;

#[tokio::test]
async fn the_first_ten_minutes_of_the_page_work_as_they_are_written() {
    // Where the client in TypeScript is built, buf is.
    let Some(buf) = installed("target/clients/typescript/node_modules/.bin/buf") else { return };
    let Some(client) = Language::Rust.program() else { return };
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/grpc.md");
    let page = std::fs::read_to_string(page).unwrap();
    let place = Place::new().await;
    let session = blocks(&page, "sh").join("\n");
    assert!(session.contains("127.0.0.1:50051"), "{session}");
    let session = session.replace("127.0.0.1:50051", &place.served.grpc.to_string());

    let folders = [Path::new(PROVOST), &buf, &client].map(|file| file.parent().unwrap().to_owned());
    let path = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths(folders.into_iter().chain(std::env::split_paths(&path)));
    let output = Command::new("sh")
        .args(["-e", "-c", &session])
        .current_dir(place.fixture.path())
        .env("PATH", path.unwrap())
        .env("PROVOST_DATA_DIR", place.fixture.path().join("data"))
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("provost.identity.v1.LedgerService/WatchEvents"), "{said}");
    let shown = &blocks(&page, "text")[0];
    assert!(said.ends_with(&format!("{shown}\n")), "{shown}\nis not the end of\n{said}");
}
