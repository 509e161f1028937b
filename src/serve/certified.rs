//! The layer that puts beside each request what the certificate of its connection says, where the core
//! looks for it.
//!
//! Must never know whose it is.

use std::task::{Context, Poll};

use http::Request;
use tower::{Layer, Service};

use super::cut_off::Peer;

/// Puts [`Certified`] in front of a server.
#[derive(Debug, Clone, Copy)]
pub(super) struct CertifiedLayer;

impl<S> Layer<S> for CertifiedLayer {
    type Service = Certified<S>;

    fn layer(&self, server: S) -> Certified<S> {
        Certified { server }
    }
}

/// A server whose requests carry the certificate of their connection, where it has one.
#[derive(Debug, Clone)]
pub(super) struct Certified<S> {
    server: S,
}

impl<S: Service<Request<Q>>, Q> Service<Request<Q>> for Certified<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.server.poll_ready(task)
    }

    fn call(&mut self, mut request: Request<Q>) -> S::Future {
        let certificate = request.extensions().get::<Peer>().and_then(|it| it.certificate.clone());
        if let Some(certificate) = certificate {
            request.extensions_mut().insert(certificate);
        }
        self.server.call(request)
    }
}
