//! The files as values. Owns their format: a member that nobody knows makes the file unreadable,
//! so that no requirement is passed over. Must never know how a step is sent or judged.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use serde_json_path::JsonPath;

/// A file: its path below the folder that was read, without the ending, and its steps or the
/// sentence that says why it can't be read.
pub struct Conversation {
    pub name: String,
    pub steps: Result<Vec<Step>, String>,
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
    pub capture: BTreeMap<String, JsonPath>,
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
    pub groups: Vec<GivenGroup>,
    #[serde(default)]
    pub settings: GivenSettings,
    /// An Admin who stays in charge, beside the users.
    #[serde(default)]
    pub owner: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GivenUser {
    pub user_name: Option<String>,
    pub name: Option<GivenName>,
    pub external_id: Option<String>,
    /// One primary work address; without it and without `emails`, the user name is the address.
    pub email: Option<String>,
    pub emails: Option<Vec<GivenEmail>>,
    #[serde(default = "yes")]
    pub active: bool,
    pub role: Option<GivenRole>,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenEmail {
    pub value: String,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    #[serde(default)]
    pub primary: bool,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
pub enum GivenRole {
    Registered,
    Moderator,
    Admin,
}

/// A group to start from. Read, so that a file with one is not malformed; not served yet.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GivenGroup {
    pub display_name: String,
    #[serde(rename = "externalId")]
    _external_id: Option<String>,
    #[serde(default, rename = "members")]
    _members: Vec<String>,
    #[serde(rename = "as")]
    _placeholder: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GivenSettings {
    pub scim_enabled: Option<bool>,
    pub allow_moderator_promotion: Option<bool>,
    pub allow_admin_promotion: Option<bool>,
    pub create_users: Option<bool>,
    pub delete_users: Option<bool>,
    /// Says more than `deleteUsers`, and wins.
    pub deletion: Option<GivenDeletion>,
    pub refusals: Option<GivenRefusals>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub enum GivenDeletion {
    Refuse,
    Deactivate,
    Delete,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub enum GivenRefusals {
    Notice,
    Reject,
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
    pub path: Option<JsonPath>,
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

/// The conversations of a folder and of the folders in it, in the order of their names.
pub fn read_folder(folder: &Path) -> Vec<Conversation> {
    let mut conversations = Vec::new();
    collect(folder, "", &mut conversations);
    assert!(!conversations.is_empty(), "no conversation in {}", folder.display());
    conversations.sort_by(|one, other| one.name.cmp(&other.name));
    conversations
}

fn collect(folder: &Path, prefix: &str, conversations: &mut Vec<Conversation>) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => panic!("{}: {error}", folder.display()),
    };
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = format!("{prefix}{}", path.file_stem().unwrap().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), conversations);
        } else if path.extension().is_some_and(|kind| kind == "json") {
            let steps = read(&fs::read_to_string(&path).unwrap());
            conversations.push(Conversation { name, steps });
        }
    }
}

fn read(text: &str) -> Result<Vec<Step>, String> {
    serde_json::from_str(text).map_err(|error| format!("can't be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::read;

    fn step(given: &str) -> String {
        format!(
            r#"[{{"name": "n", "given": {given}, "method": "GET", "path": "/Users", "body": null,
                "expect": {{"status": [200]}}, "basis": "harness", "source": "harness"}}]"#
        )
    }

    #[test]
    fn every_member_of_a_fixture_is_known() {
        let everything = r#"{
            "users": [{"userName": "a", "externalId": "e", "emails": [], "title": "t",
                "department": "d", "role": "Admin", "active": false, "as": "id",
                "name": {"givenName": "A", "familyName": "B"}}],
            "groups": [{"displayName": "g", "externalId": "x", "members": ["{{id}}"], "as": "groupId"}],
            "settings": {"scimEnabled": true, "allowModeratorPromotion": true,
                "allowAdminPromotion": true, "createUsers": true, "deleteUsers": true,
                "deletion": "deactivate", "refusals": "reject"},
            "owner": true
        }"#;
        let steps = read(&step(everything)).unwrap();
        let given = steps[0].given.as_ref().unwrap();
        assert!(given.owner && given.users[0].emails.as_ref().unwrap().is_empty());
    }

    #[test]
    fn an_unknown_member_is_said_and_stops_nobody() {
        let sentence = |given| read(&step(given)).err().unwrap();
        assert!(sentence(r#"{"users": [], "owners": true}"#).contains("`owners`"));
        assert!(sentence(r#"{"users": [{"userName": "a", "phone": "1"}]}"#).contains("`phone`"));
        assert!(sentence(r#"{"settings": {"deletion": "burn"}}"#).contains("`burn`"));
    }
}
