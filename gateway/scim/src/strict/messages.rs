//! The messages of the protocol that are no resources: what they call themselves, and what they are made of.

use super::deviation::Deviation;
use super::{is_schemas, named_schemas};
use crate::bulk::BulkMethod;
use crate::error::ScimError;
use crate::input::object;
use crate::json::{Json, Members};
use crate::shortened::shortened;

/// URN of a search (RFC 7644 section 3.4.3).
const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
/// URN of a bulk request (RFC 7644 section 3.7).
const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/// Looks through the body of a search. Its filter is looked through where it is read.
pub fn search(body: &[u8]) -> Result<(), ScimError> {
    let members = object(body)?;
    let numbers = ["startIndex", "count"];
    let texts = ["filter", "sortBy", "sortOrder", "cursor"];
    let lists = ["attributes", "excludedAttributes"];
    check_message(&members, SEARCH, &[&numbers[..], &texts, &lists].concat())?;
    let is_of = |key: &str, names: &[&str]| names.iter().any(|name| is_called(key, name));
    for (key, value) in &members {
        match value {
            Json::Null => {}
            Json::Number(_) if is_of(key, &numbers) => {}
            Json::Text(_) if is_of(key, &texts) => {}
            Json::Array(_) if is_of(key, &lists) => {}
            _ if is_of(key, &numbers) => {
                return Err(Deviation::value(shortened(key), "a whole number").into());
            }
            _ if is_of(key, &texts) => {
                return Err(Deviation::value(shortened(key), "a text").into());
            }
            _ if is_of(key, &lists) => {
                return Err(Deviation::value(shortened(key), "a list").into());
            }
            _ => {}
        }
    }
    Ok(())
}

/// Looks through the body of a bulk request. What each operation carries is looked through where it is read.
pub fn bulk(body: &[u8]) -> Result<(), ScimError> {
    let members = object(body)?;
    check_message(&members, BULK, &["failOnErrors", "Operations"])?;
    for (key, value) in &members {
        if is_called(key, "failOnErrors") && !matches!(value, Json::Null | Json::Number(_)) {
            return Err(Deviation::value("failOnErrors", "a whole number").into());
        }
    }
    for (number, members) in operations_of(&members) {
        check_operation(number, members)?;
    }
    Ok(())
}

fn check_operation(number: usize, members: &Members<'_>) -> Result<(), Deviation> {
    const MEMBERS: [&str; 5] = ["method", "bulkId", "version", "path", "data"];
    for (key, value) in members {
        if !MEMBERS.iter().any(|name| is_called(key, name)) {
            return Err(Deviation::BulkMember { number, member: shortened(key) });
        }
        if let (true, Json::Text(method)) = (is_called(key, "method"), value)
            && let Some(known) = BulkMethod::of(method)
            && known.as_str() != &**method
        {
            return Err(Deviation::Method { number, method: shortened(method) });
        }
    }
    Ok(())
}

/// Whether a message names its schema, and has these members and no others.
pub(super) fn check_message(
    members: &Members<'_>,
    urn: &str,
    names: &[&str],
) -> Result<(), Deviation> {
    let names_it = |urns: Vec<&str>| urns.iter().any(|named| named.eq_ignore_ascii_case(urn));
    if !named_schemas(members).is_some_and(names_it) {
        return Err(Deviation::Schemas { urn: urn.to_owned() });
    }
    let is_known = |key: &str| is_schemas(key) || names.iter().any(|name| is_called(key, name));
    match members.iter().find(|(key, _)| !is_known(key)) {
        Some((key, _)) => Err(Deviation::unknown_member(key)),
        None => Ok(()),
    }
}

/// The operations that are objects, counted from 1 with those that are not. Of these, its reader tells.
pub(super) fn operations_of<'m, 'a>(
    members: &'m Members<'a>,
) -> impl Iterator<Item = (usize, &'m Members<'a>)> {
    let lists = members.iter().filter(|(key, _)| is_called(key, "Operations"));
    let lists = lists.filter_map(|(_, value)| match value {
        Json::Array(operations) => Some(operations.iter().enumerate()),
        _ => None,
    });
    lists.flatten().filter_map(|(index, operation)| match operation {
        Json::Object(members) => Some((index + 1, members)),
        _ => None,
    })
}

fn is_called(key: &str, name: &str) -> bool {
    key.eq_ignore_ascii_case(name)
}
