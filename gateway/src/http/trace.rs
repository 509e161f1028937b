//! The span of a request, below the caller's if it has one: where it begins and how it ends.
//!
//! Owns the words of OpenTelemetry's conventions for HTTP. Must never record what somebody sent
//! who has not been admitted.

use super::address::{Address, Endpoint};
use axum::http::{HeaderMap, Method, StatusCode};
use opentelemetry::global::BoxedTracer;
use opentelemetry::propagation::Extractor;
use opentelemetry::trace::{
    Span as _, SpanKind, SpanRef, Status, TraceContextExt as _, Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use std::thread;

/// The span of a request that is being answered. Dropped before it has ended, the request was
/// given up.
pub(super) struct Hop(Context);

impl Hop {
    /// Begins the span. Whether anybody will see it is decided before anything is recorded,
    /// because recording is not free. Nobody has been admitted yet, so it carries nothing that the
    /// caller has chosen: paths and queries hold names and addresses of people, and even what
    /// stands where a site or a method should may be one. The core's span names the site.
    pub fn begin(
        tracer: &BoxedTracer,
        method: &Method,
        address: Option<&Address>,
        headers: &HeaderMap,
    ) -> Self {
        let caller = opentelemetry::global::get_text_map_propagator(|propagator| {
            propagator.extract(&Headers(headers))
        });
        let span = tracer.span_builder("HTTP").with_kind(SpanKind::Server);
        let mut span = span.start_with_context(tracer, &caller);
        if span.is_recording() {
            let method = known(method);
            let name = method.unwrap_or("HTTP");
            span.set_attribute(KeyValue::new("http.request.method", method.unwrap_or("_OTHER")));
            if let Some(route) = address.and_then(route) {
                span.update_name(format!("{name} {route}"));
                span.set_attribute(KeyValue::new("http.route", route));
            } else {
                span.update_name(name);
            }
        }
        Self(caller.with_span(span))
    }

    /// In which the request is answered.
    pub fn context(&self) -> Context {
        self.0.clone()
    }

    /// Ends the span with what is answered.
    pub fn end(self, status: StatusCode) {
        self.record_end(status);
    }

    fn record_end(&self, status: StatusCode) {
        let span = self.0.span();
        if !span.is_recording() {
            return;
        }
        let code = i64::from(status.as_u16());
        span.set_attribute(KeyValue::new("http.response.status_code", code));
        // Nothing has failed where a 501 is answered: so a site refuses what its settings don't
        // allow, and so the parts of SCIM are answered that are not served.
        if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED {
            fail(&span, status.as_str().to_owned());
        }
        span.end();
    }
}

impl Drop for Hop {
    /// Does nothing to a span that has ended. Otherwise nobody waits for the answer, unless a
    /// fault of ours is on its way to the layer that answers for it with a 500.
    fn drop(&mut self) {
        if thread::panicking() {
            return self.record_end(StatusCode::INTERNAL_SERVER_ERROR);
        }
        let span = self.0.span();
        if span.is_recording() {
            fail(&span, "cancelled".to_owned());
            span.end();
        }
    }
}

fn fail(span: &SpanRef<'_>, why: String) {
    span.set_attribute(KeyValue::new("error.type", why));
    span.set_status(Status::error(""));
}

/// The method, unless it is made up.
fn known(method: &Method) -> Option<&'static str> {
    let words = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"];
    words.into_iter().find(|word| *word == method.as_str())
}

const fn route(address: &Address) -> Option<&'static str> {
    Some(match address.endpoint {
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
        Endpoint::Unknown => return None,
    })
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
