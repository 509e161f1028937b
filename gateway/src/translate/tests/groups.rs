//! Groups: bodies in every dialect, and what they do to a set of members.

use super::printed;
use crate::translate::{Vocabulary, filter, group_changes, group_creation, group_replacement};
use proptest::prelude::*;
use provost_proto::v1;
use provost_proto::v1::group_change::Change;
use provost_scim::{ScimError, ScimFilter, group, input, patch};
use std::collections::BTreeSet;

fn patched(operations: &str) -> Result<Vec<String>, ScimError> {
    let body = format!("{{\"Operations\": {operations}}}");
    let edits = patch::read(group(), body.as_bytes())?;
    Ok(group_changes(Vocabulary::group(), edits)?.iter().map(printed).collect())
}

fn put(body: &str) -> Vec<String> {
    let edits = input::replace(group(), body.as_bytes()).unwrap();
    group_replacement(Vocabulary::group(), edits).unwrap().iter().map(printed).collect()
}

fn members(word: &str, selected: bool, user_ids: &[String]) -> String {
    let selected = if selected { " selected" } else { "" };
    format!("{word}{selected} {}", user_ids.join(" "))
}

fn printed(change: &v1::GroupChange) -> String {
    match change.change.as_ref().unwrap() {
        Change::SetDisplayName(set) => format!("displayName = {}", set.display_name),
        Change::SetExternalId(set) => format!("externalId = {:?}", set.external_id),
        Change::AddMembers(add) => members("add", add.selected, &add.user_ids),
        Change::RemoveMembers(remove) => members("remove", remove.selected, &remove.user_ids),
        Change::RemoveSelectedMembers(_) => "remove where".to_owned(),
        Change::ReplaceMembers(replace) => {
            format!("replace {}", replace.user_ids.join(" ")).trim_end().to_owned()
        }
        Change::Ignored(ignored) => format!("ignored {}", ignored.attribute),
    }
}

/// What providers send (`ms_use`, `ms_compat`, `okta_ref`, `sdk419`, `sdk757`, `gw95`, `metatavu101`).
#[test]
fn a_patch_is_read_in_every_dialect() {
    for (operations, changes) in [
        (
            r#"[{"op": "Replace", "path": "displayName", "value": "New"}]"#,
            &["displayName = New"][..],
        ),
        (
            r#"[{"op": "replace", "value": {"id": "g", "displayName": "New"}}]"#,
            &["displayName = New"],
        ),
        (r#"[{"op": "Add", "path": "externalId", "value": "0a"}]"#, &["externalId = Some(\"0a\")"]),
        (r#"[{"op": "remove", "path": "externalId"}]"#, &["externalId = None"]),
        (
            r#"[{"op": "Add", "path": "members", "value": [{"$ref": null, "value": "a"}, {"value": "b"}]}]"#,
            &["add a b"],
        ),
        (
            r#"[{"op": "add", "path": "members", "value": {"value": "a", "display": null}}]"#,
            &["add a"],
        ),
        (r#"[{"op": "add", "path": "members", "value": "a"}]"#, &["add a"]),
        (r#"[{"op": "add", "path": "members", "value": []}]"#, &[]),
        (
            r#"[{"op": "add", "value": {"members": [{"value": "a", "display": "A", "type": "User"}]}}]"#,
            &["add a"],
        ),
        (
            r#"[{"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:Group:members", "value": [{"value": "a"}]}]"#,
            &["add a"],
        ),
        (
            r#"[{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "a"}, {"value": "b"}]}]"#,
            &["remove a b"],
        ),
        (r#"[{"op": "Remove", "path": "members", "value": [{"value": "a"}]}]"#, &["remove a"]),
        (r#"[{"op": "Remove", "path": "members", "value": []}]"#, &[]),
        (r#"[{"op": "remove", "path": "members[value eq \"a\"]"}]"#, &["remove a"]),
        (
            r#"[{"op": "remove", "path": "members[value eq \"a\" or value eq \"b\"]"}]"#,
            &["remove a b"],
        ),
        (r#"[{"op": "remove", "path": "members"}]"#, &["replace"]),
        (r#"[{"op": "remove", "path": "members", "value": null}]"#, &["replace"]),
        (
            r#"[{"op": "replace", "path": "members", "value": [{"value": "a", "display": "A"}]}]"#,
            &["replace a"],
        ),
        (r#"[{"op": "replace", "path": "members", "value": []}]"#, &["replace"]),
        (r#"[{"op": "replace", "path": "members", "value": null}]"#, &["replace"]),
        (r#"[{"op": "replace", "value": {"members": [{"value": "a"}]}}]"#, &["replace a"]),
        (
            r#"[{"op": "add", "path": "members[value eq \"a\"]", "value": {"value": "a"}}]"#,
            &["add selected a"],
        ),
        (
            r#"[{"op": "replace", "path": "members[value eq \"a\"]", "value": {"value": "b"}}]"#,
            &["remove selected a", "add b"],
        ),
        (
            r#"[{"op": "remove", "path": "members[display eq \"A\" and not (value sw \"b\")]"}]"#,
            &["remove where"],
        ),
        (r#"[{"op": "remove", "path": "members[value ne \"a\"]"}]"#, &["remove where"]),
        (r#"[{"op": "remove", "path": "members[type eq \"User\"]"}]"#, &["remove where"]),
        (r#"[{"op": "replace", "path": "description", "value": "x"}]"#, &["ignored description"]),
        (
            r#"[{"op": "remove", "path": "members[value eq \"a\"]"}, {"op": "add", "path": "members", "value": [{"value": "b"}]}]"#,
            &["remove a", "add b"],
        ),
    ] {
        let found =
            patched(operations).unwrap_or_else(|error| panic!("{operations}: {}", error.detail));
        assert_eq!(found, changes, "{operations}");
    }
}

#[test]
fn what_a_patch_can_not_mean_is_refused_with_what_to_do() {
    for (operations, scim_type, sentence) in [
        (
            r#"[{"op": "replace", "path": "members[value eq \"a\"].display", "value": "A"}]"#,
            "mutability",
            "members.display is set by the service",
        ),
        (
            r#"[{"op": "remove", "path": "members.display"}]"#,
            "mutability",
            "members.display is set by the service",
        ),
        (
            r#"[{"op": "replace", "path": "id", "value": "x"}]"#,
            "mutability",
            "id is set by the service",
        ),
        (
            r#"[{"op": "add", "path": "members[display eq \"A\"]", "value": {"value": "b"}}]"#,
            "mutability",
            "add the other",
        ),
        (r#"[{"op": "remove", "path": "members[$ref eq \"x\"]"}]"#, "invalidFilter", "$ref"),
        (
            r#"[{"op": "replace", "path": "members[value eq \"a\"].value", "value": "b"}]"#,
            "mutability",
            "Remove that element",
        ),
        (
            r#"[{"op": "replace", "path": "members.value", "value": "b"}]"#,
            "mutability",
            "Remove that element",
        ),
        (r#"[{"op": "remove", "path": "members.value"}]"#, "mutability", "Remove that element"),
        (
            r#"[{"op": "add", "path": "members[value eq \"a\"]", "value": {"value": "b"}}]"#,
            "mutability",
            "add the other",
        ),
        (
            r#"[{"op": "add", "path": "members", "value": [{"display": "A"}]}]"#,
            "invalidValue",
            "members.value needs",
        ),
        (r#"[{"op": "remove", "path": "displayName"}]"#, "mutability", "displayName is required"),
        (
            r#"[{"op": "replace", "path": "displayName", "value": ""}]"#,
            "invalidValue",
            "displayName needs a text",
        ),
    ] {
        let error = patched(operations).expect_err(operations);
        let word = error.scim_type.unwrap().keyword();
        assert_eq!((error.status, word), (400, scim_type), "{operations}");
        assert!(error.detail.contains(sentence), "{operations}: {}", error.detail);
    }
}

/// Okta reads and sends back whole groups, with nobody in them as well (`okta_ref`, `sis247`).
#[test]
fn a_put_takes_away_what_it_leaves_out() {
    for (body, changes) in [
        (
            r#"{"id": "g", "displayName": "D", "externalId": "0a", "members": [{"value": "a"}], "meta": {}}"#,
            &["displayName = D", "externalId = Some(\"0a\")", "replace a"][..],
        ),
        (r#"{"displayName": "D"}"#, &["displayName = D", "externalId = None", "replace"]),
        (
            r#"{"displayName": "D", "members": []}"#,
            &["displayName = D", "externalId = None", "replace"],
        ),
        (
            r#"{"displayName": "D", "members": null}"#,
            &["displayName = D", "externalId = None", "replace"],
        ),
        (
            r#"{"displayName": "D", "externalId": "${group.id}", "members": ["a"]}"#,
            &["displayName = D", "ignored externalId", "replace a"],
        ),
        (r#"{"members": [{"value": "a"}]}"#, &["replace a", "ignored displayName"]),
    ] {
        assert_eq!(put(body), changes, "{body}");
    }
}

#[test]
fn a_post_names_the_first_members() {
    let body = br#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group",
        "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": "0a", "displayName": "D", "members": [{"value": "a"}], "colour": "red"}"#;
    let edits = input::create(group(), body).unwrap();
    let creation = group_creation(Vocabulary::group(), "acme".to_owned(), edits).unwrap();
    assert_eq!((creation.site.as_str(), creation.display_name.as_str()), ("acme", "D"));
    assert_eq!(
        (creation.external_id.as_deref(), creation.user_ids),
        (Some("0a"), vec!["a".to_owned()])
    );
    assert_eq!(creation.ignored[0].attribute, "colour");
}

#[test]
fn filters_are_asked_in_the_words_of_the_contract() {
    for (text, words) in [
        ("displayName eq \"x\"", &["display_name EQUAL \"x\""][..]),
        ("externalId eq \"x\"", &["external_id EQUAL \"x\""]),
        ("id eq \"x\"", &["id EQUAL \"x\""]),
        ("meta.lastModified gt \"2026-01-01T00:00:00Z\"", &["update_time GREATER_THAN "]),
        ("members.value eq \"x\"", &["members{", "value EQUAL \"x\""]),
        ("members[value eq \"x\"]", &["members{", "value EQUAL \"x\""]),
        ("members eq \"x\"", &["members{", "value EQUAL \"x\""]),
        ("members.display co \"x\"", &["members{", "display CONTAINS \"x\""]),
        ("members pr", &["members?"]),
        ("members.type eq \"user\"", &["members{", "type?"]),
        ("members.type ne \"User\"", &["members{", "!(", "type?"]),
    ] {
        let parsed = ScimFilter::parse(group(), text).unwrap();
        let asked = printed::filter(&filter(Vocabulary::group(), &parsed));
        assert!(words.iter().all(|word| asked.contains(word)), "{text}: {asked}");
    }
    for text in ["members.kind eq \"User\"", "userName eq \"x\"", "members.$ref pr"] {
        assert!(ScimFilter::parse(group(), text).is_err(), "{text}");
    }
}

/// One operation of a PATCH on members, and what it plainly means for who is in the group.
#[derive(Debug, Clone)]
enum Operation {
    Add(Vec<u8>),
    Replace(Vec<u8>),
    RemoveValues(Vec<u8>),
    RemoveOne(u8),
    RemoveAll,
}

impl Operation {
    /// In one of the ways in which it is sent.
    fn written(&self, way: u8) -> String {
        let elements = |ids: &[u8]| {
            let one = |id: &u8| match way % 3 {
                0 => format!(r#"{{"value": "{id}"}}"#),
                1 => {
                    format!(r#"{{"$ref": null, "value": "{id}", "display": null, "type": "User"}}"#)
                }
                _ => format!(r#"{{"display": "x", "value": "{id}"}}"#),
            };
            format!("[{}]", ids.iter().map(one).collect::<Vec<_>>().join(", "))
        };
        let assigned = |op: &str, ids: &[u8]| match way % 2 {
            0 => format!(r#"{{"op": "{op}", "path": "members", "value": {}}}"#, elements(ids)),
            _ => format!(r#"{{"op": "{op}", "value": {{"members": {}}}}}"#, elements(ids)),
        };
        match self {
            Self::Add(ids) => assigned("Add", ids),
            Self::Replace(ids) => assigned("replace", ids),
            Self::RemoveValues(ids) => {
                format!(r#"{{"op": "Remove", "path": "members", "value": {}}}"#, elements(ids))
            }
            Self::RemoveOne(id) => {
                format!(r#"{{"op": "remove", "path": "members[value eq \"{id}\"]"}}"#)
            }
            Self::RemoveAll => r#"{"op": "remove", "path": "members"}"#.to_owned(),
        }
    }

    fn apply(&self, members: &mut BTreeSet<String>) {
        let texts = |ids: &[u8]| ids.iter().map(u8::to_string).collect::<Vec<_>>();
        match self {
            Self::Add(ids) => members.extend(texts(ids)),
            Self::Replace(ids) => *members = texts(ids).into_iter().collect(),
            Self::RemoveValues(ids) => members.retain(|member| !texts(ids).contains(member)),
            Self::RemoveOne(id) => _ = members.remove(&id.to_string()),
            Self::RemoveAll => members.clear(),
        }
    }
}

/// What the contract says that a change does.
fn decided(change: v1::GroupChange, members: &mut BTreeSet<String>) {
    match change.change.unwrap() {
        Change::AddMembers(add) => members.extend(add.user_ids),
        Change::RemoveMembers(remove) => members.retain(|member| !remove.user_ids.contains(member)),
        Change::ReplaceMembers(replace) => *members = replace.user_ids.into_iter().collect(),
        Change::RemoveSelectedMembers(_) => unreachable!("not drawn"),
        Change::SetDisplayName(_) | Change::SetExternalId(_) | Change::Ignored(_) => {}
    }
}

fn operation() -> impl Strategy<Value = Operation> {
    let ids = || proptest::collection::vec(0..12_u8, 0..6);
    prop_oneof![
        ids().prop_map(Operation::Add),
        ids().prop_map(Operation::Replace),
        ids().prop_map(Operation::RemoveValues),
        (0..12_u8).prop_map(Operation::RemoveOne),
        Just(Operation::RemoveAll),
    ]
}

proptest! {
    #[test]
    fn any_patch_of_members_leaves_what_a_set_would(
        operations in proptest::collection::vec((operation(), any::<u8>()), 0..12),
    ) {
        let (mut expected, mut found) = (BTreeSet::new(), BTreeSet::new());
        let written: Vec<_> =
            operations.iter().map(|(operation, way)| operation.written(*way)).collect();
        let body = format!("{{\"Operations\": [{}]}}", written.join(", "));
        let edits = patch::read(group(), body.as_bytes()).unwrap();
        for change in group_changes(Vocabulary::group(), edits).unwrap() {
            decided(change, &mut found);
        }
        for (operation, _) in &operations {
            operation.apply(&mut expected);
        }
        prop_assert_eq!(found, expected, "{}", body);
    }
}
