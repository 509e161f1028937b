//! What holds of every refusal. Must never know what was refused.

use provost_scim::ScimError;

/// Has a status of the client's, and a sentence for people, with and without what the client wrote.
pub(crate) fn is_a_refusal(error: impl Into<ScimError>) {
    let error = error.into();
    assert!(matches!(error.status, 400 | 413), "{}", error.detail);
    assert!(error.detail.ends_with('.'), "{}", error.detail);
    assert!(error.detail.len() < 2000, "{}", error.detail);
    let told = error.without_values.as_ref().unwrap_or(&error.detail);
    assert!(!told.is_empty(), "{}", error.detail);
    assert!(serde_json::to_string(&error).is_ok(), "{}", error.detail);
}
