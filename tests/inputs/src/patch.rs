//! Bodies of writes: a PATCH, and whole resources, which are read from the same bytes.

use crate::told::is_a_refusal;
use prost::Message as _;
use provost_gateway::translate::{self, Vocabulary};
use provost_proto::v1;
use provost_scim::{
    Cause, Edit, InputError, Query, ResourceData, ScimError, group, input, patch as scim_patch,
    strict, user,
};

/// Reads a body as a PATCH, a PUT and a POST of a user and of a group, and as a search. What is let through is
/// decoded at the other end as it was sent.
pub fn patch(input: &[u8]) {
    patched(input);
    whole_users(input);
    whole_groups(input);
    if let Err(error) = Query::read_body(input) {
        is_a_refusal(error);
    }
    strictly(input);
}

/// What passes as published names nothing that is not kept.
fn strictly(body: &[u8]) {
    if let Err(error) = strict::search(body) {
        is_a_refusal(error);
    }
    for resource_type in [user(), group()] {
        let Ok(data) = ResourceData::read(body) else { return };
        match strict::operations(resource_type, &data) {
            Ok(()) => keeps_all(scim_patch::patched(resource_type, data)),
            Err(error) => is_a_refusal(error),
        }
        let Ok(data) = ResourceData::read(body) else { return };
        match strict::resource(resource_type, &data) {
            Ok(()) => keeps_all(input::replaced(resource_type, data)),
            Err(error) => is_a_refusal(error),
        }
    }
}

fn keeps_all(read: Result<Vec<Edit<'_>>, InputError>) {
    let is_unknown = |edit: &Edit<'_>| matches!(edit, Edit::Ignored { cause: Cause::NotKept, .. });
    assert!(!read.is_ok_and(|edits| edits.iter().any(is_unknown)), "something is not kept");
}

/// Reads a body as a PATCH of a user and of a group.
pub(crate) fn patched(body: &[u8]) {
    match scim_patch::read(user(), body) {
        Ok(edits) => user_is_decoded(translate::changes(Vocabulary::user(), edits)),
        Err(error) => is_a_refusal(error),
    }
    let edits = scim_patch::read(group(), body).map_err(ScimError::from);
    group_is_decoded(edits.and_then(|edits| translate::group_changes(Vocabulary::group(), edits)));
}

fn whole_users(body: &[u8]) {
    let vocabulary = Vocabulary::user();
    match input::replace(user(), body) {
        Ok(edits) => user_is_decoded(translate::replacement(vocabulary, edits)),
        Err(error) => is_a_refusal(error),
    }
    match input::create(user(), body) {
        Ok(edits) => {
            let request = translate::creation(vocabulary, "acme".to_owned(), edits);
            if let Err(error) = translate::check_creation(&request) {
                return is_a_refusal(error);
            }
            let decoded = v1::CreateUserRequest::decode(&*request.encode_to_vec());
            assert_eq!(decoded, Ok(request));
        }
        Err(error) => is_a_refusal(error),
    }
}

fn user_is_decoded(changes: Vec<v1::Change>) {
    if let Err(error) = translate::check_changes(&changes) {
        return is_a_refusal(error);
    }
    let request = v1::ChangeUserRequest { changes, ..v1::ChangeUserRequest::default() };
    let decoded = v1::ChangeUserRequest::decode(&*request.encode_to_vec());
    assert_eq!(decoded, Ok(request));
}

fn whole_groups(body: &[u8]) {
    let vocabulary = Vocabulary::group();
    let replaced = input::replace(group(), body).map_err(ScimError::from);
    group_is_decoded(replaced.and_then(|edits| translate::group_replacement(vocabulary, edits)));
    let created = input::create(group(), body).map_err(ScimError::from).and_then(|edits| {
        let request = translate::group_creation(vocabulary, "acme".to_owned(), edits)?;
        translate::check_group_creation(&request).map(|()| request)
    });
    match created {
        Ok(request) => {
            let decoded = v1::CreateGroupRequest::decode(&*request.encode_to_vec());
            assert_eq!(decoded, Ok(request));
        }
        Err(error) => is_a_refusal(error),
    }
}

fn group_is_decoded(changes: Result<Vec<v1::GroupChange>, ScimError>) {
    let checked =
        changes.and_then(|changes| translate::check_group_changes(&changes).map(|()| changes));
    match checked {
        Ok(changes) => {
            let request = v1::ChangeGroupRequest { changes, ..v1::ChangeGroupRequest::default() };
            let decoded = v1::ChangeGroupRequest::decode(&*request.encode_to_vec());
            assert_eq!(decoded, Ok(request));
        }
        Err(error) => is_a_refusal(error),
    }
}
