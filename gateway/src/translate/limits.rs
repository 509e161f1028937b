//! What asks for more than the core reads, refused in SCIM's words before it is sent.
//!
//! Knows which error a limit is; the limits themselves are the contract's.

use super::problem::sentence;
use provost_proto::limits::{self, LimitExceeded, MAX_CHANGES};
use provost_proto::v1;
use provost_scim::{ScimError, ScimType};

/// Whether a filter over users can be asked for.
pub fn check_filter(filter: &v1::Filter) -> Result<(), ScimError> {
    limits::check_filter(filter).map_err(too_much)
}

/// Whether a list of changes can be asked for.
pub fn check_changes(changes: &[v1::Change]) -> Result<(), ScimError> {
    limits::check_changes(changes).map_err(too_much)
}

/// Whether a creation can be asked for. What it says beside the user is all that has no end.
pub fn check_creation(creation: &v1::CreateUserRequest) -> Result<(), ScimError> {
    if creation.ignored.len() > MAX_CHANGES {
        return Err(too_much(LimitExceeded::Changes));
    }
    Ok(())
}

/// Whether a list of changes to a group can be asked for.
pub fn check_group_changes(changes: &[v1::GroupChange]) -> Result<(), ScimError> {
    limits::check_group_changes(changes).map_err(too_much)
}

/// Whether the creation of a group can be asked for.
pub fn check_group_creation(creation: &v1::CreateGroupRequest) -> Result<(), ScimError> {
    if creation.ignored.len() > MAX_CHANGES {
        return Err(too_much(LimitExceeded::Changes));
    }
    limits::check_members(creation.user_ids.len()).map_err(too_much)
}

/// What is told of a request that asks for too much.
pub fn too_much(exceeded: LimitExceeded) -> ScimError {
    let detail = sentence(&exceeded.to_string());
    if exceeded.is_about_a_filter() {
        return ScimError::bad_request(ScimType::InvalidFilter, detail);
    }
    ScimError::new(413, detail)
}
