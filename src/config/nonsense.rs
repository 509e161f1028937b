//! What is wrong with the configuration, as one sentence: key, value, source and remedy.
//!
//! Must never show a secret.

use std::path::Path;

use config::{ConfigError, ValueKind};

use super::layer::Layer;
use super::listing::{self, Listing};

/// The start stops here, with this sentence.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Nonsense(String);

impl Nonsense {
    /// Something set can't be used.
    pub fn new(key: &str, value: &str, origin: &str, problem: &str) -> Self {
        Self(format!("{key} = {value}, set by {origin}, {problem}."))
    }

    /// A file that was named isn't there.
    pub fn missing(path: &Path, error: &std::io::Error) -> Self {
        let path = path.display();
        Self(format!(
            "The configuration file {path} can't be read ({error}): name another one with --config or PROVOST_CONFIG."
        ))
    }

    /// A file isn't TOML.
    pub fn unreadable(origin: &str, error: &ConfigError) -> Self {
        let first_line = error.to_string().replace('\n', " ");
        Self(format!("The configuration in {origin} is not TOML: {}.", first_line.trim_end()))
    }
}

/// Stops at the first setting that doesn't exist.
pub fn refuse_unknown(layer: &Layer, defaults: &Layer) -> Result<(), Nonsense> {
    let known = defaults.leaves();
    for (key, value) in layer.leaves() {
        if key.starts_with("http.hosts.") || known.iter().any(|(name, _)| *name == key) {
            continue;
        }
        let section = key.rsplit_once('.').map_or("", |(section, _)| section);
        let names = names_in(section, &known);
        let (origin, value) = (listing::origin(&value), listing::shown(&key, &value));
        return Err(Nonsense::new(
            &key,
            &value,
            &origin,
            &format!("is not a setting: {names}; `provost config` shows them all"),
        ));
    }
    Ok(())
}

fn names_in(section: &str, known: &[(String, config::Value)]) -> String {
    let in_section = |name: &str| match name.rsplit_once('.') {
        Some((found, setting)) if found == section => Some(setting.to_owned()),
        None if section.is_empty() => Some(name.to_owned()),
        _ => None,
    };
    let mut names: Vec<String> = known.iter().filter_map(|(name, _)| in_section(name)).collect();
    names.sort();
    if section.is_empty() {
        return format!("outside of sections there is {}", names.join(", "));
    }
    if names.is_empty() {
        return format!("there is no section [{section}]");
    }
    format!("[{section}] has {}", names.join(", "))
}

/// Turns what serde found into the sentence.
pub fn about(error: &ConfigError, listing: &Listing, defaults: &Layer) -> Nonsense {
    match error {
        ConfigError::At { error, key: Some(key), .. } => match error.as_ref() {
            ConfigError::Message(problem) => listing.nonsense(key, problem),
            _ => wrong_type(key, listing, defaults),
        },
        ConfigError::Type { key: Some(key), .. } => wrong_type(key, listing, defaults),
        other => Nonsense(format!("The configuration can't be read: {other}.")),
    }
}

fn wrong_type(key: &str, listing: &Listing, defaults: &Layer) -> Nonsense {
    let default = defaults.leaves().into_iter().find(|(name, _)| name == key);
    let kind = match default.map(|(_, value)| value.kind) {
        Some(ValueKind::I64(_)) => "is not a whole number from 0 up",
        Some(ValueKind::Float(_)) => "is not a number",
        Some(ValueKind::String(_)) => "is not a text",
        _ => "has the wrong type",
    };
    let problem = format!(
        "{kind}: look at its entry in the defaults, which `provost config --defaults` prints"
    );
    listing.nonsense(key, &problem)
}
