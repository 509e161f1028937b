//! The file of identity providers as an operator meets it: one that can't be used, one that changes while the
//! service runs, and what the log says of both.

use std::fs;

use rustix::process::Signal;

use crate::support::Engine;
use crate::support::browser::Browser;
use crate::support::child::{Fixture, Served};

const SETTING: &str = "PROVOST_CONSOLE__IDENTITY_PROVIDERS";

/// Nobody answers there, which is told otherwise than that there is nobody to ask.
fn table(site: &str) -> String {
    format!(
        "[{site}]\nissuer = \"https://127.0.0.1:9\"\nclient_id = \"0oa\"\nclient_secret = \"hidden\"\n"
    )
}

async fn status(served: &Served, site: &str) -> u16 {
    Browser::at(served.console).get(&format!("/sign-in/site?site={site}")).await.status
}

#[tokio::test]
async fn a_changed_file_of_identity_providers_counts_and_a_broken_one_does_not() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let file = fixture.path().join("providers.toml");
    let variables = [(SETTING, file.to_str().unwrap())];
    let broken = table("acme").replace("client_id", "id");
    fs::write(&file, &broken).unwrap();
    let output = fixture.provost().envs(variables).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(64), "{said}");
    assert!(said.contains("is not as it should be") && !said.contains("hidden"), "{said}");
    assert!(!fixture.path().join("data").exists(), "nothing was made");

    fs::write(&file, table("acme")).unwrap();
    let served = fixture.serve_with(&variables).await;
    assert_eq!((status(&served, "acme").await, status(&served, "globex").await), (502, 403));
    fs::write(&file, &broken).unwrap();
    let told = served.logged("the identity providers before stay in force, because").await;
    assert!(told.contains("WARN") && told.contains(file.to_str().unwrap()), "{told}");
    assert_eq!(status(&served, "acme").await, 502);
    fs::write(&file, table("acme") + &table("globex")).unwrap();
    served.signal(Signal::HUP);
    served.logged("the identity providers that the file names now").await;
    assert_eq!((status(&served, "acme").await, status(&served, "globex").await), (502, 502));
    let log = served.stderr();
    assert_eq!(log.matches("stay in force").count(), 1, "{log}");
    assert!(!log.contains("hidden"), "{log}");
}
