//! A user of the contract as a SCIM resource.

use super::role;
use super::role::RoleSource;
use super::values::{instant, read};
use super::vocabulary::{Meaning, Vocabulary};
use provost_proto::v1;
use provost_scim::{Common, Resource, ScimValue};
use time::OffsetDateTime;

/// Looks at a user as a SCIM resource. `users` is the URL of the collection. What SCIM has no
/// word for is left out.
pub fn resource<'a>(vocabulary: &Vocabulary<'a>, user: &'a v1::User, users: &str) -> Resource<'a> {
    let common = Common {
        id: &user.id,
        created: instant_or_epoch(user.create_time.as_ref()),
        last_modified: instant_or_epoch(user.update_time.as_ref()),
        location: [users, "/", &user.id].concat(),
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
    resource
}

/// As fine as it is: what is shown is what filters compare.
pub(super) fn instant_or_epoch(at: Option<&prost_types::Timestamp>) -> OffsetDateTime {
    at.and_then(instant).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
