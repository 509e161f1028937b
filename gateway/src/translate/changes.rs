//! The edits of a PATCH as a list of changes, in their order.

use super::role::{RoleIntent, resolve_role_sources};
use super::values::{self, complex};
use super::vocabulary::{Meaning, Vocabulary};
use provost_proto::v1;
use provost_proto::v1::change::Change;
use provost_proto::v1::edit_list::{self, Edit as ListChange};
use provost_scim::{Attribute, Cause, Edit, ScimFilter, ScimListEdit, ScimValue};
use std::borrow::Cow;

/// Translates the edits of a PATCH.
pub fn changes(vocabulary: &Vocabulary<'_>, edits: Vec<Edit<'_>>) -> Vec<v1::Change> {
    let edits = resolve_role_sources(vocabulary, edits).into_iter();
    let changes = edits.filter_map(|edit| match edit {
        Edit::Set { attribute, value } => single(vocabulary, attribute, value),
        Edit::List { list, selector, edit } => {
            Some(Change::EditList(list_change(vocabulary, list, selector.as_ref(), edit)))
        }
        Edit::Ignored { name, cause, .. } => Some(Change::Ignored(ignored(&name, cause))),
    });
    changes.map(|change| v1::Change { change: Some(change) }).collect()
}

/// What is said about input that changes nothing.
pub(super) fn ignored(name: &str, cause: Cause) -> v1::Ignored {
    use v1::ErrorReason;
    let (reason, sentence) = match cause {
        Cause::NotKept => (
            ErrorReason::AttributeNotKept,
            "is not kept here; take it out of the attribute mapping",
        ),
        Cause::Unexpanded => (
            ErrorReason::ValueInvalid,
            "holds a placeholder that was not filled in, so it was not stored; correct the \
             attribute mapping",
        ),
    };
    let message = format!("{name} {sentence}");
    v1::Ignored { attribute: name.to_owned(), reason: reason.into(), message }
}

fn no_status(attribute: &Attribute) -> v1::Ignored {
    let name = attribute.path();
    let message = format!(
        "{name} can't be taken away, because an account always has a status, so it is left as it \
         is; send true or false"
    );
    let reason = v1::ErrorReason::ValueInvalid.into();
    v1::Ignored { attribute: name.to_owned(), reason, message }
}

fn single(
    vocabulary: &Vocabulary<'_>,
    attribute: &Attribute,
    value: Option<ScimValue<'_>>,
) -> Option<Change> {
    Some(match (vocabulary.meaning(attribute), value) {
        (Meaning::Role(source), value) => {
            let word = value.as_ref().and_then(ScimValue::as_text).unwrap_or_default();
            match RoleIntent::read(source, word) {
                RoleIntent::Role(role) => Change::SetRole(v1::SetRole { role: role.into() }),
                RoleIntent::Ignored(ignored) => Change::Ignored(ignored),
                RoleIntent::Nothing => return None,
            }
        }
        (Meaning::Active, Some(ScimValue::Boolean(active))) => {
            Change::SetActive(v1::SetActive { active })
        }
        // Taking the status away is no wish to deactivate: absent is not false.
        (Meaning::Active, _) => Change::Ignored(no_status(attribute)),
        (Meaning::UserName, value) => {
            let user_name = value.and_then(into_text).unwrap_or_default();
            Change::SetUserName(v1::SetUserName { user_name })
        }
        (Meaning::ExternalId, value) => {
            Change::SetExternalId(v1::SetExternalId { external_id: value.and_then(into_text) })
        }
        (Meaning::Profile, value) => {
            let name = vocabulary.name(attribute).to_owned();
            let value = value.map(|value| values::value(vocabulary, value));
            match vocabulary.whole(attribute) {
                Some(whole) => Change::EditList(part_change(vocabulary.name(whole), name, value)),
                None => Change::SetAttribute(v1::SetAttribute { attribute: name, value }),
            }
        }
    })
}

/// A change to one part of a complex attribute, which to the contract is a list of one.
fn part_change(whole: &str, part: String, value: Option<v1::Value>) -> v1::EditList {
    let edit = match value {
        Some(value) => ListChange::Merge(v1::Complex { attributes: [(part, value)].into() }),
        None => ListChange::Clear(edit_list::Clear { attributes: vec![part] }),
    };
    v1::EditList { list: whole.to_owned(), selector: None, edit: Some(edit) }
}

/// The text of a text.
pub(super) fn into_text(value: ScimValue<'_>) -> Option<String> {
    match value {
        ScimValue::Text(text) => Some(Cow::into_owned(text)),
        _ => None,
    }
}

fn list_change(
    vocabulary: &Vocabulary<'_>,
    list: &Attribute,
    selector: Option<&ScimFilter<'_>>,
    edit: ScimListEdit<'_>,
) -> v1::EditList {
    let edit = match edit {
        ScimListEdit::Add(elements) => ListChange::Add(values::list(vocabulary, elements)),
        ScimListEdit::Replace(elements) => ListChange::Replace(values::list(vocabulary, elements)),
        ScimListEdit::Merge(parts) => ListChange::Merge(complex(vocabulary, parts)),
        ScimListEdit::Clear(parts) => {
            let attributes = parts.into_iter().map(|part| vocabulary.name(part).to_owned());
            ListChange::Clear(edit_list::Clear { attributes: attributes.collect() })
        }
        ScimListEdit::Remove => ListChange::Remove(edit_list::Remove {}),
    };
    v1::EditList {
        list: vocabulary.name(list).to_owned(),
        selector: selector.map(|selector| super::filter(vocabulary, selector)),
        edit: Some(edit),
    }
}
