//! This service's own extension: the role, for senders that use `userType` for something else.

use super::attribute::{Attribute, Schema, text};

pub(super) static PROVOST: [Attribute; 1] = [text(
    "stackUserType",
    "The role wanted. Wins over userType; the role in force is told in userType.",
)
.of(Schema::Provost)
.usually(&["Registered", "Moderator", "Admin"])
.write_only()
.verbatim()];
