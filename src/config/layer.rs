//! One source of settings: a table of values, each stamped with where it came from.
//!
//! Owns reading and merging. Must never know what values mean.

use std::path::Path;

use config::{Config, File, FileFormat, Map, Source, Value, ValueKind};

use super::error::ConfigError;

/// The prefix of variables that set something.
const PREFIX: &str = "PROVOST_";
/// Variables with the prefix that are no settings: one names the file, one belongs to the
/// operator commands, one to the doctor, one to the tests.
const NO_SETTINGS: [&str; 4] =
    ["PROVOST_CONFIG", "PROVOST_OPERATOR_TOKEN", "PROVOST_SCIM_TOKEN", "PROVOST_CONVERSATIONS"];
/// The prefix of variables that steer tests.
const TEST_PREFIX: &str = "PROVOST_TEST_";

/// A setting given by a flag.
#[derive(Debug, Clone)]
pub struct Flag {
    /// The flag: `--http-listen`.
    pub name: &'static str,
    /// What it sets: `http.listen`.
    pub key: &'static str,
    /// To which value.
    pub value: String,
}

/// One source of settings.
#[derive(Debug, Clone)]
pub struct Layer(Map<String, Value>);

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, config::ConfigError> {
        Ok(self.0.clone())
    }
}

impl Layer {
    /// Settings written as TOML.
    pub fn toml(text: &str, origin: &str) -> Result<Self, ConfigError> {
        let read = File::from_str(text, FileFormat::Toml).collect();
        let values = read.map_err(|error| ConfigError::unreadable(origin, &error))?;
        let stamp = |(key, value)| (key, stamped(value, origin));
        Ok(Self(values.into_iter().map(stamp).collect()))
    }

    /// Settings of a TOML file.
    pub fn file(path: &Path) -> Result<Self, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| ConfigError::missing(path, &error))?;
        Self::toml(&text, &format!("the file {}", path.display()))
    }

    /// Settings of the environment: `PROVOST_HTTP__LISTEN` sets `http.listen`.
    pub fn variables(variables: &[(String, String)]) -> Self {
        let mut layer = Map::new();
        for (name, value) in variables {
            let Some(rest) = name.strip_prefix(PREFIX) else {
                continue;
            };
            if NO_SETTINGS.contains(&name.as_str()) || name.starts_with(TEST_PREFIX) {
                continue;
            }
            let key = rest.to_lowercase().replace("__", ".");
            let origin = format!("the variable {name}");
            layer.insert(key, Value::new(Some(&origin), value.as_str()));
        }
        Self(layer)
    }

    /// Settings given by flags.
    pub fn flags(flags: &[Flag]) -> Self {
        let entry = |flag: &Flag| {
            let origin = format!("the flag {}", flag.name);
            (flag.key.to_owned(), Value::new(Some(&origin), flag.value.as_str()))
        };
        Self(flags.iter().map(entry).collect())
    }

    /// All settings with their full names.
    pub fn leaves(&self) -> Vec<(String, Value)> {
        let mut leaves = Vec::new();
        for (key, value) in &self.0 {
            collect_leaves(key, value, &mut leaves);
        }
        leaves
    }
}

/// All layers as one, later ones over earlier ones.
pub fn merge(layers: Vec<Layer>) -> Result<Config, config::ConfigError> {
    let mut builder = Config::builder();
    for layer in layers {
        builder = builder.add_source(layer);
    }
    builder.build()
}

fn stamped(value: Value, origin: &str) -> Value {
    let origin = origin.to_owned();
    match value.kind {
        ValueKind::Table(table) => {
            let stamp = |(key, value)| (key, stamped(value, &origin));
            let table: Map<String, Value> = table.into_iter().map(stamp).collect();
            Value::new(Some(&origin), table)
        }
        kind => Value::new(Some(&origin), kind),
    }
}

fn collect_leaves(key: &str, value: &Value, leaves: &mut Vec<(String, Value)>) {
    match &value.kind {
        ValueKind::Table(table) => {
            for (name, value) in table {
                collect_leaves(&format!("{key}.{name}"), value, leaves);
            }
        }
        _ => leaves.push((key.to_owned(), value.clone())),
    }
}
