//! What is known of a person. No rule reads it.

use super::value::{drop_repeated, folded, settle};
use super::{AttributeName, Attributes, MetadataKey, Reason, Refusal, Value};

/// The longest text or binary value, in bytes.
const MAX_BYTES: usize = 4096;
/// The most elements of one list.
const MAX_ELEMENTS: usize = 100;
/// The largest profile, in bytes as [`Profile::size`] counts them. A hundred times what is known of
/// most people, and little enough that a page of such users can be read.
const MAX_PROFILE: usize = 64 * 1024;

/// What is known of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// Values by name; never empty text, an empty list or an empty complex value.
    pub attributes: Attributes,
}

impl Profile {
    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.attributes.get(name)
    }

    /// The text of an attribute.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_text()
    }

    /// The elements of a list; none when there is no such list.
    pub fn list(&self, name: &str) -> &[Value] {
        match self.get(name) {
            Some(Value::List(elements)) => elements,
            _ => &[],
        }
    }

    /// Sets or clears an attribute.
    pub(super) fn set(&mut self, name: &AttributeName, value: Option<Value>) {
        let settled = value.map(|mut value| {
            value.settle();
            value
        });
        match settled.filter(|value| !value.is_empty()) {
            Some(value) => self.attributes.insert(name.clone(), value),
            None => self.attributes.remove(name),
        };
    }

    /// What it takes to go through it and to store it, in small elements of lists.
    pub(super) fn weight(&self) -> u64 {
        self.attributes.values().map(Value::weight).sum()
    }

    /// Drops from a list what says the same again, which edits leave there.
    pub(super) fn drop_repeated(&mut self, list: &AttributeName) {
        if let Some(Value::List(elements)) = self.attributes.get_mut(list) {
            drop_repeated(elements);
        }
    }

    /// Brings a profile that came from outside into the form that is kept.
    pub(super) fn settled(&self) -> Self {
        let mut attributes = self.attributes.clone();
        settle(&mut attributes);
        Self { attributes }
    }

    /// The profile with all its texts in the form in which they compare; none where lower case of
    /// ASCII letters, which every database knows, makes the same of each.
    pub fn folded_beyond_ascii(&self) -> Option<Self> {
        let differs = self.attributes.values().any(Value::differs_folded);
        differs.then(|| Self { attributes: folded(&self.attributes) })
    }

    /// How much there is in it: the bytes of all names and values.
    pub fn size(&self) -> usize {
        size_of_attributes(&self.attributes)
    }

    /// Whether every value is within the limits.
    pub(super) fn check_values(&self) -> Result<(), Refusal> {
        self.attributes.iter().try_for_each(|(name, value)| check(name, value))
    }

    /// Whether it is within the limits as a whole. What was larger before there was a limit may stay,
    /// as long as it does not grow.
    pub(super) fn check_limits(&self, before: &Self) -> Result<(), Refusal> {
        self.check_values()?;
        let size = self.size();
        if size <= MAX_PROFILE || size <= before.size() {
            return Ok(());
        }
        let message = format!(
            "the profile would have {size} bytes, and a user has at most {MAX_PROFILE}; send \
             fewer or shorter values"
        );
        Err(Refusal::about(Reason::LimitExceeded, "profile", message)
            .naming(MetadataKey::Limit, &MAX_PROFILE))
    }
}

fn size_of_attributes(attributes: &Attributes) -> usize {
    attributes.iter().map(|(name, value)| name.as_str().len() + size(value)).sum()
}

/// How much there is in a value, in bytes.
pub(super) fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) | Value::Reference(text) => text.len(),
        Value::Binary(bytes) => bytes.len(),
        Value::Complex(attributes) => size_of_attributes(attributes),
        Value::List(list) => list.iter().map(size).sum(),
        Value::Boolean(_) | Value::Integer(_) | Value::Decimal(_) | Value::DateTime(_) => 8,
    }
}

/// Whether a value of this attribute is within the limits.
pub(super) fn check(name: &AttributeName, value: &Value) -> Result<(), Refusal> {
    match value {
        Value::Text(text) | Value::Reference(text) => check_text(name.as_str(), text),
        Value::Binary(bytes) => check_size(name.as_str(), bytes.len()),
        Value::Complex(attributes) => attributes.values().try_for_each(|value| check(name, value)),
        Value::List(list) => {
            check_length(name.as_str(), list)?;
            list.iter().try_for_each(|value| check(name, value))
        }
        Value::Boolean(_) | Value::Integer(_) | Value::Decimal(_) | Value::DateTime(_) => Ok(()),
    }
}

/// Whether a list may have so many elements.
pub(super) fn check_length(name: &str, list: &[Value]) -> Result<(), Refusal> {
    if list.len() <= MAX_ELEMENTS {
        return Ok(());
    }
    let message = format!("{name} has more than {MAX_ELEMENTS} elements; send fewer");
    Err(Refusal::about(Reason::LimitExceeded, name, message)
        .naming(MetadataKey::Limit, &MAX_ELEMENTS))
}

fn check_text(name: &str, text: &str) -> Result<(), Refusal> {
    if text.contains('\0') {
        let message = format!("{name} contains a NUL character; send it without");
        return Err(Refusal::about(Reason::ValueInvalid, name, message));
    }
    check_size(name, text.len())
}

fn check_size(name: &str, bytes: usize) -> Result<(), Refusal> {
    if bytes <= MAX_BYTES {
        return Ok(());
    }
    let message = format!("{name} is longer than {MAX_BYTES} bytes; shorten it");
    Err(Refusal::about(Reason::LimitExceeded, name, message).naming(MetadataKey::Limit, &MAX_BYTES))
}
