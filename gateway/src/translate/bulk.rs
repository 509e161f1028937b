//! An operation among several as a write of the contract, and what it refers to.
//!
//! Owns where references stand and how they are filled in. Must never know in which order operations are done.

use super::bodies;
use super::notice::notice_words;
use super::problem::sentence;
use super::vocabulary::Vocabulary;
use provost_proto::v1;
use provost_proto::v1::batch_write::Write;
use provost_proto::v1::change::Change;
use provost_proto::v1::edit_list::Edit as ListChange;
use provost_proto::v1::group_change::Change as GroupKind;
use provost_proto::v1::value::Kind;
use provost_scim::bulk::{BulkNotice, referred};
use provost_scim::{BulkMethod, ResourceData, ScimError};
use std::collections::BTreeSet;

/// What resources are kept below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Collection {
    /// `/Users`
    Users,
    /// `/Groups`
    Groups,
}

/// One write of several, in which references may stand for ids (RFC 7644 section 3.7.2).
#[derive(Debug, Clone, PartialEq)]
pub struct BulkWrite {
    write: Write,
    expected_versions: Vec<i64>,
}

impl BulkWrite {
    /// A new resource.
    pub fn creation(
        collection: Collection,
        vocabulary: &Vocabulary<'_>,
        data: ResourceData<'_>,
    ) -> Result<Self, ScimError> {
        let write = match collection {
            Collection::Users => {
                Write::CreateUser(bodies::new_user(vocabulary, String::new(), data)?)
            }
            Collection::Groups => {
                Write::CreateGroup(bodies::new_group(vocabulary, String::new(), data)?)
            }
        };
        Ok(Self { write, expected_versions: Vec::new() })
    }

    /// A change or the end of a resource, which is refused where that has none of these versions.
    pub fn change(
        (collection, id): (Collection, String),
        method: BulkMethod,
        vocabulary: &Vocabulary<'_>,
        data: Option<ResourceData<'_>>,
        expected_versions: Vec<i64>,
    ) -> Result<Self, ScimError> {
        let write = match (collection, data) {
            (Collection::Users, Some(data)) if method != BulkMethod::Delete => {
                let changes = if method == BulkMethod::Put {
                    bodies::whole_user(vocabulary, data)?
                } else {
                    bodies::patched_user(vocabulary, data)?
                };
                let rest = v1::ChangeUserRequest::default();
                Write::ChangeUser(v1::ChangeUserRequest { user_id: id, changes, ..rest })
            }
            (Collection::Groups, Some(data)) if method != BulkMethod::Delete => {
                let changes = if method == BulkMethod::Put {
                    bodies::whole_group(vocabulary, data)?
                } else {
                    bodies::patched_group(vocabulary, data)?
                };
                let rest = v1::ChangeGroupRequest::default();
                Write::ChangeGroup(v1::ChangeGroupRequest { group_id: id, changes, ..rest })
            }
            (Collection::Users, _) => {
                let rest = v1::DeleteUserRequest::default();
                Write::DeleteUser(v1::DeleteUserRequest { user_id: id, ..rest })
            }
            (Collection::Groups, _) => {
                let rest = v1::DeleteGroupRequest::default();
                Write::DeleteGroup(v1::DeleteGroupRequest { group_id: id, ..rest })
            }
        };
        Ok(Self { write, expected_versions })
    }

    /// The names that it refers to.
    pub fn references(&mut self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        self.each_reference(&mut |text| names.extend(referred(text).map(str::to_owned)));
        names
    }

    /// Fills in ids for references.
    pub fn fill_in(&mut self, id_of: &dyn Fn(&str) -> Option<String>) {
        self.each_reference(&mut |text| {
            if let Some(id) = referred(text).and_then(id_of) {
                *text = id;
            }
        });
    }

    /// Whether it makes a user, whom nothing that it refers to has to be there for.
    pub fn makes_a_user(&self) -> bool {
        matches!(self.write, Write::CreateUser(_))
    }

    /// Whether it is about a group.
    pub fn is_about_a_group(&self) -> bool {
        match self.write {
            Write::CreateGroup(_) | Write::ChangeGroup(_) | Write::DeleteGroup(_) => true,
            Write::CreateUser(_) | Write::ChangeUser(_) | Write::DeleteUser(_) => false,
        }
    }

    /// Whether it makes no difference to writes about groups that don't name it: it makes an active user without a
    /// role of their own.
    pub fn makes_a_plain_user(&self) -> bool {
        let Write::CreateUser(creation) = &self.write else { return false };
        creation.active != Some(false)
            && matches!(creation.role(), v1::Role::Unspecified | v1::Role::Registered)
    }

    /// Takes out of a new user what refers to others, and answers a write that adds it to the user of
    /// this name later.
    pub fn put_off(&mut self, bulk_id: &str) -> Option<Self> {
        let Write::CreateUser(creation) = &mut self.write else { return None };
        let attributes = &mut creation.profile.as_mut()?.attributes;
        let mut changes = Vec::new();
        for (attribute, mut value) in std::mem::take(attributes) {
            let mut refers = false;
            each_in_value(&mut value, &mut |_| refers = true);
            if refers {
                let set = v1::SetAttribute { attribute, value: Some(value) };
                changes.push(v1::Change { change: Some(Change::SetAttribute(set)) });
            } else {
                attributes.insert(attribute, value);
            }
        }
        let rest = v1::ChangeUserRequest::default();
        let user_id = ["bulkId:", bulk_id].concat();
        let write = Write::ChangeUser(v1::ChangeUserRequest { user_id, changes, ..rest });
        Some(Self { write, expected_versions: Vec::new() })
    }

    /// As it is sent.
    pub fn into_message(self) -> v1::BatchWrite {
        let Self { write, expected_versions } = self;
        v1::BatchWrite { write: Some(write), expected_versions }
    }

    fn each_reference(&mut self, visit: &mut dyn FnMut(&mut String)) {
        match &mut self.write {
            Write::CreateUser(creation) => each_in_profile(creation.profile.as_mut(), visit),
            Write::ChangeUser(change) => {
                look_at(&mut change.user_id, visit);
                for change in &mut change.changes {
                    each_in_change(change, visit);
                }
            }
            Write::DeleteUser(deletion) => look_at(&mut deletion.user_id, visit),
            Write::CreateGroup(creation) => each_of(&mut creation.user_ids, visit),
            Write::ChangeGroup(change) => {
                look_at(&mut change.group_id, visit);
                for change in &mut change.changes {
                    each_in_group_change(change, visit);
                }
            }
            Write::DeleteGroup(deletion) => look_at(&mut deletion.group_id, visit),
        }
    }
}

/// What is told where what a new user refers to could not be added later.
pub fn not_filled_in(detail: String) -> BulkNotice {
    BulkNotice { reason: v1::ErrorReason::NoTarget.name(), attribute: None, detail }
}

/// A notice that stands beside the operation that it is about.
pub fn bulk_notice(notice: &v1::Notice) -> BulkNotice {
    let (reason, attribute, detail) = notice_words(notice);
    let attribute = attribute.map(str::to_owned);
    BulkNotice { reason, attribute, detail: sentence(detail) }
}

fn look_at(text: &mut String, visit: &mut dyn FnMut(&mut String)) {
    if referred(text).is_some() {
        visit(text);
    }
}

fn each_of(texts: &mut [String], visit: &mut dyn FnMut(&mut String)) {
    for text in texts {
        look_at(text, visit);
    }
}

fn each_in_profile(profile: Option<&mut v1::Profile>, visit: &mut dyn FnMut(&mut String)) {
    for value in profile.into_iter().flat_map(|profile| profile.attributes.values_mut()) {
        each_in_value(value, visit);
    }
}

fn each_in_complex(complex: &mut v1::Complex, visit: &mut dyn FnMut(&mut String)) {
    for value in complex.attributes.values_mut() {
        each_in_value(value, visit);
    }
}

fn each_in_list(list: &mut v1::List, visit: &mut dyn FnMut(&mut String)) {
    for element in &mut list.elements {
        each_in_value(element, visit);
    }
}

fn each_in_value(value: &mut v1::Value, visit: &mut dyn FnMut(&mut String)) {
    match &mut value.kind {
        Some(Kind::Text(text) | Kind::Reference(text)) => look_at(text, visit),
        Some(Kind::Complex(complex)) => each_in_complex(complex, visit),
        Some(Kind::List(list)) => each_in_list(list, visit),
        Some(
            Kind::Boolean(_)
            | Kind::Integer(_)
            | Kind::Decimal(_)
            | Kind::DateTime(_)
            | Kind::Binary(_),
        )
        | None => {}
    }
}

fn each_in_change(change: &mut v1::Change, visit: &mut dyn FnMut(&mut String)) {
    match &mut change.change {
        Some(Change::SetAttribute(set)) => {
            if let Some(value) = &mut set.value {
                each_in_value(value, visit);
            }
        }
        Some(Change::EditList(edit)) => match &mut edit.edit {
            Some(ListChange::Add(list) | ListChange::Replace(list)) => each_in_list(list, visit),
            Some(ListChange::Merge(complex)) => each_in_complex(complex, visit),
            Some(ListChange::Clear(_) | ListChange::Remove(_)) | None => {}
        },
        Some(Change::Replace(replace)) => each_in_profile(replace.profile.as_mut(), visit),
        Some(
            Change::SetActive(_)
            | Change::SetRole(_)
            | Change::SetUserName(_)
            | Change::SetExternalId(_)
            | Change::PlaceHold(_)
            | Change::LiftHold(_)
            | Change::ForgetSubject(_)
            | Change::Ignored(_),
        )
        | None => {}
    }
}

fn each_in_group_change(change: &mut v1::GroupChange, visit: &mut dyn FnMut(&mut String)) {
    match &mut change.change {
        Some(
            GroupKind::AddMembers(v1::AddMembers { user_ids })
            | GroupKind::RemoveMembers(v1::RemoveMembers { user_ids })
            | GroupKind::ReplaceMembers(v1::ReplaceMembers { user_ids }),
        ) => each_of(user_ids, visit),
        Some(
            GroupKind::SetDisplayName(_) | GroupKind::SetExternalId(_) | GroupKind::Ignored(_),
        )
        | None => {}
    }
}
