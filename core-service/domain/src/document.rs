//! The form in which profiles are stored: plain JSON, an object of values by name.
//!
//! A dateTime is its number of microseconds, binary is base64. The table says which values are
//! these; any other says so itself, so that what a newer version wrote is kept as it is.
//!
//! It is here and not in the store because it is part of what the law says: snapshots in events hold
//! values in this form and are read back into the law's types, and serde's traits can only be given
//! to a type in its own package. Must never know where a document is kept.

use super::schema::find;
use super::{
    AttributeName, AttributeType, Decimal, Profile, ProfileAttribute, ProfileSchema, Timestamp,
    Value,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use litemap::LiteMap;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// The text by which bytes are stored.
pub fn stored_bytes(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

impl Serialize for AttributeName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) | Self::Reference(text) => serializer.serialize_str(text),
            Self::Boolean(boolean) => serializer.serialize_bool(*boolean),
            Self::Integer(number) | Self::DateTime(Timestamp(number)) => {
                serializer.serialize_i64(*number)
            }
            Self::Decimal(number) => serializer.serialize_f64(number.get()),
            Self::Binary(bytes) => serializer.serialize_str(&stored_bytes(bytes)),
            Self::Complex(attributes) => serializer.collect_map(attributes),
            Self::List(elements) => elements.serialize(serializer),
        }
    }
}

impl Serialize for Profile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(&self.attributes)
    }
}

/// Reads a profile with the types of this schema.
impl<'de> DeserializeSeed<'de> for ProfileSchema {
    type Value = Profile;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Profile, D::Error> {
        let read = Object { known: self.attributes(), value: |kind| Stored(kind) };
        Ok(Profile { attributes: from.deserialize_map(read)? })
    }
}

/// Reads values by name of which each may be absent, as what they show; a schema gives them their
/// types later ([`ProfileSchema::typed`]).
pub(super) fn attributes_or_null<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<AttributeName, Option<Value>>, D::Error> {
    let read = Object { known: &[], value: |kind| OrNull(Stored(kind)) };
    Ok(from.deserialize_map(read)?.into_iter().collect())
}

impl ProfileSchema {
    /// The value of an attribute that was read without this schema.
    pub(super) fn typed(self, name: &AttributeName, value: Value) -> Value {
        typed(self.attributes(), name, value)
    }
}

fn typed(known: &'static [ProfileAttribute], name: &AttributeName, value: Value) -> Value {
    match find(known, name.as_str()) {
        Some(attribute) => of_type(attribute.kind, value),
        None => value,
    }
}

/// What a value is that shows something of this type.
fn of_type(kind: AttributeType, value: Value) -> Value {
    match (kind, value) {
        (AttributeType::DateTime, Value::Integer(number)) => Value::DateTime(Timestamp(number)),
        (AttributeType::Reference, Value::Text(text)) => Value::Reference(text),
        (AttributeType::Binary, Value::Text(text)) => match BASE64.decode(&text) {
            Ok(bytes) => Value::Binary(bytes),
            Err(_) => Value::Text(text),
        },
        (AttributeType::Complex(known), Value::Complex(values)) => {
            let values = values.into_iter().map(|(name, value)| {
                let value = typed(known, &name, value);
                (name, value)
            });
            Value::Complex(values.collect())
        }
        (kind, Value::List(elements)) => {
            Value::List(elements.into_iter().map(|element| of_type(kind, element)).collect())
        }
        (_, value) => value,
    }
}

/// An object of values by name.
struct Object<F> {
    known: &'static [ProfileAttribute],
    /// What reads a value of a type; of a name that is not known, any value.
    value: F,
}

impl<'de, S, F> Visitor<'de> for Object<F>
where
    S: DeserializeSeed<'de>,
    F: Fn(Option<AttributeType>) -> S,
{
    type Value = LiteMap<AttributeName, S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("values by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        // Names are stored in the order of the table, so each is looked for behind the one before.
        let (mut values, mut behind) = (LiteMap::new(), self.known);
        while let Some((name, kind)) =
            map.next_key_seed(NameSeed { known: self.known, behind: &mut behind })?
        {
            values.insert(name, map.next_value_seed((self.value)(kind))?);
        }
        Ok(values)
    }
}

/// A name and the type that the table has for it. The text is looked at where it lies: a `String`
/// for each name would be made and dropped for nothing.
struct NameSeed<'m> {
    known: &'static [ProfileAttribute],
    /// Those behind the last name that was found.
    behind: &'m mut &'static [ProfileAttribute],
}

impl<'de> DeserializeSeed<'de> for NameSeed<'_> {
    type Value = (AttributeName, Option<AttributeType>);

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for NameSeed<'_> {
    type Value = (AttributeName, Option<AttributeType>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of an attribute")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        let mut rest = self.behind.iter();
        let found = match rest.find(|attribute| attribute.name == name) {
            Some(attribute) => {
                *self.behind = rest.as_slice();
                Some(attribute)
            }
            None => find(self.known, name),
        };
        Ok(match found {
            Some(attribute) => (attribute.name(), Some(attribute.kind)),
            None => (AttributeName::as_stored(name), None),
        })
    }
}

struct OrNull(Stored);

impl<'de> DeserializeSeed<'de> for OrNull {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for OrNull {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        self.0.deserialize(from).map(Some)
    }
}

/// A value of a type, or of the type that it shows.
#[derive(Clone, Copy)]
struct Stored(Option<AttributeType>);

impl Stored {
    fn typed(self, value: Value) -> Value {
        match self.0 {
            Some(kind) => of_type(kind, value),
            None => value,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Stored {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Stored {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value of an attribute")
    }

    fn visit_bool<E: de::Error>(self, boolean: bool) -> Result<Value, E> {
        Ok(Value::Boolean(boolean))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
        Ok(self.typed(Value::Integer(number)))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
        self.visit_i64(i64::try_from(number).map_err(E::custom)?)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Value, E> {
        Decimal::new(number).map(Value::Decimal).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Value, E> {
        Ok(self.typed(Value::Text(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut list = Vec::with_capacity(elements.size_hint().unwrap_or_default());
        while let Some(element) = elements.next_element_seed(self)? {
            list.push(element);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        let known: &[ProfileAttribute] = match self.0 {
            Some(AttributeType::Complex(attributes)) => attributes,
            _ => &[],
        };
        let attributes = Object { known, value: |kind| Stored(kind) }.visit_map(map)?;
        Ok(Value::Complex(attributes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::value::{self, MapDeserializer};

    fn read(schema: ProfileSchema, document: &str) -> Result<Profile, serde_json::Error> {
        schema.deserialize(&mut serde_json::Deserializer::from_str(document))
    }

    #[test]
    fn a_profile_is_plain_json() {
        let stored = r#"{"emails":[{"primary":true,"type":"work","value":"a@x"}],"profile_url":"https://x","title":"Analyst"}"#;
        let profile = read(ProfileSchema::STANDARD, stored).unwrap();
        assert_eq!(profile.get("profile_url"), Some(&Value::Reference("https://x".to_owned())));
        assert_eq!(profile.text("title"), Some("Analyst"));
        let [email] = profile.list("emails") else { panic!("one address") };
        assert!(email.is_primary() && email.text("value") == Some("a@x"));
        assert_eq!(serde_json::to_string(&profile).unwrap(), stored);
    }

    #[test]
    fn what_a_newer_version_stored_survives() {
        let stored = r#"{"badge":{"at":17,"photo":"AQI="},"height":1.5,"lucky":[7,8],"shoe_size":44,"tall":true,"title":"Analyst"}"#;
        let profile = read(ProfileSchema::STANDARD, stored).unwrap();
        assert_eq!(serde_json::to_string(&profile).unwrap(), stored);
        assert_eq!(profile.get("shoe_size"), Some(&Value::Integer(44)));
    }

    #[test]
    fn what_is_no_profile_says_what_was_expected() {
        let problem = |document| read(ProfileSchema::STANDARD, document).unwrap_err().to_string();
        assert!(problem("7").contains("expected values by name"), "{}", problem("7"));
        let null = problem(r#"{"title":null}"#);
        assert!(null.contains("expected the value of an attribute"), "{null}");
        let of_numbers = || MapDeserializer::<_, value::Error>::new([(7, 7)].into_iter());
        let name = ProfileSchema::STANDARD.deserialize(of_numbers()).unwrap_err().to_string();
        assert!(name.contains("expected the name of an attribute"), "{name}");
        let of_number = MapDeserializer::<_, value::Error>::new([("title", 7)].into_iter());
        let or_null = attributes_or_null(of_number).unwrap_err().to_string();
        assert!(or_null.contains("expected a value or null"), "{or_null}");
    }

    #[test]
    fn types_come_from_the_schema() {
        const BADGE: &[ProfileAttribute] = &[
            ProfileAttribute::new("at", AttributeType::DateTime),
            ProfileAttribute::new("photo", AttributeType::Binary),
        ];
        const TABLE: &[ProfileAttribute] =
            &[ProfileAttribute::new("badge", AttributeType::Complex(BADGE))];
        let stored = r#"{"badge":{"at":17,"photo":"AQI="}}"#;
        let profile = read(ProfileSchema::new(TABLE), stored).unwrap();
        let badge = [
            (BADGE[0].name(), Value::DateTime(Timestamp(17))),
            (BADGE[1].name(), Value::Binary(vec![1, 2])),
        ];
        assert_eq!(profile.get("badge"), Some(&Value::Complex(badge.into_iter().collect())));
        assert_eq!(serde_json::to_string(&profile).unwrap(), stored);
    }
}
