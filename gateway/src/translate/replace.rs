//! The edits of a PUT as one replacement, and those of a POST as a creation.

use super::changes::{changes, ignored, into_text};
use super::role::{RoleIntent, resolve_role_sources};
use super::values;
use super::vocabulary::{Meaning, Vocabulary};
use provost_proto::v1;
use provost_proto::v1::change::Change;
use provost_proto::v1::value::Kind;
use provost_scim::schema::Mutability;
use provost_scim::{Attribute, Cause, Edit, ScimListEdit, ScimValue};

/// A whole user as it was sent.
#[derive(Default)]
struct WholeUser {
    user_name: Option<String>,
    external_id: Option<String>,
    active: Option<bool>,
    role: v1::Role,
    profile: v1::Profile,
    ignored: Vec<v1::Ignored>,
}

/// Translates the edits of a PUT. One that doesn't name the user is no whole user: it changes what
/// it names, clears nothing, and its sender is told. Scripts write such bodies of `active` and
/// `userType` alone.
pub fn replacement<'a>(vocabulary: &Vocabulary<'a>, edits: Vec<Edit<'a>>) -> Vec<v1::Change> {
    if !edits.iter().any(|edit| names_the_user(vocabulary, edit)) {
        let mut changes = changes(vocabulary, edits);
        changes.push(v1::Change { change: Some(Change::Ignored(not_whole())) });
        return changes;
    }
    let unexpanded =
        |edit: &Edit<'_>| matches!(edit, Edit::Ignored { cause: Cause::Unexpanded, .. });
    if edits.iter().any(unexpanded) {
        return changes(vocabulary, with_removals(vocabulary, edits));
    }
    let whole = WholeUser::read(vocabulary, edits);
    let WholeUser { user_name, external_id, active, role, profile, ignored } = whole;
    let profile = Some(profile);
    let replace = v1::Replace { user_name, external_id, active, role: role.into(), profile };
    std::iter::once(Change::Replace(replace))
        .chain(ignored.into_iter().map(Change::Ignored))
        .map(|change| v1::Change { change: Some(change) })
        .collect()
}

fn names_the_user(vocabulary: &Vocabulary<'_>, edit: &Edit<'_>) -> bool {
    match edit {
        Edit::Set { attribute, .. } => vocabulary.meaning(attribute) == Meaning::UserName,
        Edit::List { .. } | Edit::Ignored { .. } => false,
    }
}

fn not_whole() -> v1::Ignored {
    v1::Ignored {
        attribute: "userName".to_owned(),
        reason: v1::ErrorReason::ValueInvalid.into(),
        message: "the PUT has no userName, so it is no whole user; what it names was changed and \
                  nothing else was cleared; send the whole user, or use PATCH"
            .to_owned(),
    }
}

/// A PUT in which placeholders were not filled in, one attribute after the other: what is not
/// mentioned is removed, as a replacement would, but a placeholder is a mention that removes
/// nothing.
fn with_removals<'a>(vocabulary: &Vocabulary<'a>, mut edits: Vec<Edit<'a>>) -> Vec<Edit<'a>> {
    let is_mentioned = |attribute: &Attribute| {
        edits.iter().any(|edit| match edit {
            Edit::Set { attribute: known, .. } | Edit::List { list: known, .. } => {
                *known == attribute
            }
            Edit::Ignored { attribute: known, .. } => *known == Some(attribute),
        })
    };
    let singles = vocabulary.resource_type.singles();
    let singles = singles.filter(|attribute| is_cleared_by_put(vocabulary, attribute));
    let singles = singles.filter(|attribute| !is_mentioned(attribute));
    let lists = vocabulary.resource_type.lists();
    let lists =
        lists.filter(|list| list.mutability == Mutability::ReadWrite && !is_mentioned(list));
    let removals: Vec<_> = singles
        .map(|attribute| Edit::Set { attribute, value: None })
        .chain(lists.map(|list| Edit::List { list, selector: None, edit: ScimListEdit::Remove }))
        .collect();
    edits.extend(removals);
    edits
}

/// User name, status and role stay when they are left out: absent is not false.
fn is_cleared_by_put(vocabulary: &Vocabulary<'_>, attribute: &Attribute) -> bool {
    attribute.mutability == Mutability::ReadWrite
        && !attribute.required
        && matches!(vocabulary.meaning(attribute), Meaning::ExternalId | Meaning::Profile)
}

/// Translates the edits of a POST to a site.
pub fn creation(
    vocabulary: &Vocabulary<'_>,
    site: String,
    edits: Vec<Edit<'_>>,
) -> v1::CreateUserRequest {
    let whole = WholeUser::read(vocabulary, edits);
    let WholeUser { user_name, external_id, active, role, profile, ignored } = whole;
    v1::CreateUserRequest {
        site,
        user_name: user_name.unwrap_or_default(),
        external_id,
        active,
        role: role.into(),
        profile: Some(profile),
        ignored,
        options: None,
        include_groups: false,
    }
}

impl WholeUser {
    fn read(vocabulary: &Vocabulary<'_>, edits: Vec<Edit<'_>>) -> Self {
        let mut whole = Self::default();
        for edit in resolve_role_sources(vocabulary, edits) {
            match edit {
                Edit::Set { attribute, value: Some(value) } => {
                    whole.set(vocabulary, attribute, value);
                }
                Edit::List { list, edit: ScimListEdit::Replace(elements), .. } => {
                    let name = vocabulary.name(list).to_owned();
                    let value = values::value(vocabulary, ScimValue::List(elements));
                    whole.profile.attributes.insert(name, value);
                }
                // A whole user holds values only; edits of parts come with PATCH.
                Edit::Set { value: None, .. } | Edit::List { .. } => {}
                Edit::Ignored { name, cause, .. } => whole.ignored.push(ignored(&name, cause)),
            }
        }
        whole
    }

    fn set(&mut self, vocabulary: &Vocabulary<'_>, attribute: &Attribute, value: ScimValue<'_>) {
        match (vocabulary.meaning(attribute), value) {
            (Meaning::Role(source), value) => {
                match RoleIntent::read(source, value.as_text().unwrap_or_default()) {
                    RoleIntent::Role(role) => self.role = role,
                    RoleIntent::Ignored(ignored) => self.ignored.push(ignored),
                    RoleIntent::Nothing => {}
                }
            }
            (Meaning::UserName, value) => self.user_name = into_text(value),
            (Meaning::ExternalId, value) => self.external_id = into_text(value),
            (Meaning::Active, ScimValue::Boolean(active)) => self.active = Some(active),
            // A status is true or false.
            (Meaning::Active, _) => {}
            (Meaning::Profile, value) => {
                let name = vocabulary.name(attribute).to_owned();
                let value = values::value(vocabulary, value);
                match vocabulary.whole(attribute) {
                    Some(whole) => self.set_part(vocabulary.name(whole), name, value),
                    None => _ = self.profile.attributes.insert(name, value),
                }
            }
        }
    }

    fn set_part(&mut self, whole: &str, part: String, value: v1::Value) {
        let whole = self.profile.attributes.entry(whole.to_owned()).or_default();
        let empty = || Kind::Complex(v1::Complex::default());
        if let Kind::Complex(complex) = whole.kind.get_or_insert_with(empty) {
            complex.attributes.insert(part, value);
        }
    }
}
