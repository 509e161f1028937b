//! The pages of the listener.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use super::readiness::{Readiness, ReadinessReport};

/// Every page, for a start that is under way as well.
pub fn router(readiness: Readiness) -> Router {
    Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(async |State(ready): State<Readiness>| answer(&ready.report())))
        .route("/startupz", get(async |State(ready): State<Readiness>| answer(&ready.startup())))
        .fallback(async || (StatusCode::NOT_FOUND, "Ask for /livez, /readyz or /startupz.\n"))
        .with_state(readiness)
}

fn answer(report: &ReadinessReport) -> (StatusCode, String) {
    let status = if report.is_good() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, report.to_string())
}
