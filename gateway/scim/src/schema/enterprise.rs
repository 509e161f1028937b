//! The enterprise extension (RFC 7643 section 4.3).

use super::attribute::{Attribute, Type, complex, text};
use super::{ENTERPRISE_USER, Schema};

/// The spellings without `ietf` are those of SCIM 1.1 and of OneLogin's templates (`ol_schema`,
/// `ol_log`).
const SPELLINGS: [&str; 4] = [
    "urn:scim:schemas:extension:enterprise:1.0:User",
    "urn:scim:schemas:extension:enterprise:2.0:User",
    "urn:scim:schemas:extension:enterprise:1.0",
    "urn:scim:schemas:extension:enterprise:2.0",
];

pub(super) fn schema() -> Schema {
    let manager = [
        // OneLogin's templates write `manager.managerId` (`ol_schema`).
        text("value", "The manager's identifier.").also("managerId"),
        Attribute::new("$ref", Type::Reference, "The URL of the manager.").referring_to("User"),
        text("displayName", "The manager's name.").read_only(),
    ];
    let attributes = vec![
        text("employeeNumber", "The number that the organization gave the person."),
        text("costCenter", "The cost center."),
        text("organization", "The organization."),
        text("division", "The division."),
        text("department", "The department."),
        complex("manager", manager, "The person's manager."),
    ];
    let description = "What an organization knows of a user.";
    Schema::new(ENTERPRISE_USER, "EnterpriseUser", description, attributes).spelled(&SPELLINGS)
}
