//! Single values, read the way identity providers write them.

use std::borrow::Cow;
use std::fmt::Display;

use super::edit::Scalar;
use super::error::InputError;
use super::json::{Json, take};
use super::schema::{Attribute, Kind};

/// `true` and `false` in any case: Entra sends `"False"`, `"True"`, and for `primary` `"true"`
/// (`ms_compat`, `scimmy86`, `sis376`).
pub(super) fn truth(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Whether a text still holds a macro that the client should have filled in. OneLogin's pages
/// write `{$user.email}`, the guide writes `${user.email}` (`ol_schema`, `guide_onelogin`).
pub fn is_unexpanded(text: &str) -> bool {
    // Nearly no text has a brace, and looking for one character is quick.
    text.contains('}')
        && ["{$", "${"]
            .iter()
            .any(|opening| text.find(opening).is_some_and(|start| text[start..].contains('}')))
}

/// Reads a value for a single-valued attribute; `None` where the value is null.
pub(super) fn scalar<'a>(
    attribute: &Attribute,
    value: Json<'a>,
) -> Result<Option<Scalar<'a>>, InputError> {
    let value = unwrapped(value);
    if matches!(attribute.kind, Kind::Boolean) {
        return Ok(boolean(attribute, &value)?.map(Scalar::Boolean));
    }
    Ok(text(attribute, value)?.map(Scalar::Text))
}

/// Reads true or false, as JSON or as text; `None` where the value is null. Any other text is
/// refused rather than guessed, because a guess would let somebody in or keep them out.
pub(super) fn boolean(name: impl Display, value: &Json<'_>) -> Result<Option<bool>, InputError> {
    let value = match value {
        Json::Null => return Ok(None),
        Json::Boolean(value) => Some(*value),
        Json::Text(text) => truth(text),
        Json::Number(_) | Json::Array(_) | Json::Object(_) => None,
    };
    value.map(Some).ok_or_else(|| wrong(name, "true or false"))
}

/// Reads a text; numbers and booleans are taken as they are written.
pub(super) fn text(
    name: impl Display,
    value: Json<'_>,
) -> Result<Option<Cow<'_, str>>, InputError> {
    match value {
        Json::Null => Ok(None),
        Json::Text(text) => Ok(Some(text)),
        Json::Number(number) => Ok(Some(Cow::Owned(number.to_string()))),
        Json::Boolean(value) => Ok(Some(Cow::Borrowed(if value { "true" } else { "false" }))),
        Json::Array(_) | Json::Object(_) => Err(wrong(name, "a text")),
    }
}

/// A value of a kind that the attribute can't have.
pub(super) fn wrong(name: impl Display, expected: &'static str) -> InputError {
    InputError::Value { attribute: name.to_string(), expected }
}

/// Entra wraps some single values into a list of one, or into an object with `value`
/// (`ms_use`, `sdk686`, `simple1244`).
fn unwrapped(value: Json<'_>) -> Json<'_> {
    match value {
        Json::Array(mut elements) if elements.len() == 1 => {
            elements.pop().map_or(Json::Null, unwrapped)
        }
        Json::Object(mut members) => match take(&mut members, "value") {
            Some(value) => value,
            None => Json::Object(members),
        },
        value => value,
    }
}
