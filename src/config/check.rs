//! Finding what is wrong: settings that don't exist, and values that can't be used.
//!
//! Must never show a secret.

use config::ValueKind;

use super::error::ConfigError;
use super::layer::Layer;
use super::listing::{self, SettingsListing};

/// The sentence about one setting that can't be used. A table is wrong as a whole, or one of its
/// entries is.
pub fn about_setting(listing: &SettingsListing, key: &str, problem: &str) -> ConfigError {
    match listing.find(key) {
        Some(setting) => ConfigError::new(&setting.key, &setting.value, &setting.source, problem),
        None => ConfigError::new(key, "(nothing)", "nobody", problem),
    }
}

/// Stops at the first setting that doesn't exist.
pub fn refuse_unknown(layer: &Layer, defaults: &Layer) -> Result<(), ConfigError> {
    let known = defaults.leaves();
    for (key, value) in layer.leaves() {
        if key.starts_with("http.hosts.") || known.iter().any(|(name, _)| *name == key) {
            continue;
        }
        let origin = listing::origin(&value);
        let problem = match meant(&key, &known) {
            Some(meant) => format!("is not a setting: write {}", spelled(meant, &origin)),
            None => format!("is not a setting: {}", alternatives(&key, &known)),
        };
        return Err(ConfigError::new(&key, &listing::shown(&key, &value), &origin, &problem));
    }
    Ok(())
}

/// The setting that has the same words, joined in another way.
fn meant<'k>(key: &str, known: &'k [(String, config::Value)]) -> Option<&'k str> {
    let words = |name: &str| name.replace(['.', '-'], "_");
    known.iter().map(|(name, _)| name.as_str()).find(|name| words(name) == words(key))
}

fn spelled(key: &str, origin: &str) -> String {
    if origin.starts_with("the variable") {
        let name = key.replace('.', "__").to_uppercase();
        return format!("PROVOST_{name}, with two underscores behind the name of a section");
    }
    match key.split_once('.') {
        Some((section, name)) => format!("{name} below [{section}]"),
        None => format!("{key} above all sections"),
    }
}

fn alternatives(key: &str, known: &[(String, config::Value)]) -> String {
    let section = key.rsplit_once('.').map_or("", |(section, _)| section);
    format!("{}; `provost config` shows them all", names_in(section, known))
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
pub fn of_serde(
    error: &config::ConfigError,
    listing: &SettingsListing,
    defaults: &Layer,
) -> ConfigError {
    match error {
        config::ConfigError::At { error, key: Some(key), .. } => match error.as_ref() {
            config::ConfigError::Message(problem) => about_setting(listing, key, problem),
            _ => wrong_type(key, listing, defaults),
        },
        config::ConfigError::Type { key: Some(key), .. } => wrong_type(key, listing, defaults),
        other => ConfigError::unexpected(other),
    }
}

fn wrong_type(key: &str, listing: &SettingsListing, defaults: &Layer) -> ConfigError {
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
    about_setting(listing, key, &problem)
}
