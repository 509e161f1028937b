//! One database of the shared cluster, dropped with its handle. Owns its name; must never know
//! what is kept in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::binaries::{self, Binaries};
use crate::cluster::Cluster;
use crate::program::Problem;

static CREATED: AtomicU32 = AtomicU32::new(0);

/// A database of its own for one test.
#[derive(Debug)]
pub struct Database {
    cluster: Cluster,
    name: String,
    url: String,
}

impl Database {
    pub(crate) fn create(binaries: &Binaries, cluster: Cluster) -> Result<Self, Problem> {
        let number = CREATED.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        let administration = cluster.url("postgres");
        // A process id that comes round again may meet the database of a test that was killed.
        psql(binaries, &administration, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
        psql(binaries, &administration, &format!("CREATE DATABASE {name}"))?;
        let url = cluster.url(&name);
        Ok(Self { cluster, name, url })
    }

    /// `postgres://…`, with user and password.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The file with the authority that signed the certificate of a cluster that demands TLS.
    pub fn authority(&self) -> PathBuf {
        self.cluster.authority()
    }

    /// What the statement answers, one line a row, columns apart by `|`.
    ///
    /// # Errors
    /// What `psql` said, when it said no.
    pub fn query(&self, statement: &str) -> Result<String, String> {
        let binaries = binaries::find().map_err(|missing| missing.to_string())?;
        psql(&binaries, &self.url, statement).map_err(|problem| problem.to_string())
    }

    /// Writes the database into a file of SQL.
    ///
    /// # Errors
    /// What `pg_dump` said, when it said no.
    pub fn dump(&self, file: &Path) -> Result<(), String> {
        let binaries = binaries::find().map_err(|missing| missing.to_string())?;
        let mut command = binaries.client("pg_dump");
        let output = command.args(["--no-owner", "--file"]).arg(file).arg(&self.url).output();
        let output = output.map_err(|problem| problem.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(()) } else { Err(said) }
    }

    /// Runs a file of SQL, such as `pg_dump` writes, in one transaction.
    ///
    /// # Errors
    /// What `psql` said, when it said no.
    pub fn restore(&self, dump: &Path) -> Result<(), String> {
        let binaries = binaries::find().map_err(|missing| missing.to_string())?;
        let mut command = binaries.client("psql");
        command.arg("--single-transaction").arg("--file").arg(dump);
        said(&mut command, &self.url).map_err(|problem| problem.to_string()).map(drop)
    }
}

/// Removes the database, but is not waited for: PostgreSQL waits for a connection that somebody began to
/// make, and who began it may be a task of this very thread. What stays goes with the cluster.
impl Drop for Database {
    fn drop(&mut self) {
        let Ok(binaries) = binaries::find() else {
            return;
        };
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let removal = binaries
            .client("psql")
            .args(["--no-psqlrc", "--quiet", "--command", &statement])
            .arg(self.cluster.url("postgres"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        if let Ok(mut removal) = removal {
            std::thread::spawn(move || removal.wait());
        }
    }
}

fn psql(binaries: &Binaries, url: &str, statement: &str) -> Result<String, Problem> {
    said(binaries.client("psql").args(["--command", statement]), url)
}

/// What `psql` answers; its first error ends it.
fn said(psql: &mut Command, url: &str) -> Result<String, Problem> {
    let output = psql
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
        .args(["--set=ON_ERROR_STOP=1", url])
        .stdin(Stdio::null())
        .output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Problem::Program {
        program: format!("{psql:?}"),
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
