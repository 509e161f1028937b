//! HTTP: where a request goes, what came with it, and how it is answered.
//!
//! Owns paths, methods, headers, limits and media types. Must never look into what a change
//! means, and never answers anything but SCIM.

mod address;
mod answer;
mod body;
mod discovery;
mod dispatch;
mod groups;
mod preconditions;
mod trace;
mod users;
mod visit;

use crate::Settings;
use crate::client::{Channel, Core};
use axum::Router;
use opentelemetry::global::BoxedTracer;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;

/// What every request finds.
struct Gateway<T> {
    core: Core<T>,
    settings: Settings,
    /// Kept, because asking for it takes a lock.
    tracer: BoxedTracer,
}

/// The SCIM surface in front of a core that is reached by `channel`.
pub fn router<T: Channel>(channel: T, settings: Settings) -> Router {
    let core = Core::new(channel, settings.rpc_timeout);
    let tracer = opentelemetry::global::tracer(env!("CARGO_PKG_NAME"));
    let gateway = Arc::new(Gateway { core, settings, tracer });
    Router::new()
        .fallback(dispatch::dispatch::<T>)
        .with_state(gateway)
        .layer(CatchPanicLayer::custom(answer::Panicked))
}
