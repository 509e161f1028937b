//! The `path` of a PATCH operation (RFC 7644 figure 7), and the keys of path-less values.

use super::error::InputError;
use super::filter::{ScimFilter, selector};
use super::schema::{Attribute, Mutability, Name, Part, ResourceType, Schema, part_of};
use super::shortened::shortened;

/// What a path points at.
#[derive(Debug, PartialEq)]
pub(super) enum Target<'s> {
    /// An attribute as a whole, or a part of a complex one.
    Attribute(&'s Attribute),
    /// The elements of a list that a selector picks.
    Elements { list: &'s Attribute, selector: ScimFilter<'s> },
    /// One part of the elements of a list.
    Parts { list: &'s Attribute, selector: Option<ScimFilter<'s>>, part: &'s Attribute },
    /// All attributes of a schema.
    Schema(&'s Schema),
    /// Nothing, without a word.
    Dropped,
    /// Something that is not kept.
    Unknown,
}

impl<'s> Target<'s> {
    /// The attribute that is meant, or of which a part is, where only the service writes it.
    pub(super) fn read_only(&self) -> Option<&'s Attribute> {
        let attribute = match self {
            Self::Attribute(attribute)
            | Self::Elements { list: attribute, .. }
            | Self::Parts { list: attribute, .. } => *attribute,
            Self::Schema(_) | Self::Dropped | Self::Unknown => return None,
        };
        (attribute.mutability == Mutability::ReadOnly).then_some(attribute)
    }
}

/// Reads a path. What can be read and is not kept is `Unknown`, because one attribute that the
/// service does not know must not fail the others (`fleet41996`, `snipe14708`).
pub(super) fn parse<'s>(
    resource_type: &'s ResourceType,
    path: &str,
) -> Result<Target<'s>, InputError> {
    let path = path.trim();
    let (name, bracket) = match path.split_once('[') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    if !is_name(name) {
        return Err(invalid(path, "it does not start with the name of an attribute"));
    }
    let Some(rest) = bracket else {
        return Ok(plain(resource_type.resolve(name)));
    };
    match resource_type.resolve(name) {
        Name::Attribute(list) if list.multi_valued => bracketed(path, Some(list), rest),
        Name::Dropped => {
            bracketed(path, None, rest)?;
            Ok(Target::Dropped)
        }
        Name::Unknown => bracketed(path, None, rest),
        Name::Attribute(_) | Name::Element { .. } | Name::Schema(_) => {
            Err(invalid(path, "only an attribute with several values takes a filter in brackets"))
        }
    }
}

fn plain(name: Name<'_>) -> Target<'_> {
    match name {
        Name::Attribute(attribute) => Target::Attribute(attribute),
        Name::Element { list, part } => Target::Parts { list, selector: None, part },
        Name::Schema(schema) => Target::Schema(schema),
        Name::Dropped => Target::Dropped,
        Name::Unknown => Target::Unknown,
    }
}

/// Reads what follows the opening bracket, of a list or of something that is not kept.
fn bracketed<'s>(
    path: &str,
    list: Option<&'s Attribute>,
    rest: &str,
) -> Result<Target<'s>, InputError> {
    let (selector, rest) = selector(rest, list)
        .map_err(|error| InputError::Filter { path: shortened(path), error })?;
    let part = match rest.strip_prefix('.') {
        Some(part) if is_name(part) => Some(part),
        Some(_) => return Err(invalid(path, "no sub-attribute follows the dot")),
        None if rest.is_empty() => None,
        None => {
            let problem = "only a dot and a sub-attribute may follow the closing bracket";
            return Err(invalid(path, problem));
        }
    };
    let (Some(list), Some(selector)) = (list, selector) else { return Ok(Target::Unknown) };
    let Some(part) = part else { return Ok(Target::Elements { list, selector }) };
    // Entra's standard mappings write `emails[type eq "other"].Value` (`ms_use`).
    Ok(match part_of(list, part) {
        Part::Known(part) => Target::Parts { list, selector: Some(selector), part },
        Part::Dropped => Target::Dropped,
        Part::Unknown => Target::Unknown,
    })
}

/// A name may be made of what RFC 7643 section 2.1 allows, and of what URNs and URLs need:
/// Microsoft has a schema whose name is a URL (`ms_use`).
fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '$' | '-' | '_' | '.' | ':' | '/');
    // Most names are of these, and every member of a resource has one.
    let plain = |byte| matches!(byte, b'$' | b'-'..=b':' | b'A'..=b'Z' | b'_' | b'a'..=b'z');
    name.starts_with(|c: char| c.is_alphabetic() || c == '$')
        && (name.bytes().all(plain) || name.chars().all(allowed))
}

fn invalid(path: &str, problem: &'static str) -> InputError {
    InputError::Path { path: shortened(path), problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::user;

    fn printed(path: &str) -> String {
        match parse(user(), path).unwrap_or_else(|error| panic!("{path}: {error}")) {
            Target::Attribute(attribute) => attribute.path().to_owned(),
            Target::Elements { list, selector } => format!("{list}[{selector}]"),
            Target::Parts { list, selector: Some(selector), part } => {
                format!("{list}[{selector}].{part}")
            }
            Target::Parts { list, selector: None, part } => format!("{list}.{part}"),
            Target::Schema(schema) => schema.urn.clone().into_owned(),
            Target::Dropped => "(dropped)".to_owned(),
            Target::Unknown => "(unknown)".to_owned(),
        }
    }

    #[test]
    fn every_form_of_path_is_read() {
        for (path, expected) in [
            ("active", "active"),
            (" Title ", "title"),
            ("name.GIVENNAME", "name.givenName"),
            ("emails", "emails"),
            ("emails.value", "emails.value"),
            ("emails[type eq \"work\"]", "emails[type eq \"work\"]"),
            // (`ms_use`)
            ("emails[type eq \"other\"].Value", "emails[type eq \"other\"].value"),
            ("addresses[Type eq \"other\"].Formatted", "addresses[type eq \"other\"].formatted"),
            (
                "emails[value eq \"a]b\" and primary eq \"True\"].type",
                "emails[value eq \"a]b\" and primary eq true].type",
            ),
            (
                "urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq \"work\"].value",
                "emails[type eq \"work\"].value",
            ),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "manager"),
            (
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
                "manager.value",
            ),
            (
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            ),
            // Entra's mapping of an app role (`ms_custom`)
            ("roles[primary eq \"True\"].value", "roles[primary eq true].value"),
            // not kept
            ("badges[primary eq true and x[y pr].z eq 1].value", "(unknown)"),
            ("emails[colour eq \"x\" or type eq \"work\"]", "(unknown)"),
            ("emails[colour eq \"red\"].value", "(unknown)"),
            ("emails[type eq \"work\"].colour", "(unknown)"),
            (
                "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
                "(unknown)",
            ),
            ("größe", "(unknown)"),
            ("password", "(dropped)"),
            ("groups[value eq \"x\"]", "groups[value eq \"x\"]"),
            ("emails[type eq \"work\"].$ref", "(dropped)"),
        ] {
            assert_eq!(printed(path), expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused_with_a_reason() {
        for (path, sentence) in [
            ("]]]", "does not start with the name of an attribute"),
            ("", "does not start with the name of an attribute"),
            ("/active", "does not start with the name of an attribute"),
            ("title[value eq \"x\"]", "only an attribute with several values"),
            ("name[givenName eq \"x\"].familyName", "only an attribute with several values"),
            ("emails[type eq \"work\"]value", "may follow the closing bracket"),
            ("emails[type eq \"work\"].", "no sub-attribute follows the dot"),
            ("emails[type eq \"work\"", "closing bracket was expected"),
            ("emails[]", "an attribute was expected"),
            ("emails[type is 1]", "It stands in the brackets of the path \"emails[type is 1]\"."),
            // also behind what is not kept
            ("badges[", "an attribute was expected"),
            ("shoeSize[x y z", "which is not an operator"),
            ("shoeSize[x eq 1]value", "may follow the closing bracket"),
            ("emails[colour pr and].value", "an attribute was expected"),
            ("emails[colour eq \"x\" or type].value", "an operator such as eq"),
            ("emails[colour eq \"red\"].", "no sub-attribute follows the dot"),
            ("groups[value", "an operator such as eq"),
            ("roles[primary eq \"True\"", "closing bracket was expected"),
        ] {
            let error = parse(user(), path).expect_err(path).to_string();
            assert!(error.contains(sentence), "{path}: {error}");
        }
    }
}
