//! What is in force, setting by setting, with its source: for people, and for the sentences
//! about wrong settings.

use std::collections::BTreeMap;
use std::path::PathBuf;

use config::{Value, ValueKind};
use serde::Serialize;

use super::layer::Layer;
use super::masked::masked;

/// The source of what nobody has set.
pub(super) const DEFAULTS: &str = "default";

/// All settings in force.
#[derive(Debug)]
pub struct SettingsListing {
    settings: BTreeMap<String, Setting>,
    /// The file that was read.
    pub file: Option<PathBuf>,
}

/// One setting in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// `http.listen`
    pub key: String,
    /// As TOML, secrets masked.
    pub value: String,
    /// Where the value was set: `default`, `the file …`, `the variable …`, `the flag …`.
    pub source: String,
}

impl SettingsListing {
    pub(super) fn new(layers: &[Layer], file: Option<PathBuf>) -> Self {
        let mut settings = BTreeMap::new();
        for (key, value) in layers.iter().flat_map(Layer::leaves) {
            let setting =
                Setting { key: key.clone(), value: shown(&key, &value), source: origin(&value) };
            settings.insert(key, setting);
        }
        Self { settings, file }
    }

    /// The setting of this name; for a table, the first of its entries.
    pub(super) fn find(&self, key: &str) -> Option<&Setting> {
        let inside =
            || self.settings.values().find(|setting| setting.key.starts_with(&format!("{key}.")));
        self.settings.get(key).or_else(inside)
    }

    /// Whether anybody has set it, be it to what it is anyway.
    pub(super) fn is_set(&self, key: &str) -> bool {
        self.find(key).is_some_and(|setting| setting.source != DEFAULTS)
    }

    /// The settings in the order of their names.
    pub fn settings(&self) -> impl Iterator<Item = &Setting> {
        self.settings.values()
    }
}

pub(super) fn origin(value: &Value) -> String {
    value.origin().unwrap_or(DEFAULTS).to_owned()
}

/// The value as TOML would write it.
pub(super) fn shown(key: &str, value: &Value) -> String {
    match &value.kind {
        // A name that is no setting might be a misspelt one, so its value may be a secret.
        ValueKind::String(_) if names_a_secret(key) => "\"***\"".to_owned(),
        ValueKind::String(text) => format!("\"{}\"", masked(text)),
        _ => value.to_string(),
    }
}

fn names_a_secret(key: &str) -> bool {
    ["token", "password", "secret"].iter().any(|word| key.contains(word))
}
