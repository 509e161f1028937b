//! The layer in front of the router: it finds the site by path or host, and leaves the router a
//! path as RFC 7644 spells it.

use super::address::{self, Address};
use crate::Settings;
use axum::http::header::HOST;
use axum::http::uri::{Authority, PathAndQuery};
use axum::http::{HeaderMap, Request, Uri};
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
}

impl Located {
    /// The path as it was sent.
    pub fn path(&self) -> &str {
        match self {
            Self::InSite { path, .. } | Self::Nowhere { path } => path,
        }
    }
}

/// Routes by normalized paths.
#[derive(Debug, Clone)]
pub struct Normalized<S> {
    router: S,
    settings: Arc<Settings>,
}

impl<S> Normalized<S> {
    /// In front of a router.
    pub(super) fn new(router: S, settings: Arc<Settings>) -> Self {
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
        let host = host(request.headers(), uri);
        let address = Address::read(uri.path(), host, &self.settings.hosts);
        let path = uri.path().to_owned();
        let (located, target) = match address {
            Some(address) => {
                let base = base_url(&self.settings.public_url, &address, host);
                let target = target(address.path, uri.query());
                (Located::InSite { site: address.site, base, path }, target)
            }
            None => (Located::Nowhere { path }, target(address::NOTHING.to_owned(), None)),
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

/// The host that was asked, with its port; HTTP/2 names it in the URL.
fn host<'r>(headers: &'r HeaderMap, uri: &'r Uri) -> &'r str {
    let header = headers.get(HOST).and_then(|host| host.to_str().ok());
    header.or_else(|| uri.authority().map(Authority::as_str)).unwrap_or_default()
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
