//! From a request to the handler of its endpoint and method.

use super::address::{Address, Endpoint};
use super::answer::Failure;
use super::trace::Hop;
use super::visit::Visit;
use super::{Gateway, body, discovery, groups, users};
use crate::client::{CallError, Channel};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use opentelemetry::trace::FutureExt as _;
use provost_scim::ScimError;
use std::sync::Arc;

/// Answers any request.
pub(super) async fn dispatch<T: Channel>(
    State(gateway): State<Arc<Gateway<T>>>,
    request: Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let host = host(&parts);
    let address = Address::read(parts.uri.path(), &host, &gateway.settings.hosts);
    let hop = Hop::begin(&gateway.tracer, &parts.method, address.as_ref(), &parts.headers);
    if parts.method == Method::HEAD {
        // As GET, with a body that axum drops (RFC 9110 section 9.3.2).
        parts.method = Method::GET;
    }
    let answered = answer(&gateway, &parts, body, address.as_ref(), &host);
    let response = answered.with_context(hop.context()).await;
    hop.end(response.status());
    response
}

/// The host that was asked, with its port; HTTP/2 names it in the URL.
fn host(parts: &Parts) -> String {
    let header = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    header.or_else(|| parts.uri.authority().map(Authority::as_str)).unwrap_or_default().to_owned()
}

async fn answer<T: Channel>(
    gateway: &Gateway<T>,
    parts: &Parts,
    body: Body,
    address: Option<&Address>,
    host: &str,
) -> Response {
    let Some(address) = address else {
        return not_found(parts.uri.path()).into_response();
    };
    let base = base_url(&gateway.settings.public_url, address, host);
    let visit = Visit { gateway, site: &address.site, base, parts };
    match route(&visit, body, &address.endpoint).await {
        Ok(response) => response,
        Err(failure) if failure.is_complaint => credentials_first(&visit, failure).await,
        Err(failure) => failure.into_response(),
    }
}

/// What is wrong with the token is told before what is wrong with the rest: who has none is not
/// taught how to write filters, and a connection test with SCIM switched off hears just that.
async fn credentials_first<T: Channel>(visit: &Visit<'_, T>, complaint: Failure) -> Response {
    match visit.admit().await {
        Err(refusal @ CallError::Refused { .. }) => Failure::from(refusal).into_response(),
        Ok(()) | Err(_) => complaint.into_response(),
    }
}

async fn route<T: Channel>(
    visit: &Visit<'_, T>,
    body: Body,
    endpoint: &Endpoint,
) -> Result<Response, Failure> {
    let method = &visit.parts.method;
    let other = |allowed| Err(Failure::method_not_allowed(method.as_str(), allowed));
    match endpoint {
        Endpoint::Users => match *method {
            Method::GET => users::list(visit).await,
            Method::POST => users::create(visit, &read(visit, body).await?).await,
            _ => other("GET, HEAD, POST"),
        },
        Endpoint::User(id) => match *method {
            Method::GET => users::get(visit, id).await,
            Method::PUT => users::replace(visit, id, &read(visit, body).await?).await,
            Method::PATCH => users::patch(visit, id, &read(visit, body).await?).await,
            Method::DELETE => users::delete(visit, id).await,
            _ => other("GET, HEAD, PUT, PATCH, DELETE"),
        },
        Endpoint::Groups => groups::collection(visit).await,
        Endpoint::Group => groups::one(visit).await,
        Endpoint::ServiceProviderConfig | Endpoint::ResourceTypes(_) | Endpoint::Schemas(_) => {
            match *method {
                Method::GET => discovery::document(&visit.base, endpoint),
                _ => other("GET, HEAD"),
            }
        }
        Endpoint::Me | Endpoint::Bulk | Endpoint::Search => {
            Err(ScimError::new(StatusCode::NOT_IMPLEMENTED.as_u16(), NOT_SERVED).into())
        }
        Endpoint::Unknown => Err(not_found(visit.parts.uri.path())),
    }
}

const NOT_SERVED: &str = "This part of SCIM is not served. ServiceProviderConfig tells what is.";

/// Reads the body, though not for a caller without a token: the core tells them so first.
async fn read<T: Channel>(visit: &Visit<'_, T>, body: Body) -> Result<Bytes, Failure> {
    if visit.token().is_none() {
        visit.admit().await?;
    }
    body::read(&visit.parts.headers, body, visit.gateway.settings.body_limit).await
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

fn not_found(path: &str) -> Failure {
    let path: String = path.chars().take(100).collect();
    ScimError::new(
        404,
        format!(
            "There is nothing at {path}. The base URL ends in /api/scim/v2 or \
             /c/SITE/auth/scim/v2, and /Users follows."
        ),
    )
    .into()
}
