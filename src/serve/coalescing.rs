//! A gRPC connection that gathers small messages, so that answers that are ready together leave in
//! one write.
//!
//! It does so by hiding that TCP can write several buffers at once. Where that is offered, HTTP/2
//! (the `h2` crate) hands on every message of 256 bytes and more in a system call of its own, to spare
//! copying it. Without it, messages of less than 1 KiB are copied together and leave in one write.
//! And before it writes, it lets whatever is ready run: the runtime prefers a connection that has
//! something to send to the calls that are about to give it more.
//! What that costs: the copying, and a larger message (a page of a list, a large user) takes two
//! writes where one would do, its beginning with what was gathered before it, then the rest.
//!
//! Must never know what is sent.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::transport::server::Connected;

use super::first_byte_timeout::FirstByteTimeout;
use super::socket_stream::{FarEnd, SocketStream};

/// A connection that takes one buffer at a time: the trait's own `poll_write_vectored` and
/// `is_write_vectored` offer no more.
pub(super) struct CoalescingStream {
    stream: FirstByteTimeout<SocketStream>,
    /// Whether what was ready has run since all was written the last time.
    has_yielded: bool,
}

impl CoalescingStream {
    pub(super) const fn new(stream: FirstByteTimeout<SocketStream>) -> Self {
        Self { stream, has_yielded: false }
    }
}

impl AsyncRead for CoalescingStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for CoalescingStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !self.has_yielded {
            self.has_yielded = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.has_yielded = false;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl Connected for CoalescingStream {
    type ConnectInfo = FarEnd;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.stream.stream().far_end()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::serve::HEAD_TIMEOUT;
    use crate::serve::write_timeout::WriteTimeout;

    /// The far and the near end.
    async fn connection() -> (TcpStream, CoalescingStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let far = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        assert!(stream.is_write_vectored(), "nothing would be hidden");
        let stream = SocketStream::Clear(WriteTimeout::new(stream));
        let end = CancellationToken::new();
        (far, CoalescingStream::new(FirstByteTimeout::within(HEAD_TIMEOUT, end, stream)))
    }

    #[tokio::test]
    async fn takes_one_buffer_at_a_time_and_loses_nothing() {
        let (mut far, mut near) = connection().await;
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

    #[tokio::test]
    async fn what_is_ready_runs_before_a_write_and_once() {
        let (_far, mut near) = connection().await;
        for _ in 0..2 {
            let ready = tokio::spawn(async {});
            near.write_all(b"an").await.unwrap();
            assert!(ready.is_finished());
            let later = tokio::spawn(async {});
            near.write_all(b"swer").await.unwrap();
            assert!(!later.is_finished(), "one write is not two");
            near.flush().await.unwrap();
        }
    }
}
