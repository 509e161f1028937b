//! Attributes that every resource has (RFC 7643 section 3.1).

use super::attribute::{Attribute, Kind, Schema, text};

const fn meta(path: &'static str, kind: Kind, description: &'static str) -> Attribute {
    Attribute::new(path, kind, description).of(Schema::Common).read_only()
}

static META: [Attribute; 5] = [
    meta("meta.resourceType", Kind::Text, "The kind of resource.").unsearchable(),
    meta("meta.created", Kind::DateTime, "When the user was created."),
    meta("meta.lastModified", Kind::DateTime, "When a change was last applied."),
    meta("meta.location", Kind::Reference, "The URL of the user.").unsearchable(),
    meta("meta.version", Kind::Text, "The version, as in the ETag.").unsearchable(),
];

pub(super) static COMMON: [Attribute; 3] = [
    text("id", "Given by the service, never reused.")
        .of(Schema::Common)
        .read_only()
        .always()
        .case_exact()
        .unique(),
    text("externalId", "The identifier that the client keeps for the user.")
        .of(Schema::Common)
        .case_exact(),
    meta("meta", Kind::Complex(&META), "About the resource itself."),
];
