//! Conditions over users and over the elements of their lists: one tree, evaluated here in
//! memory and compiled to SQL by the store, with the same answers.
//!
//! Ids and external ids compare exactly, user names by their key, values of the profile as
//! `comparison.rs` says. A comparison with an absent value does not hold; its negation does.

use super::schema::PRIMARY;
use super::unspoken::unspoken;
use super::{
    AttributeName, Attributes, Comparison, OrderOperator, Role, TextOperator, Timestamp, User,
    UserNameKey, Value,
};
use std::borrow::Cow;
use std::fmt;

/// So many bytes of texts compare in the time that it takes to look at an element: each text takes
/// another form first.
const TEXT_OF_ONE: usize = 128;

/// A condition made of tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter<Test> {
    /// Every operand holds; with no operand, always.
    All(Vec<Self>),
    /// Some operand holds; with no operand, never.
    Any(Vec<Self>),
    /// The operand does not hold.
    Not(Box<Self>),
    /// One test.
    Is(Test),
}

/// A condition over users.
pub type UserFilter = Filter<UserTest>;
/// A condition over the groups that a user is in.
pub type UserGroupFilter = Filter<UserGroupTest>;
/// A condition over the elements of a list.
pub type ElementFilter = Filter<ElementTest>;

/// One test of a user.
#[derive(Clone, PartialEq, Eq)]
pub enum UserTest {
    /// What the user is identified by, compared.
    Key(KeyField, TextOperator, String),
    /// What the user is identified by is there.
    HasKey(KeyField),
    /// Effective status.
    Active(bool),
    /// The role.
    Role(Role),
    /// A point in time compared.
    Time(TimeField, OrderOperator, Timestamp),
    /// An attribute of the profile compared.
    Value(AttributeName, Comparison),
    /// An attribute of the profile has a value.
    Has(AttributeName),
    /// Some element of the list satisfies the condition.
    Element(AttributeName, ElementFilter),
    /// The one complex value satisfies the condition, as if it were an element.
    Complex(AttributeName, ElementFilter),
    /// Some group that the user is in satisfies the condition. Who is in which group is no part of a
    /// user, so in memory nobody is in any.
    Group(UserGroupFilter),
}

/// One test of a group that a user is in.
#[derive(Clone, PartialEq, Eq)]
pub enum UserGroupTest {
    /// The group's id in its canonical form, compared exactly.
    Group(TextOperator, String),
    /// The display name, compared by its key.
    Display(TextOperator, String),
}

unspoken!(UserGroupTest);

/// One test of an element of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ElementTest {
    /// A value compared.
    Value(ElementPart, Comparison),
    /// A value is there.
    Has(ElementPart),
    /// Whether it is the primary one. One that doesn't say so is not.
    Primary(bool),
}

/// What of an element is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ElementPart {
    /// The element itself, which is a single value.
    Whole,
    /// A sub-attribute.
    Sub(AttributeName),
}

/// What a user is identified by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyField {
    /// The user's id in its canonical form, compared exactly.
    Id,
    /// The user name, compared by its key.
    UserName,
    /// The external id, compared exactly.
    ExternalId,
}

/// A point in time of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeField {
    /// When it was created.
    Created,
    /// When the last change was applied.
    Updated,
}

/// What a user is identified by is of a person, so the value is left out.
impl fmt::Debug for UserTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(field, operator, _) => shown(f, "Key", &[field, operator]),
            Self::HasKey(field) => shown(f, "HasKey", &[field]),
            Self::Active(active) => shown(f, "Active", &[active]),
            Self::Role(role) => shown(f, "Role", &[role]),
            Self::Time(field, operator, at) => shown(f, "Time", &[field, operator, at]),
            Self::Value(name, comparison) => shown(f, "Value", &[name, comparison]),
            Self::Has(name) => shown(f, "Has", &[name]),
            Self::Element(list, condition) => shown(f, "Element", &[list, condition]),
            Self::Complex(name, condition) => shown(f, "Complex", &[name, condition]),
            Self::Group(condition) => shown(f, "Group", &[condition]),
        }
    }
}

pub(super) fn shown(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    parts: &[&dyn fmt::Debug],
) -> fmt::Result {
    let mut form = f.debug_tuple(name);
    for part in parts {
        form.field(*part);
    }
    form.finish()
}

impl<Test> Filter<Test> {
    /// Evaluates the tree with an answer for each test.
    pub(super) fn holds(&self, answer: &impl Fn(&Test) -> bool) -> bool {
        match self {
            Self::All(operands) => operands.iter().all(|operand| operand.holds(answer)),
            Self::Any(operands) => operands.iter().any(|operand| operand.holds(answer)),
            Self::Not(operand) => !operand.holds(answer),
            Self::Is(test) => answer(test),
        }
    }

    /// How many tests it has.
    pub(super) fn tests(&self) -> usize {
        self.sum(&|_| 1)
    }

    /// The sum of what each test counts.
    fn sum(&self, count: &impl Fn(&Test) -> usize) -> usize {
        match self {
            Self::All(operands) | Self::Any(operands) => {
                operands.iter().map(|operand| operand.sum(count)).sum()
            }
            Self::Not(operand) => operand.sum(count),
            Self::Is(test) => count(test),
        }
    }
}

impl UserFilter {
    /// Whether the user satisfies the condition.
    pub fn selects(&self, user: &User) -> bool {
        self.holds(&|test| test.holds(user))
    }
}

impl UserGroupFilter {
    /// The id that some group of the user must have to satisfy this, if it names one.
    pub fn sought_group(&self) -> Option<&str> {
        match self {
            Self::All(operands) => operands.iter().find_map(Self::sought_group),
            Self::Is(UserGroupTest::Group(TextOperator::Equal, id)) => Some(id),
            Self::Any(_) | Self::Not(_) | Self::Is(_) => None,
        }
    }
}

impl ElementFilter {
    /// Whether the element satisfies the condition.
    pub fn selects(&self, element: &Value) -> bool {
        self.holds(&|test| test.holds(element))
    }

    /// What it takes to evaluate it for an element: one for each test, and more where long texts
    /// compare.
    pub(super) fn work(&self, element: &Value) -> usize {
        self.sum(&|test| test.work(element))
    }

    /// The sub-attributes of an element that the condition describes by equalities that must all
    /// hold, as far as it does; empty otherwise. `type eq "work" and primary eq true` describes
    /// one.
    pub(super) fn described(&self) -> Attributes {
        let mut attributes = Attributes::new();
        self.describe(&mut attributes);
        attributes
    }

    fn describe(&self, attributes: &mut Attributes) {
        match self {
            Self::All(operands) => operands.iter().for_each(|operand| operand.describe(attributes)),
            Self::Is(ElementTest::Value(ElementPart::Sub(name), comparison)) => {
                attributes.extend(comparison.described().map(|value| (name.clone(), value)));
            }
            Self::Is(ElementTest::Primary(primary)) => {
                attributes.insert(PRIMARY, Value::Boolean(*primary));
            }
            Self::Any(_)
            | Self::Not(_)
            | Self::Is(ElementTest::Value(ElementPart::Whole, _) | ElementTest::Has(_)) => {}
        }
    }
}

impl UserTest {
    fn holds(&self, user: &User) -> bool {
        match self {
            Self::Key(field, operator, value) => {
                key(*field, user).is_some_and(|have| operator.holds(&have, &field.asked(value)))
            }
            Self::HasKey(field) => key(*field, user).is_some(),
            Self::Active(active) => user.is_active() == *active,
            Self::Role(role) => user.role == *role,
            Self::Time(field, operator, value) => {
                let have = match field {
                    TimeField::Created => user.created_at,
                    TimeField::Updated => user.updated_at,
                };
                operator.holds(&have, value)
            }
            Self::Value(name, comparison) => {
                user.profile.get(name.as_str()).is_some_and(|have| comparison.holds(have))
            }
            Self::Has(name) => user.profile.get(name.as_str()).is_some(),
            Self::Element(list, condition) => {
                let list = user.profile.list(list.as_str());
                list.iter().any(|element| condition.selects(element))
            }
            Self::Complex(name, condition) => {
                user.profile.get(name.as_str()).is_some_and(|value| condition.selects(value))
            }
            Self::Group(_) => false,
        }
    }
}

impl ElementTest {
    fn holds(&self, element: &Value) -> bool {
        match self {
            Self::Value(part, comparison) => {
                part.of(element).is_some_and(|have| comparison.holds(have))
            }
            Self::Has(part) => part.of(element).is_some(),
            Self::Primary(primary) => element.is_primary() == *primary,
        }
    }

    fn work(&self, element: &Value) -> usize {
        let compared = match self {
            Self::Value(part, Comparison::Text(_, asked) | Comparison::Reference(_, asked)) => {
                asked.len() + part.of(element).and_then(Value::as_text).map_or(0, str::len)
            }
            Self::Value(..) | Self::Has(_) | Self::Primary(_) => 0,
        };
        1 + compared / TEXT_OF_ONE
    }
}

impl ElementPart {
    pub(super) fn of<'a>(&self, element: &'a Value) -> Option<&'a Value> {
        match self {
            Self::Whole => Some(element),
            Self::Sub(name) => element.sub(name.as_str()),
        }
    }
}

pub(super) fn key(field: KeyField, user: &User) -> Option<Cow<'_, str>> {
    match field {
        KeyField::Id => Some(user.id.0.to_string().into()),
        KeyField::UserName => Some(user.user_name.key().as_str().to_owned().into()),
        KeyField::ExternalId => user.external_id.as_ref().map(|id| id.as_str().into()),
    }
}

impl KeyField {
    /// A text that is asked for, in the form in which the field compares.
    pub fn asked(self, value: &str) -> Cow<'_, str> {
        match self {
            Self::Id | Self::ExternalId => value.into(),
            Self::UserName => UserNameKey::of(value).as_str().to_owned().into(),
        }
    }
}
