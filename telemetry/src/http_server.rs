//! OpenTelemetry's conventions for HTTP servers.

use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode, Uri};
use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanRef, get_active_span};
use tracing::{Level, Span, info_span};

use crate::conventions::{Conventions, End, fail};
use crate::facts::{Facts, learn};
use crate::line::request_line;
use crate::metrics::Meters;
use crate::metrics::http::{HttpEnd, HttpSeries, MeasuredRequest};
use crate::names;

/// The conventions for HTTP.
#[derive(Clone)]
pub struct Http {
    series: Arc<HttpSeries>,
}

impl Http {
    /// For a server that is reached by this scheme and measured by these meters.
    pub fn of(meters: &Meters, scheme: &'static str) -> Self {
        Self { series: HttpSeries::of(meters, scheme) }
    }
}

/// How a request was answered.
#[derive(Debug, Clone, Copy)]
pub enum Answered {
    /// With this status.
    With(StatusCode),
    /// Not at all, because nobody waited for it.
    Nobody,
}

impl Conventions for Http {
    type Outcome = Answered;
    type Measured = MeasuredRequest;

    /// Paths and queries hold names and addresses of people, and even what stands where a method
    /// should may be one.
    fn span(&self, method: &Method, _: &Uri) -> Option<Span> {
        let method = known(method);
        Some(info_span!(
            parent: None,
            "HTTP",
            otel.kind = "server",
            otel.name = method.unwrap_or("HTTP"),
            { names::HTTP_REQUEST_METHOD } = method.unwrap_or(OTHER),
        ))
    }

    fn facts(&self, method: &Method, _: &Uri) -> Facts {
        Facts { method: known(method), ..Facts::new() }
    }

    /// The head says it all.
    fn outcome(&self, end: End<'_>) -> Option<Answered> {
        match end {
            End::Head(status, _) => Some(Answered::With(status)),
            End::Body(_) => None,
            End::GivenUp => Some(Answered::Nobody),
            End::Panicked => Some(Answered::With(StatusCode::INTERNAL_SERVER_ERROR)),
        }
    }

    /// Identity providers begin no traces, so this is where they learn of one.
    fn tells_trace(&self, _: StatusCode, _: &HeaderMap) -> bool {
        true
    }

    fn record(&self, span: &SpanRef<'_>, outcome: &Answered) {
        if let Answered::With(status) = outcome {
            let code = i64::from(status.as_u16());
            span.set_attribute(KeyValue::new(names::HTTP_RESPONSE_STATUS_CODE, code));
        }
        if let Some(fault) = outcome.fault() {
            fail(span, fault.to_owned());
        }
    }

    fn measured(&self, method: &Method, _: &Uri) -> Option<MeasuredRequest> {
        Some(MeasuredRequest::of(&self.series, method.as_str()))
    }

    fn count(&self, measured: &MeasuredRequest, facts: Option<&Facts>, outcome: &Answered) {
        let route = facts.and_then(|facts| facts.route.as_ref());
        measured.end(route, HttpEnd { status: outcome.code(), fault: outcome.fault() });
    }

    fn write(&self, facts: &Facts, outcome: &Answered) {
        request_line!(outcome.level(facts), {
            { names::HTTP_REQUEST_METHOD } = facts.method.unwrap_or(OTHER),
            { names::HTTP_ROUTE } = facts.route.as_deref(),
            { names::HTTP_RESPONSE_STATUS_CODE } = outcome.code(),
            { names::ERROR_TYPE } = outcome.fault(),
            provost.site = facts.site.as_deref(),
            provost.caller = facts.caller.as_deref(),
            provost.reasons = facts.reasons(),
            provost.operations = facts.operations.map(|(operations, _)| operations),
            provost.operations.failed = facts.operations.map(|(_, failed)| failed),
            duration_ms = facts.milliseconds(),
        });
    }
}

impl Answered {
    const fn code(self) -> Option<u16> {
        match self {
            Self::With(status) => Some(status.as_u16()),
            Self::Nobody => None,
        }
    }

    /// What has failed. Nothing has where a 501 is answered: so a site refuses what its settings
    /// don't allow, and so the parts of SCIM are answered that are not served.
    fn fault(&self) -> Option<&str> {
        match self {
            Self::With(StatusCode::NOT_IMPLEMENTED) => None,
            Self::With(status) => status.is_server_error().then(|| status.as_str()),
            Self::Nobody => Some("cancelled"),
        }
    }

    /// A warning is what an operator may have to do something about: a token that is not good, a rule
    /// that stood in the way of a directory, a fault.
    fn level(self, facts: &Facts) -> Level {
        let Self::With(status) = self else { return Level::INFO };
        let is_turned_away = matches!(
            status,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS
        );
        if facts.is_judged || is_turned_away || self.fault().is_some() {
            Level::WARN
        } else {
            Level::INFO
        }
    }
}

/// Has span and line of the request that is being answered name its route: a template that the
/// server knows, not the path that was sent.
pub fn record_route(method: &Method, route: &str) {
    get_active_span(|span| {
        if span.is_recording() {
            span.update_name(format!("{} {route}", known(method).unwrap_or("HTTP")));
            span.set_attribute(KeyValue::new(names::HTTP_ROUTE, route.to_owned()));
        }
    });
    learn(|facts| facts.route = Some(route.into()));
}

/// Writes the line of a request that can't be read as HTTP, and so came to no server.
pub fn write_unreadable(status: StatusCode) {
    request_line!(Level::INFO, {
        { names::HTTP_REQUEST_METHOD } = OTHER,
        { names::HTTP_RESPONSE_STATUS_CODE } = status.as_u16(),
    });
}

/// What a method is called that is made up.
const OTHER: &str = "_OTHER";

/// The method, unless it is made up.
fn known(method: &Method) -> Option<&'static str> {
    let words = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"];
    words.into_iter().find(|word| *word == method.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_what_an_operator_may_have_to_do_something_about() {
        let level = |status, is_judged| {
            let facts = Facts { is_judged, ..Facts::new() };
            Answered::With(StatusCode::from_u16(status).unwrap()).level(&facts)
        };
        for status in [200, 204, 304, 400, 404, 405, 409, 412, 413, 415, 501] {
            assert_eq!(level(status, false), Level::INFO, "{status}");
            assert_eq!(level(status, true), Level::WARN, "{status}");
        }
        for status in [401, 403, 429, 500, 503, 504] {
            assert_eq!(level(status, false), Level::WARN, "{status}");
        }
        assert_eq!(Answered::Nobody.level(&Facts::new()), Level::INFO);
    }
}
