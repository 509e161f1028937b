//! Conditions over users and over the elements of their lists: one tree, evaluated here in
//! memory and compiled to SQL by the store, with the same answers.
//!
//! Text compares without regard to ASCII case, ids and external ids exactly, user names by their
//! key. A comparison with an absent value does not hold; its negation does.

use super::{Element, ListName, Role, SubName, TextName, Timestamp, User, UserNameKey};
use std::borrow::Cow;

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
/// A condition over the elements of a list.
pub type ElementFilter = Filter<ElementTest>;

/// One test of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserTest {
    /// A text value compared.
    Text(TextField, TextOperator, String),
    /// A text value is there.
    Present(TextField),
    /// Effective status.
    Active(bool),
    /// The role.
    Role(Role),
    /// A point in time compared.
    Time(TimeField, TimeOperator, Timestamp),
    /// Some element of the list satisfies the condition.
    Element(ListName, ElementFilter),
}

/// One test of an element of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ElementTest {
    /// A text value compared.
    Text(SubName, TextOperator, String),
    /// A text value is there.
    Present(SubName),
    /// Whether it is the primary one.
    Primary(bool),
}

/// A text value of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextField {
    /// The user's id in its canonical form, compared exactly.
    Id,
    /// The user name, compared by its key.
    UserName,
    /// The external id, compared exactly.
    ExternalId,
    /// A text attribute of the profile.
    Profile(TextName),
}

/// A point in time of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeField {
    /// When it was created.
    Created,
    /// When the last change was applied.
    Updated,
}

/// How texts compare. "Not equal" is the negation of equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TextOperator {
    Equal,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// How points in time compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TimeOperator {
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl<Test> Filter<Test> {
    /// Evaluates the tree with an answer for each test.
    fn holds(&self, answer: &impl Fn(&Test) -> bool) -> bool {
        match self {
            Self::All(operands) => operands.iter().all(|operand| operand.holds(answer)),
            Self::Any(operands) => operands.iter().any(|operand| operand.holds(answer)),
            Self::Not(operand) => !operand.holds(answer),
            Self::Is(test) => answer(test),
        }
    }
}

impl UserFilter {
    /// Whether the user satisfies the condition.
    pub fn selects(&self, user: &User) -> bool {
        self.holds(&|test| test.holds(user))
    }
}

impl ElementFilter {
    /// Whether the element satisfies the condition.
    pub fn selects(&self, element: &Element) -> bool {
        self.holds(&|test| test.holds(element))
    }

    /// An element that the condition describes by equalities that must all hold, as far as it
    /// does; empty otherwise. `type eq "work" and primary eq true` describes one.
    pub(super) fn described(&self) -> Element {
        let mut element = Element::default();
        self.describe(&mut element);
        element
    }

    fn describe(&self, element: &mut Element) {
        match self {
            Self::All(operands) => operands.iter().for_each(|operand| operand.describe(element)),
            Self::Is(ElementTest::Text(name, TextOperator::Equal, value)) => {
                element.texts.insert(name.clone(), value.clone());
            }
            Self::Is(ElementTest::Primary(primary)) => element.primary = *primary,
            Self::Any(_)
            | Self::Not(_)
            | Self::Is(ElementTest::Text(..) | ElementTest::Present(_)) => {}
        }
    }
}

impl UserTest {
    fn holds(&self, user: &User) -> bool {
        match self {
            Self::Text(field, operator, value) => {
                text(field, user).is_some_and(|have| operator.holds(&have, &asked(field, value)))
            }
            Self::Present(field) => text(field, user).is_some(),
            Self::Active(active) => user.is_active() == *active,
            Self::Role(role) => user.role == *role,
            Self::Time(field, operator, value) => {
                let have = match field {
                    TimeField::Created => user.created_at,
                    TimeField::Updated => user.updated_at,
                };
                operator.holds(have, *value)
            }
            Self::Element(list, condition) => {
                user.profile.list(list.as_str()).iter().any(|element| condition.selects(element))
            }
        }
    }
}

impl ElementTest {
    fn holds(&self, element: &Element) -> bool {
        match self {
            Self::Text(name, operator, value) => element
                .texts
                .get(name)
                .is_some_and(|have| operator.holds(&fold(have), &fold(value))),
            Self::Present(name) => element.texts.contains_key(name),
            Self::Primary(primary) => element.primary == *primary,
        }
    }
}

/// The form in which profile texts compare: ASCII lower case, which both databases can compute.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

fn text<'a>(field: &TextField, user: &'a User) -> Option<Cow<'a, str>> {
    match field {
        TextField::Id => Some(user.id.0.to_string().into()),
        TextField::UserName => Some(user.user_name.key().as_str().to_owned().into()),
        TextField::ExternalId => user.external_id.as_ref().map(|id| id.as_str().into()),
        TextField::Profile(name) => user.profile.texts.get(name).map(|text| fold(text)),
    }
}

fn asked<'a>(field: &TextField, value: &'a str) -> Cow<'a, str> {
    match field {
        TextField::Id | TextField::ExternalId => value.into(),
        TextField::UserName => UserNameKey::of(value).as_str().to_owned().into(),
        TextField::Profile(_) => fold(value),
    }
}

impl TextOperator {
    fn holds(self, have: &str, asked: &str) -> bool {
        match self {
            Self::Equal => have == asked,
            Self::Contains => have.contains(asked),
            Self::StartsWith => have.starts_with(asked),
            Self::EndsWith => have.ends_with(asked),
            Self::Greater => have > asked,
            Self::GreaterOrEqual => have >= asked,
            Self::Less => have < asked,
            Self::LessOrEqual => have <= asked,
        }
    }
}

impl TimeOperator {
    fn holds(self, have: Timestamp, asked: Timestamp) -> bool {
        match self {
            Self::Equal => have == asked,
            Self::Greater => have > asked,
            Self::GreaterOrEqual => have >= asked,
            Self::Less => have < asked,
            Self::LessOrEqual => have <= asked,
        }
    }
}
