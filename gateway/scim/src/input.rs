//! The body of POST and PUT: a whole resource, read tolerantly.

use super::edit::Edit;
use super::error::InputError;
use super::json::{Json, Members};
use super::reader::{Reader, Verb};
use super::schema::{Attribute, ResourceType};

/// Reads the body of a POST. What a resource must have is demanded: of a user, the user name
/// (RFC 7643 section 4.1.1).
pub fn create<'a>(
    resource_type: &'a ResourceType,
    body: &'a [u8],
) -> Result<Vec<Edit<'a>>, InputError> {
    let edits = replace(resource_type, body)?;
    let is_set = |required: &Attribute| {
        edits.iter().any(|edit| match edit {
            Edit::Set { attribute, .. } | Edit::List { list: attribute, .. } => {
                *attribute == required
            }
            Edit::Ignored { .. } => false,
        })
    };
    let mut required = resource_type.all().filter(|attribute| attribute.required);
    match required.find(|required| !is_set(required)) {
        None => Ok(edits),
        Some(missing) => Err(InputError::Missing {
            resource: resource_type.name().to_ascii_lowercase(),
            attribute: missing.path().to_owned(),
        }),
    }
}

/// Reads the body of a PUT. Lists come whole: `ScimListEdit::Replace` without a selector is the
/// only change to a list in the answer. What is absent or null is not mentioned.
pub fn replace<'a>(
    resource_type: &'a ResourceType,
    body: &'a [u8],
) -> Result<Vec<Edit<'a>>, InputError> {
    let mut reader = Reader::new(resource_type);
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
