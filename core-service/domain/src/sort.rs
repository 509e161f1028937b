//! The order of lists of users and of groups: by what they are sorted, what comes before what, and
//! positions in that order. Evaluated here in memory and compiled to SQL by the store, with the same
//! answers.
//!
//! Values compare as in conditions (`filter.rs`). Who has none comes last, and first where the order is
//! descending (RFC 7644 section 3.4.2.3). Of those who are alike, the id decides, so that every position
//! is one place.

use super::filter::key;
use super::unspoken::unspoken;
use super::{
    AttributeName, AttributeType, Decimal, ElementPart, Group, GroupId, GroupKey, KeyField,
    MetadataKey, Reason, Refusal, Role, TimeField, Timestamp, User, UserId, Value, fold,
};
use std::cmp::Ordering;

/// The most users or groups that are put into an order that no index has: each page of them goes through
/// all.
pub const MAX_SORTED: u64 = 50_000;

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort<Key> {
    /// By what.
    pub by: Key,
    /// Whether it is turned round.
    pub descending: bool,
}

/// An order of users.
pub type UserSort = Sort<UserSortKey>;
/// An order of groups.
pub type GroupSort = Sort<GroupSortKey>;

/// By what users are sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserSortKey {
    /// What the user is identified by.
    Key(KeyField),
    /// Effective status: whoever is deactivated first.
    Active,
    /// The role: the least privileged first.
    Role,
    /// A point in time.
    Time(TimeField),
    /// An attribute of the profile with one value of this type.
    Value(AttributeName, AttributeType),
    /// A sub-attribute, of this type, of the one complex value.
    Complex(AttributeName, AttributeName, AttributeType),
    /// A part, of this type, of the primary element of a list, or of its first one where none is.
    Element(AttributeName, ElementPart, AttributeType),
}

/// By what groups are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupSortKey {
    /// What the group is identified by.
    Key(GroupKey),
    /// A point in time.
    Time(TimeField),
}

/// A value by which something is sorted, in the form in which it compares.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortValue {
    /// A text.
    Text(String),
    /// True or false.
    Boolean(bool),
    /// A whole number, or a point in time.
    Number(i64),
    /// A number with a fraction.
    Decimal(Decimal),
    /// A role.
    Role(Role),
}

unspoken!(SortValue);

/// A position in a list: that of somebody, who need not be there any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortPosition<Id = UserId> {
    /// The id.
    pub id: Id,
    /// The value by which the list is sorted. None where there is none, or the list is sorted by the id.
    pub value: Option<SortValue>,
}

impl UserSort {
    /// Whether an index has this order.
    pub const fn is_indexed(&self) -> bool {
        matches!(self.by, UserSortKey::Key(KeyField::Id | KeyField::UserName))
    }

    /// Where a user stands.
    pub fn position(&self, user: &User) -> SortPosition {
        SortPosition { id: user.id, value: self.by.value(user) }
    }

    /// Which of two users comes first.
    pub fn compare(&self, left: &User, right: &User) -> Ordering {
        let [left, right] = [left, right].map(|user| self.position(user));
        let by_value = match (left.value, right.value) {
            (Some(left), Some(right)) => left.cmp(&right),
            (left, right) => left.is_none().cmp(&right.is_none()),
        };
        let order = by_value.then(left.id.cmp(&right.id));
        if self.descending { order.reverse() } else { order }
    }
}

impl UserSortKey {
    fn value(&self, user: &User) -> Option<SortValue> {
        match self {
            Self::Key(KeyField::Id) => None,
            Self::Key(field) => key(*field, user).map(|text| SortValue::Text(text.into_owned())),
            Self::Active => Some(SortValue::Boolean(user.is_active())),
            Self::Role => Some(SortValue::Role(user.role)),
            Self::Time(TimeField::Created) => Some(SortValue::Number(user.created_at.0)),
            Self::Time(TimeField::Updated) => Some(SortValue::Number(user.updated_at.0)),
            Self::Value(name, _) => user.profile.get(name.as_str()).and_then(sorted),
            Self::Complex(name, part, _) => {
                user.profile.get(name.as_str())?.sub(part.as_str()).and_then(sorted)
            }
            Self::Element(list, part, _) => {
                let list = user.profile.list(list.as_str());
                let primary = list.iter().find(|element| element.is_primary());
                part.of(primary.or(list.first())?).and_then(sorted)
            }
        }
    }
}

impl GroupSort {
    /// The order of ids.
    pub const BY_ID: Self = Self { by: GroupSortKey::Key(GroupKey::Id), descending: false };

    /// Whether an index has this order.
    pub const fn is_indexed(&self) -> bool {
        matches!(self.by, GroupSortKey::Key(GroupKey::Id | GroupKey::DisplayName))
    }

    /// Where a group stands.
    pub fn position(&self, group: &Group) -> SortPosition<GroupId> {
        let text = |text: &str| Some(SortValue::Text(text.to_owned()));
        let value = match self.by {
            GroupSortKey::Key(GroupKey::Id) => None,
            GroupSortKey::Key(GroupKey::DisplayName) => text(group.display_name.key().as_str()),
            GroupSortKey::Key(GroupKey::ExternalId) => {
                group.external_id.as_ref().and_then(|id| text(id.as_str()))
            }
            GroupSortKey::Time(TimeField::Created) => Some(SortValue::Number(group.created_at.0)),
            GroupSortKey::Time(TimeField::Updated) => Some(SortValue::Number(group.updated_at.0)),
        };
        SortPosition { id: group.id, value }
    }
}

/// What single values compare as; none of others.
fn sorted(value: &Value) -> Option<SortValue> {
    match value {
        Value::Text(text) | Value::Reference(text) => {
            Some(SortValue::Text(fold(text).into_owned()))
        }
        Value::Boolean(truth) => Some(SortValue::Boolean(*truth)),
        Value::Integer(number) | Value::DateTime(Timestamp(number)) => {
            Some(SortValue::Number(*number))
        }
        Value::Decimal(number) => Some(SortValue::Decimal(*number)),
        Value::Binary(_) | Value::Complex(_) | Value::List(_) => None,
    }
}

/// Whether so many may be put into an order that no index has.
pub fn check_sorted(found: u64) -> Result<(), Refusal> {
    if found <= MAX_SORTED {
        return Ok(());
    }
    let message = format!(
        "more than {MAX_SORTED} would have to be sorted; sort users by their name and groups by \
         theirs, sort by the id, or filter so that fewer are found"
    );
    Err(Refusal::about(Reason::TooMuchWork, "sort", message)
        .naming(MetadataKey::Limit, &MAX_SORTED))
}
