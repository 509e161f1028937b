//! The answers of a connection of HTTP/2 that its client has not taken yet.
//!
//! Over HTTP/2 a client takes each answer by itself, and by as much as it allows. One that allows nothing
//! holds its answers, as many as it asks for at once, and nothing waits to be written that could tell
//! of it. So each piece of an answer has a time to be taken, and a connection of which one is not
//! taken in time is cut off. Must never know what an answer holds.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{Request, Response, Version};
use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Instant, sleep};
use tonic::codegen::Bytes;
use tower::{Layer, Service};

use super::cut_off::Peer;
use super::write_timeout::{PATIENCE, SLOWEST};

/// How often it is looked whether something was not taken in time.
const LOOKED_EVERY: Duration = Duration::from_secs(15);

/// What a connection's client has not taken yet. Clones share everything.
#[derive(Debug, Clone, Default)]
pub(super) struct Untaken(Arc<Mutex<UntakenPieces>>);

/// Pieces of answers, by when each is to be taken and its number.
#[derive(Debug, Default)]
struct UntakenPieces {
    waiting: BTreeSet<(Instant, u64)>,
    last: u64,
}

/// A piece, until the connection has sent all of it.
struct Piece {
    bytes: Bytes,
    place: (Instant, u64),
    untaken: Untaken,
}

impl Untaken {
    /// Waits until something was not taken in time.
    pub async fn overdue(self) {
        loop {
            sleep(LOOKED_EVERY).await;
            let now = Instant::now();
            if self.pieces().waiting.first().is_some_and(|(end, _)| *end <= now) {
                return;
            }
        }
    }

    fn noted(&self, bytes: Bytes) -> Bytes {
        let time = PATIENCE + Duration::from_millis(bytes.len() as u64 * 1_000 / SLOWEST);
        let mut pieces = self.pieces();
        pieces.last += 1;
        let place = (Instant::now() + time, pieces.last);
        pieces.waiting.insert(place);
        drop(pieces);
        Bytes::from_owner(Piece { bytes, place, untaken: self.clone() })
    }

    fn pieces(&self) -> MutexGuard<'_, UntakenPieces> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.untaken.pieces().waiting.remove(&self.place);
    }
}

/// Puts [`Noting`] in front of a server: of one connection, or of all on which each request names its
/// own in a [`Peer`].
#[derive(Debug, Clone, Default)]
pub(super) struct NotingLayer(pub Option<Untaken>);

impl<S> Layer<S> for NotingLayer {
    type Service = Noting<S>;

    fn layer(&self, server: S) -> Noting<S> {
        Noting { server, untaken: self.0.clone() }
    }
}

/// A server whose answers are noted until they are taken.
#[derive(Debug, Clone)]
pub(super) struct Noting<S> {
    server: S,
    untaken: Option<Untaken>,
}

impl<S, Q, B> Service<Request<Q>> for Noting<S>
where
    S: Service<Request<Q>, Response = Response<B>>,
{
    type Response = Response<NotedBody<B>>;
    type Error = S::Error;
    type Future = Noted<S::Future>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.server.poll_ready(task)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        // Before HTTP/2 an answer that is not taken waits to be written, and so does the next one.
        let untaken = (request.version() == Version::HTTP_2)
            .then(|| {
                let named = || request.extensions().get::<Peer>().map(|peer| &peer.untaken);
                self.untaken.as_ref().or_else(named).cloned()
            })
            .flatten();
        Noted { answer: self.server.call(request), untaken }
    }
}

pin_project! {
    /// An answer that will be noted.
    pub(super) struct Noted<F> {
        #[pin]
        answer: F,
        untaken: Option<Untaken>,
    }
}

impl<F, B, E> Future for Noted<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<NotedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.answer.poll(task))?;
        let untaken = this.untaken.take();
        Poll::Ready(Ok(response.map(|body| NotedBody { body, untaken })))
    }
}

pin_project! {
    /// The body of an answer, noted piece by piece where its connection keeps a note.
    #[derive(Debug)]
    pub(super) struct NotedBody<B> {
        #[pin]
        body: B,
        untaken: Option<Untaken>,
    }
}

impl<B: HttpBody<Data = Bytes>> HttpBody for NotedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let frame = ready!(this.body.poll_frame(task));
        let Some(untaken) = this.untaken else { return Poll::Ready(frame) };
        let noted = |frame: Frame<Bytes>| frame.map_data(|bytes| untaken.noted(bytes));
        Poll::Ready(frame.map(|frame| frame.map(noted)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::Body;
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use hyper_util::server::conn::auto::Builder;
    use hyper_util::service::TowerToHyperService;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::timeout;
    use tower::service_fn;

    use super::*;

    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    /// `GET / http`, from the static table of HPACK (RFC 7541 appendix A).
    const ASK: &[u8] = &[0x82, 0x84, 0x86];

    /// RFC 9113 section 4.1, below 256 bytes.
    fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        [&[0, 0, length, kind, flags, 0, 0, 0, stream], payload].concat()
    }

    /// Serves a client whose window for each answer has so many bytes. Answers how long it was served.
    async fn served(window: u8) -> Duration {
        let (mut far, near) = duplex(4096);
        let untaken = Untaken::default();
        let answer = service_fn(async |_: Request<_>| {
            Ok::<_, Infallible>(Response::new(Body::from("0123456789")))
        });
        let service = TowerToHyperService::new(NotingLayer(Some(untaken.clone())).layer(answer));
        let builder = Builder::new(TokioExecutor::new()).http2_only();
        let connection = builder.serve_connection(TokioIo::new(near), service).into_owned();
        let settings = frame(4, 0, 0, &[0, 4, 0, 0, 0, window]);
        far.write_all(&[PREFACE, &settings, &frame(1, 5, 1, ASK)].concat()).await.unwrap();
        let before = Instant::now();
        let reading = async { while far.read_u8().await.is_ok() {} };
        tokio::select! {
            ended = connection => ended.unwrap(),
            () = untaken.overdue() => {}
            () = reading => {}
            () = sleep(PATIENCE * 10) => {}
        }
        before.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn who_lets_nothing_or_only_a_part_be_sent_is_not_waited_for() {
        for window in [0, 1, 9] {
            let time = timeout(PATIENCE * 5, served(window)).await.expect("in time");
            assert!(time >= PATIENCE && time <= PATIENCE + LOOKED_EVERY * 2, "{time:?}");
        }
        assert_eq!(served(10).await, PATIENCE * 10, "it has taken all");
    }
}
