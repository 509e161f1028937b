//! A connection whose first bytes must come in time.
//!
//! The limits of HTTP/1.1 and HTTP/2 begin when it is known which of them is spoken, and that takes up to
//! the 24 bytes of HTTP/2's preface (RFC 9113 section 3.4). Without a limit of its own, a
//! connection that says nothing stays for ever: a few thousand of them leave none for others, and one
//! of them holds up the end.
//!
//! Must never know what is sent.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// The length of the preface of HTTP/2.
const FIRST_BYTES: usize = 24;

/// A connection on which reading fails, if the first bytes are not there in time.
pub(super) struct FirstByteTimeout<S> {
    stream: S,
    missing: usize,
    /// When they are too late; none once they are there.
    deadline: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl<S> FirstByteTimeout<S> {
    /// From now on so much time, if there is no end before.
    pub(super) fn within(time: Duration, end: CancellationToken, stream: S) -> Self {
        let deadline = async move {
            let _ = timeout(time, end.cancelled_owned()).await;
        };
        Self { stream, missing: FIRST_BYTES, deadline: Some(Box::pin(deadline)) }
    }

    pub(super) fn stream(&self) -> &S {
        &self.stream
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FirstByteTimeout<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let Some(deadline) = &mut self.deadline else { return polled };
        if polled.is_pending() {
            ready!(deadline.as_mut().poll(context));
            return Poll::Ready(Err(ErrorKind::TimedOut.into()));
        }
        self.missing = self.missing.saturating_sub(buffer.filled().len() - before);
        if self.missing == 0 {
            self.deadline = None;
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FirstByteTimeout<S> {
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

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::timeout;

    use super::*;

    const TIME: Duration = Duration::from_secs(75);
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    #[tokio::test(start_paused = true)]
    async fn who_says_too_little_is_not_waited_for() {
        for said in [&b""[..], &PREFACE[..23]] {
            let (mut far, near) = duplex(64);
            far.write_all(said).await.unwrap();
            let mut near = FirstByteTimeout::within(TIME, CancellationToken::new(), near);
            let mut heard = Vec::new();
            let end = timeout(TIME * 2, near.read_to_end(&mut heard)).await.expect("in time");
            assert_eq!((end.unwrap_err().kind(), &*heard), (ErrorKind::TimedOut, said));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn at_the_end_nobody_is_waited_for() {
        let (_far, near) = duplex(64);
        let end = CancellationToken::new();
        let mut near = FirstByteTimeout::within(TIME, end.clone(), near);
        end.cancel();
        let read = timeout(TIME / 2, near.read_u8()).await.expect("before its time");
        assert_eq!(read.unwrap_err().kind(), ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_begun_may_be_silent() {
        let (mut far, near) = duplex(64);
        far.write_all(PREFACE).await.unwrap();
        let mut near = FirstByteTimeout::within(TIME, CancellationToken::new(), near);
        let mut heard = [0; FIRST_BYTES];
        near.read_exact(&mut heard).await.unwrap();
        assert!(timeout(TIME * 100, near.read_u8()).await.is_err(), "silent, and still waited for");
        far.write_all(b"!").await.unwrap();
        assert_eq!(near.read_u8().await.unwrap(), b'!');
    }
}
