//! The edits of a PATCH as a list of changes, in their order.

use super::names;
use super::role::{Wish, carries_role, wish, with_one_voice};
use provost_proto::v1;
use provost_proto::v1::change::Change;
use provost_proto::v1::edit_list::{self, Edit as ListChange};
use provost_scim::filter::Filter;
use provost_scim::{Attribute, Cause, Edit, Element, Kind, ListEdit, Scalar};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Translates the edits of a PATCH.
pub fn changes(edits: Vec<Edit<'_>>) -> Vec<v1::Change> {
    let changes = with_one_voice(edits).into_iter().filter_map(|edit| match edit {
        Edit::Set { attribute, value } if carries_role(attribute.path) => {
            role_change(attribute, value.as_ref())
        }
        Edit::Set { attribute, value } => Some(single(attribute, value)),
        Edit::List { list, selector, edit } => {
            Some(Change::EditList(list_change(list, selector.as_ref(), edit)))
        }
        Edit::Ignored { name, cause } => Some(Change::Ignored(ignored(&name, cause))),
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
        Cause::ReadOnly => (
            ErrorReason::AttributeNotKept,
            "is set by the service and can't be written; take it out of the attribute mapping",
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

fn role_change(attribute: &'static Attribute, value: Option<&Scalar<'_>>) -> Option<Change> {
    match wish(attribute.path, value.map_or("", text)) {
        Wish::Role(role) => Some(Change::SetRole(v1::SetRole { role: role.into() })),
        Wish::Ignored(ignored) => Some(Change::Ignored(ignored)),
        Wish::Nothing => None,
    }
}

fn no_status(attribute: &'static Attribute) -> v1::Ignored {
    let name = attribute.path;
    let message = format!(
        "{name} can't be taken away, because an account always has a status, so it is left as it \
         is; send true or false"
    );
    let reason = v1::ErrorReason::ValueInvalid.into();
    v1::Ignored { attribute: name.to_owned(), reason, message }
}

fn single(attribute: &'static Attribute, value: Option<Scalar<'_>>) -> Change {
    let text = match value {
        Some(Scalar::Boolean(active)) => {
            return Change::SetActive(v1::SetActive { active });
        }
        // Taking the status away is no wish to shut the account: absent is not false.
        None if matches!(attribute.kind, Kind::Boolean) => {
            return Change::Ignored(no_status(attribute));
        }
        Some(Scalar::Text(text)) => Some(text.into_owned()),
        None => None,
    };
    match attribute.path {
        "userName" => Change::SetUserName(v1::SetUserName { user_name: text.unwrap_or_default() }),
        "externalId" => Change::SetExternalId(v1::SetExternalId { external_id: text }),
        _ => Change::SetText(v1::SetText {
            attribute: names::contract(attribute).to_owned(),
            value: text,
        }),
    }
}

/// The text of a value; a role word is never anything else.
pub(super) fn text<'a>(value: &'a Scalar<'_>) -> &'a str {
    match value {
        Scalar::Text(text) => text,
        Scalar::Boolean(_) => "",
    }
}

fn list_change(
    list: &'static Attribute,
    selector: Option<&Filter>,
    edit: ListEdit<'_>,
) -> v1::EditList {
    let edit = match edit {
        ListEdit::Add(list) => ListChange::Add(elements(list)),
        ListEdit::Replace(list) => ListChange::Replace(elements(list)),
        ListEdit::Merge(Element { texts, primary }) => {
            ListChange::Merge(edit_list::Merge { texts: parts(texts), primary })
        }
        ListEdit::Clear(parts) => {
            let attributes = parts.into_iter().map(|part| names::contract(part).to_owned());
            ListChange::Clear(edit_list::Clear { attributes: attributes.collect() })
        }
        ListEdit::Remove => ListChange::Remove(edit_list::Remove {}),
    };
    v1::EditList {
        list: names::contract(list).to_owned(),
        selector: selector.map(super::filter::element),
        edit: Some(edit),
    }
}

/// The elements of a list.
pub(super) fn elements(elements: Vec<Element<'_>>) -> v1::Elements {
    let elements = elements.into_iter().map(|Element { texts, primary }| v1::Element {
        texts: parts(texts),
        primary: primary.unwrap_or_default(),
    });
    v1::Elements { elements: elements.collect() }
}

fn parts(texts: Vec<(&'static Attribute, Cow<'_, str>)>) -> BTreeMap<String, String> {
    let named = texts.into_iter();
    named.map(|(part, text)| (names::contract(part).to_owned(), text.into_owned())).collect()
}
