//! HTTP: where a request goes, what came with it, and how it is answered.
//!
//! Owns paths, methods, headers, limits and media types. Must never look into what a change
//! means, and never answers anything but SCIM.

mod address;
mod answer;
mod asked_page;
mod body;
mod body_shares;
mod bulk;
mod discovery;
mod everything;
mod groups;
mod host;
mod idempotency;
mod large_answer;
mod located;
mod members;
mod preconditions;
mod received;
mod refusal_notes;
mod request_context;
mod routes;
mod users;
mod write_options;

use crate::GatewaySettings;
use crate::client::{Channel, CoreClient};
pub use answer::{too_many_failed_tokens, unreadable};
use axum::Router;
use body_shares::BodyShares;
pub use located::Normalized;
use provost_telemetry::Meters;
use refusal_notes::RefusalNotes;
use request_context::group_body_limit;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;

/// What every request finds.
struct Gateway<T> {
    core: CoreClient<T>,
    settings: Arc<GatewaySettings>,
    body_shares: BodyShares,
    group_body_shares: BodyShares,
    bulk_shares: BodyShares,
    answer_shares: BodyShares,
    notes: RefusalNotes,
}

/// The SCIM surface in front of a core that is reached by `channel`. These meters tell its numbers.
pub fn router<T: Channel>(
    channel: T,
    settings: GatewaySettings,
    meters: &Meters,
) -> Normalized<Router> {
    let settings = Arc::new(settings);
    let core = CoreClient::new(channel, settings.rpc_timeout, &settings.core);
    let body_shares = BodyShares::for_bodies_of(settings.body_limit);
    let group_body_shares = BodyShares::for_group_bodies_of(group_body_limit(&settings));
    let bulk_shares = BodyShares::for_bulks_of(bulk::most_held(group_body_limit(&settings)));
    let answer_shares = BodyShares::for_answers();
    let notes = RefusalNotes::new(meters);
    let gateway = Gateway {
        core,
        settings: Arc::clone(&settings),
        body_shares,
        group_body_shares,
        bulk_shares,
        answer_shares,
        notes,
    };
    let routes = routes::routes(Arc::new(gateway));
    Normalized::new(routes.layer(CatchPanicLayer::custom(answer::Panicked)), settings)
}
