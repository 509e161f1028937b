//! OpenTelemetry's conventions for HTTP servers.

use http::{HeaderMap, Method, StatusCode, Uri};
use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanRef, get_active_span};
use tracing::{Span, info_span};

use crate::conventions::{Conventions, fail};

/// The conventions for HTTP.
#[derive(Debug, Clone, Copy)]
pub struct Http;

impl Conventions for Http {
    /// Paths and queries hold names and addresses of people, and even what stands where a method
    /// should may be one.
    fn span(&self, method: &Method, _: &Uri) -> Option<Span> {
        let method = known(method);
        Some(info_span!(
            parent: None,
            "HTTP",
            otel.kind = "server",
            otel.name = method.unwrap_or("HTTP"),
            http.request.method = method.unwrap_or("_OTHER"),
        ))
    }

    /// Nothing has failed where a 501 is answered: so a site refuses what its settings don't allow,
    /// and so the parts of SCIM are answered that are not served.
    fn record_head(&self, span: &SpanRef<'_>, status: StatusCode, _: &HeaderMap) -> bool {
        let code = i64::from(status.as_u16());
        span.set_attribute(KeyValue::new("http.response.status_code", code));
        if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED {
            fail(span, status.as_str().to_owned());
        }
        true
    }

    fn record_end(&self, _: &SpanRef<'_>, _: Option<&HeaderMap>) {}

    fn record_cancellation(&self, span: &SpanRef<'_>) {
        fail(span, "cancelled");
    }

    fn record_panic(&self, span: &SpanRef<'_>) {
        self.record_head(span, StatusCode::INTERNAL_SERVER_ERROR, &HeaderMap::new());
    }
}

/// Has the span of the request that is being answered name its route: a template that the server
/// knows, not the path that was sent.
pub fn record_route(method: &Method, route: &str) {
    get_active_span(|span| {
        if span.is_recording() {
            span.update_name(format!("{} {route}", known(method).unwrap_or("HTTP")));
            span.set_attribute(KeyValue::new("http.route", route.to_owned()));
        }
    });
}

/// The method, unless it is made up.
fn known(method: &Method) -> Option<&'static str> {
    let words = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"];
    words.into_iter().find(|word| *word == method.as_str())
}
