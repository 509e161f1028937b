//! The layer in front of the router: it finds the site by path or host, and leaves the router a
//! path as RFC 7644 spells it.

use super::address::{self, Address};
use super::answer::RequestError;
use super::host;
use crate::GatewaySettings;
use axum::http::uri::PathAndQuery;
use axum::http::{Request, Uri};
use provost_scim::ScimError;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::Service;

/// Where a request goes, as the layer leaves it for the handlers.
#[derive(Debug, Clone)]
pub(super) enum Located {
    /// Below the base of a site.
    InSite {
        site: String,
        /// The URL below which the site's resources lie.
        base: String,
        /// As it was sent.
        path: String,
    },
    /// Below no base.
    Nowhere { path: String },
    /// Where it goes can't be told.
    Malformed(ScimError),
}

impl Located {
    /// Why nothing is found where the router has no route.
    pub fn into_failure(self) -> RequestError {
        match self {
            Self::InSite { path, .. } | Self::Nowhere { path } => RequestError::not_found(&path),
            Self::Malformed(error) => error.into(),
        }
    }
}

/// Routes by normalized paths.
#[derive(Debug, Clone)]
pub struct Normalized<S> {
    router: S,
    settings: Arc<GatewaySettings>,
}

impl<S> Normalized<S> {
    /// In front of a router.
    pub(super) fn new(router: S, settings: Arc<GatewaySettings>) -> Self {
        Self { router, settings }
    }
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for Normalized<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.router.poll_ready(task)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        let uri = request.uri();
        let path = uri.path().to_owned();
        let nothing = || target(address::NOTHING.to_owned(), None);
        let (located, target) = match host::asked(request.version(), request.headers(), uri) {
            Err(error) => (Located::Malformed(error), nothing()),
            Ok(host) => match Address::read(uri.path(), host, &self.settings.hosts) {
                Some(address) => {
                    let base = base_url(&self.settings.public_url, &address, host);
                    let target = target(address.path, uri.query());
                    (Located::InSite { site: address.site, base, path }, target)
                }
                None => (Located::Nowhere { path }, nothing()),
            },
        };
        *request.uri_mut() = target;
        request.extensions_mut().insert(located);
        self.router.call(request)
    }
}

fn target(mut path: String, query: Option<&str>) -> Uri {
    if let Some(query) = query {
        path.push('?');
        path.push_str(query);
    }
    // What is left of a path is one, so that nothing is lost here.
    PathAndQuery::try_from(path).map(Uri::from).unwrap_or_default()
}

/// Where the caller reaches the site's resources.
fn base_url(public_url: &str, address: &Address, host: &str) -> String {
    let root = public_url.trim_end_matches('/');
    if !address.by_host {
        return format!("{root}{}", address.base);
    }
    let scheme = root.split_once("://").map_or("https", |(scheme, _)| scheme);
    format!("{scheme}://{host}{}", address.base)
}
