//! What protects people from pages of others: plain paths, the origin of forms, and time limits.

use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{MatchedPath, RawPathParams, Request};
use axum::http::{Response, StatusCode};
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use provost_telemetry::record_route;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::timeout::TimeoutLayer;

use crate::failure::PageFailure;
use crate::failure_page;

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

/// Refuses a path with a part that could not stand in a link as it is.
///
/// Pages write the parts of their path into links and forms, where a `/`, a `?` or `..` that came escaped
/// would lead elsewhere. All that the core gives a name or an id to is plain.
pub async fn plain_path(
    parts: Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let are_plain = parts.is_ok_and(|parts| parts.iter().all(|(_, part)| is_plain(part)));
    if are_plain { next.run(request).await } else { PageFailure::NoSuchPage.into_response() }
}

/// Whether a part of a path is of unreserved characters (RFC 3986 section 2.3), and no step to elsewhere.
fn is_plain(part: &str) -> bool {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !matches!(part, "" | "." | "..") && part.bytes().all(is_unreserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_in_a_link_as_it_is_is_plain() {
        for part in ["acme", "9f1c-b", "style-0a1b.css", "a..b", "~"] {
            assert!(is_plain(part), "{part}");
        }
        for part in [
            "", ".", "..", "a/b", "../x", "a?b", "a#b", "a%2Fb", "a\\b", "a b", "a\0", "ä",
            "\u{202e}",
        ] {
            assert!(!is_plain(part), "{part}");
        }
    }
}
