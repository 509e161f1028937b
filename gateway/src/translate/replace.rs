//! The edits of a PUT as one replacement, and those of a POST as a creation.

use super::changes::{changes, elements, ignored, text};
use super::names;
use super::role::{Wish, carries_role, wish, with_one_voice};
use provost_proto::v1;
use provost_proto::v1::change::Change;
use provost_scim::schema::{self, Mutability};
use provost_scim::{Attribute, Cause, Edit, Kind, ListEdit, Scalar};

/// A whole user as it was sent.
#[derive(Default)]
struct Whole {
    user_name: Option<String>,
    external_id: Option<String>,
    active: Option<bool>,
    role: v1::Role,
    profile: v1::Profile,
    ignored: Vec<v1::Ignored>,
}

/// Translates the edits of a PUT.
pub fn replacement(edits: Vec<Edit<'_>>) -> Vec<v1::Change> {
    let unexpanded =
        |edit: &Edit<'_>| matches!(edit, Edit::Ignored { cause: Cause::Unexpanded, .. });
    if edits.iter().any(unexpanded) {
        return changes(with_removals(edits));
    }
    let Whole { user_name, external_id, active, role, profile, ignored } = Whole::read(edits);
    let profile = Some(profile);
    let replace = v1::Replace { user_name, external_id, active, role: role.into(), profile };
    std::iter::once(Change::Replace(replace))
        .chain(ignored.into_iter().map(Change::Ignored))
        .map(|change| v1::Change { change: Some(change) })
        .collect()
}

/// A PUT in which placeholders were not filled in, one attribute after the other: what is not
/// mentioned is removed, as a replacement would, but a placeholder is a mention that removes
/// nothing.
fn with_removals(mut edits: Vec<Edit<'_>>) -> Vec<Edit<'_>> {
    let is_mentioned = |attribute: &Attribute| {
        edits.iter().any(|edit| match edit {
            Edit::Set { attribute: known, .. } | Edit::List { list: known, .. } => {
                *known == attribute
            }
            // A part of a list is named behind its list: `emails.value`.
            Edit::Ignored { name, .. } => match name.strip_prefix(attribute.path) {
                Some(rest) => rest.is_empty() || rest.starts_with('.'),
                None => false,
            },
        })
    };
    let singles = schema::singles().filter(|attribute| is_cleared_by_put(attribute));
    let singles = singles.filter(|attribute| !is_mentioned(attribute));
    let lists = schema::lists().filter(|list| !is_mentioned(list));
    let removals: Vec<_> = singles
        .map(|attribute| Edit::Set { attribute, value: None })
        .chain(lists.map(|list| Edit::List { list, selector: None, edit: ListEdit::Remove }))
        .collect();
    edits.extend(removals);
    edits
}

/// User name, status and role stay when they are left out: absent is not false.
fn is_cleared_by_put(attribute: &Attribute) -> bool {
    attribute.mutability == Mutability::ReadWrite
        && !attribute.required
        && !matches!(attribute.kind, Kind::Boolean)
        && !carries_role(attribute.path)
}

/// Translates the edits of a POST to a site.
pub fn creation(site: String, edits: Vec<Edit<'_>>) -> v1::CreateUserRequest {
    let Whole { user_name, external_id, active, role, profile, ignored } = Whole::read(edits);
    v1::CreateUserRequest {
        site,
        user_name: user_name.unwrap_or_default(),
        external_id,
        active,
        role: role.into(),
        profile: Some(profile),
        ignored,
    }
}

impl Whole {
    fn read(edits: Vec<Edit<'_>>) -> Self {
        let mut whole = Self::default();
        for edit in with_one_voice(edits) {
            match edit {
                Edit::Set { attribute, value: Some(value) } => {
                    whole.set(attribute, value);
                }
                Edit::List { list, edit: ListEdit::Replace(list_elements), .. } => {
                    let name = names::contract(list).to_owned();
                    whole.profile.lists.insert(name, elements(list_elements));
                }
                // A whole user holds values only; edits of parts come with PATCH.
                Edit::Set { value: None, .. } | Edit::List { .. } => {}
                Edit::Ignored { name, cause } => whole.ignored.push(ignored(&name, cause)),
            }
        }
        whole
    }

    fn set(&mut self, attribute: &'static Attribute, value: Scalar<'_>) {
        if carries_role(attribute.path) {
            return self.set_role(attribute, text(&value));
        }
        match (attribute.path, value) {
            (_, Scalar::Boolean(active)) => self.active = Some(active),
            ("userName", Scalar::Text(name)) => self.user_name = Some(name.into_owned()),
            ("externalId", Scalar::Text(id)) => self.external_id = Some(id.into_owned()),
            (_, Scalar::Text(text)) => {
                let name = names::contract(attribute).to_owned();
                self.profile.texts.insert(name, text.into_owned());
            }
        }
    }

    fn set_role(&mut self, attribute: &'static Attribute, word: &str) {
        match wish(attribute.path, word) {
            Wish::Role(role) => self.role = role,
            Wish::Ignored(ignored) => self.ignored.push(ignored),
            Wish::Nothing => {}
        }
    }
}
