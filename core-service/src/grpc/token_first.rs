//! A service whose calls are let in by their metadata: before anything of a message is read, the
//! token is known to be good.
//!
//! Which site it opens is asked later, when the message has named one. Must never know what a call
//! is about.

use super::held_turn::until_sent;
use super::rpcs;
use super::status::{explained, strict_reading_required, to_status};
use crate::authenticator::{Arrivals, Authenticator, ClientCertificate, Credential, Door};
use provost_domain::{Reason, Refusal};
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service};
use tonic::server::NamedService;

/// A service behind the look at the token.
#[derive(Clone)]
pub(super) struct TokenFirst<S> {
    service: S,
    authenticator: Arc<Authenticator>,
}

impl<S> TokenFirst<S> {
    pub fn new(authenticator: &Arc<Authenticator>, service: S) -> Self {
        Self { service, authenticator: Arc::clone(authenticator) }
    }
}

impl<S: NamedService> NamedService for TokenFirst<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<http::Request<Body>> for TokenFirst<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(task)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        // The clone stays, the service that is ready goes with the call.
        let clone = self.service.clone();
        let mut service = std::mem::replace(&mut self.service, clone);
        let authenticator = Arc::clone(&self.authenticator);
        let credential = credential(request.headers(), request.extensions());
        let path = request.uri().path();
        let (access, takes_what_was_read) = (rpcs::access(path), rpcs::takes_what_was_read(path));
        // Who calls without a gateway has nothing read.
        let is_read_leniently = door(request.headers()) == Door::Connections
            && takes_what_was_read
            && !request.headers().contains_key(provost_proto::STRICT_KEY);
        Box::pin(async move {
            let bearer = match credential {
                Ok(credential) => match authenticator.authenticate(&credential, access).await {
                    Ok(bearer) if is_read_leniently && bearer.is_strict() => {
                        return Ok(strict_reading_required().into_http());
                    }
                    authenticated => authenticated.map(Some),
                },
                Err(refusal) if admits_without(access.arrivals, &refusal) => Ok(None),
                Err(refusal) => Err(refusal.into()),
            };
            match bearer {
                Ok(bearer) => {
                    if let Some(bearer) = bearer {
                        request.extensions_mut().insert(bearer);
                    }
                    service.call(request).await.map(explained).map(until_sent)
                }
                Err(failure) => {
                    authenticator.count_denial(&failure);
                    Ok(to_status(&failure).into_http())
                }
            }
        })
    }
}

/// Whether a caller may come without a token, to whom that is missing.
fn admits_without(arrivals: Arrivals, refusal: &Refusal) -> bool {
    arrivals == Arrivals::WithoutToken && refusal.reason == Reason::TokenMissing
}

/// The credential: with the word `Bearer`, in any case, or bare. Where there is none, the certificate of the
/// client counts; what a gateway passes on is never its own.
fn credential(
    headers: &http::HeaderMap,
    extensions: &http::Extensions,
) -> Result<Credential, Refusal> {
    let (value, door) = (headers.get("authorization"), door(headers));
    if value.is_none()
        && door == Door::Services
        && let Some(certificate) = extensions.get::<ClientCertificate>()
    {
        return Credential::of_certificate(certificate);
    }
    let text = value.and_then(|value| value.to_str().ok());
    let text = text.unwrap_or_default().trim();
    let bare = match text.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.trim(),
        None if text.eq_ignore_ascii_case("bearer") => "",
        _ => text,
    };
    Credential::shown(bare, door)
}

/// The gateway says so of everything that it passes on.
fn door(headers: &http::HeaderMap) -> Door {
    match headers.get(provost_proto::DOOR_KEY) {
        Some(_) => Door::Connections,
        None => Door::Services,
    }
}
