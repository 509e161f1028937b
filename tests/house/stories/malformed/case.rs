//! One line of the table: what is sent, and what it is answered. Owns the format of the files; must never
//! know whether an answer is right.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::support::Site;
use crate::support::wire::Request;

/// A request, and its refusal.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Case {
    /// The file, and the name in it.
    #[serde(rename = "name")]
    pub place: String,
    method: String,
    path: String,
    /// Decoded parameters.
    #[serde(default)]
    query: BTreeMap<String, String>,
    /// The exact bytes behind the question mark.
    raw_query: Option<String>,
    /// Header lines in their order; null for one that is not sent.
    #[serde(default)]
    headers: Vec<(String, Option<String>)>,
    /// A body of JSON, as it is written in the file.
    body: Option<Box<RawValue>>,
    /// A body that is none.
    text: Option<String>,
    /// The same in hexadecimal, where it is no text.
    hex: Option<String>,
    status: u16,
    scim_type: Option<String>,
    detail: String,
}

impl Case {
    /// The request with its placeholders filled in, to a site.
    pub fn request(&self, site: &Site<'_>, placeholders: &BTreeMap<&str, String>) -> Request {
        let filled = |text: &str| filled(text, placeholders);
        let mut target = format!("{}{}", site.base, filled(&self.path));
        if let Some(query) = self.encoded_query(placeholders) {
            target.push('?');
            target.push_str(&query);
        }
        let body = match (&self.body, &self.text, &self.hex) {
            (Some(json), ..) => Some(filled(json.get()).into_bytes()),
            (None, Some(text), _) => Some(filled(text).into_bytes()),
            (None, None, Some(hex)) => Some(hex::decode(hex).unwrap()),
            (None, None, None) => None,
        };
        let says = |name: &str| self.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
        let mut headers = Vec::new();
        if !says("authorization") {
            headers.push(("Authorization".to_owned(), format!("Bearer {}", site.token)));
        }
        if body.is_some() && !says("content-type") {
            headers.push(("Content-Type".to_owned(), "application/scim+json".to_owned()));
        }
        let said = self.headers.iter();
        headers
            .extend(said.filter_map(|(name, value)| Some((name.clone(), filled(value.as_ref()?)))));
        Request { method: self.method.clone(), target, headers, body }
    }

    fn encoded_query(&self, placeholders: &BTreeMap<&str, String>) -> Option<String> {
        if let Some(raw) = &self.raw_query {
            return Some(filled(raw, placeholders));
        }
        let pairs = self.query.iter().map(|(name, value)| {
            let value = filled(value, placeholders);
            format!("{name}={}", utf8_percent_encode(&value, NON_ALPHANUMERIC))
        });
        let pairs: Vec<_> = pairs.collect();
        (!pairs.is_empty()).then(|| pairs.join("&"))
    }

    /// The file that it is in.
    pub fn file(&self) -> &str {
        self.place.split(':').next().unwrap_or_default()
    }

    /// Status and sentence, as they stand in the file.
    pub fn unfilled_answer(&self) -> (u16, &str) {
        (self.status, &self.detail)
    }

    /// Status, keyword and sentence.
    pub fn answer(&self, placeholders: &BTreeMap<&str, String>) -> (u16, Option<&str>, String) {
        (self.status, self.scim_type.as_deref(), filled(&self.detail, placeholders))
    }
}

fn filled(text: &str, placeholders: &BTreeMap<&str, String>) -> String {
    let mut parts = text.split("{{");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once("}}").filter(|(name, _)| is_a_name(name)) {
            Some((name, rest)) => {
                let value = placeholders.get(name);
                filled += value.unwrap_or_else(|| panic!("nothing is known of {{{{{name}}}}}"));
                filled += rest;
            }
            None => filled.extend(["{{", part]),
        }
    }
    filled
}

/// Other things may stand in two pairs of braces.
fn is_a_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The cases of all files of a folder, in the order of their names.
pub fn read_folder(folder: &Path) -> Vec<Case> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|kind| kind == "json")).collect();
    files.sort();
    let mut table = Vec::new();
    for path in files {
        let file = path.file_stem().unwrap().to_string_lossy();
        let text = fs::read_to_string(&path).unwrap();
        let cases: Vec<Case> =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        let placed = cases.into_iter().map(|case| {
            let place = format!("{file}: {}", case.place);
            Case { place, ..case }
        });
        table.extend(placed);
    }
    table
}

#[test]
fn a_placeholder_is_filled_in_or_known_to_be_none() {
    let known = BTreeMap::from([("id", "1".to_owned())]);
    for (text, expected) in [
        ("/Users/{{id}}", "/Users/1"),
        ("{{id}}{{id}}", "11"),
        (r#"{"a": {"b": {}}}{{"c"}}{{"#, r#"{"a": {"b": {}}}{{"c"}}{{"#),
    ] {
        assert_eq!(filled(text, &known), expected);
    }
}

#[test]
#[should_panic(expected = "nothing is known of {{user}}")]
fn a_placeholder_that_nobody_knows_is_a_mistake() {
    filled("/Users/{{user}}", &BTreeMap::new());
}
