//! What identity providers put into PATCH.

use super::*;
use crate::edit::printed;
use crate::error::ScimError;
use crate::schema::user;

fn edits(operations: &str) -> Vec<String> {
    let body = format!(r#"{{"Operations": {operations}}}"#);
    let edits = read(user(), body.as_bytes()).unwrap_or_else(|error| panic!("{body}: {error}"));
    edits.iter().map(printed).collect()
}

fn one(op: &str, path: &str, value: &str) -> Vec<String> {
    let path = serde_json::to_string(path).unwrap();
    edits(&format!(r#"[{{"op": "{op}", "path": {path}, "value": {value}}}]"#))
}

fn refused(body: &str) -> (u16, String, String) {
    let error = ScimError::from(read(user(), body.as_bytes()).expect_err(body));
    let scim_type = serde_json::to_string(&error.scim_type).unwrap();
    (error.status, scim_type.trim_matches('"').to_owned(), error.detail)
}

/// All were seen (`okta_ref`, `ms_compat`, `scimmy86`, `rancher52996`, `pran_bool`).
#[test]
fn deactivation_comes_in_every_dialect() {
    for operations in [
        r#"[{"op": "replace", "value": {"active": false}}]"#,
        r#"[{"op": "Replace", "path": "active", "value": "False"}]"#,
        r#"[{"op": "replace", "path": "active", "value": false}]"#,
        r#"[{"op": "Add", "path": "ACTIVE", "value": "false"}]"#,
        r#"[{"op": "Replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": [{"value": "False"}]}]"#,
        r#"[{"OP": "REPLACE", "Path": "", "Value": {"urn:ietf:params:scim:schemas:core:2.0:User:active": "FALSE"}}]"#,
        r#"[{"op": "replace", "value": {"urn:ietf:params:scim:schemas:core:2.0:User": {"active": false}}}]"#,
    ] {
        assert_eq!(edits(operations), ["active = false"], "{operations}");
    }
}

#[test]
fn operations_stand_before_or_after_schemas_or_alone() {
    for body in [
        r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": []}"#,
        r#"{"operations": [], "schemas": null}"#,
        r#"{"OPERATIONS": []}"#,
    ] {
        assert!(read(user(), body.as_bytes()).unwrap().is_empty(), "{body}");
    }
}

/// Entra with the compliance flag (`ms_compat`, `scimitar`).
#[test]
fn keys_of_path_less_values_are_paths() {
    let operations = r#"[
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "jo@example.com"},
        {"op": "replace", "value": {
            "displayName": "Jo", "name.familyName": "Day", "name": {"givenName": "Jo"},
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "Trust",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"division": "East"},
            "emails[type eq \"home\"].value": "home@example.com",
            "id": "x", "meta": {"version": "1"}, "title": null, "not a name": 1
        }}
    ]"#;
    assert_eq!(
        edits(operations),
        [
            "emails[type eq \"work\"] merge {value: jo@example.com}",
            "displayName = Jo",
            "name.familyName = Day",
            "name.givenName = Jo",
            "department = Trust",
            "division = East",
            "emails[type eq \"home\"] merge {value: home@example.com}",
            "title cleared",
            "not a name ignored: NotKept",
        ]
    );
}

/// The forms of the name alone are tested in `schema`.
#[test]
fn the_role_word_arrives_in_every_form() {
    let private = "urn:ietf:params:scim:schemas:extension:any:2.0:User";
    let forms = [
        r#"[{"op": "Add", "path": "stackUserType", "value": "Admin"}]"#.to_owned(),
        format!(r#"[{{"op": "Replace", "path": "{private}:stackUserType", "value": "Admin"}}]"#),
        format!(r#"[{{"op": "Replace", "path": "{private}.stackUserType", "value": "Admin"}}]"#),
        format!(r#"[{{"op": "replace", "value": {{"{private}:stackUserType": "Admin"}}}}]"#),
        format!(r#"[{{"op": "replace", "value": {{"{private}": {{"stackUserType": "Admin"}}}}}}]"#),
        format!(
            r#"[{{"op": "replace", "path": "{private}", "value": {{"STACKUSERTYPE": "Admin"}}}}]"#
        ),
    ];
    for operations in forms {
        assert_eq!(edits(&operations), ["stackUserType = Admin"], "{operations}");
    }
    assert_eq!(one("Replace", "userType", "\"Guest\""), ["userType = Guest"]);
    assert_eq!(one("Replace", "userType", "null"), ["userType cleared"]);
    let foreign = format!("{private}:userType");
    assert_eq!(one("Replace", &foreign, "\"Admin\""), [format!("{foreign} ignored: NotKept")]);
}

/// Entra changes elements part by part (`kc73`, `wire5419`, `ssoready249`, `sis376`, `fleet41996`, `ms_custom`).
#[test]
fn value_paths_carry_selector_and_part() {
    let path = "emails[type eq \"work\"]";
    for (op, part, value, edit) in [
        ("Add", ".value", "\"x\"", "merge {value: x}"),
        ("Replace", ".Value", "\"x\"", "merge {value: x}"),
        ("Replace", ".primary", "\"true\"", "merge {primary: true}"),
        ("Replace", ".type", "\"home\"", "merge {type: home}"),
        ("Replace", ".value", "\"\"", "clear value"),
        ("Replace", ".value", "null", "clear value"),
        ("Remove", ".value", "\"x\"", "clear value"),
        ("Remove", "", "null", "remove"),
        ("replace", "", r#"{"value": "x"}"#, "replace {value: x}"),
        ("replace", "", r#"[{"value": "x"}]"#, "replace {value: x}"),
        ("replace", "", r#"{"value": ""}"#, "remove"),
        ("replace", "", "\"x\"", "merge {value: x}"),
        ("add", "", r#"{"display": "x", "primary": "True"}"#, "merge {display: x, primary: true}"),
    ] {
        let expected = format!("{path} {edit}");
        assert_eq!(one(op, &format!("{path}{part}"), value), [expected], "{op} {part} {value}");
    }
    assert!(one("add", &format!("{path}.value"), "null").is_empty());
    assert_eq!(one("Replace", "emails.value", "\"x\""), ["emails merge {value: x}"]);
    assert_eq!(
        one("Add", "badges[primary eq \"True\"].value", r#""{\"id\": 1}""#),
        ["badges[primary eq \"True\"].value ignored: NotKept"]
    );
    // A placeholder says nothing about the status; any other word that is no boolean is refused.
    assert_eq!(one("Replace", "active", "\"{$user.active}\""), ["active ignored: Unexpanded"]);
    assert_eq!(
        one("Add", "emails[type eq \"work\"].value", "\"{$user.email}\""),
        ["emails.value ignored: Unexpanded"]
    );
}

/// Entra names the elements in the value (`azdocs30826`, `sdk149`, `scimple436`, `scimpatch959`, `ssoready182`).
#[test]
fn a_remove_with_values_removes_those_values() {
    assert_eq!(
        one("Remove", "emails", r#"[{"value": "x", "$ref": null}]"#),
        ["emails[value eq \"x\"] remove"]
    );
    assert_eq!(
        one("Remove", "emails", r#"["x", {"value": "y", "type": "work"}]"#),
        ["emails[value eq \"x\" or value eq \"y\"] remove"]
    );
    assert_eq!(
        one("Remove", "addresses", r#"{"type": "work", "region": "NW"}"#),
        ["addresses[type eq \"work\" and region eq \"NW\"] remove"]
    );
    assert!(one("Remove", "emails", "[]").is_empty());
    assert_eq!(one("Remove", "emails", "null"), ["emails remove"]);
    assert_eq!(edits(r#"[{"op": "remove", "path": "emails"}]"#), ["emails remove"]);
}

#[test]
fn removal_clears_singles_parts_and_whole_schemas() {
    assert_eq!(one("remove", "title", "\"x\""), ["title cleared"]);
    assert_eq!(
        one("remove", "manager", "null"),
        ["manager.value cleared", "manager.$ref cleared", "manager.displayName cleared"]
    );
    assert_eq!(one("remove", "name", "null").len(), 6);
    assert_eq!(one("remove", "emails.display", "null"), ["emails clear display"]);
    let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    assert_eq!(one("remove", urn, "null").len(), 8);
    assert_eq!(one("replace", urn, "null").len(), 8);
    // Nobody loses a role by what is not said: there is no word in it.
    assert_eq!(one("remove", "roles", "null"), ["roles remove"]);
}

#[test]
fn lists_are_appended_to_or_replaced() {
    assert_eq!(one("add", "emails", r#"[{"value": "x"}]"#), ["emails add {value: x}"]);
    assert_eq!(one("replace", "emails", r#"{"value": "x"}"#), ["emails replace {value: x}"]);
    assert_eq!(one("replace", "emails", "[]"), ["emails remove"]);
    assert_eq!(one("replace", "emails", "null"), ["emails remove"]);
    assert!(one("add", "emails", "null").is_empty());
    assert!(
        one("replace", "emails", r#"[{"value": "${user.email}"}]"#)
            == ["emails.value ignored: Unexpanded"]
    );
}

/// Whatever the attribute (RFC 7643 section 2.5), a blank value takes the old one away where it
/// replaces and says nothing where it adds.
#[test]
fn blank_values_clear_what_they_replace_and_add_nothing() {
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    for blank in ["null", r#""""#, r#"" \n""#, "[]", "{}", "[null]", r#"[{"value": ""}]"#] {
        for (path, cleared) in [
            ("title", vec!["title cleared"]),
            ("active", vec!["active cleared"]),
            ("name.givenName", vec!["name.givenName cleared"]),
            (
                "manager.value",
                vec![
                    "manager.value cleared",
                    "manager.$ref cleared",
                    "manager.displayName cleared",
                ],
            ),
            ("emails", vec!["emails remove"]),
            ("emails[type eq \"work\"]", vec!["emails[type eq \"work\"] remove"]),
            ("emails[type eq \"work\"].value", vec!["emails[type eq \"work\"] clear value"]),
            ("emails[type eq \"work\"].primary", vec!["emails[type eq \"work\"] clear primary"]),
        ] {
            assert_eq!(one("replace", path, blank), cleared, "{path} {blank}");
            assert_eq!(one("add", path, blank), [""; 0], "{path} {blank}");
        }
        for operation in [
            format!(r#"{{"op": "replace", "path": "userName", "value": {blank}}}"#),
            format!(r#"{{"op": "add", "path": "userName", "value": {blank}}}"#),
            format!(r#"{{"op": "replace", "value": {{"userName": {blank}}}}}"#),
        ] {
            let (status, _, detail) = refused(&format!(r#"{{"Operations": [{operation}]}}"#));
            assert_eq!(status, 400, "{operation}: {detail}");
        }
        if blank.contains("value") {
            continue;
        }
        assert_eq!(one("add", "name", blank), [""; 0], "{blank}");
        assert_eq!(one("add", enterprise, blank), [""; 0], "{blank}");
        if !blank.starts_with('"') {
            assert_eq!(one("replace", "name", blank).len(), 6, "{blank}");
            assert_eq!(one("replace", enterprise, blank).len(), 8, "{blank}");
        }
    }
    // No text stands for these, so an empty one is a mistake (`sis418`).
    for path in ["name", enterprise] {
        let operation = format!(r#"{{"op": "replace", "path": "{path}", "value": ""}}"#);
        let (status, keyword, detail) = refused(&format!(r#"{{"Operations": [{operation}]}}"#));
        assert_eq!((status, keyword.as_str()), (400, "invalidValue"), "{detail}");
    }
}

#[test]
fn a_path_less_value_may_come_in_a_list_of_one() {
    assert_eq!(
        edits(
            r#"[{"op": "replace", "value": [{"active": [false], "name": [{"givenName": "Jo"}]}]}]"#
        ),
        ["active = false", "name.givenName = Jo"]
    );
}

#[test]
fn a_read_only_path_is_refused_and_a_password_is_dropped() {
    for (op, path, name) in [
        ("replace", "id", "id"),
        ("remove", "meta.created", "meta.created"),
        (
            "replace",
            "manager.displayName",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName",
        ),
        (
            "remove",
            "manager.displayName",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName",
        ),
        ("remove", "groups", "groups"),
        ("add", "groups", "groups"),
        ("replace", "groups[value eq \"x\"]", "groups"),
        ("replace", "groups[value eq \"x\"].display", "groups"),
        ("remove", "groups.value", "groups"),
    ] {
        let path = serde_json::to_string(path).unwrap();
        let operation = format!(r#"{{"op": "{op}", "path": {path}, "value": [{{"value": "x"}}]}}"#);
        let (status, keyword, detail) = refused(&format!(r#"{{"Operations": [{operation}]}}"#));
        assert_eq!((status, keyword.as_str()), (400, "mutability"), "{operation}: {detail}");
        assert!(detail.starts_with(&format!("{name} is set by the service")), "{detail}");
    }
    assert!(one("replace", "password", "\"secret\"").is_empty());
    let whole = r#"[{"op": "replace", "value": {"title": "x", "groups": [{"value": "x"}], "groups.value": "y"}}]"#;
    assert_eq!(edits(whole), ["title = x"]);
}

#[test]
fn what_cannot_be_read_is_refused_with_a_keyword() {
    for (body, status, keyword, sentence) in [
        ("{}", 400, "invalidSyntax", "has no Operations"),
        (r#"{"Operations": {}}"#, 400, "invalidSyntax", "has no Operations"),
        (r#"{"Operations": [1]}"#, 400, "invalidSyntax", "Operation 1 needs to be an object"),
        (
            r#"{"Operations": [{"op": "move", "path": "title", "value": 1}]}"#,
            400,
            "invalidSyntax",
            "Operation 1 has the op \"move\"",
        ),
        (
            r#"{"Operations": [{"path": "title", "value": 1}]}"#,
            400,
            "invalidSyntax",
            "Operation 1 needs an op, which is add",
        ),
        (
            r#"{"Operations": [{"op": "add", "path": "title"}]}"#,
            400,
            "invalidSyntax",
            "Operation 1 needs a value",
        ),
        (
            r#"{"Operations": [{"op": "add", "value": "x"}]}"#,
            400,
            "invalidSyntax",
            "because it has no path",
        ),
        (
            r#"{"Operations": [{"op": "add", "path": 1, "value": "x"}]}"#,
            400,
            "invalidSyntax",
            "a text as its path",
        ),
        (
            r#"{"Operations": [{"op": "Remove"}]}"#,
            400,
            "noTarget",
            "Operation 1 is a remove without a path",
        ),
        (
            r#"{"Operations": [{"op": "add", "path": "]", "value": 1}]}"#,
            400,
            "invalidPath",
            "The path \"]\" can't be read",
        ),
        (
            r#"{"Operations": [{"op": "add", "path": "emails[type is 1].value", "value": 1}]}"#,
            400,
            "invalidFilter",
            "not an operator",
        ),
        (
            r#"{"Operations": [{"op": "replace", "path": "active", "value": "off"}]}"#,
            400,
            "invalidValue",
            "active needs true or false",
        ),
        (
            r#"{"Operations": [{"op": "remove", "path": "userName"}]}"#,
            400,
            "mutability",
            "userName is required",
        ),
        (
            r#"{"Operations": [{"op": "replace", "value": {"userName": null}}]}"#,
            400,
            "invalidValue",
            "userName needs a text that is not empty",
        ),
        (
            r#"{"Operations": [{"op": "replace", "path": "userName", "value": "${x}"}]}"#,
            400,
            "invalidValue",
            "placeholder",
        ),
        (
            r#"{"Operations": [{"op": "replace", "path": "emails[type eq \"work\"]", "value": [1, 2]}]}"#,
            400,
            "invalidValue",
            "emails needs",
        ),
    ] {
        let (was, word, detail) = refused(body);
        assert_eq!((was, word.as_str()), (status, keyword), "{body}: {detail}");
        assert!(detail.contains(sentence), "{body}: {detail}");
    }
}

#[test]
fn operations_have_a_limit_of_their_own() {
    let operation = r#"{"op": "add", "path": "title", "value": "x"}"#;
    let many =
        |count: usize| format!(r#"{{"Operations": [{}]}}"#, vec![operation; count].join(","));
    assert_eq!(read(user(), many(MAX_OPERATIONS).as_bytes()).unwrap().len(), MAX_OPERATIONS);
    let (status, _, detail) = refused(&many(MAX_OPERATIONS + 1));
    assert_eq!(status, 413);
    assert!(detail.contains("1001 operations"), "{detail}");
}

/// Order is kept, so that a later operation wins (RFC 7644 section 3.5.2).
#[test]
fn order_is_kept() {
    let operations = r#"[
        {"op": "add", "path": "title", "value": "a"}, {"op": "remove", "path": "title"},
        {"op": "add", "path": "title", "value": "b"}
    ]"#;
    assert_eq!(edits(operations), ["title = a", "title cleared", "title = b"]);
}

/// Of members of one name the last counts, whatever was taken before it.
#[test]
fn the_last_of_several_members_counts() {
    for operation in [
        r#"{"op": "replace", "path": "title", "path": "nickName", "value": "x"}"#,
        r#"{"op": "replace", "path": "nickName", "value": "y", "value": "x"}"#,
        r#"{"path": "title", "op": "add", "op": "replace", "Path": "nickName", "value": "x"}"#,
    ] {
        assert_eq!(edits(&format!("[{operation}]")), ["nickName = x"], "{operation}");
    }
}
