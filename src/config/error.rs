//! What is wrong with the configuration, as one sentence: key, value, source and remedy.
//!
//! Must never know how settings are read.

use std::path::Path;

/// The sentence with which a start stops.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    /// Something set can't be used.
    pub fn new(key: &str, value: &str, origin: &str, problem: &str) -> Self {
        Self(format!("{key} = {value}, set by {origin}, {problem}."))
    }

    /// What serde says that is about no one setting.
    pub(super) fn unexpected(error: &impl std::fmt::Display) -> Self {
        Self(format!("The configuration can't be read: {error}."))
    }

    /// A file that was named isn't there.
    pub fn missing(path: &Path, error: &std::io::Error) -> Self {
        let path = path.display();
        Self(format!(
            "The configuration file {path} can't be read ({error}): name another one with --config or PROVOST_CONFIG."
        ))
    }

    /// A file isn't TOML. The parser's own lines follow, in which a mark stands below what is wrong.
    pub fn unreadable(origin: &str, error: &impl std::fmt::Display) -> Self {
        let lines = error.to_string();
        Self(format!("The configuration in {origin} is not TOML:\n{}", lines.trim_end()))
    }
}
