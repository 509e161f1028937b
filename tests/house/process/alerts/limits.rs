//! Something comes to its end: a disk, and the time of a token.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use prost_types::Duration;
use provost_proto::v1::CreateTokenRequest;
use provost_proto::v1::create_token_request::Expiration;
use serde_json::json;

use super::prometheus::Prometheus;
use super::runbook::mending;
use super::{operate, scim, sign_in};
use crate::support::child::Fixture;
use crate::support::wire;
use crate::support::{Engine, until};

/// A small disk of its own, until this is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None, with a printed reason, where nobody may mount one.
    fn at(folder: &Path) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=16m,mode=700", "tmpfs"]).arg(folder);
        if mount.output().is_ok_and(|output| output.status.success()) {
            return Some(Self(folder.to_owned()));
        }
        let missing =
            "no disk can be mounted here: it takes root, and in a container CAP_SYS_ADMIN";
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{missing}");
        eprintln!("skipped: {missing}");
        None
    }

    /// Writes until there is no room.
    fn filled(&self) -> PathBuf {
        let path = self.0.join("not-of-provost");
        let mut file = File::create(&path).unwrap();
        while file.write_all(&[7; 4096]).is_ok() {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Somebody may still have a file open.
        drop(Command::new("umount").arg("--lazy").arg(&self.0).status());
    }
}

#[tokio::test]
async fn a_disk_that_is_full() {
    let Some(prometheus) = Prometheus::prepared() else { return };
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let Some(disk) = SmallDisk::at(&fixture.path().join("data")) else { return };
    let served = fixture.serve().await;
    let id = sign_in(&fixture, &served, "ada").await;
    let token = served.scim_token();
    let titled = async |title: &str| {
        let body = json!({"Operations": [{"op": "replace", "path": "title", "value": title}]});
        let mut request = scim(&token, "PATCH", &format!("/Users/{id}"));
        request.body = Some(body.to_string().into_bytes());
        wire::send(served.http, &request).await.unwrap()
    };
    titled("Countess").await.expect(200);
    let prometheus = prometheus.looking_at(&[served.admin]);
    prometheus.is_quiet().await;

    let others = disk.filled();
    let mut number = 0;
    until("a write finds no room", async || {
        number += 1;
        (titled(&format!("{number:0>900}")).await.status == 503).then_some(())
    })
    .await;
    let full = prometheus.fires_for("ProvostDatabaseNearLimit", ("severity", "page")).await;
    assert_eq!(full["provost_store_limit"], "disk");
    // As the page says: what is not Provost's.
    fs::remove_file(others).unwrap();
    prometheus.clears("ProvostDatabaseNearLimit").await;
    titled("Countess again").await.expect(200);
}

#[tokio::test]
async fn a_token_that_expires() {
    let Some(prometheus) = Prometheus::prepared() else { return };
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    operate(&fixture, &served, "site create acme").await;
    let users = |token: &str| {
        let mut request = scim(token.trim(), "GET", "");
        "/c/acme/auth/scim/v2/Users".clone_into(&mut request.target);
        request
    };
    let prometheus = prometheus.looking_at(&[served.admin]);
    prometheus.is_quiet().await;

    let request = CreateTokenRequest {
        site: "acme".to_owned(),
        name: "okta".to_owned(),
        expiration: Some(Expiration::Ttl(Duration { seconds: 5, nanos: 0 })),
        ..CreateTokenRequest::default()
    };
    let created = fixture.operator(&served).sites().create_token(request).await.unwrap();
    let old = created.into_inner().value;
    wire::send(served.http, &users(&old)).await.unwrap().expect(200);
    let expiring = prometheus.fires("ProvostTokenExpiring").await;
    assert_eq!(expiring["provost_site"], "acme");
    until("the token has expired", async || {
        (wire::send(served.http, &users(&old)).await.unwrap().status == 401).then_some(())
    })
    .await;
    // It goes on saying so until somebody does something about it.
    prometheus.knows("provost_token_time_left_seconds<0").await;
    prometheus.fires("ProvostTokenExpiring").await;
    let new = mending("ProvostTokenExpiring", "token create");
    let new = operate(&fixture, &served, &new).await;
    wire::send(served.http, &users(&new)).await.unwrap().expect(200);
    operate(&fixture, &served, &mending("ProvostTokenExpiring", "token revoke")).await;
    prometheus.clears("ProvostTokenExpiring").await;
}
