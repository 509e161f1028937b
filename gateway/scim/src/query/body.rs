//! The body of a search (RFC 7644 section 3.4.3), read as tolerantly as a query.

use super::{FilterText, Parameters, Query, added};
use crate::error::{ScimError, ScimType};
use crate::input;
use crate::json::Json;

impl Query {
    /// Reads the body of a search. Members that mean nothing here are passed over.
    pub fn read_body(body: &[u8]) -> Result<Self, ScimError> {
        let mut asked = Parameters::default();
        let mut count = Ok(String::new());
        for (name, value) in input::object(body)? {
            if matches!(value, Json::Null) {
                continue;
            }
            match name.to_ascii_lowercase().as_str() {
                "filter" => {
                    let text = single("filter", value, "\"title pr\"")?;
                    let is_given = !text.trim().is_empty();
                    asked.filter = is_given.then_some(FilterText { text, again: None });
                }
                "sortby" => asked.sort_by = single("sortBy", value, "\"displayName\"")?,
                "sortorder" => asked.sort_order = single("sortOrder", value, "\"descending\"")?,
                "startindex" => asked.start_index = single("startIndex", value, "1")?,
                "count" => count = single("count", value, "100"),
                "cursor" => {
                    // There is a word for a cursor that is none (RFC 9865 section 2.1).
                    let cursor = single("cursor", value, "\"\"");
                    let cursor = cursor.map_err(|error| error.with_type(ScimType::InvalidCursor));
                    asked.cursor = Some(cursor?);
                }
                "attributes" => {
                    asked.attributes = Some(added(asked.attributes, names("attributes", value)?));
                }
                "excludedattributes" => {
                    let more = names("excludedAttributes", value)?;
                    asked.excluded = Some(added(asked.excluded, more));
                }
                _ => {}
            }
        }
        asked.count = count.map_err(|error| asked.of_count(error))?;
        asked.read()
    }
}

/// How names of attributes are written.
const NAMES: &str = "[\"displayName\", \"externalId\"]";

/// A text, or a number as a text.
fn single(name: &str, value: Json<'_>, example: &str) -> Result<String, ScimError> {
    match value {
        Json::Text(text) => Ok(text.into_owned()),
        Json::Number(number) => Ok(number.to_string()),
        Json::Null | Json::Boolean(_) | Json::Array(_) | Json::Object(_) => {
            Err(wrong(name, "is neither a text nor a number", example))
        }
    }
}

/// Names of attributes: a list of them, or a text with commas as in a query.
fn names(name: &str, value: Json<'_>) -> Result<String, ScimError> {
    let Json::Array(names) = value else { return single(name, value, NAMES) };
    let names = names.into_iter().map(|one| match one {
        Json::Text(text) => Ok(text.into_owned()),
        _ => Err(wrong(name, "is no list of names", NAMES)),
    });
    Ok(names.collect::<Result<Vec<_>, _>>()?.join(","))
}

fn wrong(name: &str, problem: &str, example: &str) -> ScimError {
    let detail =
        format!("The member {name} of the search {problem}. Write it like \"{name}\": {example}.");
    ScimError::bad_request(ScimType::InvalidValue, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::user;

    /// The example of RFC 7644 section 3.4.3 says the same as its query.
    #[test]
    fn a_body_says_what_a_query_says() {
        let body = br#"{
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "attributes": ["displayName", "userName"],
            "filter": "displayName sw \"smith\"",
            "startIndex": 1,
            "count": 10
        }"#;
        let query = "attributes=displayName,userName&filter=displayName%20sw%20%22smith%22&startIndex=1&count=10";
        assert_eq!(Query::read_body(body).unwrap(), Query::read(query).unwrap());
    }

    #[test]
    fn bodies_are_read_tolerantly() {
        for (body, query) in [
            ("{}", ""),
            (r#"{"FILTER": "", "count": null, "cursor": null, "x": {}}"#, ""),
            (r#"{"Count": "7", "STARTINDEX": "3"}"#, "count=7&startIndex=3"),
            (r#"{"cursor": "", "excludedAttributes": "a,b"}"#, "cursor&excludedAttributes=a,b"),
            (
                r#"{"sortBy": "title", "sortOrder": "DESCENDING"}"#,
                "sortBy=title&sortOrder=descending",
            ),
        ] {
            let read = Query::read_body(body.as_bytes()).unwrap();
            assert_eq!(read, Query::read(query).unwrap(), "{body}");
        }
    }

    /// What stands in a body is meant as it stands there.
    #[test]
    fn a_filter_in_a_body_is_encoded_once() {
        let body = br#"{"filter": "userName eq \"jo%40example.com\""}"#;
        let filter = Query::read_body(body).unwrap().filter.unwrap();
        let reading = filter.read(user()).unwrap();
        assert_eq!(reading.filter.to_string(), "userName eq \"jo%40example.com\"");
        assert_eq!(reading.alternative, None);
    }

    #[test]
    fn what_is_no_search_is_refused() {
        for (body, keyword) in [
            ("", ScimType::InvalidSyntax),
            ("[]", ScimType::InvalidSyntax),
            (r#"{"filter": true}"#, ScimType::InvalidValue),
            (r#"{"count": "ten"}"#, ScimType::InvalidValue),
            (r#"{"count": [1]}"#, ScimType::InvalidValue),
            (r#"{"cursor": "", "count": "ten"}"#, ScimType::InvalidCount),
            (r#"{"cursor": ["x"]}"#, ScimType::InvalidCursor),
            (r#"{"cursor": "", "count": [1]}"#, ScimType::InvalidCount),
            (r#"{"cursor": "", "startIndex": 1}"#, ScimType::InvalidValue),
            (r#"{"attributes": [1]}"#, ScimType::InvalidValue),
            (r#"{"attributes": ["a"], "excludedAttributes": ["b"]}"#, ScimType::InvalidValue),
            (r#"{"sortOrder": "up", "sortBy": "title"}"#, ScimType::InvalidValue),
        ] {
            let error = Query::read_body(body.as_bytes()).unwrap_err();
            assert_eq!((error.status, error.scim_type), (400, Some(keyword)), "{body}");
        }
    }
}
