//! The headers that every answer of the console has. Must never know what is answered.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Response};

/// A page may use what comes from here, and nothing else: no script, style or form of others, no frame
/// around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 5] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    // With `no-referrer` browsers send `Origin: null` with our own forms.
    (REFERRER_POLICY, "same-origin"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    // Assets say otherwise.
    (CACHE_CONTROL, "no-store"),
];

/// Puts the headers on an answer that every answer has.
pub async fn with_headers(mut response: Response<Body>) -> Response<Body> {
    put_headers(response.headers_mut());
    response
}

/// Puts them among others, which stay as they are.
pub fn put_headers(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}
