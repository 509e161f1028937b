//! Something comes to its end: a disk, and the sites that metrics tell apart.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::prometheus::Prometheus;
use super::runbook::mending;
use super::{operate, sign_in, titled};
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
    let give =
        async |title: &str| wire::send(served.http, &titled(&token, &id, title)).await.unwrap();
    give("Countess").await.expect(200);
    let prometheus = prometheus.looking_at(&[served.admin]);
    prometheus.is_quiet().await;

    let others = disk.filled();
    let mut number = 0;
    until("a write finds no room", async || {
        number += 1;
        (give(&format!("{number:0>900}")).await.status == 503).then_some(())
    })
    .await;
    let full = prometheus.fires_for("ProvostDatabaseNearLimit", ("severity", "page")).await;
    assert_eq!(full["provost_store_limit"], "disk");
    // As the page says: what is not Provost's.
    fs::remove_file(others).unwrap();
    prometheus.clears("ProvostDatabaseNearLimit").await;
    give("Countess again").await.expect(200);
}

/// Of several sites, one is told apart: either it is deleted, or more are told apart from the next start on.
#[tokio::test]
async fn more_sites_than_metrics_tell_apart() {
    let Some(prometheus) = Prometheus::prepared() else { return };
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let told_apart = |most: &'static str| ("PROVOST_ADMIN__TOLD_APART", most);
    let mut served = fixture.serve_with(&[told_apart("1")]).await;
    let prometheus = prometheus.looking_at(&[served.admin]);
    prometheus.is_quiet().await;

    operate(&fixture, &served, "site create acme").await;
    let site = ("provost_metrics_dimension", "site");
    prometheus.fires_for("ProvostMetricOverflow", site).await;
    operate(&fixture, &served, &mending("ProvostMetricOverflow", "site delete")).await;
    prometheus.clears("ProvostMetricOverflow").await;

    operate(&fixture, &served, "site create globex").await;
    prometheus.fires_for("ProvostMetricOverflow", site).await;
    served.terminate();
    served.ended().await;
    let admin = served.admin.to_string();
    let _served = fixture.serve_with(&[told_apart("2"), ("PROVOST_ADMIN__LISTEN", &admin)]).await;
    // Not because nothing is told of a process that restarts.
    prometheus.knows("provost_users%7Bprovost_site=%22globex%22%7D").await;
    prometheus.clears("ProvostMetricOverflow").await;
}
