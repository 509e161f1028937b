//! This service's own extension: the role, for senders that use `userType` for something else.

use super::attribute::{Attribute, text};
use super::{PROVOST_USER, Schema};

/// `stackUserType` may stand under any User URN, because Entra's admins choose the middle of
/// such a URN (`ms_custom`).
pub(super) fn schema() -> Schema {
    let attributes = vec![
        text(
            "stackUserType",
            "The role wanted. Wins over userType; the role in force is told in userType.",
        )
        .usually(&["Registered", "Moderator", "Admin"])
        .write_only()
        .verbatim(),
    ];
    let description = "The role, for clients that can't send it in userType.";
    Schema::new(PROVOST_USER, "ProvostUser", description, attributes).under_any_urn()
}

/// The words of app roles, the eighth form in which Entra can send the role (`ms_custom`). They are read
/// besides the list that is kept.
pub(super) fn app_roles() -> Attribute {
    text("roles", "The app roles of the person.").write_only().verbatim()
}
