//! The JSON documents that statements take as parameters: rows, each an object.
//!
//! Must never know which rows.

use super::StoreError;
use sea_orm::DbErr;
use serde::{Serialize, Serializer};
use uuid::Uuid;

/// The JSON of a value.
pub(super) fn document<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| unwritable(&error))
}

/// What is no parameter: only maps with keys that are not text, and there are none.
pub(super) fn unwritable(error: &serde_json::Error) -> StoreError {
    StoreError::from(DbErr::Json(error.to_string()))
}

/// A UUID as both databases read it from text: 32 hexadecimal digits.
pub(super) fn hex<S: Serializer>(id: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(id.simple().encode_lower(&mut Uuid::encode_buffer()))
}

#[expect(clippy::ref_option, reason = "the signature that serde asks for")]
pub(super) fn hex_or_null<S: Serializer>(
    id: &Option<Uuid>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match id {
        Some(id) => hex(id, serializer),
        None => serializer.serialize_none(),
    }
}
