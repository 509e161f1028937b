//! Groups: the core Group schema (RFC 7643 section 4.2), and the resource type that it makes.

use super::attribute::{Attribute, Type, complex, text};
use super::{GROUP, ResourceType, Schema};
use crate::limits::MAX_MEMBERS;

/// Spellings of SCIM 1.1 (`ol_schema`).
const SPELLINGS: [&str; 2] = ["urn:scim:schemas:core:1.0:Group", "urn:scim:schemas:core:2.0:Group"];

/// The resource type.
pub(super) fn resource_type() -> ResourceType {
    ResourceType::new("Group", "/Groups", core(), Vec::new())
}

fn core() -> Schema {
    let attributes = vec![
        text("displayName", "The name of the group. Compared without case.").required().unique(),
        complex("members", member(), "Who is in the group.").multi_valued().up_to(MAX_MEMBERS),
    ];
    Schema::new(GROUP, "Group", "Group of users", attributes).spelled(&SPELLINGS)
}

/// With the characteristics of RFC 7643 section 8.7.1. All but the value follows from it, so senders
/// may leave it out or say of it what they like: Okta sends no type (`sdk419`) and a `display` of its
/// own (`gw95`).
fn member() -> [Attribute; 4] {
    [
        text("value", "The id of the user.").case_exact().immutable().required(),
        Attribute::new("$ref", Type::Reference, "The URL of the user.")
            .immutable()
            .unsearchable()
            .referring_to("User"),
        text("display", "The name of the user, as shown to people.").read_only(),
        text("type", "The kind of resource: always a user.")
            .usually(&["User"])
            .constantly("User")
            .immutable(),
    ]
}
