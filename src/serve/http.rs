//! The listeners for HTTP, of the gateway and of the console: HTTP/1.1 and HTTP/2, with a time limit for
//! whoever sends a request slowly.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use provost_gateway::Normalized;
use provost_telemetry::{Http, ServerSpansLayer};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::codegen::tokio_stream::StreamExt as _;
use tower::{Layer as _, Service};

use super::entrance::{Accepted, Entrance};
use super::first_byte_timeout::FirstByteTimeout;
use super::last_words::{LastWords, Words};
use super::throttle::{HttpPeer, Listener, ScimListener, ThrottleLayer};
use super::unread::{UnreadBody, UnreadLayer};
use super::untaken::{NotingLayer, Untaken};
use super::{HEAD_TIMEOUT, Layers, OUT_OF_FILES, TAKEN_BACK};

/// The most of a head, and of a body before it is read, that a connection of HTTP/1.1 keeps.
const LARGEST_HEAD: usize = 128 * 1024;
/// How much of its bodies a connection of HTTP/2 may send before they are read.
const WINDOW: u32 = 256 * 1024;

/// A running listener.
pub struct HttpServer(JoinHandle<()>);

/// What is served, and how its listener speaks.
pub(super) struct Served<R, F> {
    /// From a request to its answer.
    pub router: R,
    /// How it tells of tokens to whoever connects from an address.
    pub listener: F,
    /// What it says to what can't be read.
    pub words: Words,
}

impl HttpServer {
    /// Serves SCIM. So many proxies in front of it are trusted to say who asks.
    pub fn of_scim(
        incoming: Entrance,
        router: Normalized<Router>,
        layers: Layers<ServerSpansLayer<Http>>,
        trusted_hops: usize,
        drain: CancellationToken,
    ) -> Self {
        let listener = move |address| ScimListener(HttpPeer { address, trusted_hops });
        let served = Served { router, listener, words: provost_gateway::unreadable };
        Self::start(incoming, served, layers, drain)
    }

    /// Serves until `drain` is cancelled; cancels it when it ends by itself.
    pub(super) fn start<R, L>(
        incoming: Entrance,
        served: Served<R, impl Fn(IpAddr) -> L + Send + 'static>,
        layers: Layers<ServerSpansLayer<Http>>,
        drain: CancellationToken,
    ) -> Self
    where
        R: Service<Request<UnreadBody<Incoming>>, Response = Response<Body>, Error = Infallible>,
        R: Clone + Send + 'static,
        R::Future: Send + 'static,
        L: Listener<Body = Body> + Send + 'static,
    {
        let ended = drain.clone().drop_guard();
        Self(tokio::spawn(async move {
            let _ended = ended;
            serve(incoming, served, layers, drain).await;
        }))
    }

    /// Waits until the last request is answered.
    pub async fn drained(self) -> io::Result<()> {
        self.0.await.map_err(io::Error::other)
    }
}

async fn serve<R, L>(
    mut incoming: Entrance,
    served: Served<R, impl Fn(IpAddr) -> L>,
    layers: Layers<ServerSpansLayer<Http>>,
    drain: CancellationToken,
) where
    R: Service<Request<UnreadBody<Incoming>>, Response = Response<Body>, Error = Infallible>,
    R: Clone + Send + 'static,
    R::Future: Send + 'static,
    L: Listener<Body = Body> + Send + 'static,
{
    let Served { router, listener, words } = served;
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    builder.http1().max_buf_size(LARGEST_HEAD);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(HEAD_TIMEOUT);
    builder.http2().initial_stream_window_size(WINDOW).initial_connection_window_size(WINDOW);
    builder.http2().max_pending_accept_reset_streams(TAKEN_BACK);
    let connections = GracefulShutdown::new();
    while let Some(Some(accepted)) = drain.run_until_cancelled(incoming.next()).await {
        let Accepted { stream, peer, distrusted: _ } = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(OUT_OF_FILES).await;
                continue;
            }
        };
        let failed = Arc::clone(&layers.failed_tokens);
        let throttle = ThrottleLayer { listener: listener(peer.ip()), failed };
        let untaken = Untaken::default();
        let service = layers.spans.layer(throttle.layer(router.clone()));
        let service = NotingLayer(Some(untaken.clone())).layer(service);
        let service = UnreadLayer.layer(service);
        let service = TowerToHyperService::new(service);
        let stream = FirstByteTimeout::within(HEAD_TIMEOUT, drain.clone(), stream);
        let stream = TokioIo::new(LastWords::on(stream, words));
        let connection = builder.serve_connection(stream, service).into_owned();
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            let ended = tokio::select! {
                ended = connection => ended,
                () = untaken.overdue() => Err("its client does not take what it has asked for".into()),
            };
            if let Err(error) = ended {
                tracing::debug!(error, "a connection broke off");
            }
        });
    }
    drop(incoming);
    connections.shutdown().await;
}
