//! An operation among several as a write of the contract, and what it refers to.
//!
//! Owns where references stand and how they are filled in. Must never know in which order operations are done.

use super::bodies;
use super::group::VALUE;
use super::notice::notice_words;
use super::problem::sentence;
use super::vocabulary::Vocabulary;
use provost_proto::v1;
use provost_proto::v1::batch_write::Write;
use provost_proto::v1::change::Change;
use provost_proto::v1::filter::Node;
use provost_proto::v1::group_change::Change as GroupKind;
use provost_proto::v1::value::Kind;
use provost_scim::bulk::{BulkNotice, referred};
use provost_scim::{BulkMethod, ResourceData, ScimError};
use std::collections::BTreeSet;

/// What the contract calls the attributes by which a user names another one: by id, and by URL.
const MANAGER_ID: &str = "manager_id";
const MANAGER_URL: &str = "manager_ref";

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

/// A URL whose last segment is a reference. One that is nothing else becomes one that is relative to where a user is.
fn look_at_url(url: &mut String, visit: &mut dyn FnMut(&mut String)) {
    let (front, last) = url.rsplit_once('/').unwrap_or(("../Users", url.as_str()));
    if referred(last).is_some() {
        let mut id = last.to_owned();
        visit(&mut id);
        *url = [front, "/", &id].concat();
    }
}

fn each_of(texts: &mut [String], visit: &mut dyn FnMut(&mut String)) {
    for text in texts {
        look_at(text, visit);
    }
}

fn each_in_profile(profile: Option<&mut v1::Profile>, visit: &mut dyn FnMut(&mut String)) {
    for (attribute, value) in profile.into_iter().flat_map(|profile| &mut profile.attributes) {
        each_in_value(attribute, value, visit);
    }
}

/// Whatever other attributes say is theirs, also where it looks like a reference.
fn each_in_value(attribute: &str, value: &mut v1::Value, visit: &mut dyn FnMut(&mut String)) {
    if let Some(Kind::Text(text) | Kind::Reference(text)) = &mut value.kind {
        match attribute {
            MANAGER_ID => look_at(text, visit),
            MANAGER_URL => look_at_url(text, visit),
            _ => {}
        }
    }
}

fn each_in_change(change: &mut v1::Change, visit: &mut dyn FnMut(&mut String)) {
    match &mut change.change {
        Some(Change::SetAttribute(v1::SetAttribute { attribute, value: Some(value) })) => {
            each_in_value(attribute, value, visit);
        }
        Some(Change::Replace(replace)) => each_in_profile(replace.profile.as_mut(), visit),
        Some(
            Change::SetAttribute(_)
            | Change::EditList(_)
            | Change::SetActive(_)
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
            GroupKind::AddMembers(v1::AddMembers { user_ids, selected: _ })
            | GroupKind::RemoveMembers(v1::RemoveMembers { user_ids, selected: _ })
            | GroupKind::ReplaceMembers(v1::ReplaceMembers { user_ids }),
        ) => each_of(user_ids, visit),
        Some(GroupKind::RemoveSelectedMembers(selected)) => {
            if let Some(filter) = &mut selected.filter {
                each_in_filter(filter, visit);
            }
        }
        Some(
            GroupKind::SetDisplayName(_) | GroupKind::SetExternalId(_) | GroupKind::Ignored(_),
        )
        | None => {}
    }
}

/// Of a condition on members, the ids that it compares with.
fn each_in_filter(filter: &mut v1::Filter, visit: &mut dyn FnMut(&mut String)) {
    match &mut filter.node {
        Some(Node::All(list) | Node::Any(list)) => {
            for filter in &mut list.filters {
                each_in_filter(filter, visit);
            }
        }
        Some(Node::Not(filter)) => each_in_filter(filter, visit),
        Some(Node::Comparison(comparison)) => {
            let kind = comparison.value.as_mut().and_then(|value| value.kind.as_mut());
            if let (VALUE, Some(Kind::Text(text))) = (comparison.attribute.as_str(), kind) {
                look_at(text, visit);
            }
        }
        Some(Node::Present(_) | Node::Element(_)) | None => {}
    }
}

#[cfg(test)]
mod tests;
