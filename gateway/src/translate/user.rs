//! A user of the contract as a SCIM resource.

use super::role;
use super::role::RoleSource;
use super::values::{instant, read};
use super::vocabulary::{Meaning, Vocabulary};
use provost_proto::v1;
use provost_scim::{Attribute, Common, Complex, Projection, Resource, ScimValue, group};
use time::OffsetDateTime;

/// The contract's name for the list of groups that a user is in.
const GROUPS: &str = "groups";
/// How a user came into a group: never by way of another one.
const DIRECT: &str = "direct";

/// Looks at a user as a SCIM resource. `base` is the URL below which the collections lie. What SCIM has
/// no word for is left out.
pub fn resource<'a>(vocabulary: &Vocabulary<'a>, user: &'a v1::User, base: &str) -> Resource<'a> {
    let common = Common {
        id: &user.id,
        created: instant_or_epoch(user.create_time.as_ref()),
        last_modified: instant_or_epoch(user.update_time.as_ref()),
        location: [base, vocabulary.resource_type.endpoint(), "/", &user.id].concat(),
        version: format!("W/\"{}\"", user.version),
    };
    let profile = user.profile.iter().flat_map(|profile| &profile.attributes);
    let room = user.profile.as_ref().map_or(0, |profile| profile.attributes.len());
    let mut resource = Resource::new(vocabulary.resource_type, common, room + 4);
    for (attribute, meaning) in vocabulary.places() {
        let value = match meaning {
            Meaning::UserName => Some(ScimValue::Text(user.user_name.as_str().into())),
            Meaning::ExternalId => user.external_id.as_deref().map(|id| ScimValue::Text(id.into())),
            Meaning::Active => Some(ScimValue::Boolean(user.active)),
            Meaning::Role(RoleSource::UserType) => {
                Some(ScimValue::Text(role::as_str(user.role()).into()))
            }
            Meaning::Role(RoleSource::StackUserType | RoleSource::AppRoles) | Meaning::Profile => {
                None
            }
        };
        if let Some(value) = value {
            resource.set(attribute, value);
        }
    }
    for (attribute, value) in vocabulary.of_profile(profile) {
        match read(vocabulary, attribute, value) {
            Some(ScimValue::Complex(parts)) => {
                parts.into_iter().for_each(|(part, value)| resource.set(part, value));
            }
            Some(value) => resource.set(attribute, value),
            None => {}
        }
    }
    if !user.groups.is_empty()
        && let Some(list) = list_of_groups(vocabulary)
    {
        resource.set(list, groups(vocabulary, list, &user.groups, base));
    }
    resource
}

/// Whether an answer of this choice of attributes tells of the groups that a user is in.
pub fn shows_groups(vocabulary: &Vocabulary<'_>, projection: &Projection<'_>) -> bool {
    list_of_groups(vocabulary).is_some_and(|list| projection.shows(list))
}

fn list_of_groups<'a>(vocabulary: &Vocabulary<'a>) -> Option<&'a Attribute> {
    vocabulary.resource_type.lists().find(|list| vocabulary.name(list) == GROUPS)
}

fn groups<'a>(
    vocabulary: &Vocabulary<'a>,
    list: &'a Attribute,
    groups: &'a [v1::UserGroup],
    base: &str,
) -> ScimValue<'a> {
    let group = |of: &'a v1::UserGroup| {
        let mut element = Complex::default();
        for part in list.parts() {
            let value = match vocabulary.name(part) {
                "value" => ScimValue::Text(of.group_id.as_str().into()),
                "display" => ScimValue::Text(of.display_name.as_str().into()),
                "type" => ScimValue::Text(DIRECT.into()),
                "$ref" => {
                    let url = [base, group().endpoint(), "/", &of.group_id].concat();
                    ScimValue::Reference(url.into())
                }
                _ => continue,
            };
            element.set(part, value);
        }
        ScimValue::Complex(element)
    };
    ScimValue::List(groups.iter().map(group).collect())
}

/// As fine as it is: what is shown is what filters compare.
pub(super) fn instant_or_epoch(at: Option<&prost_types::Timestamp>) -> OffsetDateTime {
    at.and_then(instant).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
