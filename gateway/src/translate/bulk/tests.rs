//! Where references stand, and nowhere else.

use super::*;
use prost::Message as _;
use provost_scim::BulkRequest;

/// The write that one operation asks for.
fn write(method: BulkMethod, collection: Collection, data: &str) -> Result<BulkWrite, ScimError> {
    let method_name = method.as_str();
    let body = format!(
        r#"{{"Operations": [{{"method": "{method_name}", "path": "/x", "bulkId": "x", "data": {data}}}]}}"#
    );
    let mut request = BulkRequest::read(body.as_bytes())?;
    let data = request.operations.remove(0).asked.map_err(ScimError::from)?.data;
    let vocabulary = match collection {
        Collection::Users => Vocabulary::user(),
        Collection::Groups => Vocabulary::group(),
    };
    match (method, data) {
        (BulkMethod::Post, Some(data)) => BulkWrite::creation(collection, vocabulary, data),
        (_, data) => {
            BulkWrite::change((collection, "7".to_owned()), method, vocabulary, data, Vec::new())
        }
    }
}

/// What a write refers to, and the write with ids in the place of that, as it is sent: texts stand in it as they are,
/// each behind its length.
fn filled(method: BulkMethod, collection: Collection, data: &str) -> (Vec<String>, String) {
    let mut write =
        write(method, collection, data).unwrap_or_else(|error| panic!("{data}: {}", error.detail));
    let names = write.references().into_iter().collect();
    write.fill_in(&|name| Some(format!("id-of-{name}")));
    assert!(write.references().is_empty(), "{data}");
    (names, String::from_utf8_lossy(&write.into_message().encode_to_vec()).into_owned())
}

const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

#[test]
fn managers_are_referred_to_by_id_and_by_url() {
    use BulkMethod::{Patch, Post, Put};
    let whole =
        |manager: &str| format!(r#"{{"userName": "jo", "{MANAGER}": {{"manager": {manager}}}}}"#);
    let patched = |path: &str, value: &str| {
        let path = format!("{MANAGER}:{path}");
        format!(r#"{{"Operations": [{{"op": "replace", "path": "{path}", "value": {value}}}]}}"#)
    };
    let by_url = r#"{"value": "1", "$ref": "https://x/Users/bulkId:a"}"#;
    for (method, data, told) in [
        (Post, whole(r#"{"value": "bulkId:a"}"#), "id-of-a"),
        (Post, whole(r#""bulkId:a""#), "id-of-a"),
        (Put, whole(r#"{"managerId": "BULKID:a"}"#), "id-of-a"),
        (Post, whole(by_url), "https://x/Users/id-of-a"),
        (Put, whole(r#"{"$ref": "bulkId:a"}"#), "../Users/id-of-a"),
        (Patch, patched("manager", r#""bulkId:a""#), "id-of-a"),
        (Patch, patched("manager", r#"{"value": "bulkId:a"}"#), "id-of-a"),
        (Patch, patched("manager.value", r#""bulkId:a""#), "id-of-a"),
        (Patch, patched("manager.$ref", r#""../Users/bulkId:a""#), "../Users/id-of-a"),
    ] {
        let (names, message) = filled(method, Collection::Users, &data);
        assert_eq!(names, ["a"], "{data}");
        let length = char::from(u8::try_from(told.len()).unwrap());
        assert!(message.contains(&format!("{length}{told}")), "{data}: {message}");
    }
}

#[test]
fn members_are_referred_to_wherever_they_are_named() {
    use BulkMethod::{Patch, Post, Put};
    let whole =
        r#"{"displayName": "x", "members": [{"value": "bulkId:a"}, {"value": "bulkId:b"}]}"#;
    let patched = |operation: &str| format!(r#"{{"Operations": [{operation}]}}"#);
    for (method, data) in [
        (Post, whole.to_owned()),
        (Put, whole.to_owned()),
        (
            Patch,
            patched(
                r#"{"op": "add", "path": "members", "value": [{"value": "bulkId:a"}, {"value": "bulkId:b"}]}"#,
            ),
        ),
        (
            Patch,
            patched(
                r#"{"op": "remove", "path": "members[value eq \"bulkId:a\" or value eq \"bulkId:b\"]"}"#,
            ),
        ),
        (
            Patch,
            patched(
                r#"{"op": "remove", "path": "members[display sw \"J\" and (value eq \"bulkId:a\" or not (value eq \"bulkId:b\"))]"}"#,
            ),
        ),
    ] {
        let (names, message) = filled(method, Collection::Groups, &data);
        assert_eq!(names, ["a", "b"], "{data}");
        assert!(message.contains("id-of-a") && message.contains("id-of-b"), "{data}: {message}");
    }
}

#[test]
fn other_texts_are_no_references() {
    use BulkMethod::{Patch, Post};
    let picked =
        r#"{"Operations": [{"op": "remove", "path": "members[display eq \"bulkId:a\"]"}]}"#;
    let titled = r#"{"Operations": [{"op": "replace", "path": "title", "value": "bulkId:a"}]}"#;
    for (method, collection, data) in [
        (Post, Collection::Users, r#"{"userName": "bulkId:a", "nickName": "bulkId:b"}"#),
        (Post, Collection::Users, r#"{"userName": "x", "emails": [{"value": "bulkId:a"}]}"#),
        (Post, Collection::Groups, r#"{"displayName": "bulkId:a", "externalId": "bulkId:b"}"#),
        (Patch, Collection::Groups, picked),
        (Patch, Collection::Users, titled),
    ] {
        let (names, message) = filled(method, collection, data);
        assert_eq!(names, [""; 0], "{data}");
        assert!(message.contains("bulkId:a"), "{message}");
    }
}
