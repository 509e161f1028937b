//! Snapshots: what an event shows of a user.

use super::document::attributes_or_null;
use super::profile::size;
use super::unspoken::unspoken;
use super::{AttributeName, Attributes, DirectoryStatus, Hold, ProfileSchema, Role, User, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Values of a profile; an absent one is none.
type ShownValues = BTreeMap<AttributeName, Option<Value>>;

/// A user, or what of a user a change touched.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserSnapshot {
    /// Always there.
    pub version: i64,
    /// Each of the others only where it is part of the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// Empty text: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// By what the identity provider knows the user. Empty text: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Effective status, which follows from the next two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// The directory's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory_status: Option<DirectoryStatus>,
    /// All holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holds: Option<Vec<Hold>>,
    /// Privileges.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The role besides groups, where groups give another one, or gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_role: Option<Role>,
    /// Values of the profile; an absent one, `null` in the ledger, is none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "attributes_or_null")]
    pub attributes: ShownValues,
}

unspoken!(UserSnapshot: version, active, directory_status, role, base_role, attributes);

impl UserSnapshot {
    /// The values of the profile with the types that a schema gives them, which a document does not say.
    pub(super) fn typed(mut self, schema: ProfileSchema) -> Self {
        let typed = |(name, value): (AttributeName, Option<Value>)| {
            let value = value.map(|value| schema.typed(&name, value));
            (name, value)
        };
        self.attributes = self.attributes.into_iter().map(typed).collect();
        self
    }

    /// How much there is to tell of it, in bytes.
    pub(super) fn size(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let holds: usize = self.holds.iter().flatten().map(Hold::size).sum();
        let attribute = |(name, value): (&AttributeName, &Option<Value>)| {
            name.as_str().len() + value.as_ref().map_or(0, size)
        };
        let attributes: usize = self.attributes.iter().map(attribute).sum();
        let names = [&self.user_name, &self.external_id, &self.subject].map(text);
        names.iter().sum::<usize>() + holds + attributes
    }

    /// The whole user.
    pub fn of(user: &User) -> Self {
        let User {
            site: _,
            id: _,
            user_name,
            external_id,
            subject,
            directory_status,
            holds,
            role,
            base_role,
            profile,
            recorded_refusals: _,
            last_event: _,
            version,
            created_at: _,
            updated_at: _,
        } = user;
        Self {
            version: *version,
            user_name: Some(user_name.as_str().to_owned()),
            external_id: external_id.as_ref().map(|id| id.as_str().to_owned()),
            subject: subject.as_ref().map(|subject| subject.as_str().to_owned()),
            active: Some(user.is_active()),
            directory_status: Some(*directory_status),
            holds: (!holds.is_empty()).then(|| holds.clone()),
            role: Some(*role),
            base_role: *base_role,
            attributes: profile
                .attributes
                .iter()
                .map(|(name, value)| (name.clone(), Some(value.clone())))
                .collect(),
        }
    }

    /// What a change touched of a user, as it was before and as it is after.
    pub fn of_change(before: &User, after: &User) -> (Self, Self) {
        let (attributes, new_attributes) = if Arc::ptr_eq(&before.profile, &after.profile) {
            Default::default()
        } else {
            differing_attributes(&before.profile.attributes, &after.profile.attributes)
        };
        (
            Self { attributes, ..Self::without_attributes(before, after) },
            Self { attributes: new_attributes, ..Self::without_attributes(after, before) },
        )
    }

    /// What of `this` is not so in `other`, besides their attributes.
    fn without_attributes(this: &User, other: &User) -> Self {
        fn differing<T: PartialEq, R>(this: &T, other: &T, show: impl Fn(&T) -> R) -> Option<R> {
            (this != other).then(|| show(this))
        }
        Self {
            version: this.version,
            user_name: differing(&this.user_name, &other.user_name, |name| {
                name.as_str().to_owned()
            }),
            external_id: differing(&this.external_id, &other.external_id, |id| {
                id.as_ref().map_or_else(String::new, |id| id.as_str().to_owned())
            }),
            subject: differing(&this.subject, &other.subject, |subject| {
                subject.as_ref().map_or_else(String::new, |subject| subject.as_str().to_owned())
            }),
            active: differing(&this.is_active(), &other.is_active(), |active| *active),
            directory_status: differing(&this.directory_status, &other.directory_status, |s| *s),
            holds: differing(&this.holds, &other.holds, Clone::clone),
            role: differing(&this.role, &other.role, |role| *role),
            base_role: differing(&this.base_role, &other.base_role, |_| this.base_role()),
            attributes: BTreeMap::new(),
        }
    }
}

/// The attributes of which either has another value, each with the one's and with the other's; none
/// where it has no value.
fn differing_attributes(one: &Attributes, other: &Attributes) -> (ShownValues, ShownValues) {
    let (mut of_one, mut of_other) = <(ShownValues, ShownValues)>::default();
    let mut show = |name: &AttributeName, value: Option<&Value>, other: Option<&Value>| {
        of_one.insert(name.clone(), value.cloned());
        of_other.insert(name.clone(), other.cloned());
    };
    for (name, value) in one {
        let other = other.get(name);
        if other != Some(value) {
            show(name, Some(value), other);
        }
    }
    for (name, value) in other.iter().filter(|(name, _)| !one.contains_key(*name)) {
        show(name, None, Some(value));
    }
    (of_one, of_other)
}
