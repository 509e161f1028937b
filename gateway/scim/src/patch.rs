//! The body of PATCH (RFC 7644 section 3.5.2): operations, read tolerantly and taken apart into
//! single edits.

use std::borrow::Cow;

use super::edit::Edit;
use super::error::InputError;
use super::input::ResourceData;
use super::json::{Json, Members, alone, take};
use super::limits::MAX_OPERATIONS;
use super::reader::{Reader, Verb};
use super::schema::ResourceType;
use super::shortened::shortened;

/// Reads the body of a PATCH. `schemas` is not looked at, so it may be missing or come last
/// (`ms_use`); an empty list of operations is a request for nothing (`scimmy59`).
pub fn read<'a>(
    resource_type: &'a ResourceType,
    body: &'a [u8],
) -> Result<Vec<Edit<'a>>, InputError> {
    patched(resource_type, ResourceData::read(body)?)
}

/// The same of what was read already.
pub fn patched<'a>(
    resource_type: &'a ResourceType,
    data: ResourceData<'a>,
) -> Result<Vec<Edit<'a>>, InputError> {
    let mut members = data.object()?;
    let Some(Json::Array(operations)) = take(&mut members, "Operations") else {
        return Err(InputError::NoOperations);
    };
    if operations.len() > MAX_OPERATIONS {
        return Err(InputError::TooManyOperations { count: operations.len() });
    }
    let mut reader = Reader::new(resource_type);
    for (index, operation) in operations.into_iter().enumerate() {
        let number = index + 1;
        let Json::Object(members) = operation else {
            return Err(InputError::IncompleteOperation { number, missing: "to be an object" });
        };
        apply(&mut reader, number, members)?;
    }
    Ok(reader.finish())
}

fn apply<'a>(
    reader: &mut Reader<'a>,
    number: usize,
    mut members: Members<'a>,
) -> Result<(), InputError> {
    let verb = verb(number, take(&mut members, "op"))?;
    let path = path(number, take(&mut members, "path"))?;
    let value = take(&mut members, "value");
    match (verb, path, value) {
        (Verb::Remove, None, _) => Err(InputError::NoTarget { number }),
        (Verb::Remove, Some(path), value) => reader.remove(path, value),
        (_, _, None) => Err(InputError::IncompleteOperation { number, missing: "a value" }),
        (verb, Some(path), Some(value)) => reader.assign(verb, path, value),
        // Okta's way to deactivate (`okta_ref`), and Entra's with the compliance flag (`ms_compat`).
        (verb, None, Some(value)) => {
            let Json::Object(members) = alone(value) else {
                let missing = "an object as its value, because it has no path";
                return Err(InputError::IncompleteOperation { number, missing });
            };
            members.into_iter().try_for_each(|(key, value)| reader.member(verb, key, value))
        }
    }
}

/// Entra capitalises the words (`ms_compat`).
fn verb(number: usize, op: Option<Json<'_>>) -> Result<Verb, InputError> {
    let op = match op {
        Some(Json::Text(op)) if !op.is_empty() => op,
        _ => {
            let missing = "an op, which is add, replace or remove";
            return Err(InputError::IncompleteOperation { number, missing });
        }
    };
    let verbs = [("add", Verb::Add), ("replace", Verb::Replace), ("remove", Verb::Remove)];
    let known = verbs.into_iter().find(|(word, _)| word.eq_ignore_ascii_case(&op));
    match known {
        Some((_, verb)) => Ok(verb),
        None => Err(InputError::UnknownOperation { number, op: shortened(&op) }),
    }
}

/// An empty path is no path.
fn path(number: usize, path: Option<Json<'_>>) -> Result<Option<Cow<'_, str>>, InputError> {
    match path {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Text(path)) if path.is_empty() => Ok(None),
        Some(Json::Text(path)) => Ok(Some(path)),
        Some(_) => Err(InputError::IncompleteOperation { number, missing: "a text as its path" }),
    }
}

#[cfg(test)]
mod tests;
