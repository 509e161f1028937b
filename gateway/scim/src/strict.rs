//! What the published protocol has (RFC 7643 and 7644), for clients that are held to it: bodies and filters are
//! looked through before they are read, and what deviates is refused with a sentence. The readers never see it.
//!
//! Nobody pays for it who is not held to it. Must never know who is, or read anything: what passes is read as ever.

mod deviation;
mod filters;
mod messages;
mod names;
mod operations;

pub use deviation::Deviation;
pub use filters::filter;
pub use messages::{bulk, search};
pub use operations::operations;

use super::error::ScimError;
use super::input::ResourceData;
use super::json::{Json, Members};
use super::scalar::expected;
use super::schema::{Attribute, Mutability, Name, ResourceType, Type};
use super::shortened::shortened;
use std::fmt::Display;

/// Looks through what a POST or PUT says.
pub fn resource(resource_type: &ResourceType, data: &ResourceData<'_>) -> Result<(), ScimError> {
    let members = data.members()?;
    let named = check_schemas(resource_type, members)?;
    for (key, value) in members {
        check_member(resource_type, &named, key, value)?;
    }
    Ok(check_required(resource_type, members)?)
}

/// Whether something of what each resource of its type has is missing, or nothing is said of it.
fn check_required(resource_type: &ResourceType, members: &Members<'_>) -> Result<(), Deviation> {
    let is_there = |attribute: &&Attribute| {
        let is_called = |key: &str| attribute.name().eq_ignore_ascii_case(key);
        members.iter().any(|(key, value)| is_called(key) && !value.is_blank())
    };
    let mut required = resource_type.core().attributes().iter().filter(|it| it.required);
    match required.find(|attribute| !is_there(attribute)) {
        Some(missing) => Err(Deviation::Missing { attribute: missing.path().to_owned() }),
        None => Ok(()),
    }
}

/// The schemas that a resource names: its own, and no others than it has (RFC 7643 section 3).
fn check_schemas<'m>(
    resource_type: &ResourceType,
    members: &'m Members<'_>,
) -> Result<Vec<&'m str>, Deviation> {
    let core = &resource_type.core().urn;
    let missing = || Deviation::Schemas { urn: core.clone().into_owned() };
    let named = named_schemas(members).ok_or_else(missing)?;
    let has = |urn: &str| named.iter().any(|named| named.eq_ignore_ascii_case(urn));
    if !has(core) {
        return Err(missing());
    }
    let is_known = |named: &&&str| {
        resource_type.schemas().iter().any(|schema| schema.urn.eq_ignore_ascii_case(named))
    };
    match named.iter().find(|named| !is_known(named)) {
        Some(unknown) => Err(Deviation::unknown(unknown)),
        None => Ok(named),
    }
}

/// The texts of `schemas`, if it is a list of such.
fn named_schemas<'m>(members: &'m Members<'_>) -> Option<Vec<&'m str>> {
    let (_, schemas) = members.iter().rev().find(|(key, _)| is_schemas(key))?;
    let Json::Array(urns) = schemas else { return None };
    let text = |urn: &'m Json<'_>| match urn {
        Json::Text(urn) => Some(&**urn),
        _ => None,
    };
    urns.iter().map(text).collect()
}

fn is_schemas(key: &str) -> bool {
    key.eq_ignore_ascii_case("schemas")
}

fn check_member(
    resource_type: &ResourceType,
    named: &[&str],
    key: &str,
    value: &Json<'_>,
) -> Result<(), Deviation> {
    let is_called = |attribute: &&Attribute| attribute.name().eq_ignore_ascii_case(key);
    let core = resource_type.core().attributes();
    if let Some(attribute) = resource_type.common().iter().chain(core).find(is_called) {
        return check_value(attribute.path(), attribute, value);
    }
    let extensions = resource_type.extensions();
    if let Some(schema) = extensions.iter().find(|schema| schema.urn.eq_ignore_ascii_case(key)) {
        return match value {
            Json::Null => Ok(()),
            // What a resource has attributes of, it names.
            _ if !named.iter().any(|named| schema.urn.eq_ignore_ascii_case(named)) => {
                Err(Deviation::Schemas { urn: schema.urn.clone().into_owned() })
            }
            Json::Object(members) => members.iter().try_for_each(|(key, value)| {
                let is_called = |attribute: &&Attribute| attribute.name().eq_ignore_ascii_case(key);
                let name = format!("{}:{key}", schema.urn);
                let found = schema.attributes().iter().find(is_called);
                let attribute = found.ok_or_else(|| Deviation::unknown(&name))?;
                check_value(attribute, attribute, value)
            }),
            _ => Err(Deviation::value(&schema.urn, "an object with its attributes")),
        };
    }
    let dropped = resource_type.dropped.iter().any(|name| name.eq_ignore_ascii_case(key));
    if dropped || is_schemas(key) { Ok(()) } else { Err(elsewhere(resource_type, key)) }
}

/// What is no member of a resource under this name.
fn elsewhere(resource_type: &ResourceType, key: &str) -> Deviation {
    let (attribute, is_part) = match resource_type.resolve(key) {
        Name::Attribute(attribute) => (attribute, attribute.path() != attribute.name()),
        Name::Element { list, .. } => (list, true),
        Name::Schema(_) | Name::Dropped | Name::Unknown => return Deviation::unknown(key),
    };
    let whole = attribute.path().split('.').next().unwrap_or_default();
    let place = match attribute.urn() {
        Some(urn) => format!("as {whole} in an object under {urn}"),
        None if is_part => format!("in an object under {whole}"),
        None => format!("as {whole}"),
    };
    Deviation::Misplaced { name: shortened(key), place }
}

/// A value of the attribute's own form. What only the service writes is passed over, as it is by the protocol
/// (RFC 7644 section 3.3), and null is no value of whatever it is (RFC 7643 section 2.5).
fn check_value(
    name: impl Display + Copy,
    attribute: &Attribute,
    value: &Json<'_>,
) -> Result<(), Deviation> {
    if matches!(value, Json::Null) || attribute.mutability == Mutability::ReadOnly {
        return Ok(());
    }
    if !attribute.multi_valued {
        return check_single(name, attribute, value);
    }
    let Json::Array(elements) = value else {
        return Err(Deviation::value(name, "a list"));
    };
    elements.iter().try_for_each(|element| check_single(name, attribute, element))
}

/// One value, be it the only one or an element of a list.
fn check_single(
    name: impl Display + Copy,
    attribute: &Attribute,
    value: &Json<'_>,
) -> Result<(), Deviation> {
    let fits = match (&attribute.value_type, value) {
        (Type::Complex(parts), Json::Object(members)) => {
            return members.iter().try_for_each(|(key, value)| {
                let is_called = |part: &&Attribute| part.name().eq_ignore_ascii_case(key);
                let full = format!("{name}.{}", shortened(key));
                let part = parts.iter().find(is_called);
                check_value(&*full, part.ok_or_else(|| Deviation::unknown(&full))?, value)
            });
        }
        (Type::String | Type::Reference | Type::DateTime | Type::Binary, Json::Text(_))
        | (Type::Boolean, Json::Boolean(_))
        | (Type::Decimal, Json::Number(_)) => true,
        (Type::Integer, Json::Number(number)) => number.as_i64().is_some(),
        _ => false,
    };
    if fits { Ok(()) } else { Err(Deviation::value(name, expected(&attribute.value_type))) }
}

#[cfg(test)]
mod tests;
