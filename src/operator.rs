//! The operator token: made once, kept in a file that only its owner can read.
//!
//! Owns the data folder and the file. Must never log the token.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use rand::TryRngCore as _;
use rand::rngs::OsRng;

use crate::failure::Failure;

/// Tells an operator token from other secrets at a glance, also for secret scanners.
const PREFIX: &str = "provost_op_";

/// Makes the data folder where it is missing.
pub fn prepare_data_folder(path: &Path) -> Result<(), Failure> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| Failure::DataFolder { path: path.to_owned(), source })
}

/// The token in the file; where there is no file, a new token, written to it.
pub fn token_kept_in(path: &Path) -> Result<String, Failure> {
    let failed = |source| Failure::DataFolder { path: path.to_owned(), source };
    match fs::read_to_string(path) {
        Ok(text) if text.trim().is_empty() => {
            Err(failed(io::Error::other("it is empty; delete it to get a new token")))
        }
        Ok(text) => Ok(text.trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let token = new_token().map_err(failed)?;
            write_once(path, &token).map_err(failed)?;
            Ok(token)
        }
        Err(error) => Err(failed(error)),
    }
}

fn new_token() -> io::Result<String> {
    let mut random = [0_u8; 32];
    OsRng.try_fill_bytes(&mut random).map_err(io::Error::other)?;
    let digits = random.iter().map(|byte| format!("{byte:02x}"));
    Ok(PREFIX.chars().map(String::from).chain(digits).collect())
}

/// Writes beside and renames, so that a crash leaves a whole token or none.
fn write_once(path: &Path, token: &str) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    writeln!(file, "{token}")?;
    file.sync_all()?;
    fs::rename(&draft, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::{prepare_data_folder, token_kept_in};

    #[test]
    fn the_token_is_made_once_and_readable_by_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("a").join("b");
        prepare_data_folder(&data).unwrap();
        let mode =
            |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&data), 0o700);

        let file = data.join("operator.token");
        let first = token_kept_in(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        assert_eq!(first.len(), "provost_op_".len() + 64);
        assert_eq!(token_kept_in(&file).unwrap(), first);
        assert_eq!(std::fs::read_dir(&data).unwrap().count(), 1);
    }

    #[test]
    fn an_empty_file_is_not_a_token() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("operator.token");
        std::fs::write(&file, "\n").unwrap();
        assert!(token_kept_in(&file).unwrap_err().to_string().contains("it is empty"));
    }
}
