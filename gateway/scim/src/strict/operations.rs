//! The body of a PATCH (RFC 7644 section 3.5.2): what each operation is made of, and its path.

use super::deviation::Deviation;
use super::filters::selector;
use super::messages::{check_message, operations_of};
use super::names::is_name_of;
use super::{check_single, check_value};
use crate::error::ScimError;
use crate::input::ResourceData;
use crate::json::{Json, Members};
use crate::path::{self, Target};
use crate::reader::Verb;
use crate::schema::ResourceType;
use crate::shortened::shortened;

/// URN of the message.
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Looks through what a PATCH says. What is missing altogether, its reader tells.
pub fn operations(resource_type: &ResourceType, data: &ResourceData<'_>) -> Result<(), ScimError> {
    let members = data.members()?;
    check_message(members, PATCH, &["Operations"])?;
    for (number, members) in operations_of(members) {
        check(resource_type, number, members)?;
    }
    Ok(())
}

fn check(
    resource_type: &ResourceType,
    number: usize,
    members: &Members<'_>,
) -> Result<(), ScimError> {
    let (mut op, mut path, mut value) = (None, None, None);
    for (key, it) in members {
        match key.to_ascii_lowercase().as_str() {
            "op" => op = Some(it),
            "path" => path = Some(it),
            "value" => value = Some(it),
            _ => return Err(Deviation::Member { number, member: shortened(key) }.into()),
        }
    }
    let verb = match op {
        Some(Json::Text(op)) => match &**op {
            "add" => Some(Verb::Add),
            "replace" => Some(Verb::Replace),
            "remove" => Some(Verb::Remove),
            _ => return Err(Deviation::Operation { number, op: shortened(op) }.into()),
        },
        // Its reader tells what it needs.
        _ => None,
    };
    let Some(Json::Text(path)) = path.filter(|path| !path.is_blank()) else {
        return Err(match verb {
            Some(Verb::Remove) => Deviation::NoTarget { number }.into(),
            _ => Deviation::NoPath { number }.into(),
        });
    };
    let target = published(resource_type, path)?;
    match value {
        Some(Json::Null) | None => Ok(()),
        Some(_) if verb == Some(Verb::Remove) => Err(Deviation::RemovedValue { number }.into()),
        Some(value) => Ok(check_target(verb, &target, value)?),
    }
}

/// What a path points at that is written as in the schemas.
fn published<'s>(resource_type: &'s ResourceType, path: &str) -> Result<Target<'s>, ScimError> {
    let target = path::parse(resource_type, path).map_err(ScimError::from)?;
    let unpublished = || Deviation::Path { path: shortened(path) };
    let (name, behind) = match path.split_once('[') {
        Some((name, rest)) => {
            let (inside, part) = rest.rsplit_once(']').unwrap_or((rest, ""));
            if let Target::Elements { list, .. } | Target::Parts { list, .. } = &target {
                selector(list, inside)?;
            }
            (name, part)
        }
        None => (path, ""),
    };
    let part_as_written = [".", behind.trim_start_matches('.')].concat();
    let is_published = match &target {
        Target::Attribute(attribute) => is_name_of(resource_type, name, attribute, ""),
        Target::Elements { list, .. } => is_name_of(resource_type, name, list, ""),
        Target::Parts { list, selector: None, part } => {
            is_name_of(resource_type, name, list, &format!(".{}", part.name()))
        }
        Target::Parts { list, selector: Some(_), part } => {
            let part = format!(".{}", part.name());
            is_name_of(resource_type, name, list, "") && part.eq_ignore_ascii_case(&part_as_written)
        }
        // As a whole, and not as a part that only goes unkept.
        Target::Dropped => {
            let urn = &resource_type.core().urn;
            let mut dropped = resource_type.dropped.iter().chain([&"schemas"]);
            dropped.any(|name| {
                path.eq_ignore_ascii_case(name)
                    || path.eq_ignore_ascii_case(&format!("{urn}:{name}"))
            })
        }
        Target::Schema(_) | Target::Unknown => false,
    };
    if is_published { Ok(target) } else { Err(unpublished().into()) }
}

/// To a list, one element may be added as well as several (RFC 7644 section 3.5.2.1).
fn check_target(
    verb: Option<Verb>,
    target: &Target<'_>,
    value: &Json<'_>,
) -> Result<(), Deviation> {
    match (target, value) {
        (Target::Attribute(list), Json::Object(_))
            if list.multi_valued && verb == Some(Verb::Add) =>
        {
            check_single(list.path(), list, value)
        }
        (Target::Attribute(attribute), _) => check_value(attribute.path(), attribute, value),
        (Target::Elements { list, .. }, _) => check_single(list.path(), list, value),
        (Target::Parts { list, part, .. }, _) => {
            let name = format!("{}.{}", list.path(), part.name());
            check_value(&*name, part, value)
        }
        (Target::Schema(_) | Target::Dropped | Target::Unknown, _) => Ok(()),
    }
}
