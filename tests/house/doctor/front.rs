//! Something in front of a gateway that breaks what goes through it, as proxies do.
//!
//! Owns its listener. Must never know what the doctor says about it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use http::{HeaderMap, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use provost_test_kit::Issued;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::support::Answer;
use crate::support::wire::{self, Request};

/// What becomes of a request: it goes on, is answered here, never is, or goes on and the answer is lost
/// with the connection.
pub enum Fate {
    Passed,
    Answered(Answer),
    Lost,
    CutOff,
}

/// What is broken on the way to the gateway and on the way back.
#[derive(Clone, Copy)]
pub struct Fault {
    pub there: fn(&mut Request) -> Fate,
    pub back: fn(&Request, &mut Answer),
}

/// A listener, which ends with this value.
pub struct Front {
    pub address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Default for Fault {
    fn default() -> Self {
        Self { there: |_| Fate::Passed, back: |_, _| () }
    }
}

impl Fault {
    pub fn there(there: fn(&mut Request) -> Fate) -> Self {
        Self { there, ..Self::default() }
    }

    pub fn back(back: fn(&Request, &mut Answer)) -> Self {
        Self { back, ..Self::default() }
    }
}

impl Front {
    /// In front of this gateway, behind TLS where it has a certificate.
    pub async fn start(gateway: SocketAddr, issued: Option<&Issued>, fault: Fault) -> Self {
        Self::speaking("http/1.1", gateway, issued, fault).await
    }

    /// The same, with this protocol over TLS.
    pub async fn speaking(
        protocol: &str,
        gateway: SocketAddr,
        issued: Option<&Issued>,
        fault: Fault,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = issued.map(|issued| acceptor(issued, protocol));
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    match acceptor {
                        None => serve(stream, gateway, fault).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                serve(stream, gateway, fault).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, serving }
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn acceptor(issued: &Issued, protocol: &str) -> TlsAcceptor {
    let chain = CertificateDer::pem_slice_iter(issued.certificate.as_bytes());
    let chain = chain.collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    gateway: SocketAddr,
    fault: Fault,
) {
    let service = service_fn(|request| passed(gateway, fault, request));
    // Whoever asks may leave at any time.
    let _ = Builder::new(TokioExecutor::new())
        .http1_only()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn passed(
    gateway: SocketAddr,
    fault: Fault,
    request: http::Request<Incoming>,
) -> io::Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes().to_vec();
    let mut request = Request {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: texts(&head.headers),
        body: (!body.is_empty()).then_some(body),
    };
    let mut answer = match (fault.there)(&mut request) {
        Fate::Passed => wire::send(gateway, &request).await.unwrap(),
        Fate::Answered(answer) => answer,
        Fate::Lost => std::future::pending().await,
        Fate::CutOff => {
            wire::send(gateway, &request).await.unwrap();
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
    };
    (fault.back)(&request, &mut answer);
    let mut response = Response::builder().status(answer.status);
    let framing = ["connection", "content-length", "transfer-encoding"];
    for (name, value) in answer.headers.iter().filter(|(name, _)| !framing.contains(&&**name)) {
        response = response.header(name, value);
    }
    Ok(response.body(Full::from(answer.body)).unwrap())
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let own = ["connection", "content-length"];
    let headers = headers.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
    headers.map(|(name, value)| (name.to_string(), text(value))).collect()
}
