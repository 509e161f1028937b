//! The page on which the level of the log is read, and from this machine changed.
//!
//! Whoever reaches the listener may read; who logs everything fills a disk, so only a caller on the
//! machine, or in the pod, may write, and for nobody else. Must never know what is logged.

use axum::extract::Extension;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Router, body::Bytes};

use crate::telemetry::{LogLevel, LogLevelError};

/// Where a caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerPlace {
    /// On this machine.
    Here,
    /// Anywhere else.
    Elsewhere,
}

/// The page; the place of the caller is an extension of the request.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/loglevel", get(show).put(set))
}

async fn show() -> (StatusCode, String) {
    match LogLevel::of_process() {
        Some(level) => (StatusCode::OK, format!("{}\n", level.in_force())),
        None => {
            (StatusCode::NOT_FOUND, "The log of this process is set up elsewhere.\n".to_owned())
        }
    }
}

/// What a proxy adds, which is on the machine when whoever asks it need not be.
const OF_PROXIES: [&str; 5] =
    ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

async fn set(
    Extension(place): Extension<CallerPlace>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let is_passed_on = OF_PROXIES.iter().any(|name| headers.contains_key(*name));
    if place == CallerPlace::Elsewhere || is_passed_on {
        let said = "The level is changed on the machine itself: ask at the loopback address, and not over a proxy.\n";
        return (StatusCode::FORBIDDEN, said.to_owned());
    }
    let Some(level) = LogLevel::of_process() else { return show().await };
    let text = String::from_utf8_lossy(&body);
    match level.set(text.trim()) {
        Ok(()) => {
            let level = level.in_force();
            tracing::warn!(level, "the level of the log was changed, until the process ends");
            (StatusCode::OK, format!("{level}\n"))
        }
        Err(error @ LogLevelError::NoLevel(_)) => (StatusCode::BAD_REQUEST, format!("{error}.\n")),
        Err(error @ LogLevelError::Gone(_)) => {
            (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}.\n"))
        }
    }
}
