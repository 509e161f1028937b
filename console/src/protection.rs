//! What protects people from pages of others: headers, the origin of forms, and time limits.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::middleware::Next;
use provost_telemetry::record_route;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::timeout::TimeoutLayer;

use crate::failure_page;

/// A page may use what comes from here, and nothing else: no script, style or form of others, no frame
/// around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 5] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    // Assets say otherwise.
    (CACHE_CONTROL, "no-store"),
];

/// Puts the headers on an answer that every answer has.
pub async fn with_headers(mut response: Response<Body>) -> Response<Body> {
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Refuses whatever changes something and comes from a page of another origin.
pub fn same_origin() -> CsrfLayer<fn(ProtectionError) -> Response<Body>> {
    CsrfLayer::new().with_rejection_response(|_| failure_page::of_another_origin())
}

/// Ends requests that take too long.
pub fn timeout(limit: Duration) -> TimeoutLayer {
    TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, limit)
}

/// Tells the span of a request its route.
pub async fn route(path: MatchedPath, request: Request, next: Next) -> Response<Body> {
    record_route(request.method(), path.as_str());
    next.run(request).await
}
