//! The operator token: made once, kept in a file that only its owner can read.
//!
//! Owns the data folder and the file. Must never log the token.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use provost_core::TokenKey;
use rand::TryRngCore as _;
use rand::rngs::OsRng;

use crate::run_error::RunError;

/// The beginning that tells an operator token from other secrets, also to secret scanners.
const PREFIX: &str = "provost_op_";
/// The fewest characters, as of a connection's token.
const SHORTEST: usize = 24;

/// Makes the data folder where it is missing.
pub fn prepare_data_folder(path: &Path) -> Result<(), RunError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| RunError::DataFolder { path: path.to_owned(), source })
}

/// The token in the file; where there is no file, a new token, written to it.
pub fn token_kept_in(path: &Path) -> Result<String, RunError> {
    let failed = |source| RunError::DataFolder { path: path.to_owned(), source };
    match File::open(path) {
        Ok(file) => guarded(path, file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let token = new_token().map_err(failed)?;
            write_once(path, &token).map_err(failed)?;
            // What is there now may be another's, who started at the same time.
            guarded(path, File::open(path).map_err(failed)?)
        }
        Err(error) => Err(failed(error)),
    }
}

/// The token of an existing file, if others can neither read nor guess it. Asks the open file
/// for its mode, not the path, so that what is judged is what is read.
fn guarded(path: &Path, mut file: File) -> Result<String, RunError> {
    let failed = |source| RunError::DataFolder { path: path.to_owned(), source };
    let refused =
        |problem, remedy| RunError::OperatorFile { path: path.to_owned(), problem, remedy };
    if let Some(problem) = exposed(&file).map_err(failed)? {
        return Err(refused(problem, closing(path)));
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(failed)?;
    let token = text.trim();
    if token.chars().count() < SHORTEST {
        return Err(refused(
            format!("it holds fewer than {SHORTEST} characters, which can be guessed"),
            "delete it, and the next start makes a new one".to_owned(),
        ));
    }
    Ok(token.to_owned())
}

/// What is wrong with a file that others than its owner can read or write.
fn exposed(file: &File) -> io::Result<Option<String>> {
    let mode = file.metadata()?.permissions().mode() & 0o777;
    Ok((mode & 0o077 != 0).then(|| format!("its mode {mode:03o} lets other accounts at it")))
}

fn closing(path: &Path) -> String {
    format!("close it with `chmod 600 {}`", path.display())
}

/// The key in a file, under which values of tokens are kept, if others can't read it.
pub fn token_key_in(path: &Path) -> Result<TokenKey, RunError> {
    let refused = |problem: String, remedy| {
        let path = path.to_owned();
        RunError::TokenKeyFile { path, problem, remedy }
    };
    let making = || "make one with `openssl rand -hex 32`".to_owned();
    let unread = |error: io::Error| refused(error.to_string(), making());
    let mut file = File::open(path).map_err(unread)?;
    if let Some(problem) = exposed(&file).map_err(unread)? {
        return Err(refused(problem, closing(path)));
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(unread)?;
    let key = TokenKey::from_hex(text.trim());
    key.ok_or_else(|| refused("it holds no 64 hexadecimal digits".to_owned(), making()))
}

fn new_token() -> io::Result<String> {
    let mut random = [0_u8; 32];
    OsRng.try_fill_bytes(&mut random).map_err(io::Error::other)?;
    Ok(format!("{PREFIX}{}", hex::encode(random)))
}

/// Writes beside and gives that file its name, so that a crash leaves a whole token or none. A token
/// that is there by then stays: somebody may already have read it.
fn write_once(path: &Path, token: &str) -> io::Result<()> {
    let mut random = [0_u8; 8];
    OsRng.try_fill_bytes(&mut random).map_err(io::Error::other)?;
    let draft = path.with_extension(format!("{}.new", hex::encode(random)));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let written = writeln!(file, "{token}").and_then(|()| file.sync_all());
    // Unlike renaming, linking never replaces a file.
    let linked = written.and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Barrier;

    use super::{prepare_data_folder, token_kept_in, token_key_in};

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
    fn who_starts_at_the_same_time_gets_the_same_token() {
        for _ in 0..32 {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("operator.token");
            let start = Barrier::new(8);
            let together = || {
                start.wait();
                token_kept_in(&file).unwrap()
            };
            let tokens: Vec<_> = std::thread::scope(|scope| {
                let started: Vec<_> = (0..8).map(|_| scope.spawn(together)).collect();
                started.into_iter().map(|started| started.join().unwrap()).collect()
            });
            let kept = token_kept_in(&file).unwrap();
            assert!(tokens.iter().all(|token| *token == kept), "{tokens:?}");
            assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "no draft is left");
        }
    }

    /// A file with this text and mode.
    fn kept(text: &str, mode: u32) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("operator.token");
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        token_kept_in(&file).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_key_of_tokens_is_told_from_what_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokens.key");
        let missing = token_key_in(&file).unwrap_err().to_string();
        assert!(missing.contains("openssl rand -hex 32"), "{missing}");
        for (text, mode, problem) in [
            ("5".repeat(64) + "\n", 0o600, ""),
            ("5".repeat(64), 0o400, ""),
            ("5".repeat(64), 0o640, "mode 640"),
            ("5".repeat(63), 0o600, "64 hexadecimal digits"),
            ("no key".to_owned(), 0o600, "64 hexadecimal digits"),
        ] {
            let _ = std::fs::remove_file(&file);
            std::fs::write(&file, &text).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            let told = token_key_in(&file).err().map(|refused| refused.to_string());
            let told = told.unwrap_or_default();
            assert_eq!(told.is_empty(), problem.is_empty(), "{told}");
            assert!(told.contains(problem) && !told.contains(text.trim()), "{told}");
        }
    }

    const STRONG: &str = "0123456789abcdefghijklmn";

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        for mode in [0o640, 0o604, 0o620, 0o644, 0o601] {
            let sentence = kept(STRONG, mode).unwrap_err();
            assert!(sentence.contains(&format!("mode {mode:o}")), "{sentence}");
            assert!(sentence.contains("`chmod 600 /"), "{sentence}");
            assert!(!sentence.contains(STRONG), "{sentence}");
        }
        for mode in [0o600, 0o400] {
            assert_eq!(kept(STRONG, mode).unwrap(), STRONG);
        }
    }

    #[test]
    fn a_token_that_can_be_guessed_is_refused() {
        assert_eq!(kept(&format!("{STRONG}\n"), 0o600).unwrap(), STRONG);
        for text in ["", "\n", "secret", &STRONG[1..], &format!("  {}  \n", &STRONG[1..])] {
            let sentence = kept(text, 0o600).unwrap_err();
            assert!(sentence.contains("fewer than 24 characters"), "{sentence}");
            assert!(sentence.contains("delete it"), "{sentence}");
        }
    }
}
