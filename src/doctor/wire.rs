//! The connection: requests go out as they are, one after the other, over HTTP/1.1 as providers speak it.
//!
//! Follows no redirect, adds no header but `Host`, and asks for no compression. Must never know SCIM.

use std::time::{Duration, Instant};

use http::header::{ACCEPT_ENCODING, HOST};
use http::{Request, Response, Version};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::address::BaseUrl;
use super::exchange::Outgoing;
use super::reply::Reply;
use crate::tls::{ClientTls, DialError, not_after};

/// The largest answer that is read.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// A way to the service.
pub struct Wire {
    base: BaseUrl,
    tls: Option<ClientTls>,
    /// How long a connection and an answer may take, each.
    limit: Duration,
    open: Option<SendRequest<Full<Bytes>>>,
    /// When the certificate ends that was shown.
    pub certificate_end: Option<OffsetDateTime>,
}

/// An answer, and what is known of the way it took.
pub struct Timed {
    /// The answer.
    pub reply: Reply,
    /// How long it took.
    pub took: Duration,
    /// The version of HTTP that it was answered in.
    pub version: Version,
}

/// The reason why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// No connection.
    #[error("{0}")]
    Dial(#[from] DialError),
    /// No answer in time.
    #[error("no answer came within {}", humantime::format_duration(*.0))]
    TimedOut(Duration),
    /// The connection ended first, or what came is no HTTP.
    #[error("{0}")]
    Broken(#[from] hyper::Error),
    /// The answer is too large, or ended in the middle.
    #[error("{0}")]
    Unread(Box<dyn std::error::Error + Send + Sync>),
    /// The request can't be written.
    #[error("{0}")]
    Unsendable(#[from] http::Error),
}

impl Wire {
    /// Dials with the first request.
    pub fn new(base: BaseUrl, tls: Option<ClientTls>, limit: Duration) -> Self {
        Self { base, tls, limit, open: None, certificate_end: None }
    }

    /// Sends a request and waits for its answer.
    pub async fn send(&mut self, outgoing: &Outgoing) -> Result<Timed, WireError> {
        let request = self.request(outgoing)?;
        let start = Instant::now();
        let limit = self.limit;
        let answered = tokio::time::timeout(limit, self.answered(request)).await;
        let Ok(answered) = answered else {
            self.open = None;
            return Err(WireError::TimedOut(limit));
        };
        let (reply, version) = answered?;
        Ok(Timed { reply, took: start.elapsed(), version })
    }

    fn request(&self, outgoing: &Outgoing) -> Result<Request<Full<Bytes>>, WireError> {
        let Outgoing { method, target, headers, body } = outgoing;
        let mut request = Request::builder().method(method.as_str()).uri(target);
        request = request.header(HOST, self.base.authority());
        let is_asked = |name: &str| !name.eq_ignore_ascii_case(ACCEPT_ENCODING.as_str());
        for (name, value) in headers.iter().filter(|(name, _)| is_asked(name)) {
            request = request.header(name, value);
        }
        Ok(request.body(Full::from(body.clone().unwrap_or_default()))?)
    }

    async fn answered(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<(Reply, Version), WireError> {
        let (head, body) = self.responded(request).await?.into_parts();
        let body = Limited::new(body, LARGEST_ANSWER).collect().await.map_err(WireError::Unread)?;
        let text =
            |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = head.headers.iter();
        let headers = headers.map(|(name, value)| (name.to_string(), text(value))).collect();
        let body = body.to_bytes().to_vec();
        Ok((Reply { status: head.status.as_u16(), headers, body }, head.version))
    }

    /// A connection that was closed between two requests took none: the request goes over a new one.
    async fn responded(
        &mut self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, WireError> {
        if let Some(mut open) = self.open.take()
            && open.ready().await.is_ok()
        {
            match open.try_send_request(request).await {
                Ok(response) => {
                    self.open = Some(open);
                    return Ok(response);
                }
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(error.into_error().into()),
                },
            }
        }
        let mut open = self.connected().await?;
        let response = open.send_request(request).await?;
        self.open = Some(open);
        Ok(response)
    }

    async fn connected(&mut self) -> Result<SendRequest<Full<Bytes>>, WireError> {
        if let Some(tls) = &self.tls {
            let stream = tls.dial(self.base.uri.clone()).await?;
            let (_, session) = stream.get_ref();
            let shown = session.peer_certificates().and_then(<[_]>::first);
            self.certificate_end = shown.and_then(|certificate| not_after(certificate));
            return Self::opened(stream).await;
        }
        let host = self.base.uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = self.base.uri.port_u16().unwrap_or(80);
        let stream = TcpStream::connect((host, port)).await.map_err(DialError::Absent)?;
        Self::opened(stream).await
    }

    async fn opened(
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    ) -> Result<SendRequest<Full<Bytes>>, WireError> {
        let (open, connection) = handshake(TokioIo::new(stream)).await?;
        // How it ends is told by what is sent over it.
        tokio::spawn(connection);
        Ok(open)
    }
}
