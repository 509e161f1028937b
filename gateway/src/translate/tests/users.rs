//! A user of the contract as SCIM writes it.

use crate::translate::{Vocabulary, resource, shows_groups};
use prost_types::Timestamp;
use provost_proto::v1;
use provost_proto::v1::value::Kind;
use provost_scim::ProjectionText;
use std::collections::BTreeMap;

fn text(text: &str) -> v1::Value {
    v1::Value { kind: Some(Kind::Text(text.to_owned())) }
}

fn named(pairs: &[(&str, &str)]) -> BTreeMap<String, v1::Value> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect()
}

fn element(pairs: &[(&str, &str)]) -> v1::Value {
    v1::Value { kind: Some(Kind::Complex(v1::Complex { attributes: named(pairs) })) }
}

fn list(name: &str, elements: Vec<v1::Value>) -> (String, v1::Value) {
    (name.to_owned(), v1::Value { kind: Some(Kind::List(v1::List { elements })) })
}

fn user() -> v1::User {
    let mut preferred = named(&[("value", "jo@example.com"), ("type", "work")]);
    preferred.insert("primary".to_owned(), v1::Value { kind: Some(Kind::Boolean(true)) });
    let preferred = Kind::Complex(v1::Complex { attributes: preferred });
    let emails = vec![
        v1::Value { kind: Some(preferred) },
        element(&[("value", "jo@example.org"), ("a_part_of_a_newer_core", "x")]),
    ];
    let addresses = vec![element(&[
        ("street_address", "Main 1"),
        ("postal_code", "12345"),
        ("formatted", "Main 1\n12345"),
        ("type", "work"),
    ])];
    let mut attributes = named(&[
        ("given_name", "Jo"),
        ("family_name", "Day"),
        ("formatted_name", "Jo Day"),
        ("preferred_language", "en-GB"),
        ("department", "Trust"),
        ("manager_id", "7"),
        ("manager_display_name", "Sam"),
        ("a_name_of_a_newer_core", "x"),
    ]);
    attributes.extend([
        list("emails", emails),
        list("addresses", addresses),
        list("shoes", vec![]),
    ]);
    let groups = [("a", "Pilots"), ("b", "Guides")].map(|(id, name)| v1::UserGroup {
        group_id: format!("0198b3a0-0000-7000-8000-00000000000{id}"),
        display_name: name.to_owned(),
    });
    v1::User {
        id: "0198b3a0-0000-7000-8000-000000000001".to_owned(),
        site: "acme".to_owned(),
        user_name: "Jo@Example.com".to_owned(),
        external_id: Some("00u1".to_owned()),
        active: false,
        directory_status: v1::DirectoryStatus::Active.into(),
        holds: vec![v1::Hold { name: "manual".to_owned(), ..v1::Hold::default() }],
        role: v1::Role::Moderator.into(),
        profile: Some(v1::Profile { attributes }),
        version: 12,
        create_time: Some(Timestamp { seconds: 1_767_225_600, nanos: 0 }),
        update_time: Some(Timestamp { seconds: 1_767_225_600, nanos: 123_456_789 }),
        groups: groups.into(),
        has_more_groups: false,
        base_role: 0,
    }
}

/// Compares with a golden file in `translate/snapshots`.
fn golden(name: &str, user: &v1::User, attributes: Option<&str>, excluded: Option<&str>) {
    let text = ProjectionText::of(attributes.map(str::to_owned), excluded.map(str::to_owned));
    let projection = text.unwrap().read(provost_scim::user());
    let resource = resource(Vocabulary::user(), user, "https://id.example.com/api/scim/v2");
    let written = serde_json::to_string_pretty(&resource.projected(&projection)).unwrap();
    insta::with_settings!({
        snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true,
    }, {
        insta::assert_snapshot!(name, written);
    });
}

#[test]
fn a_user_is_written_as_scim_has_it() {
    golden("user", &user(), None, None);
}

#[test]
fn a_projection_reaches_into_lists_and_extensions() {
    let selected =
        "userName,name.givenName,emails.value,active,userType,manager,meta.version,groups.display";
    golden("user_selected", &user(), Some(selected), None);
    let excluded = "name,emails.type,addresses,department,manager,meta,groups.type,groups.$ref";
    golden("user_excluded", &user(), None, Some(excluded));
}

/// A user of whom nothing is known yet, as the first sign-in leaves them.
#[test]
fn a_bare_user_has_no_empty_members() {
    let role = v1::Role::Registered.into();
    let groups = Vec::new();
    let bare = v1::User { external_id: None, profile: None, active: true, role, groups, ..user() };
    golden("user_bare", &bare, None, None);
}

#[test]
fn groups_are_asked_for_where_they_are_shown() {
    for (attributes, excluded, shown) in [
        (None, None, true),
        (Some("groups"), None, true),
        (Some("groups.display"), None, true),
        (Some("userName"), None, false),
        (None, Some("groups"), false),
        (None, Some("groups.$ref"), true),
        (None, Some("emails"), true),
    ] {
        let text = ProjectionText::of(attributes.map(str::to_owned), excluded.map(str::to_owned));
        let projection = text.unwrap().read(provost_scim::user());
        let shows = shows_groups(Vocabulary::user(), &projection);
        assert_eq!(shows, shown, "{attributes:?} {excluded:?}");
    }
}
