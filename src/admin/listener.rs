//! The listener: HTTP/1.1, one request a connection, so many connections at once and no longer than a time.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::log_level::CallerPlace;
use super::pages;
use super::readiness::Readiness;
use crate::metrics::Metrics;

/// How many connections are served at once. Whoever comes then waits until one ends.
pub(super) const MOST_CONNECTIONS: usize = 32;
/// How long a connection lasts, whatever happens on it.
pub(super) const LONGEST: Duration = Duration::from_secs(10);
/// The most of a head that is read.
const LARGEST_HEAD: usize = 16 * 1024;
/// The pause when no connection can be taken, because the process has too many files open.
const OUT_OF_FILES: Duration = Duration::from_millis(100);

/// A running listener. It ends when this is dropped.
pub struct AdminServer {
    task: JoinHandle<()>,
    end: DropGuard,
}

impl AdminServer {
    /// Answers whoever asks at the socket.
    pub fn start(socket: TcpListener, readiness: Readiness, metrics: Metrics) -> Self {
        let end = CancellationToken::new();
        let until = end.clone();
        let task = tokio::spawn(async move {
            until.run_until_cancelled(serve(socket, pages::router(readiness, metrics))).await;
        });
        Self { task, end: end.drop_guard() }
    }

    /// Ends it; nothing listens at its socket any more.
    pub async fn end(self) {
        drop(self.end);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the admin listener failed");
        }
    }
}

async fn serve(socket: TcpListener, router: Router) -> Infallible {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        // Never closed, so there always is one in the end.
        let permit = Arc::clone(&places).acquire_owned().await;
        match socket.accept().await {
            Ok((stream, peer)) => {
                let is_here = peer.ip().to_canonical().is_loopback();
                let place = if is_here { CallerPlace::Here } else { CallerPlace::Elsewhere };
                let answered = answer(stream, router.clone().layer(Extension(place)));
                tokio::spawn(async move {
                    let _permit = permit;
                    answered.await;
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection to the admin listener could not be taken");
                sleep(OUT_OF_FILES).await;
            }
        }
    }
}

async fn answer(stream: TcpStream, router: Router) {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(LONGEST);
    builder.http1().keep_alive(false).max_buf_size(LARGEST_HEAD);
    let service = TowerToHyperService::new(router);
    let served = builder.serve_connection(TokioIo::new(stream), service);
    if let Ok(Err(error)) = timeout(LONGEST, served).await {
        tracing::debug!(error, "a connection to the admin listener broke off");
    }
}
