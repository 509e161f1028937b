//! A body as it was written: a light tree that borrows its texts from the body.
//!
//! Members keep their order, so that assignments keep theirs. No `Debug`: a body may hold a
//! password.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

/// The members of an object, in the order in which they were written.
pub(super) type Members<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

#[derive(Clone)]
pub(super) enum Json<'a> {
    Null,
    Boolean(bool),
    Number(Number),
    Text(Cow<'a, str>),
    Array(Vec<Json<'a>>),
    Object(Members<'a>),
}

impl Json<'_> {
    /// Whether it is one of the ways to say that there is no value: null, a text of nothing but
    /// white space, an empty object, or a list of nothing but these (RFC 7643 section 2.5).
    pub(super) fn is_blank(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Boolean(_) | Self::Number(_) => false,
            Self::Text(text) => text.chars().all(char::is_whitespace),
            Self::Array(elements) => elements.iter().all(Self::is_blank),
            Self::Object(members) => members.is_empty(),
        }
    }

    /// Whether there is nothing in it that anybody could want, however deep it is.
    pub(super) fn is_blank_throughout(&self) -> bool {
        match self {
            Self::Array(elements) => elements.iter().all(Self::is_blank_throughout),
            Self::Object(members) => members.iter().all(|(_, value)| value.is_blank_throughout()),
            value => value.is_blank(),
        }
    }
}

/// Takes a value out of lists of one: many clients wrap what has a single value, be it a scalar
/// or an object (`ms_use`, `sdk968`).
pub(super) fn alone(value: Json<'_>) -> Json<'_> {
    match value {
        Json::Array(mut elements) if elements.len() == 1 => {
            elements.pop().map_or(Json::Null, alone)
        }
        value => value,
    }
}

/// Takes a member by its name, without regard to case (RFC 7643 section 2.1). Of several, the
/// last counts.
pub(super) fn take<'a>(members: &mut Members<'a>, name: &str) -> Option<Json<'a>> {
    let index = members.iter().rposition(|(key, _)| key.eq_ignore_ascii_case(name))?;
    // The others keep their order, so that the last one still counts of what is taken next.
    Some(members.remove(index).1)
}

struct Tree;

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tree)
    }
}

impl<'de> Visitor<'de> for Tree {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'de>, E> {
        Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Json<'de>, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = sequence.next_element()? {
            elements.push(element);
        }
        Ok(Json::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some((MemberName(key), value)) = map.next_entry()? {
            members.push((key, value));
        }
        Ok(Json::Object(members))
    }
}

/// The name of a member, borrowed where the body has it without escapes.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct MemberName<'a>(#[serde(borrow)] Cow<'a, str>);
