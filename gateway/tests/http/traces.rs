//! The trace goes on through the gateway (W3C Trace Context), and what its span says of a request.

use crate::exchange::{House, ONE, ask, ask_at};
use futures::FutureExt as _;
use opentelemetry::trace::{Status as SpanStatus, TraceId, TracerProvider as _};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use provost_proto::v1::ErrorReason;
use provost_test_kit::fake_core::{Reply, user};
use std::sync::{Arc, Mutex, OnceLock};
use tonic::{Code, Status};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

#[derive(Debug, Clone, Default)]
struct Ended(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Ended {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

/// The spans of the process that have ended. A gateway that is made afterwards has spans.
fn ended() -> &'static Ended {
    static ENDED: OnceLock<Ended> = OnceLock::new();
    ENDED.get_or_init(|| {
        let ended = Ended::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(ended.clone()).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        tracing_subscriber::registry().with(layer).init();
        ended
    })
}

/// The only span of a trace.
fn span(trace: &str) -> SpanData {
    let id = TraceId::from_hex(trace).unwrap();
    let mut spans = ended().0.lock().unwrap().clone();
    spans.retain(|span| span.span_context.trace_id() == id);
    let [span] = <[SpanData; 1]>::try_from(spans).unwrap();
    span
}

fn attribute(span: &SpanData, name: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == name)?;
    Some(found.value.to_string())
}

/// The parts of the `traceparent` that the core was given, and the `tracestate`.
async fn forwarded(headers: &[(&str, &str)]) -> ([String; 4], String) {
    ended();
    let house = House::answering([Reply::User(user())]);
    let asking =
        headers.iter().fold(ask("GET", ONE), |asking, (name, value)| asking.header(name, value));
    house.send(asking).await.expect(200);
    let metadata = house.calls().remove(0).metadata;
    let text = |name| metadata.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let parts: Vec<_> = text("traceparent").split('-').map(str::to_owned).collect();
    (parts.try_into().expect("no trace context"), text("tracestate"))
}

#[tokio::test]
async fn the_core_continues_the_callers_trace_below_the_gateways_span() {
    for flags in ["01", "00"] {
        let context = format!("00-{TRACE}-{CALLER}-{flags}");
        let headers = [("traceparent", context.as_str()), ("tracestate", "vendor=1")];
        let ([_, trace, span, sampled], state) = forwarded(&headers).await;
        assert_eq!(trace, TRACE);
        assert_ne!(span, CALLER);
        assert_eq!(sampled, flags, "the caller decides");
        assert_eq!(state, "vendor=1");
    }
}

#[tokio::test]
async fn without_a_callers_trace_the_gateway_begins_one() {
    for headers in [&[][..], &[("traceparent", "nonsense")]] {
        let ([_, trace, ..], _) = forwarded(headers).await;
        assert!(trace != TRACE && trace.bytes().any(|digit| digit != b'0'), "{trace}");
    }
}

/// The span of a request that the core answers like this.
async fn asked(trace: &str, method: &str, uri: &str, reply: Reply) -> SpanData {
    ended();
    let house = House::answering([reply]);
    let context = format!("00-{trace}-{CALLER}-01");
    house.send(ask_at(method, uri).header("traceparent", &context)).await;
    span(trace)
}

#[tokio::test]
async fn a_failure_is_one_and_a_refusal_is_none() {
    let internal = Reply::Failed(Status::internal(""));
    let panicked = Reply::Panicked("a fault of ours");
    let refused =
        Reply::Refused(Code::FailedPrecondition, ErrorReason::DeletionRefused, "No deletions.");
    let unknown = Reply::Refused(Code::NotFound, ErrorReason::UserNotFound, "Nobody.");
    let fault = SpanStatus::error("");
    for (trace, reply, code, error, status) in [
        ("000000000000000000000000000000a1", internal, "500", Some("500"), fault.clone()),
        ("000000000000000000000000000000a2", panicked, "500", Some("500"), fault),
        ("000000000000000000000000000000a3", refused, "501", None, SpanStatus::Unset),
        ("000000000000000000000000000000a4", unknown, "404", None, SpanStatus::Unset),
    ] {
        let span = asked(trace, "DELETE", &format!("/api/scim/v2{ONE}"), reply).await;
        assert_eq!(attribute(&span, "http.response.status_code").as_deref(), Some(code));
        assert_eq!(attribute(&span, "error.type").as_deref(), error, "{code}");
        assert_eq!(span.status, status, "{code}");
    }
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_is_cancelled() {
    const TRACE: &str = "000000000000000000000000000000b1";
    ended();
    let house = House::answering([Reply::Never]);
    let asking = ask("GET", ONE).header("traceparent", &format!("00-{TRACE}-{CALLER}-01"));
    let given_up = house.send(asking).now_or_never();
    assert!(given_up.is_none());
    let span = span(TRACE);
    assert_eq!(attribute(&span, "error.type").unwrap(), "cancelled");
    assert_eq!(attribute(&span, "http.response.status_code"), None);
    assert_eq!(span.status, SpanStatus::error(""));
}

/// Nothing of it is the caller's own words.
#[tokio::test]
async fn a_span_is_named_by_what_the_gateway_knows() {
    for (trace, method, uri, name, known, route) in [
        ("c1", "GET", "/api/scim/v2/users/ada/", "GET /Users/{id}", "GET", Some("/Users/{id}")),
        ("c2", "ADA", "/api/scim/v2/Users", "HTTP /Users", "_OTHER", Some("/Users")),
        ("c3", "GET", "/api/scim/v2/ada", "GET", "GET", None),
        ("c4", "ADA", "/ada", "HTTP", "_OTHER", None),
        ("c5", "GET", "/c/ada/auth/scim/v2/Users/1", "GET /Users/{id}", "GET", Some("/Users/{id}")),
    ] {
        let reply = match trace {
            "c1" => Reply::User(user()),
            // What anybody else calls a site may be a person's name.
            "c5" => Reply::Refused(Code::Unauthenticated, ErrorReason::TokenInvalid, "No."),
            // The core is only asked whether the token is good.
            _ => Reply::Admitted,
        };
        let span = asked(&format!("{trace:0>32}"), method, uri, reply).await;
        assert_eq!(span.name, name);
        assert_eq!(attribute(&span, "http.request.method").as_deref(), Some(known), "{uri}");
        assert_eq!(attribute(&span, "http.route").as_deref(), route, "{uri}");
        let words = format!("{:?}", span.attributes).to_lowercase();
        assert!(!words.contains("ada"), "{words}");
    }
}
