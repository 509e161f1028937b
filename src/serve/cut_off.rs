//! A gRPC connection that ends when its client does not take in time what it has asked for, or when the
//! client's certificate is trusted no more.
//!
//! The server that answers over it belongs to the library, so it ends itself: reading from it fails.
//! Each request carries a [`Peer`], by which its answer is noted with the connection. Must never know
//! what is sent.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};

use provost_core::ClientCertificate;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::transport::server::{Connected, TcpConnectInfo};

use super::entrance::Distrusted;
use super::socket_stream::FarEnd;
use super::untaken::Untaken;

/// Who is at the other end of a connection, for each request that comes over it.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    /// From where.
    pub tcp: TcpConnectInfo,
    /// Their certificate, where they have shown one.
    pub certificate: Option<ClientCertificate>,
    /// What they have not taken yet.
    pub untaken: Untaken,
}

/// A connection from which nothing is read any more once its end has come.
pub(super) struct CutOff<S> {
    stream: S,
    untaken: Untaken,
    /// None once it has come.
    end: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl<S> CutOff<S> {
    /// One that ends when something was not taken in time, or at the other end if there is one.
    pub(super) fn new(stream: S, distrusted: Option<Distrusted>) -> Self {
        let untaken = Untaken::default();
        let overdue = untaken.clone().overdue();
        let end: Pin<Box<dyn Future<Output = ()> + Send>> = match distrusted {
            None => Box::pin(overdue),
            Some(distrusted) => Box::pin(async {
                tokio::select! {
                    () = overdue => {}
                    () = distrusted => {
                        tracing::info!("a connection ends, because its certificate is trusted no more");
                    }
                }
            }),
        };
        Self { stream, untaken, end: Some(end) }
    }
}

impl<S: Connected<ConnectInfo = FarEnd>> Connected for CutOff<S> {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        let FarEnd { tcp, certificate } = self.stream.connect_info();
        Peer { tcp, certificate, untaken: self.untaken.clone() }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for CutOff<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let waits = self.end.as_mut().is_some_and(|end| end.as_mut().poll(context).is_pending());
        if waits {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        self.end = None;
        Poll::Ready(Err(ErrorKind::ConnectionAborted.into()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for CutOff<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
