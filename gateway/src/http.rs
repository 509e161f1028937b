//! HTTP: where a request goes, what came with it, and how it is answered.
//!
//! Owns paths, methods, headers, limits and media types. Must never look into what a change
//! means, and never answers anything but SCIM.

mod address;
mod answer;
mod body;
mod body_shares;
mod discovery;
mod groups;
mod host;
mod idempotency;
mod large_answer;
mod located;
mod preconditions;
mod received;
mod request_context;
mod routes;
mod users;

use crate::GatewaySettings;
use crate::client::{Channel, CoreClient};
pub use answer::{too_many_failed_tokens, unreadable};
use axum::Router;
use body_shares::BodyShares;
pub use located::Normalized;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;

/// What every request finds.
struct Gateway<T> {
    core: CoreClient<T>,
    settings: Arc<GatewaySettings>,
    body_shares: BodyShares,
    answer_shares: BodyShares,
    /// Places for refusals that are on their way to be noted.
    notes: Arc<Semaphore>,
}

/// How many refusals are on their way to be noted at most.
const MOST_NOTES: usize = 16;

/// The SCIM surface in front of a core that is reached by `channel`.
pub fn router<T: Channel>(channel: T, settings: GatewaySettings) -> Normalized<Router> {
    let settings = Arc::new(settings);
    let core = CoreClient::new(channel, settings.rpc_timeout, &settings.core);
    let body_shares = BodyShares::for_bodies_of(settings.body_limit);
    let answer_shares = BodyShares::for_answers();
    let notes = Arc::new(Semaphore::new(MOST_NOTES));
    let gateway =
        Gateway { core, settings: Arc::clone(&settings), body_shares, answer_shares, notes };
    let routes = routes::routes(Arc::new(gateway));
    Normalized::new(routes.layer(CatchPanicLayer::custom(answer::Panicked)), settings)
}
