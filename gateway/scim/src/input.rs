//! The body of POST and PUT: a whole user, read tolerantly.

use super::edit::Edit;
use super::error::InputError;
use super::json::{Json, Members};
use super::reader::{Reader, Verb};

/// Most elements of one list that are read: as many as a user may have.
pub const MAX_ELEMENTS: usize = 100;

/// Reads the body of a POST. A user name is demanded (RFC 7643 section 4.1.1).
pub fn create(body: &[u8]) -> Result<Vec<Edit<'_>>, InputError> {
    let edits = replace(body)?;
    let names = |edit: &Edit<'_>| matches!(edit, Edit::Set { attribute, .. } if attribute.required);
    if edits.iter().any(names) { Ok(edits) } else { Err(InputError::NoUserName) }
}

/// Reads the body of a PUT. Lists come whole: `ListEdit::Replace` without a selector is the
/// only change to a list in the answer. What is absent or null is not mentioned.
pub fn replace(body: &[u8]) -> Result<Vec<Edit<'_>>, InputError> {
    let mut reader = Reader::default();
    for (key, value) in object(body)? {
        reader.member(Verb::Put, key, value)?;
    }
    Ok(reader.finish())
}

pub(super) fn object(body: &[u8]) -> Result<Members<'_>, InputError> {
    match serde_json::from_slice(body)? {
        Json::Object(members) => Ok(members),
        _ => Err(InputError::NotAnObject),
    }
}

#[cfg(test)]
mod tests;
