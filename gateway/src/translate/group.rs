//! A group of the contract as a SCIM resource.

use super::user::instant_or_epoch;
use super::vocabulary::Vocabulary;
use provost_proto::v1;
use provost_scim::{Attribute, Common, Complex, Projection, Resource, ScimValue};

/// The contract's name for the list of members.
pub(super) const MEMBERS: &str = "members";
/// The part of a member that is the id of the user.
pub(super) const VALUE: &str = "value";
/// The only kind of resource that is a member.
const USER: &str = "User";

/// Looks at a group as a SCIM resource, with the members that came with it. `groups` and `users`
/// are the URLs of the collections.
pub fn group_resource<'a>(
    vocabulary: &Vocabulary<'a>,
    group: &'a v1::Group,
    groups: &str,
    users: &str,
) -> Resource<'a> {
    let common = Common {
        id: &group.id,
        created: instant_or_epoch(group.create_time.as_ref()),
        last_modified: instant_or_epoch(group.update_time.as_ref()),
        location: [groups, "/", &group.id].concat(),
        version: format!("W/\"{}\"", group.version),
    };
    let text = |text: &'a str| ScimValue::Text(text.into());
    let mut resource = Resource::new(vocabulary.resource_type, common, 3);
    for attribute in vocabulary.resource_type.all() {
        let value = match vocabulary.name(attribute) {
            "display_name" => Some(text(&group.display_name)),
            "external_id" => group.external_id.as_deref().map(text),
            MEMBERS => Some(members(vocabulary, attribute, &group.members, users)),
            _ => None,
        };
        if let Some(value) = value {
            resource.set(attribute, value);
        }
    }
    resource
}

fn members<'a>(
    vocabulary: &Vocabulary<'a>,
    list: &'a Attribute,
    members: &'a [v1::GroupMember],
    users: &str,
) -> ScimValue<'a> {
    let member = |member: &'a v1::GroupMember| {
        let mut element = Complex::default();
        for part in list.parts() {
            let value = match vocabulary.name(part) {
                VALUE => ScimValue::Text(member.user_id.as_str().into()),
                "display" => ScimValue::Text(member.display.as_str().into()),
                "type" => ScimValue::Text(USER.into()),
                "$ref" => ScimValue::Reference([users, "/", &member.user_id].concat().into()),
                _ => continue,
            };
            element.set(part, value);
        }
        ScimValue::Complex(element)
    };
    ScimValue::List(members.iter().map(member).collect())
}

/// Whether an answer of this choice of attributes tells of members.
pub fn shows_members(vocabulary: &Vocabulary<'_>, projection: &Projection<'_>) -> bool {
    let mut lists = vocabulary.resource_type.lists();
    lists.any(|list| vocabulary.name(list) == MEMBERS && projection.shows(list))
}

/// The members of a group after a write that named all of them, as far as it is known: not what they
/// are called. None where an id is not spelled as it is read.
pub fn named_members(user_ids: &[String]) -> Option<Vec<v1::GroupMember>> {
    if !user_ids.iter().all(|id| is_as_read(id)) {
        return None;
    }
    let mut user_ids = user_ids.to_vec();
    user_ids.sort_unstable();
    user_ids.dedup();
    let member = |user_id| v1::GroupMember { user_id, display: String::new() };
    Some(user_ids.into_iter().map(member).collect())
}

/// Whether what was taken for a UUID has the usual one of its spellings.
fn is_as_read(id: &str) -> bool {
    let usual = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-');
    id.len() == 36 && id.bytes().all(usual)
}
