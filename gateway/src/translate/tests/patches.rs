//! Bodies of PATCH as identity providers write them, and the changes that they ask for.

use super::patched;
use crate::translate::{Vocabulary, changes};
use provost_proto::v1::ErrorReason;
use provost_proto::v1::change::Change;
use provost_scim::{patch, user};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Keys of the sources are resolved in `scim/sources.md`.
const GOLDEN: &[(&str, &[&str])] = &[
    // Okta's template apps (`okta_ref`)
    (r#"[{"op": "replace", "value": {"active": false}}]"#, &["active = false"]),
    // Entra, without and with its compliance flag (`ms_compat`)
    (r#"[{"op": "Replace", "path": "active", "value": "False"}]"#, &["active = false"]),
    (r#"[{"op": "Add", "path": "active", "value": "True"}]"#, &["active = true"]),
    (
        r#"[{"op": "Replace", "path": "displayName", "value": "Jo Day"},
            {"op": "Add", "path": "name.formatted", "value": "Jo Day"},
            {"op": "Replace", "path": "userName", "value": "Jo@example.com"},
            {"op": "Replace", "path": "externalId", "value": "jo"},
            {"op": "Replace", "path": "preferredLanguage", "value": "en-GB"}]"#,
        &[
            "display_name = Jo Day",
            "formatted_name = Jo Day",
            "user_name = Jo@example.com",
            "external_id = jo",
            "preferred_language = en-GB",
        ],
    ),
    (
        r#"[{"op": "replace", "value": {
            "displayName": "Jo", "name.givenName": "Jo", "active": true,
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "Trust"}}]"#,
        &["display_name = Jo", "given_name = Jo", "active = true", "department = Trust"],
    ),
    (
        r#"[{"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "jo@example.com"},
            {"op": "Replace", "path": "emails[type eq \"work\" and primary eq \"True\"].value", "value": "x"},
            {"op": "Add", "path": "addresses[type eq \"work\"].streetAddress", "value": "Main 1"},
            {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].primary", "value": "true"}]"#,
        &[
            "emails[type EQUAL \"work\"] merge {value: jo@example.com}",
            "emails[(type EQUAL \"work\" & primary EQUAL true)] merge {value: x}",
            "addresses[type EQUAL \"work\"] merge {street_address: Main 1}",
            "phone_numbers[type EQUAL \"mobile\"] merge {primary: true}",
        ],
    ),
    (
        r#"[{"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
             "value": [{"$ref": "../Users/7", "value": "7"}]}]"#,
        &[
            "manager_id = 7",
            "manager_ref cleared",
            "manager_display_name cleared",
            "manager_ref = ../Users/7",
        ],
    ),
    (
        r#"[{"op": "Remove", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"}]"#,
        &["manager_id cleared", "manager_ref cleared", "manager_display_name cleared"],
    ),
    (
        r#"[{"op": "Remove", "path": "emails", "value": [{"value": "a"}, {"value": "b"}]}]"#,
        &["emails[(value EQUAL \"a\" | value EQUAL \"b\")] remove"],
    ),
    (
        r#"[{"op": "remove", "path": "title"}, {"op": "remove", "path": "externalId"},
            {"op": "remove", "path": "emails"}, {"op": "remove", "path": "emails[type eq \"home\"]"},
            {"op": "remove", "path": "emails[type eq \"home\"].display"}]"#,
        &[
            "title cleared",
            "external_id cleared",
            "emails remove",
            "emails[type EQUAL \"home\"] remove",
            "emails[type EQUAL \"home\"] clear display",
        ],
    ),
    (
        r#"[{"op": "add", "path": "emails", "value": [{"value": "a", "type": "work", "primary": true}]},
            {"op": "replace", "path": "emails", "value": [{"value": "b"}, {"value": "c"}]},
            {"op": "replace", "path": "emails[type eq \"work\"]", "value": {"value": "d"}}]"#,
        &[
            "emails add {type: work, value: a, primary: true}",
            "emails replace {value: b} {value: c}",
            "emails[type EQUAL \"work\"] replace {value: d}",
        ],
    ),
    // One after the other, so that the last one wins.
    (
        r#"[{"op": "Replace", "path": "active", "value": "False"},
            {"op": "Replace", "path": "active", "value": "True"}]"#,
        &["active = false", "active = true"],
    ),
    // Taking the status away is no wish to deactivate the account, and is told.
    (r#"[{"op": "remove", "path": "active"}]"#, &["active ignored: VALUE_INVALID"]),
    (
        r#"[{"op": "replace", "path": "active", "value": null},
            {"op": "replace", "value": {"title": "x", "active": null}}]"#,
        &["active ignored: VALUE_INVALID", "title = x", "active ignored: VALUE_INVALID"],
    ),
    (r#"[{"op": "replace", "path": "password", "value": "secret"}]"#, &[]),
    ("[]", &[]),
];

#[test]
fn bodies_become_changes_in_their_order() {
    for (operations, expected) in GOLDEN {
        assert_eq!(patched(operations), *expected, "{operations}");
    }
}

#[test]
fn every_attribute_of_the_enterprise_extension_has_its_name() {
    let names = ["employeeNumber", "costCenter", "organization", "division", "department"];
    let members = names.map(|name| format!("\"{name}\": \"x\"")).join(", ");
    let operations =
        format!("[{{\"op\": \"add\", \"value\": {{\"{ENTERPRISE}\": {{{members}}}}}}}]");
    assert_eq!(
        patched(&operations),
        [
            "employee_number = x",
            "cost_center = x",
            "organization = x",
            "division = x",
            "department = x"
        ]
    );
}

#[test]
fn ignored_input_says_truly_what_became_of_it() {
    for (operation, attribute, reason, sentence) in [
        (
            r#"{"op": "add", "path": "shoeSize", "value": 9}"#,
            "shoeSize",
            ErrorReason::AttributeNotKept,
            "shoeSize is not kept here; take it out of the attribute mapping",
        ),
        (
            r#"{"op": "replace", "path": "title", "value": "${user.title}"}"#,
            "title",
            ErrorReason::ValueInvalid,
            "title holds a placeholder that was not filled in, so it was not stored; correct the \
             attribute mapping",
        ),
        (
            r#"{"op": "remove", "path": "active"}"#,
            "active",
            ErrorReason::ValueInvalid,
            "active can't be taken away, because an account always has a status, so it is left as \
             it is; send true or false",
        ),
    ] {
        let body = format!("{{\"Operations\": [{operation}]}}");
        let changes = changes(Vocabulary::user(), patch::read(user(), body.as_bytes()).unwrap());
        let [Some(Change::Ignored(ignored))] =
            &changes.iter().map(|c| c.change.clone()).collect::<Vec<_>>()[..]
        else {
            panic!("{operation}: {changes:?}");
        };
        assert_eq!(ignored.attribute, attribute);
        assert_eq!(ignored.reason(), reason);
        assert_eq!(ignored.message, sentence);
    }
}

/// Clients send back what they read (`okta_ref`).
#[test]
fn read_only_members_of_an_object_are_passed_over() {
    let operations =
        r#"[{"op": "replace", "value": {"id": "x", "meta": {"version": "1"}, "title": "y"}}]"#;
    assert_eq!(patched(operations), ["title = y"]);
}
