//! The span of a request, below the caller's if it has one.

use super::address::{Address, Endpoint};
use axum::http::{HeaderMap, Method, StatusCode};
use opentelemetry::propagation::Extractor;
use tracing::{Span, field, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Begins the span. It never carries a query: filters hold names and addresses of people.
pub(super) fn span(method: &Method, address: Option<&Address>, headers: &HeaderMap) -> Span {
    let method = known(method);
    let route = address.map_or("", route);
    let span = info_span!(
        "http",
        otel.name = format_args!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = field::Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = field::Empty,
        provost.site = address.map(|address| address.site.as_str()),
    );
    let parent = opentelemetry::global::get_text_map_propagator(|propagator| {
        propagator.extract(&Headers(headers))
    });
    // Fails only where no OpenTelemetry layer is installed, and then there is nothing to join.
    let _ = span.set_parent(parent);
    span
}

/// Ends the span with what was answered.
pub(super) fn record(span: &Span, status: StatusCode) {
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED {
        span.record("otel.status_code", "ERROR");
    }
}

/// The method, or the word that keeps made-up ones from becoming span names.
fn known(method: &Method) -> &str {
    match method.as_str() {
        word @ ("GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS") => word,
        _ => "_OTHER",
    }
}

const fn route(address: &Address) -> &'static str {
    match address.endpoint {
        Endpoint::Users => "/Users",
        Endpoint::User(_) => "/Users/{id}",
        Endpoint::Groups => "/Groups",
        Endpoint::Group => "/Groups/{id}",
        Endpoint::ServiceProviderConfig => "/ServiceProviderConfig",
        Endpoint::ResourceTypes(None) => "/ResourceTypes",
        Endpoint::ResourceTypes(Some(_)) => "/ResourceTypes/{id}",
        Endpoint::Schemas(None) => "/Schemas",
        Endpoint::Schemas(Some(_)) => "/Schemas/{id}",
        Endpoint::Me => "/Me",
        Endpoint::Bulk => "/Bulk",
        Endpoint::Search => "/.search",
        Endpoint::Unknown => "",
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}
