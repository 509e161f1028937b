//! Bodies of PUT and POST as identity providers write them.

use super::{posted, printed, put};
use provost_proto::v1;
use provost_scim::schema::Mutability;
use provost_scim::{Type, user};

/// Okta sends everything it knows (`okta_ref`).
const OKTA: &str = r#"{
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "id": "23a35c27", "externalId": "00u1", "userName": "jo@example.com",
    "name": {"givenName": "Jo", "familyName": "Day", "middleName": ""},
    "emails": [{"primary": true, "value": "jo@example.com", "type": "work"}, {"value": "jo@example.org"}],
    "displayName": "Jo Day", "userType": "Moderator", "groups": [], "password": "1mz050nq",
    "active": true, "meta": {"resourceType": "User"}
}"#;

#[test]
fn a_put_is_one_replacement() {
    assert_eq!(
        put(OKTA),
        ["replace with user_name = jo@example.com; external_id = 00u1; active = true; \
          role = ROLE_MODERATOR; display_name = Jo Day; family_name = Day; given_name = Jo; \
          emails = {type: work, value: jo@example.com, primary: true} {value: jo@example.org}"]
    );
}

/// Absent is not false: neither status nor role follows from silence (`so_del`, `guide_onelogin`).
#[test]
fn what_a_put_leaves_out_is_not_made_up() {
    assert_eq!(put(r#"{"userName": "jo"}"#), ["replace with user_name = jo"]);
    assert_eq!(
        put(r#"{"active": null, "userName": "jo", "userType": null}"#),
        ["replace with user_name = jo"]
    );
    assert_eq!(
        put(r#"{"active": "False", "userName": "jo", "userType": "Admin"}"#),
        ["replace with user_name = jo; active = false; role = ROLE_ADMIN"]
    );
}

/// Scripts that change one thing send it alone, and would lose all others.
#[test]
fn a_put_that_does_not_name_the_user_clears_nothing() {
    let told = "userName ignored: VALUE_INVALID";
    for (body, changes) in [
        ("{}", vec![]),
        (
            r#"{"active": false, "userType": "Moderator"}"#,
            vec!["active = false", "role = ROLE_MODERATOR"],
        ),
        (
            r#"{"title": "x", "nickName": "", "name": {"givenName": "Jo"}, "emails": [], "ims": ["a"],
                "phoneNumbers": [{"type": "work", "value": null}], "usrName": "jo"}"#,
            vec![
                "title = x",
                "given_name = Jo",
                "ims replace {value: a}",
                "usrName ignored: ATTRIBUTE_NOT_KEPT",
            ],
        ),
        (
            r#"{"title": "${user.title}", "userType": "Contractor"}"#,
            vec!["title ignored: VALUE_INVALID", "userType ignored: ROLE_UNKNOWN"],
        ),
    ] {
        assert_eq!(put(body), [changes, vec![told]].concat(), "{body}");
    }
}

#[test]
fn what_a_put_cannot_express_is_told_beside_it() {
    assert_eq!(
        put(r#"{"userName": "jo", "title": "x", "shoeSize": 9, "userType": "Contractor"}"#),
        [
            "replace with user_name = jo; title = x",
            "shoeSize ignored: ATTRIBUTE_NOT_KEPT",
            "userType ignored: ROLE_UNKNOWN",
        ]
    );
}

/// What a placeholder stands for was set before by somebody who had filled it in.
#[test]
fn a_placeholder_in_a_put_clears_nothing_and_all_else_is_still_replaced() {
    let changes =
        put(r#"{"userName": "jo", "title": "${user.title}", "nickName": "J", "active": "True",
            "emails": [{"value": "{$user.email}"}], "ims": [{"value": "{$x}"}, {"value": "y"}],
            "userType": "Admin"}"#);
    let (cleared, said): (Vec<_>, Vec<_>) = changes
        .into_iter()
        .partition(|line| line.ends_with(" cleared") || line.ends_with(" remove"));
    assert_eq!(
        said,
        [
            "user_name = jo",
            "title ignored: VALUE_INVALID",
            "nick_name = J",
            "active = true",
            "emails.value ignored: VALUE_INVALID",
            "ims.value ignored: VALUE_INVALID",
            "ims replace {value: y}",
            "role = ROLE_ADMIN",
        ]
    );
    let mut kept = vec!["title", "nickName", "userName", "userType", "active"];
    let all = user().singles().chain(user().lists());
    let writable = all.filter(|a| a.mutability == Mutability::ReadWrite);
    kept.extend(["emails", "ims"]);
    let expected = writable.filter(|a| !kept.contains(&a.path())).count();
    assert_eq!(cleared.len(), expected, "{cleared:?}");
    for line in
        ["external_id cleared", "given_name cleared", "manager_id cleared", "addresses remove"]
    {
        assert!(cleared.iter().any(|cleared| cleared == line), "{line}: {cleared:?}");
    }
}

#[test]
fn a_post_is_a_creation() {
    let v1::CreateUserRequest {
        site,
        user_name,
        external_id,
        active,
        role,
        profile,
        ignored,
        options: _,
        include_groups: _,
    } = posted(&OKTA.replace("\"groups\"", "\"shoeSize\": 9, \"groups\""));
    assert_eq!((site.as_str(), user_name.as_str()), ("acme", "jo@example.com"));
    assert_eq!((external_id.as_deref(), active), (Some("00u1"), Some(true)));
    assert_eq!(v1::Role::try_from(role).unwrap(), v1::Role::Moderator);
    assert_eq!(
        printed::profile(&profile.unwrap()),
        [
            "display_name = Jo Day",
            "family_name = Day",
            "given_name = Jo",
            "emails = {type: work, value: jo@example.com, primary: true} {value: jo@example.org}",
        ]
    );
    let ignored: Vec<_> = ignored.iter().map(printed::ignored).collect();
    assert_eq!(ignored, ["shoeSize ignored: ATTRIBUTE_NOT_KEPT"]);
}

#[test]
fn a_post_without_status_and_role_leaves_both_open() {
    let request = posted(r#"{"userName": "jo"}"#);
    assert_eq!((request.active, request.role()), (None, v1::Role::Unspecified));
}

/// No attribute is lost on the way, and none falls together with another.
#[test]
fn every_text_that_can_be_written_arrives_under_a_name_of_its_own() {
    let texts: Vec<_> = user()
        .singles()
        .filter(|a| a.mutability == Mutability::ReadWrite)
        .filter(|a| {
            matches!(a.value_type, Type::String | Type::Reference) && a.path() != "userType"
        })
        .collect();
    let members = texts.iter().map(|a| format!("\"{a}\": \"text of {}\"", a.path()));
    let request = posted(&format!("{{{}}}", members.collect::<Vec<_>>().join(", ")));
    let mut arrived: Vec<String> =
        request.profile.unwrap().attributes.into_values().map(printed::text).collect();
    arrived.extend([request.user_name, request.external_id.unwrap()]);
    arrived.sort();
    let mut sent: Vec<String> = texts.iter().map(|a| format!("text of {}", a.path())).collect();
    sent.sort();
    assert_eq!(arrived, sent);
}
