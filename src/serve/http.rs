//! The HTTP listener.

use std::io;

use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A running listener.
pub struct Server(JoinHandle<io::Result<()>>);

impl Server {
    /// Serves the router until `drain` is cancelled; cancels it when it ends by itself.
    pub fn start(socket: TcpListener, router: Router, drain: CancellationToken) -> Self {
        let socket = socket.tap_io(|connection| {
            // Answers are written at once; waiting to fill a packet only adds delay.
            if let Err(error) = connection.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY could not be set");
            }
        });
        let ended = drain.clone().drop_guard();
        Self(tokio::spawn(async move {
            let _ended = ended;
            axum::serve(socket, router).with_graceful_shutdown(drain.cancelled_owned()).await
        }))
    }

    /// Waits until the last request is answered.
    pub async fn drained(self) -> io::Result<()> {
        self.0.await.map_err(io::Error::other)?
    }
}
