//! The console: pages in the browser for whoever decides about a service.
//!
//! A gRPC client of the core like any other: it sends the token of who is signed in, and has no rule of
//! its own. Keeps no state and no secret; must never know the core behind the channel.
//!
//! A page is a file in `pages/` with the struct of its template, and the template beside it in
//! `templates/`. `CONTRIBUTING.md` says how to add one.

mod assets;
mod client;
mod cookie;
mod failure;
mod failure_page;
mod frame;
mod headers;
mod moment;
mod own_session;
mod pages;
mod protection;
mod signed_in;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Request, Response};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use client::CoreDoor;
use tonic::body::Body;
use tonic::codegen::{Body as HttpBody, Bytes, Service, StdError};
use tower_http::catch_panic::CatchPanicLayer;

pub use failure::FailedSignIn;
pub use failure_page::{too_many_sign_ins, unreadable};

/// The largest form, in bytes: a hundred user names of a thousand characters fit in.
const LARGEST_FORM: usize = 256 * 1024;

/// What the console is given to begin with.
#[derive(Debug, Clone)]
pub struct ConsoleSettings {
    /// How long one RPC may take.
    pub rpc_timeout: Duration,
    /// How long a request may take altogether, with the time in which its form comes.
    pub request_timeout: Duration,
    /// Where the core is, for the log.
    pub core: String,
    /// What identity providers type in front of the path: `https://id.example.com`.
    pub public_url: String,
    /// Where people open the console: `https://console.example.com`. Identity providers send browsers back
    /// there.
    pub own_url: String,
    /// Sites by the host names that stand for them.
    pub hosts: BTreeMap<String, String>,
}

/// What every page finds.
struct Console {
    core: CoreDoor,
    settings: ConsoleSettings,
}

/// The pages in front of a core that is reached by `channel`.
pub fn router<T, B>(channel: T, settings: ConsoleSettings) -> Router
where
    T: Service<Request<Body>, Response = Response<B>, Error: Into<StdError>>,
    T: Clone + Send + Sync + 'static,
    T::Future: Send + 'static,
    B: HttpBody<Data = Bytes, Error: Into<StdError>> + Send + 'static,
{
    let core = CoreDoor::new(channel, settings.rpc_timeout, &settings.core);
    let timeout = protection::timeout(settings.request_timeout);
    let console = Arc::new(Console { core, settings });
    // The last one is the outermost.
    pages::routes()
        .route_layer(from_fn_with_state(Arc::clone(&console), own_session::known))
        .route_layer(from_fn(protection::plain_path))
        .route_layer(from_fn(protection::route))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(protection::same_origin())
        .layer(timeout)
        .layer(CatchPanicLayer::custom(failure_page::PanickedPage))
        .layer(map_response(headers::with_headers))
        .with_state(console)
}
