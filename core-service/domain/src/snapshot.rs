//! Snapshots: what an event shows of a user.

use super::{DirectoryStatus, Element, Hold, ListName, Role, TextName, User};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A user, or what of a user a change touched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Empty text: none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<TextName, String>,
    /// Empty list: none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<ListName, Vec<Element>>,
}

impl UserSnapshot {
    /// The whole user.
    pub fn of(user: &User) -> Self {
        let User {
            site: _,
            id: _,
            user_name,
            external_id,
            directory_status,
            holds,
            role,
            profile,
            unmet: _,
            version,
            created_at: _,
            updated_at: _,
        } = user;
        Self {
            version: *version,
            user_name: Some(user_name.as_str().to_owned()),
            external_id: external_id.as_ref().map(|id| id.as_str().to_owned()),
            active: Some(user.is_active()),
            directory_status: Some(*directory_status),
            holds: (!holds.is_empty()).then(|| holds.clone()),
            role: Some(*role),
            texts: profile.texts.clone(),
            lists: profile.lists.clone(),
        }
    }

    /// What of `this` is not so in `other`. Two of these, each way, show a change.
    pub fn of_difference(this: &User, other: &User) -> Self {
        fn differing<T: PartialEq, R>(this: &T, other: &T, show: impl Fn(&T) -> R) -> Option<R> {
            (this != other).then(|| show(this))
        }
        let other_profile = &other.profile;
        let profile = differing(&this.profile, other_profile, |profile| {
            let texts = entries_that_differ(&profile.texts, &other_profile.texts);
            (texts, entries_that_differ(&profile.lists, &other_profile.lists))
        });
        let (texts, lists) = profile.unwrap_or_default();
        Self {
            version: this.version,
            user_name: differing(&this.user_name, &other.user_name, |name| {
                name.as_str().to_owned()
            }),
            external_id: differing(&this.external_id, &other.external_id, |id| {
                id.as_ref().map_or_else(String::new, |id| id.as_str().to_owned())
            }),
            active: differing(&this.is_active(), &other.is_active(), |active| *active),
            directory_status: differing(&this.directory_status, &other.directory_status, |s| *s),
            holds: differing(&this.holds, &other.holds, Clone::clone),
            role: differing(&this.role, &other.role, |role| *role),
            texts,
            lists,
        }
    }
}

/// The entries of `this` that `other` has not; the default value for those that only `other` has.
fn entries_that_differ<K: Ord + Clone, V: PartialEq + Clone + Default>(
    this: &BTreeMap<K, V>,
    other: &BTreeMap<K, V>,
) -> BTreeMap<K, V> {
    let changed = this.iter().filter(|(name, value)| other.get(name) != Some(value));
    let gone = other.keys().filter(|name| !this.contains_key(name));
    changed
        .map(|(name, value)| (name.clone(), value.clone()))
        .chain(gone.map(|name| (name.clone(), V::default())))
        .collect()
}
