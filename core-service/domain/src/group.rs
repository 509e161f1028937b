//! A group: users of a site under a name. Who its members are is kept beside it, a row for each, so
//! that a group costs the same however many it has.

use super::legible::legible;
use super::{ExternalId, GroupId, MetadataKey, Reason, Refusal, SiteId, Timestamp, fold};
use serde::{Deserialize, Serialize};

/// The longest display name, in characters.
const MAX: usize = 256;

/// What people call a group, as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupName(String);

/// What two names share when they mean the same group: their form without case (`fold.rs`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupNameKey(String);

impl GroupName {
    /// Reads a name that came from outside.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let invalid =
            |message: String| Refusal::about(Reason::ValueInvalid, "display_name", message);
        if text.trim().is_empty() {
            let message = "the display name is missing or empty; send what people call the group";
            return Err(invalid(message.to_owned()));
        }
        if text.chars().count() > MAX {
            let message =
                format!("the display name is longer than {MAX} characters; send a shorter one");
            return Err(Refusal::about(Reason::LimitExceeded, "display_name", message)
                .naming(MetadataKey::Limit, &MAX));
        }
        legible(text).map_err(|problem| invalid(format!("the display name {problem}")))?;
        Ok(Self(text.to_owned()))
    }

    /// Takes over one that was parsed before it was stored.
    pub const fn as_stored(text: String) -> Self {
        Self(text)
    }

    /// As it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it was sent, taken out.
    pub fn into_string(self) -> String {
        self.0
    }

    /// What it is compared by.
    pub fn key(&self) -> GroupNameKey {
        GroupNameKey::of(&self.0)
    }
}

impl GroupNameKey {
    /// The key of any text, also of one that could not be a name: it then equals none.
    pub fn of(text: &str) -> Self {
        Self(fold(text.trim()).into_owned())
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A group in a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Whose it is.
    pub site: SiteId,
    /// How callers know it.
    pub id: GroupId,
    /// What people call it. Unique in the site without regard to case.
    pub display_name: GroupName,
    /// The identifier that the identity provider keeps.
    pub external_id: Option<ExternalId>,
    /// Grows by one with every applied change, also of its members; 1 when created.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When the last change was applied.
    pub updated_at: Timestamp,
}

/// What is told of a group that there is not.
pub fn unknown_group() -> Refusal {
    Refusal::new(Reason::GroupNotFound, "there is no such group in this site")
}

/// So many of those who are no users are told by their ids.
const TOLD: usize = 10;

/// What is told where somebody who is to be a member is no user of the site.
pub fn unknown_members(ids: impl ExactSizeIterator<Item = String>) -> Refusal {
    let number = ids.len();
    let told: Vec<String> = ids.take(TOLD).collect();
    let more = match number - told.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!(
        "these members are no users of this site: {}{more}; create them first, or leave them out",
        told.join(", ")
    );
    let refusal = Refusal::about(Reason::MemberNotFound, "user_ids", message);
    refusal.naming(MetadataKey::UserIds, &told.join(","))
}

/// What an event shows of a group. What is not part of the picture is absent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GroupSnapshot {
    /// Its version.
    pub version: i64,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<GroupName>,
    /// The identifier that the identity provider keeps; empty where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

impl GroupSnapshot {
    /// All of a group.
    pub fn of(group: &Group) -> Self {
        let external_id = group.external_id.as_ref().map(|id| id.as_str().to_owned());
        Self { external_id, display_name: Some(group.display_name.clone()), ..Self::bare(group) }
    }

    /// Of a group its version only.
    pub fn bare(group: &Group) -> Self {
        Self { version: group.version, ..Self::default() }
    }

    /// What of a group differs from another state of it.
    pub fn of_difference(group: &Group, other: &Group) -> Self {
        let name = (group.display_name != other.display_name).then(|| group.display_name.clone());
        let id = group.external_id.as_ref().map_or("", ExternalId::as_str);
        let external_id = (group.external_id != other.external_id).then(|| id.to_owned());
        Self { display_name: name, external_id, ..Self::bare(group) }
    }

    /// How much there is to tell of it, in bytes.
    pub(super) fn size(&self) -> usize {
        let name = self.display_name.as_ref().map_or(0, |name| name.as_str().len());
        name + self.external_id.as_ref().map_or(0, String::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_as_it_was_sent_and_compared_without_case() {
        let name = GroupName::parse(" Tour Guides ").unwrap();
        assert_eq!(name.as_str(), " Tour Guides ");
        assert_eq!(name.key(), GroupNameKey::of("tour GUIDES"));
        assert_eq!((name.key().as_str(), &*name.into_string()), ("tour guides", " Tour Guides "));
        assert!(GroupName::parse(&"É".repeat(256)).is_ok());
    }

    #[test]
    fn a_name_that_nobody_could_read_is_refused() {
        for text in ["", "  ", "a\u{7}b", "\u{200b}", "snimda\u{202e}"] {
            assert_eq!(GroupName::parse(text).unwrap_err().reason, Reason::ValueInvalid, "{text}");
        }
        let refusal = GroupName::parse(&"É".repeat(257)).unwrap_err();
        assert_eq!(refusal.reason, Reason::LimitExceeded);
    }
}
