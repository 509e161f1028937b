//! The body of POST and PUT: a whole resource, read tolerantly.

use super::edit::Edit;
use super::error::InputError;
use super::json::{Json, Members};
use super::reader::{Reader, Verb};
use super::schema::{Attribute, ResourceType};

/// What a write says of a resource: a body of its own, or a part of a larger one. No `Debug`: it may hold
/// a password.
pub struct ResourceData<'a>(pub(super) Json<'a>);

impl<'a> ResourceData<'a> {
    /// Reads a body.
    pub fn read(body: &'a [u8]) -> Result<Self, InputError> {
        if body.trim_ascii().is_empty() {
            return Err(InputError::Empty);
        }
        Ok(Self(serde_json::from_slice(body)?))
    }

    pub(super) fn members(&self) -> Result<&Members<'a>, InputError> {
        match &self.0 {
            Json::Object(members) => Ok(members),
            _ => Err(InputError::NotAnObject),
        }
    }

    pub(super) fn object(self) -> Result<Members<'a>, InputError> {
        match self.0 {
            Json::Object(members) => Ok(members),
            _ => Err(InputError::NotAnObject),
        }
    }
}

/// Reads the body of a POST. What a resource must have is demanded: of a user, the user name
/// (RFC 7643 section 4.1.1).
pub fn create<'a>(
    resource_type: &'a ResourceType,
    body: &'a [u8],
) -> Result<Vec<Edit<'a>>, InputError> {
    created(resource_type, ResourceData::read(body)?)
}

/// The same of what was read already.
pub fn created<'a>(
    resource_type: &'a ResourceType,
    data: ResourceData<'a>,
) -> Result<Vec<Edit<'a>>, InputError> {
    let edits = replaced(resource_type, data)?;
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
    replaced(resource_type, ResourceData::read(body)?)
}

/// The same of what was read already.
pub fn replaced<'a>(
    resource_type: &'a ResourceType,
    data: ResourceData<'a>,
) -> Result<Vec<Edit<'a>>, InputError> {
    let mut reader = Reader::new(resource_type);
    for (key, value) in data.object()? {
        reader.member(Verb::Put, key, value)?;
    }
    Ok(reader.finish())
}

pub(super) fn object(body: &[u8]) -> Result<Members<'_>, InputError> {
    ResourceData::read(body)?.object()
}

#[cfg(test)]
mod tests;
