//! The layer that stands in front of the listeners and tells an address to wait, once too many of
//! its tokens were not good.
//!
//! A good token never waits, because each is looked at first: its sender may share the address with
//! somebody whose token is wrong. The address is the one that the connection came from, or what the
//! proxies say that are trusted. Must never know a token.

use std::marker::PhantomData;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{Extensions, HeaderMap, Request, Response, StatusCode};
use pin_project_lite::pin_project;
use provost_console::FailedSignIn;
use tower::{Layer, Service};

use super::client_address::client_address;
use super::cut_off::Peer;
use super::failed_tokens::FailedTokens;

/// How a listener tells of tokens.
pub(super) trait Listener: Clone {
    /// The body of its answers.
    type Body;

    /// Where a request comes from.
    fn peer(&self, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr>;

    /// Whether a request may show a token.
    fn shows_token(headers: &HeaderMap) -> bool {
        headers.contains_key(AUTHORIZATION)
    }

    /// Whether an answer refuses the token that was shown.
    fn refuses_token(response: &Response<Self::Body>) -> bool;

    /// Tells to wait so long, in the place of a refusal with these headers.
    fn refusal(wait: Duration, refused: &HeaderMap) -> Response<Self::Body>;
}

/// Who is at the other end of a connection over HTTP.
#[derive(Debug, Clone, Copy)]
pub(super) struct HttpPeer {
    /// The address that it came from.
    pub address: IpAddr,
    /// How many proxies in front of the listener are trusted.
    pub trusted_hops: usize,
}

impl HttpPeer {
    /// The address that a request counts for.
    fn of(self, headers: &HeaderMap) -> IpAddr {
        client_address(self.address, self.trusted_hops, headers)
    }
}

/// A connection of the SCIM listener.
#[derive(Debug, Clone)]
pub(super) struct ScimListener(pub HttpPeer);

impl Listener for ScimListener {
    type Body = axum::body::Body;

    fn peer(&self, headers: &HeaderMap, _: &Extensions) -> Option<IpAddr> {
        Some(self.0.of(headers))
    }

    fn refuses_token(response: &Response<Self::Body>) -> bool {
        response.status() == StatusCode::UNAUTHORIZED
    }

    fn refusal(wait: Duration, _: &HeaderMap) -> Response<Self::Body> {
        provost_gateway::too_many_failed_tokens(wait)
    }
}

/// A connection of the console's listener.
#[derive(Debug, Clone)]
pub(super) struct ConsoleListener(pub HttpPeer);

impl Listener for ConsoleListener {
    type Body = axum::body::Body;

    fn peer(&self, headers: &HeaderMap, _: &Extensions) -> Option<IpAddr> {
        Some(self.0.of(headers))
    }

    /// In a form or in a cookie.
    fn shows_token(_: &HeaderMap) -> bool {
        true
    }

    fn refuses_token(response: &Response<Self::Body>) -> bool {
        response.extensions().get::<FailedSignIn>().is_some()
    }

    fn refusal(wait: Duration, refused: &HeaderMap) -> Response<Self::Body> {
        provost_console::too_many_sign_ins(wait, refused)
    }
}

/// The gRPC listener, whose transport notes the address with each request.
#[derive(Debug, Clone)]
pub(super) struct GrpcListener;

impl Listener for GrpcListener {
    type Body = tonic::body::Body;

    /// A gateway is one address among others: anybody could say that they are one. It takes this
    /// refusal for what it hides, an invalid token, and counts that at its own listener.
    fn peer(&self, _: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
        Some(extensions.get::<Peer>()?.tcp.remote_addr()?.ip())
    }

    fn refuses_token(response: &Response<Self::Body>) -> bool {
        let status = response.headers().get("grpc-status");
        status.is_some_and(|status| {
            tonic::Code::from_bytes(status.as_bytes()) == tonic::Code::Unauthenticated
        })
    }

    fn refusal(wait: Duration, _: &HeaderMap) -> Response<Self::Body> {
        provost_core::too_many_failed_tokens(wait).into_http()
    }
}

/// Puts [`Throttle`] in front of a server.
#[derive(Debug, Clone)]
pub(super) struct ThrottleLayer<L> {
    pub listener: L,
    pub failed: Arc<FailedTokens>,
}

impl<S, L: Clone> Layer<S> for ThrottleLayer<L> {
    type Service = Throttle<S, L>;

    fn layer(&self, server: S) -> Throttle<S, L> {
        Throttle { server, layer: self.clone() }
    }
}

/// A server whose refusals of tokens are counted.
#[derive(Debug, Clone)]
pub(super) struct Throttle<S, L> {
    server: S,
    layer: ThrottleLayer<L>,
}

impl<S, Q, L> Service<Request<Q>> for Throttle<S, L>
where
    S: Service<Request<Q>, Response = Response<L::Body>>,
    L: Listener,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Counting<S::Future, L>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.server.poll_ready(task)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        let shows_token = L::shows_token(request.headers());
        let ask = || self.layer.listener.peer(request.headers(), request.extensions());
        let peer = shows_token.then(ask).flatten();
        let failed = peer.map(|peer| (Arc::clone(&self.layer.failed), peer));
        Counting { answer: self.server.call(request), failed, listener: PhantomData }
    }
}

pin_project! {
    /// An answer that is counted, if it refuses a token.
    pub(super) struct Counting<F, L> {
        #[pin]
        answer: F,
        failed: Option<(Arc<FailedTokens>, IpAddr)>,
        listener: PhantomData<L>,
    }
}

impl<F, E, L> Future for Counting<F, L>
where
    F: Future<Output = Result<Response<L::Body>, E>>,
    L: Listener,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.answer.poll(task))?;
        let Some((failed, peer)) = this.failed.take() else { return Poll::Ready(Ok(response)) };
        let wait = L::refuses_token(&response).then(|| failed.count(peer)).flatten();
        Poll::Ready(Ok(match wait {
            Some(wait) => L::refusal(wait, response.headers()),
            None => response,
        }))
    }
}
