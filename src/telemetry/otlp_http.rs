//! OTLP over HTTP/1.1: one connection for each batch, of which there is one every few seconds.
//!
//! Must never know what is sent.

use std::time::Duration;

use async_trait::async_trait;
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

use crate::channel::Destination;

/// The largest answer that is read.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// A client of a collector.
#[derive(Debug)]
pub struct OtlpHttpClient {
    collector: Destination,
    /// How long it may take.
    timeout: Duration,
    /// Exporters run on threads of their own.
    runtime: Handle,
}

impl OtlpHttpClient {
    /// A client on the runtime of the caller.
    pub fn new(collector: Destination, timeout: Duration) -> Self {
        Self { collector, timeout, runtime: Handle::current() }
    }
}

#[async_trait]
impl HttpClient for OtlpHttpClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (collector, timeout) = (self.collector.clone(), self.timeout);
        let asked = async move { tokio::time::timeout(timeout, ask(collector, request)).await? };
        let answer = self.runtime.spawn(asked).await?;
        // The library would only say that something was wrong with the network.
        answer.inspect_err(|error| tracing::warn!(%error, "the collector can't be spoken to"))
    }
}

async fn ask(
    collector: Destination,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, HttpError> {
    let Destination { address, tls } = collector;
    if let Some(tls) = tls {
        return answered(tls.dial(address).await?, request).await;
    }
    let host = address.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = address.port_u16().unwrap_or(80);
    answered(TcpStream::connect((host, port)).await?, request).await
}

async fn answered(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, HttpError> {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(in_origin_form(request)?).await?;
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, LARGEST_ANSWER).collect().await?.to_bytes();
    connection.abort();
    Ok(Response::from_parts(head, body))
}

/// As a server takes it that is no proxy (RFC 9112 section 3.2.1).
fn in_origin_form(request: Request<Bytes>) -> Result<Request<Full<Bytes>>, HttpError> {
    let (mut head, body) = request.into_parts();
    let authority = head.uri.authority().map_or("", |authority| authority.as_str());
    // What stands in front of it is for whoever dials.
    let host = authority.rsplit('@').next().unwrap_or_default();
    head.headers.insert(HOST, HeaderValue::from_str(host)?);
    let path = head.uri.path_and_query().cloned();
    head.uri = Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
    Ok(Request::from_parts(head, Full::new(body)))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test]
    async fn a_collector_may_take_as_long_as_was_said() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: Uri = format!("http://{}", silent.local_addr().unwrap()).parse().unwrap();
        let collector = Destination { address: address.clone(), tls: None };
        let hour = Duration::from_hours(1);
        let client = OtlpHttpClient::new(collector, hour);
        let request = Request::post(address).body(Bytes::from_static(b"x")).unwrap();
        // Time passes as soon as nobody has anything to do but wait.
        tokio::time::pause();
        let began = Instant::now();
        let error = client.send_bytes(request).await.unwrap_err();
        assert!(error.to_string().contains("deadline"), "{error}");
        assert!(began.elapsed() >= hour);
    }
}
