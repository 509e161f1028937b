//! What is answered.

use super::*;
use crate::list_response::ListResponse;
use crate::projection::ProjectionText;
use crate::schema::{Name, user};
use crate::value::Complex;

fn jo() -> Resource<'static> {
    let at = |seconds| OffsetDateTime::from_unix_timestamp(seconds).unwrap();
    let common = Common {
        id: "2819c223",
        created: at(1_767_225_600),
        last_modified: at(1_767_312_000),
        location: "https://x/Users/2819c223".to_owned(),
        version: "W/\"3\"".to_owned(),
    };
    Resource::new(user(), common, 16)
}

fn with(
    mut resource: Resource<'static>,
    path: &str,
    value: ScimValue<'static>,
) -> Resource<'static> {
    let attribute = match user().resolve(path) {
        Name::Attribute(attribute) => attribute,
        other => panic!("{path} is {other:?}"),
    };
    resource.set(attribute, value);
    resource
}

fn text(text: &'static str) -> ScimValue<'static> {
    ScimValue::Text(text.into())
}

fn bare() -> Resource<'static> {
    let values = [
        ("userName", text("jo@example.com")),
        ("active", ScimValue::Boolean(true)),
        ("userType", text("Registered")),
    ];
    values.into_iter().fold(jo(), |resource, (path, value)| with(resource, path, value))
}

fn known() -> Resource<'static> {
    let emails = user().lists().find(|list| list.path() == "emails").unwrap();
    let part = |name: &str| emails.parts().iter().find(|part| part.name() == name).unwrap();
    let mut email = Complex::of(part("type"), text("work"));
    email.set(part("value"), text("jo@example.com"));
    email.set(part("primary"), ScimValue::Boolean(true));
    let values = [
        ("externalId", text("00u1")),
        ("department", text("Trust")),
        ("name.familyName", text("Day")),
        ("name.givenName", text("Jo")),
        ("manager.value", text("7")),
        ("title", text("")),
        ("emails", ScimValue::List(vec![ScimValue::Complex(email)])),
        ("ims", ScimValue::List(vec![])),
    ];
    values.into_iter().fold(bare(), |resource, (path, value)| with(resource, path, value))
}

fn written(user: &Resource<'_>, attributes: Option<&str>, excluded: Option<&str>) -> String {
    let text = ProjectionText::of(attributes.map(str::to_owned), excluded.map(str::to_owned));
    let projection = text.unwrap().read(crate::schema::user());
    serde_json::to_string(&user.projected(&projection)).unwrap()
}

#[test]
fn a_user_is_written_in_the_order_of_the_tables() {
    assert_eq!(
        written(&known(), None, None),
        concat!(
            r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"#,
            r#""id":"2819c223","externalId":"00u1","userName":"jo@example.com","#,
            r#""name":{"familyName":"Day","givenName":"Jo"},"userType":"Registered","active":true,"#,
            r#""emails":[{"value":"jo@example.com","type":"work","primary":true}],"#,
            r#""urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Trust","manager":{"value":"7"}},"#,
            r#""meta":{"resourceType":"User","created":"2026-01-01T00:00:00.000000Z","lastModified":"2026-01-02T00:00:00.000000Z","#,
            r#""location":"https://x/Users/2819c223","version":"W/\"3\""}}"#
        )
    );
}

#[test]
fn without_values_there_are_no_blocks_and_no_nulls() {
    let text = written(&bare(), None, Some("meta"));
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
        ("emails.type", r#","emails":[{"type":"work"}]}"#),
        ("emails.display", "}"),
        ("meta.version", r#","meta":{"version":"W/\"3\""}}"#),
        ("active,externalId", r#","externalId":"00u1","active":true}"#),
    ] {
        assert_eq!(
            written(&known(), Some(attributes), None),
            format!("{start}{rest}"),
            "{attributes}"
        );
    }
    let department = written(
        &known(),
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
        &known(),
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

#[test]
fn a_resource_says_where_it_is_and_in_which_version() {
    let resource = known();
    assert_eq!(resource.location(), "https://x/Users/2819c223");
    assert_eq!(resource.version(), "W/\"3\"");
}
