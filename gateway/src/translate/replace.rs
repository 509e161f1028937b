//! The edits of a PUT as one replacement, and those of a POST as a creation.

use super::changes::{elements, ignored, text};
use super::names;
use super::role::{Wish, carries_role, is_said_apart, wish};
use crate::scim::{Attribute, Edit, ListEdit, Scalar};
use provost_proto::v1;
use provost_proto::v1::change::Change;

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
    let Whole { user_name, external_id, active, role, profile, ignored } = Whole::read(edits);
    let profile = Some(profile);
    let replace = v1::Replace { user_name, external_id, active, role: role.into(), profile };
    std::iter::once(Change::Replace(replace))
        .chain(ignored.into_iter().map(Change::Ignored))
        .map(|change| v1::Change { change: Some(change) })
        .collect()
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
        let said_apart = is_said_apart(&edits);
        let mut whole = Self::default();
        for edit in edits {
            match edit {
                Edit::Set { attribute, value: Some(value) } => {
                    whole.set(attribute, &value, said_apart);
                }
                Edit::List { list, edit: ListEdit::Replace(list_elements), .. } => {
                    let name = names::contract(list).to_owned();
                    whole.profile.lists.insert(name, elements(list_elements));
                }
                // A whole user holds values only; edits of parts come with PATCH.
                Edit::Set { value: None, .. } | Edit::List { .. } => {}
                Edit::Ignored { name, cause } => whole.ignored.extend(ignored(&name, cause)),
            }
        }
        whole
    }

    fn set(&mut self, attribute: &'static Attribute, value: &Scalar<'_>, said_apart: bool) {
        let word = text(value).map(str::to_owned);
        match attribute.path {
            "active" => self.active = Some(*value == Scalar::Boolean(true)),
            "userName" => self.user_name = word,
            "externalId" => self.external_id = word,
            "userType" if said_apart => {}
            path if carries_role(path) => match wish(path, word.as_deref()) {
                Wish::Role(role) => self.role = role,
                Wish::Ignored(ignored) => self.ignored.push(ignored),
                Wish::Nothing => {}
            },
            _ => {
                let name = names::contract(attribute).to_owned();
                self.profile.texts.extend(word.map(|word| (name, word)));
            }
        }
    }
}
