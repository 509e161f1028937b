//! A connection whose peer must take what is sent to it.
//!
//! Whoever asks for a page and does not read it would hold it for ever, and the connection too. What
//! counts is what the operating system takes: it keeps a few megabytes of its own for each connection,
//! so that a slow peer takes nothing for a while, and much at once.
//!
//! Must never know what is sent.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// The time for which a peer may take nothing.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);
/// The fewest bytes that a peer takes in a second, in the long run.
pub(super) const SLOWEST: u64 = 8 * 1024;

/// A connection on which writing fails, if the peer does not take what is written.
pub(super) struct WriteTimeout<S> {
    stream: S,
    /// By when the peer must take more; none unless it is waited for.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> WriteTimeout<S> {
    pub(super) const fn new(stream: S) -> Self {
        Self { stream, deadline: None }
    }

    pub(super) const fn stream(&self) -> &S {
        &self.stream
    }

    /// What becomes of an attempt to write.
    fn observed(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => {
                if let Some(deadline) = &mut self.deadline {
                    let earned = Duration::from_millis(bytes as u64 * 1_000 / SLOWEST);
                    let latest = Instant::now() + PATIENCE;
                    let later = latest.min(deadline.deadline() + earned);
                    deadline.as_mut().reset(later);
                }
                Poll::Ready(Ok(bytes))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                let begin = || Box::pin(sleep_until(Instant::now() + PATIENCE));
                let deadline = self.deadline.get_or_insert_with(begin);
                ready!(deadline.as_mut().poll(context));
                Poll::Ready(Err(ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteTimeout<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.observed(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, buffers);
        self.observed(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Asked for when all has been written: then nobody is waited for.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.deadline = None;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteTimeout<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::{sleep, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_not_waited_for() {
        let (_far, near) = duplex(64);
        let mut near = WriteTimeout::new(near);
        let written = timeout(PATIENCE * 2, near.write_all(&[0; 65])).await.expect("in time");
        assert_eq!(written.unwrap_err().kind(), ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_a_byte_now_and_then_is_not_waited_for_either() {
        let (mut far, near) = duplex(64);
        let mut near = WriteTimeout::new(near);
        let reading = tokio::spawn(async move {
            while far.read_u8().await.is_ok() {
                sleep(Duration::from_secs(1)).await;
            }
        });
        let written =
            timeout(PATIENCE * 3, near.write_all(&vec![0; 100_000])).await.expect("in time");
        assert_eq!(written.unwrap_err().kind(), ErrorKind::TimedOut);
        reading.abort();
    }

    /// Nobody is hurried who reads, and the time between two answers is nobody's.
    #[tokio::test(start_paused = true)]
    async fn who_takes_what_is_sent_has_all_the_time() {
        let (mut far, near) = duplex(4096);
        let mut near = WriteTimeout::new(near);
        let reading = tokio::spawn(async move {
            let mut piece = [0; 4096];
            let mut taken = 0;
            while let Ok(bytes @ 1..) = far.read(&mut piece).await {
                taken += bytes;
                sleep(Duration::from_millis(400)).await;
            }
            taken
        });
        for _ in 0..3 {
            near.write_all(&vec![0; 2_000_000]).await.unwrap();
            near.flush().await.unwrap();
            sleep(PATIENCE * 10).await;
        }
        drop(near);
        assert_eq!(reading.await.unwrap(), 6_000_000);
    }
}
