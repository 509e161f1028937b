//! The span of a request, below the caller's if it has one.

use super::address::{Address, Endpoint};
use axum::http::{HeaderMap, Method, StatusCode};
use opentelemetry::propagation::Extractor;
use opentelemetry::trace::{Span as _, SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};

/// Begins the span. Whether anybody will see it is decided before anything is recorded, because
/// recording is not free. Nobody has been admitted yet, so it carries nothing that the caller has
/// chosen: paths and queries hold names and addresses of people, and even what stands where a
/// site should may be one. The core's span names the site.
pub(super) fn begin(method: &Method, address: Option<&Address>, headers: &HeaderMap) -> Context {
    let caller = opentelemetry::global::get_text_map_propagator(|propagator| {
        propagator.extract(&Headers(headers))
    });
    let tracer = opentelemetry::global::tracer(env!("CARGO_PKG_NAME"));
    let span = tracer.span_builder("HTTP").with_kind(SpanKind::Server);
    let mut span = span.start_with_context(&tracer, &caller);
    if span.is_recording() {
        let method = known(method);
        let route = address.map_or("", route);
        span.update_name(format!("{method} {route}"));
        span.set_attribute(KeyValue::new("http.request.method", method));
        span.set_attribute(KeyValue::new("http.route", route));
    }
    caller.with_span(span)
}

/// Ends the span with what was answered.
pub(super) fn end(request: &Context, status: StatusCode) {
    let span = request.span();
    if span.is_recording() {
        let code = i64::from(status.as_u16());
        span.set_attribute(KeyValue::new("http.response.status_code", code));
        if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED {
            span.set_status(Status::error(""));
        }
    }
    span.end();
}

/// The method, or the word that keeps made-up ones from becoming span names.
fn known(method: &Method) -> &'static str {
    let words = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    words.into_iter().find(|word| *word == method.as_str()).unwrap_or("_OTHER")
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
