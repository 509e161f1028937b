//! Whole bodies and filters through the reader and the translation, against what the contract
//! should carry. Must never know how either side works.

mod filters;
mod groups;
mod limits;
mod patches;
mod printed;
mod roles;
mod types;
mod users;
mod wholes;

use super::{Vocabulary, changes, creation, replacement};
use provost_proto::v1;
use provost_scim::{input, patch, user};

/// What a PATCH with these operations asks for.
fn patched(operations: &str) -> Vec<String> {
    let body = format!("{{\"Operations\": {operations}}}");
    let edits =
        patch::read(user(), body.as_bytes()).unwrap_or_else(|error| panic!("{body}: {error}"));
    changes(Vocabulary::user(), edits).iter().map(printed::change).collect()
}

/// What a PUT of this body asks for.
fn put(body: &str) -> Vec<String> {
    let edits =
        input::replace(user(), body.as_bytes()).unwrap_or_else(|error| panic!("{body}: {error}"));
    replacement(Vocabulary::user(), edits).iter().map(printed::change).collect()
}

/// What a POST of this body asks for.
fn posted(body: &str) -> v1::CreateUserRequest {
    let edits =
        input::create(user(), body.as_bytes()).unwrap_or_else(|error| panic!("{body}: {error}"));
    creation(Vocabulary::user(), "acme".to_owned(), edits)
}
