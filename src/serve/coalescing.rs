//! A gRPC connection that gathers small messages, so that answers that are ready together leave in
//! one write.
//!
//! It does so by hiding that TCP can write several buffers at once. Where that is offered, HTTP/2
//! (the `h2` crate) hands on every message of 256 bytes and more in a system call of its own, to spare
//! copying it. Without it, messages of less than 1 KiB are copied together and leave in one write.
//! What that costs: the copying, and a larger message (a page of a list, a large user) takes two
//! writes where one would do, its beginning with what was gathered before it, then the rest.
//!
//! Must never know what is sent.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tonic::transport::server::{Connected, TcpConnectInfo};

use super::first_byte_timeout::FirstByteTimeout;
use super::write_timeout::WriteTimeout;

/// A TCP connection that takes one buffer at a time: the trait's own `poll_write_vectored` and
/// `is_write_vectored` offer no more.
pub(super) struct CoalescingStream(pub(super) FirstByteTimeout<WriteTimeout<TcpStream>>);

impl AsyncRead for CoalescingStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for CoalescingStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

impl Connected for CoalescingStream {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.0.stream().stream().connect_info()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::serve::HEAD_TIMEOUT;

    #[tokio::test]
    async fn takes_one_buffer_at_a_time_and_loses_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut far = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        assert!(stream.is_write_vectored(), "nothing would be hidden");
        let mut near = CoalescingStream(FirstByteTimeout::within(
            HEAD_TIMEOUT,
            CancellationToken::new(),
            WriteTimeout::new(stream),
        ));
        assert!(!near.is_write_vectored());

        far.write_all(b"a question").await.unwrap();
        let mut heard = [0; 10];
        near.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"a question");
        near.write_all(b"an answer").await.unwrap();
        near.shutdown().await.unwrap();
        let mut answer = Vec::new();
        far.read_to_end(&mut answer).await.unwrap();
        assert_eq!(answer, b"an answer");
    }
}
