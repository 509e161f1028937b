//! Whatever is let through is decoded by the core, and what is not has its error.

use crate::translate::{Vocabulary, changes, check_changes, check_filter, filter};
use proptest::prelude::*;
use prost::Message as _;
use provost_proto::v1;
use provost_scim::{ScimFilter, ScimType, patch, user};

/// What stands before and behind a nested filter.
const AROUND: [(&str, &str); 6] = [
    ("(", ")"),
    ("not (", ")"),
    ("title pr and (", ")"),
    ("title pr and not (", ")"),
    ("title pr or (id pr and not (", "))"),
    ("(name pr) or (", ")"),
];
/// The same for elements.
const AROUND_ELEMENTS: [(&str, &str); 4] = [
    ("(", ")"),
    ("not (", ")"),
    ("type pr and not (", ")"),
    ("type pr or (display pr and (", "))"),
];

fn nested(around: &[(&str, &str)], ways: &[usize], innermost: &str) -> String {
    ways.iter().fold(innermost.to_owned(), |filter, way| {
        let (before, behind) = around[way % around.len()];
        format!("{before}{filter}{behind}")
    })
}

/// Whether a filter is let through; then it is decoded as it was sent.
fn filter_is_let_through(text: &str) -> Result<bool, TestCaseError> {
    let Ok(parsed) = ScimFilter::parse(user(), text) else { return Ok(false) };
    let filter = filter(Vocabulary::user(), &parsed);
    if let Err(error) = check_filter(&filter) {
        prop_assert_eq!(error.scim_type, Some(ScimType::InvalidFilter));
        return Ok(false);
    }
    let request = v1::ListUsersRequest { filter: Some(filter), ..v1::ListUsersRequest::default() };
    let decoded = v1::ListUsersRequest::decode(&*request.encode_to_vec());
    prop_assert_eq!(decoded, Ok(request));
    Ok(true)
}

/// The same of the path of an operation.
fn path_is_let_through(path: &str) -> Result<bool, TestCaseError> {
    let body = serde_json::json!({
        "Operations": [{"op": "replace", "path": path, "value": "x"}],
    });
    let body = body.to_string();
    let Ok(edits) = patch::read(user(), body.as_bytes()) else { return Ok(false) };
    let changes = changes(Vocabulary::user(), edits);
    if let Err(error) = check_changes(&changes) {
        prop_assert_eq!(error.scim_type, Some(ScimType::InvalidFilter));
        return Ok(false);
    }
    let request = v1::ChangeUserRequest { changes, ..v1::ChangeUserRequest::default() };
    let decoded = v1::ChangeUserRequest::decode(&*request.encode_to_vec());
    prop_assert_eq!(decoded, Ok(request));
    Ok(true)
}

proptest! {
    #[test]
    fn what_is_let_through_is_decoded(
        ways in prop::collection::vec(0_usize..60, 0..60),
        at in prop::sample::select(vec!["meta.created gt \"1970-01-01T00:00:01Z\"", "title pr"]),
    ) {
        filter_is_let_through(&nested(&AROUND, &ways, at))?;
        let element = nested(&AROUND_ELEMENTS, &ways, "value eq \"x\"");
        filter_is_let_through(&format!("emails[{element}]"))?;
        path_is_let_through(&format!("emails[{element}].value"))?;
    }
}

#[test]
fn there_is_a_depth_that_is_let_through_and_one_that_is_not() {
    for way in 0..AROUND.len() {
        let deep = |depth: usize| nested(&AROUND, &vec![way; depth], "title pr");
        assert!(filter_is_let_through(&deep(10)).unwrap(), "{way}");
        assert!(!filter_is_let_through(&deep(40)).unwrap(), "{way}");
    }
    for way in 0..AROUND_ELEMENTS.len() {
        let deep = |depth: usize| {
            let element = nested(&AROUND_ELEMENTS, &vec![way; depth], "value pr");
            format!("emails[{element}].value")
        };
        assert!(path_is_let_through(&deep(10)).unwrap(), "{way}");
        assert!(!path_is_let_through(&deep(40)).unwrap(), "{way}");
    }
}
