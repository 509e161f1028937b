//! The file of a SQLite database, and whether its path still leads to what is open.
//!
//! Must never open the file: closing it again would end the locks that SQLite holds on it
//! (<https://www.sqlite.org/howtocorrupt.html>, section 2.2).

use crate::StoreError;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// A database file that is open, and its write-ahead log.
#[derive(Debug)]
pub(super) struct OpenFile {
    /// The paths, each with the device and the number of the file that it led to.
    opened: [(PathBuf, (u64, u64)); 2],
    /// What was found when somebody looked last.
    is_there: AtomicBool,
}

impl OpenFile {
    /// To be made while a connection is open: the log is there only then.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let mut log = OsString::from(path);
        log.push("-wal");
        let opened = |path: PathBuf| identity(&path).map(|identity| (path, identity));
        let opened = [opened(path.to_owned())?, opened(log.into())?];
        Ok(Self { opened, is_there: AtomicBool::new(true) })
    }

    /// Looks whether both are still where they were. What is written to a file that has no name
    /// any more is gone with the process, although SQLite goes on with it.
    pub(super) fn look(&self) -> Result<(), StoreError> {
        let is_there = self
            .opened
            .iter()
            .all(|(path, opened)| identity(path).is_ok_and(|found| found == *opened));
        self.is_there.store(is_there, Ordering::Relaxed);
        if is_there {
            return Ok(());
        }
        let [(path, _), _] = &self.opened;
        Err(StoreError::Unavailable(format!(
            "{} or its -wal file was removed or replaced while it was open; stop the service, put \
             back what belongs there, and start again",
            path.display()
        )))
    }

    /// The share of its disk that is used, from 0 to 1, as `df` tells it: of what is there for everybody.
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub(super) fn used_share_of_disk(&self) -> Option<f64> {
        let [(path, _), _] = &self.opened;
        let disk = rustix::fs::statvfs(path).ok()?;
        let used = disk.f_blocks.saturating_sub(disk.f_bfree);
        let usable = used + disk.f_bavail;
        (usable > 0).then(|| used as f64 / usable as f64)
    }

    /// What [`OpenFile::look`] has found last. Only what was gone is looked for again.
    pub(super) fn as_seen_last(&self) -> Result<(), StoreError> {
        if self.is_there.load(Ordering::Relaxed) { Ok(()) } else { self.look() }
    }
}

/// Device and number of the file.
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}
