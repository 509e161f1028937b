//! Values of attributes, each of its own type.
//!
//! Owns the form in which values are kept: nothing empty, nothing twice in a list, one primary
//! element. Must never know which attribute a value is of.

use super::fold::folded_beyond_ascii;
use super::schema::PRIMARY;
use super::unspoken::unspoken;
use super::{AttributeName, Timestamp, fold};
use litemap::LiteMap;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};

/// Values by name, in its order, in one piece of memory: there are few, and they are built, copied and
/// read for each request.
pub type Attributes = LiteMap<AttributeName, Value>;

/// The value of an attribute.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// Text.
    Text(String),
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Decimal(Decimal),
    /// A point in time.
    DateTime(Timestamp),
    /// A URI.
    Reference(String),
    /// Bytes.
    Binary(Vec<u8>),
    /// Sub-attributes. Where they are an element of a list, at most one element is primary.
    Complex(Attributes),
    /// The values of an attribute that has several.
    List(Vec<Self>),
}

unspoken!(Value);

/// A finite number.
#[derive(Debug, Clone, Copy)]
pub struct Decimal(f64);

impl Decimal {
    /// Takes a number unless it is infinite or none at all. The two zeros are one.
    pub fn new(number: f64) -> Option<Self> {
        number.is_finite().then_some(Self(number + 0.0))
    }

    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl Value {
    /// The text of a text or a reference.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Reference(text) => Some(text),
            _ => None,
        }
    }

    /// A sub-attribute of a complex value.
    pub fn sub(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Complex(attributes) => attributes.get(name),
            _ => None,
        }
    }

    /// The text of a sub-attribute.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.sub(name)?.as_text()
    }

    /// Whether it is the primary element of its list.
    pub fn is_primary(&self) -> bool {
        self.sub(PRIMARY.as_str()) == Some(&Self::Boolean(true))
    }

    pub(super) fn set_primary(&mut self, primary: bool) {
        if let Self::Complex(attributes) = self {
            if primary {
                attributes.insert(PRIMARY, Self::Boolean(true));
            } else {
                attributes.remove(&PRIMARY);
            }
        }
    }

    /// Whether nothing is said by it. White space says nothing.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) | Self::Reference(text) => text.chars().all(char::is_whitespace),
            Self::Binary(bytes) => bytes.is_empty(),
            Self::Complex(attributes) => attributes.is_empty(),
            Self::List(elements) => elements.is_empty(),
            Self::Boolean(_) | Self::Integer(_) | Self::Decimal(_) | Self::DateTime(_) => false,
        }
    }

    /// Whether nothing is said by it as an element of a list. To be the primary one says nothing
    /// alone.
    pub(super) fn is_empty_element(&self) -> bool {
        match self {
            Self::Complex(attributes) => attributes.keys().all(|name| *name == PRIMARY),
            single => single.is_empty(),
        }
    }

    /// Whether a text of it compares in another form than that of its ASCII letters in lower case.
    pub(super) fn differs_folded(&self) -> bool {
        match self {
            Self::Text(text) | Self::Reference(text) => folded_beyond_ascii(text).is_some(),
            Self::Complex(attributes) => attributes.values().any(Self::differs_folded),
            Self::List(elements) => elements.iter().any(Self::differs_folded),
            Self::Boolean(_)
            | Self::Integer(_)
            | Self::Decimal(_)
            | Self::DateTime(_)
            | Self::Binary(_) => false,
        }
    }

    /// The value with its texts in the form in which they compare.
    fn folded(&self) -> Self {
        match self {
            Self::Text(text) => Self::Text(fold(text).into_owned()),
            Self::Reference(uri) => Self::Reference(fold(uri).into_owned()),
            Self::Complex(attributes) => Self::Complex(folded(attributes)),
            Self::List(elements) => Self::List(elements.iter().map(Self::folded).collect()),
            Self::Boolean(_)
            | Self::Integer(_)
            | Self::Decimal(_)
            | Self::DateTime(_)
            | Self::Binary(_) => self.clone(),
        }
    }

    /// What it takes to go through it and to store it, in small elements of lists.
    pub(super) fn weight(&self) -> u64 {
        match self {
            Self::Text(text) | Self::Reference(text) => weight_of(text.len()),
            Self::Binary(bytes) => weight_of(bytes.len()),
            Self::Complex(attributes) => attributes.values().map(Self::weight).sum(),
            Self::List(elements) => elements.iter().map(Self::weight).sum(),
            Self::Boolean(_) | Self::Integer(_) | Self::Decimal(_) | Self::DateTime(_) => 1,
        }
    }

    /// Brings a value that came from outside into the form that is kept.
    pub(super) fn settle(&mut self) {
        match self {
            Self::Complex(attributes) => settle(attributes),
            Self::List(elements) => *elements = settled_list(std::mem::take(elements)),
            _ => {}
        }
    }
}

/// What an element of a list says, whichever element is primary.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'v>(pub &'v Value);

impl<'v> Said<'v> {
    fn parts(self) -> Result<impl Iterator<Item = (&'v AttributeName, &'v Value)>, &'v Value> {
        match self.0 {
            Value::Complex(attributes) => {
                Ok(attributes.iter().filter(|(name, _)| **name != PRIMARY))
            }
            single => Err(single),
        }
    }
}

impl PartialEq for Said<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self.parts(), other.parts()) {
            (Ok(one), Ok(other)) => one.eq(other),
            (Err(one), Err(other)) => one == other,
            (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
        }
    }
}

impl Eq for Said<'_> {}

impl Hash for Said<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.parts() {
            Ok(parts) => parts.for_each(|part| part.hash(state)),
            Err(single) => single.hash(state),
        }
    }
}

/// Values with their texts in the form in which they compare.
pub(super) fn folded(attributes: &Attributes) -> Attributes {
    attributes.iter().map(|(name, value)| (name.clone(), value.folded())).collect()
}

const fn weight_of(bytes: usize) -> u64 {
    1 + bytes as u64 / 64
}

/// Drops what is empty.
pub(super) fn settle(attributes: &mut Attributes) {
    for (_, value) in attributes.iter_mut() {
        value.settle();
    }
    attributes.retain(|_, value| !value.is_empty());
}

/// Drops what is empty and what says the same again, and keeps one primary element, the last one
/// named. One that is not primary doesn't say so.
fn settled_list(elements: Vec<Value>) -> Vec<Value> {
    let mut list = settled_elements(elements);
    drop_repeated(&mut list);
    list
}

/// Drops what is empty and keeps one primary element, the last one named.
pub(super) fn settled_elements(mut elements: Vec<Value>) -> Vec<Value> {
    elements.retain_mut(|element| {
        element.settle();
        !element.is_empty_element()
    });
    let primary = elements.iter().rposition(Value::is_primary);
    for (at, element) in elements.iter_mut().enumerate() {
        if Some(at) != primary {
            element.set_primary(false);
        }
    }
    elements
}

/// Drops what says the same again. The one that stays is primary if one of those that go was.
pub(super) fn drop_repeated(list: &mut Vec<Value>) {
    if list.len() < 2 {
        return;
    }
    let firsts = first_places(list.iter().map(Said));
    if let Some(primary) = list.iter().position(Value::is_primary)
        && firsts[primary] < primary
    {
        list[firsts[primary]].set_primary(true);
    }
    let mut places = firsts.iter().enumerate();
    list.retain(|_| places.next().is_some_and(|(at, first)| at == *first));
}

/// For each key the place of the first one like it. In one pass, however many there are.
pub(super) fn first_places<K: Hash + Eq>(keys: impl Iterator<Item = K>) -> Vec<usize> {
    let mut first = HashMap::new();
    keys.enumerate().map(|(at, key)| *first.entry(key).or_insert(at)).collect()
}

/// Only one element of a list is primary: another is about to be.
pub(super) fn make_none_primary(list: &mut [Value]) {
    for element in list {
        element.set_primary(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_finite_and_ordered() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Decimal::new(number), None);
        }
        let [one, two, zero, other] = [1.5, 2.0, 0.0, -0.0].map(|n| Decimal::new(n).unwrap());
        assert!(one < two && zero < one);
        assert_eq!(zero, other);
        assert_ne!(one, two);
    }

    #[test]
    fn a_list_of_single_values_keeps_each_once() {
        let texts = ["a", "", "b", "a"].map(|text| Value::Text(text.to_owned()));
        let kept = settled_list(texts.to_vec());
        assert_eq!(kept, ["a", "b"].map(|text| Value::Text(text.to_owned())));
    }

    #[test]
    fn false_is_a_value_of_every_boolean_but_the_primary() {
        let flag = |name| (AttributeName::as_stored(name), Value::Boolean(false));
        let element = Value::Complex([flag("primary"), flag("seen")].into_iter().collect());
        assert_eq!(
            settled_list(vec![element]),
            [Value::Complex([flag("seen")].into_iter().collect())]
        );
        assert_eq!(settled_list(vec![Value::Complex([flag("primary")].into_iter().collect())]), []);
    }
}
