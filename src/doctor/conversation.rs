//! Conversations as values: what an identity provider sends step by step, and what it needs as answers.
//!
//! Owns the format of `tests/conversations`, whose README explains it: a member that nobody knows makes a
//! file unreadable, so that no requirement is passed over. Must never know how a step is sent or judged.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use serde_json_path::JsonPath;

/// A request, and what is needed as its answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// What it stands for.
    pub name: String,
    /// The site that it and those behind it start from.
    pub given: Option<Given>,
    /// The method of HTTP.
    pub method: String,
    /// The path below the base URL, with placeholders.
    pub path: String,
    /// The decoded parameters.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// The exact bytes behind the question mark, which go before the parameters.
    pub raw_query: Option<String>,
    /// The header lines; null for one that is not to be sent.
    #[serde(default)]
    pub headers: BTreeMap<String, Option<String>>,
    /// Kept as text: what is sent is what the file says, to the byte.
    pub body: Option<Box<RawValue>>,
    /// What is needed.
    pub expect: Expect,
    /// What later steps refer to, by placeholder.
    #[serde(default)]
    pub capture: BTreeMap<String, JsonPath>,
    #[serde(rename = "basis")]
    _basis: String,
    source: Value,
    #[serde(default, rename = "note")]
    _note: String,
}

/// A fixture: users and settings to start from.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// Who is there.
    #[serde(default)]
    pub users: Vec<GivenUser>,
    /// Which groups are there.
    #[serde(default)]
    pub groups: Vec<GivenGroup>,
    /// What SCIM may do.
    #[serde(default)]
    pub settings: GivenSettings,
    /// An Admin who stays in charge, beside the users.
    #[serde(default)]
    pub owner: bool,
}

/// A user of a fixture.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GivenUser {
    /// The user name.
    pub user_name: Option<String>,
    /// The names of the person.
    pub name: Option<GivenName>,
    /// What the provider calls the user.
    pub external_id: Option<String>,
    /// One primary work address; without it and without `emails`, the user name is the address.
    pub email: Option<String>,
    /// All addresses.
    pub emails: Option<Vec<GivenEmail>>,
    /// What the directory says.
    #[serde(default = "yes")]
    pub active: bool,
    /// The word of the role.
    pub role: Option<GivenRole>,
    /// The title.
    pub title: Option<String>,
    /// The department.
    pub department: Option<String>,
    /// The placeholder that receives the id.
    #[serde(rename = "as")]
    pub placeholder: Option<String>,
    /// How many users are made of the pattern.
    pub generate: Option<usize>,
    /// A user name for each of them.
    pub user_name_pattern: Option<String>,
}

/// The names of a person in a fixture.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GivenName {
    /// The given name.
    pub given_name: String,
    /// The family name.
    pub family_name: String,
}

/// An address of a user in a fixture.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenEmail {
    /// The address.
    pub value: String,
    /// Its kind: `work`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Whether it is the one that counts.
    #[serde(default)]
    pub primary: bool,
}

/// The word of a role in a fixture.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
pub enum GivenRole {
    /// Everybody.
    Registered,
    /// More.
    Moderator,
    /// All.
    Admin,
}

/// A group to start from.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GivenGroup {
    /// Its name.
    pub display_name: String,
    /// What the provider calls it.
    pub external_id: Option<String>,
    /// The placeholders of the users in it.
    #[serde(default)]
    pub members: Vec<String>,
    /// The placeholder that receives its id.
    #[serde(rename = "as")]
    pub placeholder: Option<String>,
}

/// What SCIM may do in a fixture; what is not said stays as it is.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GivenSettings {
    /// Whether it is on.
    pub scim_enabled: Option<bool>,
    /// Whether it may make Moderators.
    pub allow_moderator_promotion: Option<bool>,
    /// Whether it may make Admins.
    pub allow_admin_promotion: Option<bool>,
    /// Whether it may create users.
    pub create_users: Option<bool>,
    /// Whether it may delete users.
    pub delete_users: Option<bool>,
    /// Says more than `deleteUsers`, and wins.
    pub deletion: Option<GivenDeletion>,
    /// How a refusal is answered.
    pub refusals: Option<GivenRefusals>,
    /// What a POST of a user does who is there.
    pub known_users: Option<GivenKnownUsers>,
    /// How the requests of the connection are read.
    pub dialect: Option<GivenDialect>,
}

/// How the requests of the connection are read in a fixture.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub enum GivenDialect {
    /// As its provider writes them.
    Auto,
    /// As published, and nothing else.
    Strict,
}

/// What a POST of a user does in a fixture who is there.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub enum GivenKnownUsers {
    /// Nothing; it is refused.
    Refuse,
    /// It becomes a change of that user.
    Link,
}

/// What a DELETE does in a fixture.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub enum GivenDeletion {
    /// Nothing; it is refused.
    Refuse,
    /// It deactivates.
    Deactivate,
    /// It deletes.
    Delete,
}

/// How a refusal is answered in a fixture.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub enum GivenRefusals {
    /// By a notice.
    Notice,
    /// By an error.
    Reject,
}

/// What is needed as an answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Any of these.
    pub status: Vec<u16>,
    /// All of these.
    #[serde(default)]
    pub assertions: Vec<Assertion>,
}

/// One requirement on an answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    /// The requirement in words.
    pub say: String,
    /// Where in the body.
    pub path: Option<JsonPath>,
    /// Which header, where it is not about the body.
    pub header: Option<String>,
    /// How it is compared.
    pub op: Op,
    /// What with.
    #[serde(default)]
    pub value: Value,
    /// Who misses it.
    pub strength: Strength,
}

/// A comparison: the table of operations in the conversations' README.
#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the README of the conversations says what each means")]
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

/// Who misses what is required.
#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// A provider breaks, or an RFC is broken.
    Must,
    /// Providers cope.
    Should,
    /// Rules of Provost say so.
    Product,
}

fn yes() -> bool {
    true
}

impl Step {
    /// A page that says that providers do this; none of a step between real requests.
    pub fn page(&self) -> Option<&str> {
        let sources = self.source.as_array().into_iter().flatten();
        sources.filter_map(Value::as_str).find(|source| source.starts_with("https://"))
    }
}

/// The steps of a file, or the sentence that says why it can't be read.
pub fn read(text: &str) -> Result<Vec<Step>, String> {
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
                "deletion": "deactivate", "refusals": "reject", "dialect": "strict"},
            "owner": true
        }"#;
        let steps = read(&step(everything)).unwrap();
        let given = steps[0].given.as_ref().unwrap();
        assert!(given.owner && given.users[0].emails.as_ref().unwrap().is_empty());
        assert_eq!(steps[0].page(), None);
    }

    #[test]
    fn an_unknown_member_is_said_and_stops_nobody() {
        let sentence = |given| read(&step(given)).err().unwrap();
        assert!(sentence(r#"{"users": [], "owners": true}"#).contains("`owners`"));
        assert!(sentence(r#"{"users": [{"userName": "a", "phone": "1"}]}"#).contains("`phone`"));
        assert!(sentence(r#"{"settings": {"deletion": "burn"}}"#).contains("`burn`"));
    }
}
