//! What bulk requests say, as values. Owns the shapes; must never know what becomes of an operation.

use super::*;
use crate::error::ScimType;

fn read(body: &str) -> BulkRequest<'_> {
    match BulkRequest::read(body.as_bytes()) {
        Ok(request) => request,
        Err(error) => panic!("{}", error.detail),
    }
}

fn refused(body: &str) -> ScimError {
    BulkRequest::read(body.as_bytes()).err().expect("it was read")
}

fn one(operation: &str) -> Result<(BulkMethod, String, Option<String>, bool), BulkError> {
    let body = format!(r#"{{"Operations": [{operation}]}}"#);
    let mut request = read(&body);
    let asked = request.operations.remove(0).asked?;
    Ok((asked.method, asked.path, asked.version, asked.data.is_some()))
}

/// The first example of RFC 7644 section 3.7.
#[test]
fn operations_are_read_in_their_order() {
    let body = r#"{
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "failOnErrors": 1,
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "qwerty", "data": {"userName": "Alice"}},
            {"method": "PUT", "path": "/Users/b7c1", "version": "W/\"4w\"", "data": {}},
            {"method": "delete", "path": "/Users/e902", "bulkId": 7}
        ]
    }"#;
    let request = read(body);
    assert_eq!(request.fail_on_errors, Some(1));
    let told: Vec<_> = request
        .operations
        .iter()
        .map(|one| (one.method.as_deref().unwrap(), one.bulk_id.as_deref(), one.new_name()))
        .collect();
    let expected = [
        ("POST", Some("qwerty"), Some("qwerty")),
        ("PUT", None, None),
        ("DELETE", Some("7"), None),
    ];
    assert_eq!(told, expected);
    let put = request.operations[1].asked.as_ref().ok().unwrap();
    assert_eq!((put.path.as_str(), put.version.as_deref()), ("/Users/b7c1", Some("W/\"4w\"")));
}

#[test]
fn numbers_of_errors_are_read_tolerantly_and_never_guessed() {
    for (value, expected) in [("null", None), ("1", Some(1)), ("\" 3 \"", Some(3))] {
        let body = format!(r#"{{"failOnErrors": {value}, "operations": []}}"#);
        assert_eq!(read(&body).fail_on_errors, expected, "{value}");
    }
    for value in ["0", "-1", "1.5", "true", "\"\"", "[]", "{}", "1e400"] {
        let error = refused(&format!(r#"{{"failOnErrors": {value}, "Operations": []}}"#));
        assert_eq!(error.status, 400, "{value}");
    }
}

#[test]
fn what_is_no_bulk_request_is_refused_as_a_whole() {
    let many = vec!["{}"; MAX_BULK_OPERATIONS + 1].join(",");
    let post = r#"{"method": "POST", "path": "/Users", "bulkId": "Jo", "data": {}}"#;
    for (body, status, keyword) in [
        ("", 400, ScimType::InvalidSyntax),
        ("[]", 400, ScimType::InvalidSyntax),
        ("{}", 400, ScimType::InvalidSyntax),
        (r#"{"Operations": {}}"#, 400, ScimType::InvalidSyntax),
        (&format!(r#"{{"Operations": [{many}]}}"#), 413, ScimType::TooMany),
        (&format!(r#"{{"Operations": [{post}, {post}]}}"#), 400, ScimType::InvalidValue),
    ] {
        let error = refused(body);
        assert_eq!((error.status, error.scim_type), (status, Some(keyword)), "{}", error.detail);
    }
    let told = refused(&format!(r#"{{"Operations": [{post}, {post}]}}"#));
    assert!(told.detail.contains("Jo") && !told.without_values.unwrap().contains("Jo"));
    let most = vec!["{}"; MAX_BULK_OPERATIONS].join(",");
    assert_eq!(read(&format!(r#"{{"Operations": [{most}]}}"#)).operations.len(), 1000);
}

#[test]
fn what_is_wrong_with_an_operation_is_told_of_that_one() {
    let long = "x".repeat(MAX_BULK_TEXT + 1);
    let missing = |what| BulkError::Missing { what };
    for (operation, expected) in [
        ("7".to_owned(), BulkError::NotAnObject),
        ("{}".to_owned(), missing("a method")),
        (r#"{"method": true, "path": "/Users"}"#.to_owned(), missing("a method")),
        (
            r#"{"method": "GET", "path": "/Users"}"#.to_owned(),
            BulkError::UnknownMethod { method: "GET".to_owned() },
        ),
        (
            r#"{"method": "DELETE", "path": " "}"#.to_owned(),
            missing("a path, such as /Users or /Users/ID"),
        ),
        (
            r#"{"method": "POST", "path": "/Users", "data": {}}"#.to_owned(),
            missing("a bulkId, because it is a POST: any text that no other operation has"),
        ),
        (
            r#"{"method": "PUT", "path": "/Users/1", "data": null}"#.to_owned(),
            missing("data: what a single request has as its body"),
        ),
        (
            format!(r#"{{"method": "POST", "path": "/Users", "bulkId": "{long}", "data": {{}}}}"#),
            BulkError::TooLong { what: "bulkId" },
        ),
        (
            format!(r#"{{"method": "DELETE", "path": "/Users/{long}"}}"#),
            BulkError::TooLong { what: "path" },
        ),
    ] {
        assert_eq!(one(&operation), Err(expected), "{operation}");
    }
    let delete = one(r#"{"METHOD": "Delete", "path": "/Users/1", "version": true}"#);
    let nobodys = Some(String::new());
    assert_eq!(delete, Ok((BulkMethod::Delete, "/Users/1".to_owned(), nobodys, false)));
}

#[test]
fn references_are_known_by_their_beginning() {
    assert_eq!(referred("bulkId:qwerty"), Some("qwerty"));
    assert_eq!(referred("BULKID:a:b"), Some("a:b"));
    for other in ["", "bulkId", "bulk:1", "7", "xbulkId:1", "bulkI\u{e9}:1"] {
        assert_eq!(referred(other), None, "{other}");
    }
}

/// What a client wrote may be about somebody.
#[test]
fn the_second_sentence_is_without_what_the_client_wrote() {
    for error in [
        unknown_reference("Jo"),
        failed_reference("Jo"),
        unknown_path("Jo"),
        BulkError::UnknownMethod { method: "Jo".to_owned() }.into(),
    ] {
        assert!(error.detail.contains("Jo"), "{}", error.detail);
        assert!(!error.without_values.unwrap().contains("Jo"));
    }
}

#[test]
fn an_answer_says_nothing_that_is_not_there() {
    let answer = BulkAnswer {
        location: None,
        method: Some("POST".to_owned()),
        bulk_id: Some("q".to_owned()),
        version: None,
        status: "409".to_owned(),
        response: Some(BulkError::Circular.into()),
        notices: Vec::new(),
    };
    let notice = BulkNotice { reason: "ROLE_EMPTY", attribute: None, detail: "No.".to_owned() };
    let done = BulkAnswer {
        location: Some("https://x/Users/1".to_owned()),
        version: Some("W/\"1\"".to_owned()),
        status: "201".to_owned(),
        response: None,
        notices: vec![notice],
        ..answer.clone()
    };
    let told = serde_json::to_value(BulkResponse::new(vec![answer, done])).unwrap();
    let response = &told["Operations"][0]["response"];
    assert_eq!(response["status"], "409");
    let expected = serde_json::json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],
        "Operations": [
            {"method": "POST", "bulkId": "q", "status": "409", "response": response},
            {
                "location": "https://x/Users/1",
                "method": "POST",
                "bulkId": "q",
                "version": "W/\"1\"",
                "status": "201",
                "notices": [{"reason": "ROLE_EMPTY", "detail": "No."}]
            }
        ]
    });
    assert_eq!(told, expected);
}
