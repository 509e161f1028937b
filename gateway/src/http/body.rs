//! Request bodies: their media type, their size and their time.
//!
//! Whoever has not shown a good token is waited for a moment and for a few bytes only. What comes
//! later or is larger is read for those whom the core has admitted, and counted.

use super::answer::RequestError;
use super::body_shares::{BodyShares, Share};
use crate::client::CallError;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HeaderValue,
};
use bytes::{Buf as _, Bytes, BytesMut};
use http_body_util::BodyExt as _;
use provost_scim::ScimError;
use std::panic::resume_unwind;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout, timeout_at};

/// How long a body may pause. Whoever stops in the middle would hold a connection for ever.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long all of a body may take: one byte every few seconds is no pause.
const TOTAL_TIME: Duration = Duration::from_mins(1);
/// How long and how much of a body is read before the token is looked at. Nearly all bodies are
/// there by then, and their token is judged by the RPC that they ask for.
const FIRST_MOMENT: Duration = Duration::from_millis(20);
const FIRST_BYTES: usize = 16 * 1024;

/// So many bytes are taken apart in a millisecond or less.
const LONG: usize = 128 * 1024;

/// RFC 8259 section 8.1: it may be ignored.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A body that is being read.
pub(super) struct Incoming {
    body: Body,
    limit: usize,
    read: Pieces,
    ends_at: Option<Instant>,
}

/// A body that was read, and its share of the memory for bodies.
pub(super) struct Complete {
    bytes: Bytes,
    share: Option<Share>,
}

impl AsRef<[u8]> for Complete {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Complete {
    /// The same body once more. Of one that has a share there is no need: its caller was admitted before it was
    /// read, so it is known how.
    pub fn again(&self) -> Option<Self> {
        let is_short = self.share.is_none();
        is_short.then(|| Self { bytes: self.bytes.clone(), share: None })
    }
}

/// Has a body taken apart. A long one where nobody waits for it: whoever else has a request on this thread
/// would wait until it is read. Its share is held until then, also where nobody waits for the answer any more.
pub(super) async fn taken_apart<T: Send + 'static>(
    body: Complete,
    read: impl FnOnce(&[u8]) -> Result<T, ScimError> + Send + 'static,
) -> Result<T, RequestError> {
    let (read, _) = taken_apart_and_held(body, read).await?;
    Ok(read)
}

/// The same of a body whose share is to be held for as long as there is work with what was read.
pub(super) async fn taken_apart_and_held<T: Send + 'static>(
    body: Complete,
    read: impl FnOnce(&[u8]) -> Result<T, ScimError> + Send + 'static,
) -> Result<(T, Option<Share>), RequestError> {
    let is_short = body.bytes.len() < LONG;
    let work = move || {
        let Complete { bytes, share } = body;
        read(&bytes).map(|read| (read, share))
    };
    if is_short {
        return Ok(work()?);
    }
    match spawn_blocking(work).await {
        Ok(read) => Ok(read?),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => Err(CallError::Unavailable.into()),
        },
    }
}

impl Incoming {
    /// A body of JSON of at most `limit` bytes, as far as its head tells.
    pub fn announced(headers: &HeaderMap, body: Body, limit: usize) -> Result<Self, RequestError> {
        check_media_type(headers)?;
        check_encoding(headers)?;
        let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        // A number that is too large to be read is too large.
        let fits = |text: &str| text.parse::<usize>().is_ok_and(|length| length <= limit);
        if !announced.is_none_or(fits) {
            return Err(too_large(limit).into());
        }
        Ok(Self { body, limit, read: Pieces::None, ends_at: None })
    }

    /// Reads what is there at once. Answers whether that is all.
    pub async fn read_beginning(&mut self) -> Result<bool, RequestError> {
        let moment = async {
            while self.read.len() <= FIRST_BYTES {
                if !self.read_piece().await? {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        timeout(FIRST_MOMENT, moment).await.unwrap_or(Ok(false))
    }

    /// Reads the rest, with a share of the site's for all of it.
    pub async fn read_rest(
        &mut self,
        shares: &BodyShares,
        site: &str,
    ) -> Result<Share, RequestError> {
        let end = *self.ends_at.get_or_insert_with(|| Instant::now() + TOTAL_TIME);
        let mut share = shares.none_of(site);
        loop {
            share.grow_to(self.read.len())?;
            let pause = Instant::now() + PATIENCE;
            let piece = timeout_at(end.min(pause), self.read_piece()).await;
            if !piece.map_err(|_| took_too_long())?? {
                return Ok(share);
            }
        }
    }

    /// What was read.
    pub fn complete(self, share: Option<Share>) -> Complete {
        let mut bytes = self.read.joined();
        if bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.advance(BYTE_ORDER_MARK.len());
        }
        Complete { bytes, share }
    }

    /// Whether there was one more.
    async fn read_piece(&mut self) -> Result<bool, ScimError> {
        let Some(frame) = self.body.frame().await else { return Ok(false) };
        let frame = frame.map_err(|_| {
            ScimError::new(400, "The request body broke off. Send the request again.")
        })?;
        if let Ok(piece) = frame.into_data() {
            if self.read.len() + piece.len() > self.limit {
                return Err(too_large(self.limit));
            }
            self.read.push(piece);
        }
        Ok(true)
    }
}

/// What was read so far: nearly always one piece, which need not be copied.
enum Pieces {
    None,
    One(Bytes),
    Many(BytesMut),
}

impl Pieces {
    fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::One(piece) => piece.len(),
            Self::Many(pieces) => pieces.len(),
        }
    }

    fn push(&mut self, piece: Bytes) {
        *self = match std::mem::replace(self, Self::None) {
            Self::None => Self::One(piece),
            Self::One(first) => {
                let mut all = BytesMut::with_capacity(first.len() + piece.len());
                all.extend_from_slice(&first);
                all.extend_from_slice(&piece);
                Self::Many(all)
            }
            Self::Many(mut all) => {
                all.extend_from_slice(&piece);
                Self::Many(all)
            }
        }
    }

    fn joined(self) -> Bytes {
        match self {
            Self::None => Bytes::new(),
            Self::One(piece) => piece,
            Self::Many(pieces) => pieces.freeze(),
        }
    }
}

/// Whether the body is held back until somebody wants it (RFC 9110 section 10.1.1).
pub(super) fn waits_to_be_wanted(headers: &HeaderMap) -> bool {
    headers.contains_key(EXPECT)
}

fn too_large(limit: usize) -> ScimError {
    ScimError::new(
        413,
        format!("The request body is larger than {limit} bytes. Send less at once."),
    )
}

fn took_too_long() -> ScimError {
    ScimError::new(408, "The request body took too long. Send the request again.")
}

/// `application/scim+json`, `application/json` and `text/json` with any parameters, or nothing.
fn check_media_type(headers: &HeaderMap) -> Result<(), ScimError> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let text = value.to_str().unwrap_or_default();
    let media_type = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media_type.as_str() {
        "" | "application/scim+json" | "application/json" | "text/json" => Ok(()),
        _ => Err(ScimError::new(
            415,
            "The body is not JSON by its Content-Type. Send it as application/scim+json.",
        )),
    }
}

/// Nothing is unpacked here (RFC 9110 section 15.5.16).
fn check_encoding(headers: &HeaderMap) -> Result<(), RequestError> {
    let encodings = headers.get_all(CONTENT_ENCODING).iter();
    let mut words = encodings.flat_map(|value| value.to_str().unwrap_or("?").split(','));
    let plain = |word: &str| word.is_empty() || word.eq_ignore_ascii_case("identity");
    if words.all(|word| plain(word.trim())) {
        return Ok(());
    }
    let error = ScimError::new(
        415,
        "The body is compressed by its Content-Encoding. Send it uncompressed.",
    );
    Err(RequestError::from(error)
        .with_header(ACCEPT_ENCODING, HeaderValue::from_static("identity")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_known_by_all_its_names() {
        for (value, good) in [
            ("application/scim+json; charset=utf-8", true),
            ("Application/JSON", true),
            ("text/json", true),
            ("", true),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(value))]);
            assert_eq!(check_media_type(&headers).is_ok(), good, "{value}");
        }
        assert!(check_media_type(&HeaderMap::new()).is_ok());
    }

    fn body_of(length: usize, share: Option<Share>) -> Complete {
        Complete { bytes: Bytes::from(vec![b' '; length]), share }
    }

    #[tokio::test]
    async fn a_long_body_is_taken_apart_on_another_thread() {
        use std::thread::current;
        for (length, is_here) in [(LONG - 1, true), (LONG, false)] {
            let body = || body_of(length, None);
            let read = taken_apart(body(), |body| Ok((body.len(), current().id()))).await.unwrap();
            assert_eq!((read.0, read.1 == current().id()), (length, is_here));
            let refused = taken_apart(body(), |_| Err::<(), _>(ScimError::new(400, "no"))).await;
            assert!(refused.unwrap_err().is_complaint);
        }
    }

    #[tokio::test]
    #[should_panic(expected = "as it is")]
    async fn who_panics_over_a_long_body_panics_for_all_to_see() {
        let body = body_of(LONG, None);
        let _ = taken_apart(body, |_| -> Result<(), ScimError> { panic!("as it is") }).await;
    }

    #[tokio::test]
    async fn a_long_body_that_nobody_waits_for_holds_its_share_until_it_is_taken_apart() {
        use std::sync::mpsc::channel;
        let shares = BodyShares::for_group_bodies_of(LONG);
        let mut share = shares.none_of("acme");
        share.grow_to(2 * LONG).unwrap();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (go_on, may_go_on) = channel::<()>();
        let reading = taken_apart(body_of(LONG, Some(share)), move |_| {
            begun.send(()).unwrap();
            may_go_on.recv().unwrap();
            Ok(())
        });
        tokio::select! {
            _ = reading => unreachable!("it was not told to go on"),
            begun = has_begun => begun.unwrap(),
        }
        assert!(shares.none_of("acme").grow_to(1).is_err());
        go_on.send(()).unwrap();
        while shares.none_of("acme").grow_to(1).is_err() {
            tokio::task::yield_now().await;
        }
    }

    #[test]
    fn only_what_is_not_compressed_is_read() {
        for (value, good) in [
            ("identity", true),
            ("Identity, ", true),
            ("", true),
            ("gzip", false),
            ("identity, br", false),
        ] {
            let headers =
                HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static(value))]);
            assert_eq!(check_encoding(&headers).is_ok(), good, "{value}");
        }
    }
}
