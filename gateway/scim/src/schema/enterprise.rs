//! The enterprise extension (RFC 7643 section 4.3).

use super::attribute::{Attribute, Kind, Schema, text};

const fn enterprise(path: &'static str, description: &'static str) -> Attribute {
    text(path, description).of(Schema::Enterprise)
}

static MANAGER: [Attribute; 2] = [
    // OneLogin's templates write `manager.managerId` (`ol_schema`).
    enterprise("manager.value", "The manager's identifier.").also("managerId"),
    enterprise("manager.displayName", "The manager's name."),
];

pub(super) static ENTERPRISE: [Attribute; 6] = [
    enterprise("employeeNumber", "The number that the organization gave the person."),
    enterprise("costCenter", "The cost center."),
    enterprise("organization", "The organization."),
    enterprise("division", "The division."),
    enterprise("department", "The department."),
    Attribute::new("manager", Kind::Complex(&MANAGER), "The person's manager.")
        .of(Schema::Enterprise),
];
