//! Paths of PATCH operations, and names of members, which are read as paths.

use crate::patch::patched;
use serde_json::json;

/// Reads a path in every operation, with values of several shapes, and as the name of a member.
pub fn path(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for value in [json!("x"), json!(null), json!([{"value": "x", "type": "work"}])] {
        for operation in [
            json!({"op": "add", "path": text, "value": value}),
            json!({"op": "replace", "path": text, "value": value}),
            json!({"op": "remove", "path": text, "value": value}),
            json!({"op": "replace", "value": {text: value}}),
        ] {
            patched(json!({"Operations": [operation]}).to_string().as_bytes());
        }
    }
}
