//! This service's own extension: the role, for senders that use `userType` for something else.

use super::attribute::{Attribute, Schema, text};

/// App roles, the eighth form in which Entra can send the role (`ms_custom`). Read, never kept as
/// a list of its own and therefore not in `/Schemas`.
pub static APP_ROLES: Attribute =
    text("roles", "The app roles of the person.").of(Schema::Provost).write_only().verbatim();

pub(super) static PROVOST: [Attribute; 1] = [text(
    "stackUserType",
    "The role wanted. Wins over userType; the role in force is told in userType.",
)
.of(Schema::Provost)
.usually(&["Registered", "Moderator", "Admin"])
.write_only()
.verbatim()];
