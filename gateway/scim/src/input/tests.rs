//! What identity providers put into POST and PUT.

use super::*;
use crate::edit::printed;
use crate::limits::MAX_ELEMENTS;
use crate::schema::user;

fn put(body: &str) -> Vec<String> {
    let edits = replace(user(), body.as_bytes()).unwrap_or_else(|error| panic!("{body}: {error}"));
    edits.iter().map(printed).collect()
}

fn refused(body: &str) -> String {
    create(user(), body.as_bytes()).expect_err(body).to_string()
}

/// Okta sends back what it read, with a password (`okta_ref`, `snipe_put`, `gw95`).
#[test]
fn read_only_members_and_the_password_go_without_a_word() {
    let body = r#"{
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "23a35c27", "externalId": "00ujl29u0le5T6Aj10h7",
        "userName": "jo@example.com", "name": {"givenName": "Jo", "familyName": "Day", "middleName": ""},
        "emails": [{"primary": true, "value": "jo@example.com", "type": "work", "display": "jo@example.com"}],
        "groups": [], "password": "1mz050nq", "active": true,
        "meta": {"resourceType": "User"}
    }"#;
    assert_eq!(
        put(body),
        [
            "externalId = 00ujl29u0le5T6Aj10h7",
            "userName = jo@example.com",
            "name.givenName = Jo",
            "name.familyName = Day",
            "emails replace {value: jo@example.com, type: work, display: jo@example.com, primary: true}",
            "active = true",
        ]
    );
}

/// Entra's create (`ms_use`), with nulls and text booleans (`ref21`, `refpm`).
#[test]
fn nulls_are_absent_and_text_booleans_are_read() {
    let body = r#"{
        "Active": "False", "displayName": null, "emails": null, "roles": [], "title": "Analyst",
        "addresses": [{"type": "work", "formatted": null}], "nickName": "",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Research", "manager": "26118915"},
        "urn:ietf:params:scim:schemas:extension:stackoverflow:2.0:User": {"stackUserType": "Moderator", "shoe": 4},
        "entitlements": [{"value": "x"}], "badges": [{"value": "x"}]
    }"#;
    assert_eq!(
        put(body),
        [
            "active = false",
            "title = Analyst",
            "department = Research",
            "manager.value = 26118915",
            "manager.$ref cleared",
            "manager.displayName cleared",
            "stackUserType = Moderator",
            "urn:ietf:params:scim:schemas:extension:stackoverflow:2.0:User:shoe ignored: NotKept",
            "entitlements replace {value: x}",
            "badges ignored: NotKept",
        ]
    );
}

/// OneLogin's templates (`ol_log`, `ol_dj`, `ol_schema`, `ol_keep`, `guide_onelogin`).
#[test]
fn templates_are_read_in_all_their_forms() {
    let body = r#"{
        "schemas": ["urn:scim:schemas:core:1.0"], "id": null, "userName": "jo",
        "emails": {"value": "jo@example.com", "type": "work"}, "phoneNumbers": ["1", 2],
        "department": "Sales", "userType": "",
        "urn:scim:schemas:extension:enterprise:1.0": {"manager": {"managerId": "7", "$ref": null, "nick": "x"}, "employeeNumber": 701984}
    }"#;
    assert_eq!(
        put(body),
        [
            "userName = jo",
            "emails replace {value: jo@example.com, type: work}",
            "phoneNumbers replace {value: 1} {value: 2}",
            "department = Sales",
            "userType = ",
            "manager.value = 7",
            "manager.$ref cleared",
            "manager.displayName cleared",
            "manager.nick ignored: NotKept",
            "employeeNumber = 701984",
        ]
    );
}

/// A macro that was not expanded must never be stored (`ol_schema`, `guide_onelogin`).
#[test]
fn unexpanded_macros_are_not_stored() {
    let body = r#"{
        "title": "${user.title}", "displayName": "Jo {$user.lastname}",
        "emails": [{"value": "{$user.email}", "type": "work"}],
        "ims": [{"value": "{$parameters.im}"}, {"value": "jo"}],
        "userType": "${user.custom_fields.userType}", "nickName": "$ {"
    }"#;
    assert_eq!(
        put(body),
        [
            "title ignored: Unexpanded",
            "displayName ignored: Unexpanded",
            "emails.value ignored: Unexpanded",
            "ims.value ignored: Unexpanded",
            "ims replace {value: jo}",
            "userType = ${user.custom_fields.userType}",
            "nickName = $ {",
        ]
    );
    let error = refused(r#"{"userName": "${parameters.scimusername}"}"#);
    assert!(error.starts_with("userName holds a placeholder"), "{error}");
}

#[test]
fn a_user_name_is_demanded_of_a_new_user_only() {
    assert!(refused(r#"{"title": "x"}"#).starts_with("A user needs a userName"));
    assert!(put(r#"{"title": null}"#).is_empty());
}

/// (`sdk686`, `simple1244`, `pran_mgr`, `pran_fp`).
#[test]
fn the_manager_comes_in_every_shape() {
    // The name is the service's, and the one of another manager is none of the new one.
    let moved = ["manager.value = 7", "manager.$ref cleared", "manager.displayName cleared"];
    for body in [
        r#"{"manager": "7"}"#,
        r#"{"manager.value": "7"}"#,
        r#"{"manager": {"value": "7", "displayName": "Bo"}}"#,
        r#"{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager": {"value": "7"}}"#,
        r#"{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": ["7"]}}"#,
    ] {
        assert_eq!(put(body), moved, "{body}");
    }
    for body in [
        r#"{"manager": [{"$ref": "../Users/7", "value": "7"}]}"#,
        r#"{"manager": {"$ref": "../Users/7", "managerId": "7"}}"#,
    ] {
        let with_url = moved.iter().copied().chain(["manager.$ref = \"../Users/7\""]);
        assert_eq!(put(body), with_url.collect::<Vec<_>>(), "{body}");
    }
    assert!(put(r#"{"manager": {"displayName": "Bo"}}"#).is_empty());
    // Without a value there is nothing of it.
    assert!(put(r#"{"manager": {"value": "", "nick": "Bo"}}"#).is_empty());
}

#[test]
fn parts_that_are_not_kept_are_told_where_they_say_something() {
    for (body, edits) in [
        (r#"{"name": {"givenName": "Jo", "nick": [""]}}"#, "name.givenName = Jo"),
        (
            r#"{"name": {"nick": "x", "givenName": "Jo"}}"#,
            "name.nick ignored: NotKept, name.givenName = Jo",
        ),
        (r#"{"ims": [{"value": "jo", "nick": {"a": null}}]}"#, "ims replace {value: jo}"),
        (
            r#"{"ims": [{"value": "jo", "nick": 7}]}"#,
            "ims.nick ignored: NotKept, ims replace {value: jo}",
        ),
    ] {
        assert_eq!(put(body).join(", "), edits, "{body}");
    }
}

#[test]
fn a_long_name_is_told_by_its_beginning() {
    let body = format!(r#"{{"{}": 1}}"#, "x".repeat(300));
    assert_eq!(put(&body), [format!("{}… ignored: NotKept", "x".repeat(120))]);
}

/// Ways to say that there is no value (RFC 7643 section 2.5).
const BLANK: [&str; 8] =
    ["null", r#""""#, r#"" \t""#, r#""\u00a0""#, "[]", "{}", "[null]", r#"[["", {}]]"#];

/// Templates send all of these for what is not set (`ol_schema`, `okta_ref`).
#[test]
fn blank_values_are_absent_from_a_whole_resource() {
    for attribute in user().all().chain(user().singles()) {
        for blank in BLANK {
            let body = format!("{{\"{attribute}\": {blank}}}");
            if attribute.required {
                let error = replace(user(), body.as_bytes()).expect_err(&body).to_string();
                assert!(error.starts_with("userName needs a text that is not empty."), "{body}");
            } else if attribute.verbatim && blank.starts_with('"') {
                let word: String = serde_json::from_str(blank).unwrap();
                assert_eq!(put(&body), [format!("{} = {word}", attribute.path())]);
            } else {
                assert_eq!(put(&body), [""; 0], "{body}");
            }
        }
    }
    for schema in user().extensions() {
        for blank in BLANK {
            assert_eq!(put(&format!("{{\"{}\": {blank}}}", schema.urn)), [""; 0]);
        }
    }
    for blank in BLANK {
        for body in [
            format!(r#"{{"emails": [{{"type": "work", "primary": true, "value": {blank}}}]}}"#),
            format!(r#"{{"manager": {{"value": {blank}}}}}"#),
            format!(r#"{{"name": {{"givenName": {blank}}}}}"#),
        ] {
            assert_eq!(put(&body), [""; 0], "{body}");
        }
        let body =
            format!(r#"{{"emails": [{{"type": {blank}, "primary": {blank}, "value": "x"}}]}}"#);
        assert_eq!(put(&body), ["emails replace {value: x}"], "{body}");
    }
}

/// (`ms_use`, `sdk968`)
#[test]
fn what_has_one_value_may_come_in_a_list_of_one() {
    for (body, edits) in [
        (r#"{"title": ["x"]}"#, vec!["title = x"]),
        (r#"{"active": [[{"value": ["False"]}]]}"#, vec!["active = false"]),
        (r#"{"name": [{"givenName": ["Jo"]}]}"#, vec!["name.givenName = Jo"]),
        (
            r#"{"emails": [[{"value": ["x"], "type": ["work"]}]]}"#,
            vec!["emails replace {value: x, type: work}"],
        ),
        (
            r#"{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": [{"division": ["x"]}]}"#,
            vec!["division = x"],
        ),
        (r#"{"urn:any:User": [{"stackUserType": "Admin"}]}"#, vec!["stackUserType = Admin"]),
        (r#"{"userType": ["Admin"]}"#, vec!["userType = Admin"]),
    ] {
        assert_eq!(put(body), edits, "{body}");
    }
}

#[test]
fn values_of_the_wrong_kind_name_the_attribute() {
    for (body, sentence) in [
        ("[]", "is not a JSON object"),
        ("{", "is not valid JSON"),
        (r#"{"active": "yes"}"#, "active needs true or false"),
        (r#"{"active": 1}"#, "active needs true or false"),
        (r#"{"title": {"x": 1}}"#, "title needs a text"),
        (r#"{"title": ["a", "b"]}"#, "title needs a text"),
        (r#"{"profileUrl": false}"#, "profileUrl needs a URL as a text"),
        (r#"{"photos": [{"value": 7}]}"#, "photos.value needs a URL as a text"),
        (r#"{"name": "Jo Day"}"#, "name needs an object"),
        (r#"{"emails": [["x", "y"], "z"]}"#, "emails needs a list of objects"),
        (r#"{"addresses": ["Main Street"]}"#, "addresses needs a list of objects"),
        (r#"{"emails": [{"value": {"x": 1}}]}"#, "emails.value needs a text"),
        (
            r#"{"emails": [{"value": "x", "primary": "maybe"}]}"#,
            "emails.primary needs true or false",
        ),
        (
            r#"{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": "x"}"#,
            "needs an object",
        ),
    ] {
        let error = refused(body);
        assert!(error.contains(sentence), "{body}: {error}");
    }
}

#[test]
fn lists_and_notices_have_limits() {
    let many = |count: usize| format!(r#"{{"emails": [{}]}}"#, vec!["\"x\""; count].join(","));
    assert!(replace(user(), many(MAX_ELEMENTS).as_bytes()).is_ok());
    let error = replace(user(), many(MAX_ELEMENTS + 1).as_bytes()).unwrap_err();
    assert!(
        matches!(error, InputError::TooManyElements { list, count: 101, most: 100 } if list == "emails")
    );

    let unknown: Vec<_> = (0..500).map(|n| format!("\"a{n}\": 1")).collect();
    assert_eq!(put(&format!("{{{}}}", unknown.join(","))).len(), 100);
    let urn = format!("urn:{}", "x".repeat(300));
    assert_eq!(put(&format!(r#"{{"{urn}": {{"a": 1, "b": 2}}}}"#)).len(), 1);
}

#[test]
fn a_whole_resource_has_no_paths() {
    assert_eq!(
        put(
            r#"{"emails[type eq \"work\"].value": "x", "name.givenName": "Jo", "emails.value": "x"}"#
        ),
        [
            "emails[type eq \"work\"].value ignored: NotKept",
            "name.givenName = Jo",
            "emails.value ignored: NotKept",
        ]
    );
}

mod properties {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::edit::Edit;
    use crate::schema::{Mutability, Type};
    use crate::value::ScimValue;

    fn json() -> impl Strategy<Value = Value> {
        let name = prop::sample::select(vec![
            "userName",
            "ACTIVE",
            "name",
            "emails",
            "value",
            "primary",
            "manager",
            "userType",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            "urn:x:User",
            "shoe",
            "stackUserType",
            "name.givenName",
            "emails[type eq \"work\"].value",
            "[",
            "id",
            "meta",
        ]);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-zA-Z${}]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((name.clone(), inner), 0..4).prop_map(|members| {
                    members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_body_is_answered(body in json()) {
            let text = body.to_string();
            let _ = create(user(), text.as_bytes());
            let operations = json!({"Operations": [
                {"op": "replace", "value": body}, {"op": "Add", "path": "emails", "value": body},
                {"op": "remove", "path": "emails[type eq \"x\"]", "value": body},
            ]});
            let _ = crate::patch::read(user(), operations.to_string().as_bytes());
        }

        #[test]
        fn every_text_arrives_as_it_was_sent(
            attribute in prop::sample::select(user().singles().filter(|a| {
                matches!(a.value_type, Type::String | Type::Reference) && a.mutability != Mutability::ReadOnly
                    && a.path() != "manager.value"
            }).collect::<Vec<_>>()),
            text in r"[^${}\s]{1,20}",
        ) {
            let body = json!({ attribute.to_string(): text }).to_string();
            let edits = replace(user(), body.as_bytes()).unwrap();
            let value = Some(match attribute.value_type {
                Type::Reference => ScimValue::Reference(text.into()),
                _ => ScimValue::Text(text.into()),
            });
            prop_assert_eq!(edits, vec![Edit::Set { attribute, value }]);
        }
    }
}

/// Entra's ways of mapping app roles (`ms_custom`, `sdk_az`). What was sent is kept as well.
#[test]
fn words_are_taken_out_of_every_form_of_app_roles() {
    for (roles, words, kept) in [
        (r#""Admin""#, &["Admin"][..], " {value: Admin}"),
        (
            r#"["Admin", "Moderator"]"#,
            &["Admin", "Moderator"],
            " {value: Admin} {value: Moderator}",
        ),
        (
            r#"[{"value": "Admin", "displayName": "Shown"}]"#,
            &["Admin"],
            " {value: Admin, display: Shown}",
        ),
        (r#"[{"value": "", "displayName": "Moderator"}]"#, &["Moderator"], ""),
        (r#"[{"displayName": "Moderator"}]"#, &["Moderator"], ""),
        (
            r#"[{"value": "{\"value\": \"Admin\", \"displayName\": \"Shown\"}"}]"#,
            &["Admin"],
            r#" {value: {"value": "Admin", "displayName": "Shown"}}"#,
        ),
        (
            r#"[{"value": " {\"displayName\": \"Moderator\"}"}]"#,
            &["Moderator"],
            r#" {value:  {"displayName": "Moderator"}}"#,
        ),
        (r#"[{"value": "{not JSON"}]"#, &["{not JSON"], " {value: {not JSON}"),
        (r#"[" ", null, 4, {"value": "{}"}]"#, &[], " {value: 4} {value: {}}"),
    ] {
        let mut expected: Vec<_> = words.iter().map(|word| format!("roles = {word}")).collect();
        expected.extend((!kept.is_empty()).then(|| format!("roles replace{kept}")));
        assert_eq!(put(&format!(r#"{{"roles": {roles}}}"#)), expected, "{roles}");
    }
}

#[test]
fn the_urn_of_an_unknown_block_has_a_greatest_length() {
    let block = |length| {
        let urn = format!("urn:{}:User", "x".repeat(length - "urn::User".len()));
        put(&format!(r#"{{"{urn}": {{"stackUserType": "Admin"}}}}"#))
    };
    assert_eq!(block(crate::limits::MAX_URN_LENGTH), ["stackUserType = Admin"]);
    assert_ne!(block(crate::limits::MAX_URN_LENGTH + 1), ["stackUserType = Admin"]);
}
