//! The connections of a listener: taken from its socket, and behind TLS once their handshake is done.
//!
//! A handshake costs before anybody is known, so it has a time, and there are so many at once; where
//! more come, the oldest is given up: whoever means it is done long before. Must never know what is
//! sent.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tonic::codegen::tokio_stream::Stream;

use super::socket_stream::SocketStream;
use super::write_timeout::WriteTimeout;
use crate::tls::ServerTls;

/// How long a handshake may take.
pub(super) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How many may be under way at once.
pub(super) const MOST_HANDSHAKES: usize = 1024;

/// A listener.
pub struct Entrance {
    socket: TcpListener,
    tls: Option<ServerTls>,
    handshakes: JoinSet<Option<Accepted>>,
    /// Those under way, and some that are done, the oldest first.
    oldest: VecDeque<AbortHandle>,
}

/// A connection that may be read from.
pub struct Accepted {
    pub(super) stream: SocketStream,
    /// Where it comes from.
    pub(super) peer: SocketAddr,
    /// Done when the certificate that its client has shown is trusted no more; none where it has shown
    /// none.
    pub(super) distrusted: Option<Distrusted>,
}

/// The end of the trust in a certificate.
pub(super) type Distrusted = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Entrance {
    /// One that takes whoever comes to the socket, behind TLS where there is something to accept it with.
    pub fn new(socket: TcpListener, tls: Option<ServerTls>) -> Self {
        Self { socket, tls, handshakes: JoinSet::new(), oldest: VecDeque::new() }
    }

    fn begin_handshake(&mut self, tls: &ServerTls, stream: TcpStream, peer: SocketAddr) {
        self.make_room();
        let (tls, acceptor) = (tls.clone(), TlsAcceptor::from(tls.current()));
        let handshake = self.handshakes.spawn(async move {
            let accepting = acceptor.accept(WriteTimeout::new(stream));
            match timeout(HANDSHAKE_TIMEOUT, accepting).await {
                Ok(Ok(stream)) => {
                    let shown = stream.get_ref().1.peer_certificates().map(<[_]>::to_vec);
                    let distrusted = shown.map(|chain| Box::pin(tls.distrusted(chain)) as _);
                    let stream = SocketStream::Tls(Box::new(stream));
                    Some(Accepted { stream, peer, distrusted })
                }
                Ok(Err(error)) => {
                    tracing::debug!(%error, "a TLS handshake failed");
                    None
                }
                Err(_) => {
                    tracing::debug!("a TLS handshake took too long");
                    None
                }
            }
        });
        self.oldest.push_back(handshake);
    }

    fn make_room(&mut self) {
        if self.oldest.len() < MOST_HANDSHAKES {
            return;
        }
        self.oldest.retain(|handshake| !handshake.is_finished());
        if self.oldest.len() >= MOST_HANDSHAKES
            && let Some(oldest) = self.oldest.pop_front()
        {
            oldest.abort();
        }
    }
}

impl Stream for Entrance {
    type Item = io::Result<Accepted>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            // None and errors are handshakes that came to nothing.
            while let Poll::Ready(Some(done)) = this.handshakes.poll_join_next(context) {
                if let Ok(Some(accepted)) = done {
                    return Poll::Ready(Some(Ok(accepted)));
                }
            }
            let (stream, peer) = match ready!(this.socket.poll_accept(context)) {
                Ok(accepted) => accepted,
                Err(error) => return Poll::Ready(Some(Err(error))),
            };
            write_at_once(&stream);
            let Some(tls) = this.tls.clone() else {
                let stream = SocketStream::Clear(WriteTimeout::new(stream));
                return Poll::Ready(Some(Ok(Accepted { stream, peer, distrusted: None })));
            };
            this.begin_handshake(&tls, stream, peer);
        }
    }
}

/// Answers are written at once; waiting to fill a packet only adds delay.
fn write_at_once(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
}
