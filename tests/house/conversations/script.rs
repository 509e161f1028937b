//! The files as values. Owns their format; a member that nobody knows stops the test, so that no
//! requirement is passed over.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

pub struct Conversation {
    pub name: String,
    pub steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    pub name: String,
    pub given: Option<Given>,
    pub method: String,
    pub path: String,
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    pub raw_query: Option<String>,
    #[serde(default)]
    pub headers: BTreeMap<String, Option<String>>,
    /// Kept as text: what is sent is what the file says, to the byte.
    pub body: Option<Box<RawValue>>,
    pub expect: Expect,
    #[serde(default)]
    pub capture: BTreeMap<String, String>,
    #[serde(rename = "basis")]
    _basis: String,
    #[serde(rename = "source")]
    _source: Value,
    #[serde(default, rename = "note")]
    _note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    #[serde(default)]
    pub users: Vec<GivenUser>,
    #[serde(default)]
    pub settings: GivenSettings,
    /// Not served yet: nothing can be set up.
    #[serde(default, rename = "groups")]
    _groups: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GivenUser {
    pub user_name: Option<String>,
    pub name: Option<GivenName>,
    pub email: Option<String>,
    #[serde(default = "yes")]
    pub active: bool,
    pub role: Option<String>,
    pub title: Option<String>,
    pub department: Option<String>,
    #[serde(rename = "as")]
    pub placeholder: Option<String>,
    pub generate: Option<usize>,
    pub user_name_pattern: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GivenName {
    pub given_name: String,
    pub family_name: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GivenSettings {
    pub scim_enabled: Option<bool>,
    pub allow_moderator_promotion: Option<bool>,
    pub allow_admin_promotion: Option<bool>,
    pub create_users: Option<bool>,
    pub delete_users: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    pub status: Vec<u16>,
    #[serde(default)]
    pub assertions: Vec<Assertion>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    pub say: String,
    pub path: Option<String>,
    pub header: Option<String>,
    pub op: Op,
    #[serde(default)]
    pub value: Value,
    pub strength: Strength,
}

#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub enum Op {
    Equals,
    NotEquals,
    EqualsIgnoreCase,
    EqualsWhenBody,
    Exists,
    Absent,
    Type,
    Contains,
    ContainsValue,
    NotContainsValue,
    Length,
    MaxLength,
    DisjointFrom,
    Matches,
    StartsWith,
    MatchesWhenPresent,
    NoNulls,
}

#[derive(Deserialize, Clone, Copy, Debug)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    Must,
    Should,
    Product,
}

fn yes() -> bool {
    true
}

/// The conversations of a folder in the order of their names.
pub fn read_folder(folder: &Path) -> Vec<Conversation> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => panic!("{}: {error}", folder.display()),
    };
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "json"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no conversation in {}", folder.display());
    files.iter().map(|file| read(file)).collect()
}

fn read(file: &Path) -> Conversation {
    let text = fs::read_to_string(file).unwrap();
    let steps = match serde_json::from_str(&text) {
        Ok(steps) => steps,
        Err(error) => panic!("{}: {error}", file.display()),
    };
    Conversation { name: file.file_stem().unwrap().to_string_lossy().into_owned(), steps }
}
