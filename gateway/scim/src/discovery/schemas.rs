//! `/Schemas`, written from the attribute tables.

use std::borrow::Cow;

use serde::Serialize;

use super::DocumentMeta;
use crate::list_response::ListResponse;
use crate::schema::{Attribute, Mutability, ResourceType, Returned, Schema, Type, Uniqueness};

/// A `Schema` (RFC 7643 section 7)
#[derive(Debug, Clone, Serialize)]
pub struct SchemaResource<'s> {
    schemas: [&'static str; 1],
    id: &'s str,
    name: &'s str,
    description: &'s str,
    attributes: Vec<AttributeResource<'s>>,
    meta: DocumentMeta,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct AttributeResource<'s> {
    name: &'s str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_attributes: Option<Vec<AttributeResource<'s>>>,
    multi_valued: bool,
    description: &'s str,
    required: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    canonical_values: &'s [Cow<'static, str>],
    case_exact: bool,
    mutability: &'static str,
    returned: &'static str,
    uniqueness: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_types: Option<[&'s str; 1]>,
}

/// The document at `{base}/Schemas`.
pub fn schemas<'s>(served: &[&'s ResourceType], base: &str) -> ListResponse<SchemaResource<'s>> {
    ListResponse::whole(all(served).map(|schema| document(schema, base)).collect())
}

/// The document at `{base}/Schemas/{urn}`, if there is such a schema.
pub fn schema<'s>(
    served: &[&'s ResourceType],
    urn: &str,
    base: &str,
) -> Option<SchemaResource<'s>> {
    let schema = all(served).find(|schema| schema.urn.eq_ignore_ascii_case(urn))?;
    Some(document(schema, base))
}

fn all<'s>(served: &[&'s ResourceType]) -> impl Iterator<Item = &'s Schema> {
    served.iter().flat_map(|served| served.schemas())
}

fn document<'s>(schema: &'s Schema, base: &str) -> SchemaResource<'s> {
    SchemaResource {
        schemas: ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        id: &schema.urn,
        name: &schema.name,
        description: &schema.description,
        attributes: schema.attributes().iter().map(attribute).collect(),
        meta: DocumentMeta {
            resource_type: "Schema",
            location: format!("{base}/Schemas/{}", schema.urn),
        },
    }
}

fn attribute(attribute: &Attribute) -> AttributeResource<'_> {
    let Attribute { mutability, returned, uniqueness, value_type, .. } = attribute;
    let parts = attribute.is_complex().then(|| attribute.parts());
    AttributeResource {
        name: attribute.name(),
        kind: kind(value_type),
        sub_attributes: parts.map(|parts| parts.iter().map(self::attribute).collect()),
        multi_valued: attribute.multi_valued,
        description: &attribute.description,
        required: attribute.required,
        canonical_values: &attribute.canonical_values,
        case_exact: attribute.case_exact,
        mutability: match mutability {
            Mutability::ReadOnly => "readOnly",
            Mutability::ReadWrite => "readWrite",
            Mutability::Immutable => "immutable",
            Mutability::WriteOnly => "writeOnly",
        },
        returned: match returned {
            Returned::Always => "always",
            Returned::Never => "never",
            Returned::Default => "default",
        },
        uniqueness: match uniqueness {
            Uniqueness::None => "none",
            Uniqueness::Server => "server",
        },
        reference_types: matches!(value_type, Type::Reference)
            .then_some([attribute.reference_type]),
    }
}

const fn kind(value_type: &Type) -> &'static str {
    match value_type {
        Type::String => "string",
        Type::Boolean => "boolean",
        Type::Integer => "integer",
        Type::Decimal => "decimal",
        Type::DateTime => "dateTime",
        Type::Reference => "reference",
        Type::Binary => "binary",
        Type::Complex(_) => "complex",
    }
}
