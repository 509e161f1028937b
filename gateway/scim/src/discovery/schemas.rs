//! `/Schemas`, written from the attribute tables.

use serde::Serialize;

use super::DocumentMeta;
use crate::list_response::ListResponse;
use crate::schema::{Attribute, Kind, Mutability, Returned, Schema, Uniqueness, attributes};

/// A `Schema` (RFC 7643 section 7)
#[derive(Debug, Clone, Serialize)]
pub struct SchemaResource {
    schemas: [&'static str; 1],
    id: &'static str,
    name: &'static str,
    description: &'static str,
    attributes: Vec<AttributeResource>,
    meta: DocumentMeta,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct AttributeResource {
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_attributes: Option<Vec<AttributeResource>>,
    multi_valued: bool,
    description: &'static str,
    required: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    canonical_values: &'static [&'static str],
    case_exact: bool,
    mutability: &'static str,
    returned: &'static str,
    uniqueness: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_types: Option<[&'static str; 1]>,
}

/// The document at `{base}/Schemas`.
pub fn schemas(base: &str) -> ListResponse<SchemaResource> {
    let served = [Schema::Core, Schema::Enterprise, Schema::Provost];
    ListResponse::whole(served.map(|schema| document(schema, base)).into())
}

/// The document at `{base}/Schemas/{urn}`, if there is such a schema.
pub fn schema(urn: &str, base: &str) -> Option<SchemaResource> {
    let mut served = [Schema::Core, Schema::Enterprise, Schema::Provost].into_iter();
    let schema = served.find(|schema| schema.urn().eq_ignore_ascii_case(urn))?;
    Some(document(schema, base))
}

fn document(schema: Schema, base: &str) -> SchemaResource {
    let (name, description) = match schema {
        Schema::Common | Schema::Core => ("User", "A user account."),
        Schema::Enterprise => ("EnterpriseUser", "What an organization knows of a user."),
        Schema::Provost => ("ProvostUser", "The role, for clients that can't send it in userType."),
    };
    SchemaResource {
        schemas: ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        id: schema.urn(),
        name,
        description,
        attributes: attributes(schema).iter().map(attribute).collect(),
        meta: DocumentMeta {
            resource_type: "Schema",
            location: format!("{base}/Schemas/{}", schema.urn()),
        },
    }
}

fn attribute(attribute: &Attribute) -> AttributeResource {
    let parts = attribute.parts();
    AttributeResource {
        name: attribute.name(),
        kind: kind(attribute.kind),
        sub_attributes: (!parts.is_empty()).then(|| parts.iter().map(self::attribute).collect()),
        multi_valued: matches!(attribute.kind, Kind::List(_)),
        description: attribute.description,
        required: attribute.required,
        canonical_values: attribute.canonical_values,
        case_exact: attribute.case_exact,
        mutability: match attribute.mutability {
            Mutability::ReadOnly => "readOnly",
            Mutability::ReadWrite => "readWrite",
            Mutability::WriteOnly => "writeOnly",
        },
        returned: match attribute.returned {
            Returned::Always => "always",
            Returned::Never => "never",
            Returned::Default => "default",
        },
        uniqueness: match attribute.uniqueness {
            Uniqueness::None => "none",
            Uniqueness::Server => "server",
        },
        reference_types: matches!(attribute.kind, Kind::Reference).then_some(["external"]),
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "string",
        Kind::Reference => "reference",
        Kind::Boolean => "boolean",
        Kind::DateTime => "dateTime",
        Kind::Complex(_) | Kind::List(_) => "complex",
    }
}
