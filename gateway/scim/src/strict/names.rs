//! Names of attributes as the schemas write them (RFC 7643 section 2.1 and RFC 7644 section 3.10).

use crate::schema::{Attribute, Name, ResourceType};

/// Whether a name is that of an attribute, with what follows it: bare in the core schema, under the URN of its
/// schema everywhere, and under none of the other names that clients have for it.
pub(super) fn is_name_of(
    resource_type: &ResourceType,
    name: &str,
    attribute: &Attribute,
    part: &str,
) -> bool {
    let path = [attribute.path(), part].concat();
    let urn = attribute.urn().unwrap_or(&resource_type.core().urn);
    let is_bare = attribute.urn().is_none() && name.eq_ignore_ascii_case(&path);
    is_bare || name.eq_ignore_ascii_case(&format!("{urn}:{path}"))
}

/// The attribute of this name, or the part of a list's elements.
pub(super) fn named<'s>(resource_type: &'s ResourceType, name: &str) -> Option<&'s Attribute> {
    match resource_type.resolve(name) {
        Name::Attribute(attribute) => {
            is_name_of(resource_type, name, attribute, "").then_some(attribute)
        }
        Name::Element { list, part } => {
            let behind = format!(".{}", part.name());
            is_name_of(resource_type, name, list, &behind).then_some(part)
        }
        Name::Schema(_) | Name::Dropped | Name::Unknown => None,
    }
}
