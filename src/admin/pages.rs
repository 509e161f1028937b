//! The pages of the listener.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use tokio::sync::Mutex;

use super::log_level;
use super::readiness::{Readiness, ReadinessReport};
use crate::metrics::{self, Metrics};

/// Every page, for a start that is under way as well.
pub fn router(readiness: Readiness, metrics: Metrics) -> Router {
    // One at a time, however many ask: it is work that nobody else should pay for.
    let turn = Arc::new(Mutex::new(()));
    Router::new()
        .route("/metrics", get(move || numbers(metrics.clone(), Arc::clone(&turn))))
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(async |State(ready): State<Readiness>| answer(&ready.report())))
        .route("/startupz", get(async |State(ready): State<Readiness>| answer(&ready.startup())))
        .merge(log_level::router())
        .fallback(async || {
            let said = "Ask for /metrics, /livez, /readyz, /startupz or /loglevel.\n";
            (StatusCode::NOT_FOUND, said)
        })
        .with_state(readiness)
}

fn answer(report: &ReadinessReport) -> (StatusCode, String) {
    let status = if report.is_good() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, report.to_string())
}

/// Off the threads that answer requests: with many sites it takes a while.
async fn numbers(metrics: Metrics, turn: Arc<Mutex<()>>) -> Response {
    let turn = turn.lock_owned().await;
    let text = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        metrics.text()
    });
    let text = text.await;
    let text = text.map_err(|error| error.to_string());
    match text.and_then(|text| text.map_err(|error| error.to_string())) {
        Ok(text) => ([(CONTENT_TYPE, metrics::TEXT)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
