//! What is answered.

use super::*;
use crate::list_response::ListResponse;

fn user() -> UserResource<'static> {
    UserResource {
        id: "2819c223",
        external_id: Some("00u1"),
        user_name: "jo@example.com",
        active: true,
        user_type: "Registered",
        texts: vec![
            ("department", "Trust"),
            ("name.familyName", "Day"),
            ("name.givenName", "Jo"),
            ("manager.value", "7"),
            ("title", ""),
        ],
        lists: vec![
            (
                "emails",
                vec![ElementView {
                    texts: vec![("type", "work"), ("value", "jo@example.com")],
                    primary: true,
                }],
            ),
            ("ims", vec![]),
        ],
        meta: Meta {
            created: "2026-01-01T00:00:00Z".into(),
            last_modified: "2026-01-02T00:00:00Z".into(),
            location: "https://x/Users/2819c223".into(),
            version: "W/\"3\"".into(),
        },
    }
}

fn written(user: &UserResource<'_>, attributes: Option<&str>, excluded: Option<&str>) -> String {
    let projection = Projection::read(attributes, excluded).unwrap();
    serde_json::to_string(&user.projected(&projection)).unwrap()
}

#[test]
fn a_user_is_written_in_the_order_of_the_tables() {
    assert_eq!(
        written(&user(), None, None),
        concat!(
            r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"#,
            r#""id":"2819c223","externalId":"00u1","userName":"jo@example.com","#,
            r#""name":{"familyName":"Day","givenName":"Jo"},"userType":"Registered","active":true,"#,
            r#""emails":[{"value":"jo@example.com","type":"work","primary":true}],"#,
            r#""urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Trust","manager":{"value":"7"}},"#,
            r#""meta":{"resourceType":"User","created":"2026-01-01T00:00:00Z","lastModified":"2026-01-02T00:00:00Z","#,
            r#""location":"https://x/Users/2819c223","version":"W/\"3\""}}"#
        )
    );
}

#[test]
fn without_values_there_are_no_blocks_and_no_nulls() {
    let user = UserResource { external_id: None, texts: vec![], lists: vec![], ..user() };
    let text = written(&user, None, Some("meta"));
    assert_eq!(
        text,
        r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"2819c223","userName":"jo@example.com","userType":"Registered","active":true}"#
    );
}

#[test]
fn projections_reach_into_parts() {
    let start = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"2819c223""#;
    for (attributes, rest) in [
        ("shoeSize", "}"),
        ("USERNAME", r#","userName":"jo@example.com"}"#),
        ("name", r#","name":{"familyName":"Day","givenName":"Jo"}}"#),
        ("name.givenName,stackUserType", r#","name":{"givenName":"Jo"}}"#),
        ("emails.value", r#","emails":[{"value":"jo@example.com"}]}"#),
        ("emails.display", "}"),
        ("meta.version", r#","meta":{"version":"W/\"3\""}}"#),
        ("active,externalId", r#","externalId":"00u1","active":true}"#),
    ] {
        assert_eq!(
            written(&user(), Some(attributes), None),
            format!("{start}{rest}"),
            "{attributes}"
        );
    }
    let department = written(
        &user(),
        Some("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"),
        None,
    );
    assert!(department.ends_with(
        r#""urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Trust"}}"#
    ));
}

#[test]
fn exclusions_reach_into_parts_but_not_to_what_is_always_returned() {
    let text = written(
        &user(),
        None,
        Some("id,schemas,meta,name.familyName,emails.type,department,manager"),
    );
    assert_eq!(
        text,
        concat!(
            r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"2819c223","externalId":"00u1","#,
            r#""userName":"jo@example.com","name":{"givenName":"Jo"},"userType":"Registered","active":true,"#,
            r#""emails":[{"value":"jo@example.com","primary":true}]}"#
        )
    );
}

/// Clients stop at texts and at bare lists (`okta_strindex`, `okta_ref`, `snipe11913`).
#[test]
fn a_list_has_numbers_and_always_resources() {
    let empty = ListResponse::<()>::new(0, 1, vec![]);
    assert_eq!(
        serde_json::to_string(&empty).unwrap(),
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}"#
    );
    let page = serde_json::to_string(&ListResponse::new(205, 201, vec![1, 2])).unwrap();
    assert!(
        page.contains(r#""totalResults":205,"startIndex":201,"itemsPerPage":2,"Resources":[1,2]"#)
    );
}
