//! Attributes that every resource has (RFC 7643 section 3.1).

use super::attribute::{Attribute, Type, complex, text};

/// `id`, `externalId` and, last, `meta`.
pub(super) fn attributes() -> [Attribute; 3] {
    let meta = [
        text("resourceType", "The kind of resource.").unsearchable(),
        Attribute::new("created", Type::DateTime, "When the resource was created."),
        Attribute::new("lastModified", Type::DateTime, "When a change was last applied."),
        Attribute::new("location", Type::Reference, "The URL of the resource.").unsearchable(),
        text("version", "The version, as in the ETag.").unsearchable(),
    ];
    [
        text("id", "Given by the service, never reused.")
            .read_only()
            .always()
            .case_exact()
            .unique(),
        text("externalId", "The identifier that the client keeps for the resource.").case_exact(),
        complex("meta", meta.map(Attribute::read_only), "About the resource itself.").read_only(),
    ]
}
