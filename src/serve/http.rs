//! The HTTP listener: HTTP/1.1 and HTTP/2, with a time limit for whoever sends a request slowly.

use std::io;
use std::sync::Arc;

use axum::Router;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use provost_gateway::Normalized;
use provost_telemetry::{Http, ServerSpansLayer};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::codegen::tokio_stream::StreamExt as _;
use tower::Layer as _;

use super::entrance::{Accepted, Entrance};
use super::first_byte_timeout::FirstByteTimeout;
use super::scim_refusals::ScimRefusals;
use super::throttle::{ScimListener, ThrottleLayer};
use super::unread::UnreadLayer;
use super::untaken::{NotingLayer, Untaken};
use super::{HEAD_TIMEOUT, Layers, OUT_OF_FILES, TAKEN_BACK};

/// The most of a head, and of a body before it is read, that a connection of HTTP/1.1 keeps.
const LARGEST_HEAD: usize = 128 * 1024;
/// How much of its bodies a connection of HTTP/2 may send before they are read.
const WINDOW: u32 = 256 * 1024;

/// A running listener.
pub struct HttpServer(JoinHandle<()>);

impl HttpServer {
    /// Serves the router until `drain` is cancelled; cancels it when it ends by itself. So many proxies in
    /// front of it are trusted to say who asks.
    pub fn start(
        incoming: Entrance,
        router: Normalized<Router>,
        layers: Layers<ServerSpansLayer<Http>>,
        trusted_hops: usize,
        drain: CancellationToken,
    ) -> Self {
        let ended = drain.clone().drop_guard();
        Self(tokio::spawn(async move {
            let _ended = ended;
            serve(incoming, router, layers, trusted_hops, drain).await;
        }))
    }

    /// Waits until the last request is answered.
    pub async fn drained(self) -> io::Result<()> {
        self.0.await.map_err(io::Error::other)
    }
}

async fn serve(
    mut incoming: Entrance,
    router: Normalized<Router>,
    layers: Layers<ServerSpansLayer<Http>>,
    trusted_hops: usize,
    drain: CancellationToken,
) {
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
        let listener = ScimListener { peer: peer.ip(), trusted_hops };
        let throttle = ThrottleLayer { listener, failed };
        let untaken = Untaken::default();
        let service = layers.spans.layer(throttle.layer(router.clone()));
        let service = NotingLayer(Some(untaken.clone())).layer(service);
        let service = UnreadLayer.layer(service);
        let service = TowerToHyperService::new(service);
        let stream = FirstByteTimeout::within(HEAD_TIMEOUT, drain.clone(), stream);
        let stream = TokioIo::new(ScimRefusals::on(stream));
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
