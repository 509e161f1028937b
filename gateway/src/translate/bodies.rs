//! What writes say, from SCIM to messages: of a single request as of an operation among several.

use super::changes::changes;
use super::group_changes::{group_changes, group_creation, group_replacement};
use super::limits::{check_changes, check_creation, check_group_changes, check_group_creation};
use super::replace::{creation, replacement};
use super::vocabulary::Vocabulary;
use provost_proto::v1;
use provost_scim::{ResourceData, ScimError, input, patch};

/// A new user of a site.
pub fn new_user(
    vocabulary: &Vocabulary<'_>,
    site: String,
    data: ResourceData<'_>,
) -> Result<v1::CreateUserRequest, ScimError> {
    let edits = input::created(vocabulary.resource_type, data)?;
    let request = creation(vocabulary, site, edits);
    check_creation(&request)?;
    Ok(request)
}

/// A whole user.
pub fn whole_user(
    vocabulary: &Vocabulary<'_>,
    data: ResourceData<'_>,
) -> Result<Vec<v1::Change>, ScimError> {
    let edits = input::replaced(vocabulary.resource_type, data)?;
    let changes = replacement(vocabulary, edits);
    check_changes(&changes)?;
    Ok(changes)
}

/// Changes to a user.
pub fn patched_user(
    vocabulary: &Vocabulary<'_>,
    data: ResourceData<'_>,
) -> Result<Vec<v1::Change>, ScimError> {
    let edits = patch::patched(vocabulary.resource_type, data)?;
    let changes = changes(vocabulary, edits);
    check_changes(&changes)?;
    Ok(changes)
}

/// A new group of a site.
pub fn new_group(
    vocabulary: &Vocabulary<'_>,
    site: String,
    data: ResourceData<'_>,
) -> Result<v1::CreateGroupRequest, ScimError> {
    let edits = input::created(vocabulary.resource_type, data)?;
    let request = group_creation(vocabulary, site, edits)?;
    check_group_creation(&request)?;
    Ok(request)
}

/// A whole group.
pub fn whole_group(
    vocabulary: &Vocabulary<'_>,
    data: ResourceData<'_>,
) -> Result<Vec<v1::GroupChange>, ScimError> {
    let edits = input::replaced(vocabulary.resource_type, data)?;
    let changes = group_replacement(vocabulary, edits)?;
    check_group_changes(&changes)?;
    Ok(changes)
}

/// Changes to a group.
pub fn patched_group(
    vocabulary: &Vocabulary<'_>,
    data: ResourceData<'_>,
) -> Result<Vec<v1::GroupChange>, ScimError> {
    let edits = patch::patched(vocabulary.resource_type, data)?;
    let changes = group_changes(vocabulary, edits)?;
    check_group_changes(&changes)?;
    Ok(changes)
}
