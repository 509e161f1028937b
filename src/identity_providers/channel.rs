//! The way to an identity provider: one request over a connection of its own, within limits.
//!
//! Must never know what is asked.

use std::sync::Arc;
use std::time::Duration;

use http::header::HOST;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use provost_openid::{ProviderChannel, ProviderUnreachable};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::tls::{ClientTls, DialError};

/// How long a provider may take to answer: several answers fit into a call.
const LONGEST_ANSWER: Duration = Duration::from_secs(3);
/// The largest answer that is read, in bytes. Key sets are some ten thousand.
const LARGEST_ANSWER: usize = 1024 * 1024;
/// How many requests are under way at once, whoever asks for them.
const REQUESTS: usize = 16;

/// The places that requests take, whichever provider they ask.
pub fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(REQUESTS))
}

/// The reason why a provider gave no answer.
#[derive(Debug, thiserror::Error)]
enum ProviderRequestError {
    #[error("{0}")]
    Dial(#[from] DialError),
    #[error("no answer came within {}", humantime::format_duration(LONGEST_ANSWER))]
    TimedOut,
    #[error("too many ask identity providers already")]
    Crowded,
    #[error("{0}")]
    Broken(#[from] hyper::Error),
    #[error("{0}")]
    Unread(Box<dyn std::error::Error + Send + Sync>),
}

/// The way to a provider that is recognised so over TLS.
pub fn channel(places: &Arc<Semaphore>, tls: ClientTls) -> ProviderChannel {
    let places = Arc::clone(places);
    ProviderChannel::new(move |request| {
        let (places, tls) = (Arc::clone(&places), tls.clone());
        Box::pin(async move {
            let asked = async {
                let _place = places.try_acquire().map_err(|_| ProviderRequestError::Crowded)?;
                let answer = tokio::time::timeout(LONGEST_ANSWER, answer(request, &tls)).await;
                answer.unwrap_or(Err(ProviderRequestError::TimedOut))
            };
            asked.await.map_err(|error: ProviderRequestError| ProviderUnreachable(error.into()))
        })
    })
}

/// Redirects are answers like any other, and no key set or token is one.
async fn answer(
    request: Request<Vec<u8>>,
    tls: &ClientTls,
) -> Result<Response<Vec<u8>>, ProviderRequestError> {
    let uri = request.uri().clone();
    if uri.scheme_str() == Some("https") {
        return exchange(tls.dial(uri).await?, request).await;
    }
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(80);
    let stream = TcpStream::connect((host, port)).await.map_err(DialError::Absent)?;
    exchange(stream, request).await
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Vec<u8>>,
) -> Result<Response<Vec<u8>>, ProviderRequestError> {
    let (mut open, connection) = handshake(TokioIo::new(stream)).await?;
    // How it ends is told by what is sent over it.
    tokio::spawn(connection);
    let (mut head, body) = request.into_parts();
    if let Some(authority) = head.uri.authority()
        && let Ok(host) = authority.as_str().parse()
    {
        head.headers.insert(HOST, host);
    }
    // As it is asked for of the server itself (RFC 9112 section 3.2.1).
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    head.uri = target.parse::<Uri>().unwrap_or_default();
    let request = Request::from_parts(head, Full::new(Bytes::from(body)));
    let (head, body) = open.send_request(request).await?.into_parts();
    let body =
        Limited::new(body, LARGEST_ANSWER).collect().await.map_err(ProviderRequestError::Unread)?;
    Ok(Response::from_parts(head, body.to_bytes().to_vec()))
}
