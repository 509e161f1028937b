//! A connection as it comes from a listener: in clear or behind TLS.
//!
//! The time to take what is written is counted below TLS, which takes whatever it is given. Must never
//! know what is sent.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use provost_core::ClientCertificate;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tonic::transport::server::{Connected as _, TcpConnectInfo};

use super::write_timeout::WriteTimeout;

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub(super) struct FarEnd {
    /// From where.
    pub tcp: TcpConnectInfo,
    /// Their certificate, where they have shown one.
    pub certificate: Option<ClientCertificate>,
}

/// A connection that may be read from.
pub(super) enum SocketStream {
    Clear(WriteTimeout<TcpStream>),
    Tls(Box<TlsStream<WriteTimeout<TcpStream>>>),
}

impl SocketStream {
    /// Who is at the other end.
    pub fn far_end(&self) -> FarEnd {
        match self {
            Self::Clear(stream) => {
                FarEnd { tcp: stream.stream().connect_info(), certificate: None }
            }
            Self::Tls(stream) => {
                let (socket, tls) = stream.get_ref();
                let shown = tls.peer_certificates().and_then(<[_]>::first);
                let certificate = shown.map(crate::tls::client_certificate);
                FarEnd { tcp: socket.stream().connect_info(), certificate }
            }
        }
    }
}

impl AsyncRead for SocketStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for SocketStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_write_vectored(context, buffers),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(context, buffers),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Clear(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
