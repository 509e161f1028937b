//! Somebody stays in charge: the last active Admin of a site can't be demoted, deactivated, held
//! or deleted by any path.

use super::user_context::UserContext;
use crate::{Reason, Refusal};

/// Whether a step of one user leaves the site an active Admin, given whether that user is one
/// before and after the step.
pub(super) fn keep_somebody(
    context: &UserContext<'_>,
    was_in_charge: bool,
    is_in_charge: bool,
) -> Result<(), Refusal> {
    // Only then is it known how many there are; the user is one of them.
    if was_in_charge && !is_in_charge && context.state.active_admins(context.site.id) <= 1 {
        return Err(Refusal::about(
            Reason::LastAdmin,
            "role",
            "this is the last active Admin of the site and stays so; make somebody else an \
             Admin first",
        ));
    }
    Ok(())
}
