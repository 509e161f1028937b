//! Somebody stays in charge: the last active Admin of a site can't be demoted, deactivated, held
//! or deleted by any path.

use crate::{Reason, Refusal};

/// Whether a step of one user leaves the site an active Admin, given whether that user is one
/// before and after the step.
pub(super) fn keep_somebody(
    was_in_charge: bool,
    is_in_charge: bool,
    other_active_admins: u64,
) -> Result<(), Refusal> {
    if was_in_charge && !is_in_charge && other_active_admins == 0 {
        return Err(Refusal::about(
            Reason::LastAdmin,
            "role",
            "this is the last active Admin of the site and stays so; make somebody else an \
             Admin first",
        ));
    }
    Ok(())
}
