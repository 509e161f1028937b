//! A program of PostgreSQL or of the system, run to its end, and what can go wrong in this package.

use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::process::{Command, Stdio};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("the folder of the test cluster can't be used: {0}")]
    Folder(#[from] io::Error),
    #[error("`{program}` failed: {output}")]
    Program { program: String, output: String },
    #[error("the certificate of the test cluster can't be made: {0}")]
    Certificate(#[from] rcgen::Error),
}

/// Runs a program to its end. What it prints goes to a file: a server started by `pg_ctl` keeps
/// the streams that it inherits, and a pipe would never end.
pub(crate) fn run(command: &mut Command) -> Result<(), Problem> {
    let transcript = std::env::temp_dir().join(format!(
        "provost-test-postgres-{}.{:x}.log",
        std::process::id(),
        RandomState::new().hash_one(0)
    ));
    let output = File::create(&transcript)?;
    let status = command
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        // The folder of the tests may be closed to the account that runs the server.
        .current_dir("/")
        .status();
    let said = fs::read_to_string(&transcript).unwrap_or_default();
    fs::remove_file(&transcript)?;
    if status?.success() {
        return Ok(());
    }
    Err(Problem::Program { program: format!("{command:?}"), output: said })
}
