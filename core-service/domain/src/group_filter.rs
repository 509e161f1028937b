//! Conditions over groups and over their members: the same tree as over users, which the store
//! compiles to SQL, and by what groups are found at once.
//!
//! Ids and external ids compare exactly, display names by their key, what is shown of members without
//! regard to case.

use super::filter::shown;
use super::unspoken::unspoken;
use super::{Filter, GroupNameKey, OrderOperator, TextOperator, TimeField, Timestamp, User, fold};
use std::borrow::Cow;
use std::fmt;

/// A condition over groups.
pub type GroupFilter = Filter<GroupTest>;
/// A condition over members of a group.
pub type MemberFilter = Filter<MemberTest>;

/// One test of a group.
#[derive(Clone, PartialEq, Eq)]
pub enum GroupTest {
    /// What the group is identified by, compared.
    Key(GroupKey, TextOperator, String),
    /// It has an external id.
    HasExternalId,
    /// A point in time compared.
    Time(TimeField, OrderOperator, Timestamp),
    /// Some member satisfies the condition.
    Member(MemberFilter),
}

impl fmt::Debug for GroupTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key, operator, _) => shown(f, "Key", &[key, operator]),
            Self::HasExternalId => shown(f, "HasExternalId", &[]),
            Self::Time(field, operator, at) => shown(f, "Time", &[field, operator, at]),
            Self::Member(condition) => shown(f, "Member", &[condition]),
        }
    }
}

/// One test of a member.
#[derive(Clone, PartialEq, Eq)]
pub enum MemberTest {
    /// The user's id in its canonical form, compared exactly.
    User(TextOperator, String),
    /// What is shown of the user, compared without regard to case.
    Display(TextOperator, String),
}

unspoken!(MemberTest);

/// What a group is identified by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKey {
    /// The group's id in its canonical form, compared exactly.
    Id,
    /// The display name, compared by its key.
    DisplayName,
    /// The external id, compared exactly.
    ExternalId,
}

impl GroupFilter {
    /// Whether an index finds the groups that satisfy this, among few.
    pub fn is_look_up(&self) -> bool {
        match self {
            Self::All(operands) => operands.iter().any(Self::is_look_up),
            Self::Is(GroupTest::Key(_, TextOperator::Equal, _)) => true,
            Self::Is(GroupTest::Member(condition)) => condition.sought_user().is_some(),
            Self::Any(_) | Self::Not(_) | Self::Is(_) => false,
        }
    }
}

/// The attribute of a profile that is shown of a member, in whose place the user name stands otherwise.
const SHOWN: &str = "display_name";

impl MemberTest {
    fn holds(&self, user: &User) -> bool {
        match self {
            Self::User(operator, asked) => operator.holds(&user.id.0.to_string(), asked),
            Self::Display(operator, asked) => {
                let key = user.user_name.key();
                let shown = user.profile.text(SHOWN).map_or(key.as_str().into(), fold);
                operator.holds(&shown, &fold(asked))
            }
        }
    }
}

impl MemberFilter {
    /// Whether a member satisfies the condition.
    pub fn selects(&self, user: &User) -> bool {
        self.holds(&|test| test.holds(user))
    }

    /// The id that every member must have to satisfy this, if it names one.
    pub fn sought_user(&self) -> Option<&str> {
        match self {
            Self::All(operands) => operands.iter().find_map(Self::sought_user),
            Self::Is(MemberTest::User(TextOperator::Equal, id)) => Some(id),
            Self::Any(_) | Self::Not(_) | Self::Is(_) => None,
        }
    }
}

impl GroupKey {
    /// A text that is asked for, in the form in which it compares.
    pub fn asked(self, value: &str) -> Cow<'_, str> {
        match self {
            Self::Id | Self::ExternalId => value.into(),
            Self::DisplayName => GroupNameKey::of(value).as_str().to_owned().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_asked_for_as_they_compare_and_ids_as_they_are() {
        for (key, asked) in [
            (GroupKey::Id, "Tour GUIDES"),
            (GroupKey::ExternalId, "Tour GUIDES"),
            (GroupKey::DisplayName, "tour guides"),
        ] {
            assert_eq!(key.asked("Tour GUIDES"), asked, "{key:?}");
        }
    }

    #[test]
    fn equalities_that_must_hold_are_look_ups() {
        let key = |operator| {
            Filter::Is(GroupTest::Key(GroupKey::DisplayName, operator, "guides".to_owned()))
        };
        let user = |operator| Filter::Is(MemberTest::User(operator, "1".to_owned()));
        let display = Filter::Is(MemberTest::Display(TextOperator::Equal, "ada".to_owned()));
        let member = |condition| Filter::Is(GroupTest::Member(condition));
        let both = Filter::All(vec![display.clone(), user(TextOperator::Equal)]);
        for (filter, expected) in [
            (key(TextOperator::Equal), true),
            (key(TextOperator::Contains), false),
            (Filter::All(vec![key(TextOperator::Contains), key(TextOperator::Equal)]), true),
            (Filter::Any(vec![key(TextOperator::Equal)]), false),
            (Filter::Not(Box::new(key(TextOperator::Equal))), false),
            (member(both), true),
            (member(display), false),
            (member(user(TextOperator::StartsWith)), false),
            (Filter::Is(GroupTest::HasExternalId), false),
        ] {
            assert_eq!(filter.is_look_up(), expected, "{filter:?}");
        }
    }
}
