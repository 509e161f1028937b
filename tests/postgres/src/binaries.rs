//! Where PostgreSQL's programs are and as whom they run. Owns nothing that lives longer than a
//! look at the machine; must never know about clusters or databases.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// PostgreSQL refuses to run as root, so root lends it one of these accounts.
const ACCOUNTS: [&str; 2] = ["postgres", "nobody"];

/// The folder of the programs, and the account that runs the server.
#[derive(Debug)]
pub(crate) struct Binaries {
    folder: PathBuf,
    account: Option<&'static str>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Missing {
    #[error(
        "PostgreSQL's programs are not installed; scripts/test installs them (Debian: apt-get install postgresql)"
    )]
    Programs,
    #[error(
        "PostgreSQL does not run as root, and this machine has neither `postgres` nor `nobody`"
    )]
    Account,
}

/// Debian keeps one folder for each major version; the newest one wins.
pub(crate) fn find() -> Result<Binaries, Missing> {
    let mut folders: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .map(|(major, folder)| (major, folder.join("bin")))
        .filter(|(_, folder)| folder.join("initdb").exists() && folder.join("psql").exists())
        .collect();
    folders.sort();
    let (_, folder) = folders.pop().ok_or(Missing::Programs)?;
    let account = if is_root() { Some(existing_account().ok_or(Missing::Account)?) } else { None };
    Ok(Binaries { folder, account })
}

impl Binaries {
    /// A program run as the test itself, for clients.
    pub(crate) fn client(&self, program: &str) -> Command {
        Command::new(self.path(program))
    }

    /// A program run as the account that owns the cluster.
    pub(crate) fn owner(&self, program: &str) -> Command {
        let Some(account) = self.account else {
            return Command::new(self.path(program));
        };
        let mut command = Command::new("runuser");
        command.args(["-u", account, "--"]).arg(self.path(program));
        command
    }

    pub(crate) fn path(&self, program: &str) -> PathBuf {
        self.folder.join(program)
    }

    /// The account that must own the cluster's folder, where that isn't the test's own.
    pub(crate) fn account(&self) -> Option<&'static str> {
        self.account
    }
}

/// Who owns `/proc/self` is who runs this process.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn existing_account() -> Option<&'static str> {
    let known = fs::read_to_string(Path::new("/etc/passwd")).ok()?;
    ACCOUNTS
        .into_iter()
        .find(|account| known.lines().any(|line| line.split(':').next() == Some(account)))
}
