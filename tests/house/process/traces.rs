//! One trace from the identity provider's request to the SQL statement, in both shapes, as an
//! OTLP receiver sees it; no person in it, and nothing of a request that is not sampled.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::SocketAddr;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::json;

use crate::support::child::{Fixture, Served};
use crate::support::wire::{self, Request};
use crate::support::{Engine, Receiver, ledger};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const READ_TRACE: &str = "7c2e61a0d1f94b0f8a5d3e9b64f0a811";
/// Its caller has decided that nobody will look at it.
const UNSAMPLED: &str = "1f0d4c3b2a594867b5a4c3d2e1f00918";
const CALLER_SPAN: &str = "00f067aa0ba902b7";
const MAIL: &str = "canary.bird@example.com";

#[tokio::test]
async fn one_trace_through_the_joined_house() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let (receiver, endpoint) = Receiver::start().await;
    let served = fixture.serve_with(&[("PROVOST_TELEMETRY__OTLP_ENDPOINT", &endpoint)]).await;
    patch_and_get(&fixture, &served, served.http).await;
    end(served).await;
    whole_traces(&receiver.spans());
}

#[tokio::test]
async fn one_trace_through_the_split_house() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let (receiver, endpoint) = Receiver::start().await;
    let otlp = ("PROVOST_TELEMETRY__OTLP_ENDPOINT", endpoint.as_str());
    let core = fixture.launch("core", &[otlp]).await;
    let address = format!("http://{}", core.grpc);
    let gateway = fixture.launch("gateway", &[otlp, ("PROVOST_CORE__ADDRESS", &address)]).await;
    patch_and_get(&fixture, &core, gateway.http).await;
    end(gateway).await;
    end(core).await;
    whole_traces(&receiver.spans());
}

/// What is left is sent at the end.
async fn end(mut served: Served) {
    served.terminate();
    assert_eq!(served.ended().await.code(), Some(0), "{}", served.stderr());
}

/// Of a request whose trace begins here nothing is recorded when nothing is sampled, or when spans
/// are sent nowhere, but the ledger knows its trace all the same.
#[tokio::test]
async fn what_is_not_sampled_is_known_by_its_trace() {
    let (receiver, endpoint) = Receiver::start().await;
    let otlp = ("PROVOST_TELEMETRY__OTLP_ENDPOINT", endpoint.as_str());
    for settings in [&[otlp, ("PROVOST_TELEMETRY__SAMPLE_RATIO", "0")][..], &[]] {
        let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
        let served = fixture.serve_with(settings).await;
        let asker = Asker::registered(&fixture, &served, served.http).await;
        asker.send("PATCH", None, Some(nickname("canary"))).await;
        let ledger = ledger(&fixture.database, "default").await;
        let trace = ledger.last().unwrap().trace_id.as_deref().unwrap();
        assert!(trace.len() == 32 && trace.bytes().any(|digit| digit != b'0'), "{trace}");
        end(served).await;
    }
    assert_eq!(receiver.spans(), Vec::<Span>::new());
}

/// A gateway without a collector stands in nobody's way: the core's spans hang below the caller's.
#[tokio::test]
async fn a_gateway_that_sends_no_spans_hands_the_trace_on() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let (receiver, endpoint) = Receiver::start().await;
    let core = fixture.launch("core", &[("PROVOST_TELEMETRY__OTLP_ENDPOINT", &endpoint)]).await;
    let address = format!("http://{}", core.grpc);
    let gateway = fixture.launch("gateway", &[("PROVOST_CORE__ADDRESS", &address)]).await;
    let asker = Asker::registered(&fixture, &core, gateway.http).await;
    for (trace, flags) in [(READ_TRACE, "01"), (UNSAMPLED, "00")] {
        let context = format!("00-{trace}-{CALLER_SPAN}-{flags}");
        asker.send("GET", Some(context), None).await;
    }
    end(gateway).await;
    end(core).await;
    let spans = receiver.spans();
    let of = |trace| spans.iter().filter(move |span| hex(&span.trace_id) == trace);
    let call = of(READ_TRACE).find(|span| span.name.ends_with("/GetUser")).unwrap();
    assert_eq!(hex(&call.parent_span_id), CALLER_SPAN);
    assert_eq!(of(UNSAMPLED).count(), 0);
}

async fn patch_and_get(fixture: &Fixture, core: &Served, http: SocketAddr) {
    let asker = Asker::registered(fixture, core, http).await;
    for (method, trace, flags, body) in [
        ("PATCH", TRACE, "01", Some(nickname(MAIL))),
        ("GET", READ_TRACE, "01", None),
        ("PATCH", UNSAMPLED, "00", Some(nickname("canary"))),
        ("GET", UNSAMPLED, "00", None),
    ] {
        asker.send(method, Some(format!("00-{trace}-{CALLER_SPAN}-{flags}")), body).await;
    }
    let ledger = ledger(&fixture.database, "default").await;
    let traces: Vec<_> = ledger.iter().rev().filter_map(|line| line.trace_id.as_deref()).collect();
    assert_eq!(traces[..2], [UNSAMPLED, TRACE], "the ledger knows them all");
}

fn nickname(name: &str) -> Vec<u8> {
    let body = json!({"Operations": [{"op": "replace", "path": "nickName", "value": name}]});
    body.to_string().into_bytes()
}

/// Asks about a user who has signed in once.
struct Asker {
    http: SocketAddr,
    target: String,
    authorization: String,
}

impl Asker {
    async fn registered(fixture: &Fixture, core: &Served, http: SocketAddr) -> Self {
        let sign_in = ["user", "register-sign-in", MAIL];
        assert!(fixture.operate(core, &sign_in).await.status.success());
        let shown = fixture.operate(core, &["user", "show", MAIL, "--output", "json"]).await;
        let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
        let target = format!("/api/scim/v2/Users/{}", shown["id"].as_str().unwrap());
        Self { http, target, authorization: format!("Bearer {}", core.scim_token()) }
    }

    async fn send(&self, method: &str, traceparent: Option<String>, body: Option<Vec<u8>>) {
        let mut headers = vec![
            ("Authorization".to_owned(), self.authorization.clone()),
            ("Content-Type".to_owned(), "application/scim+json".to_owned()),
        ];
        headers.extend(traceparent.map(|context| ("traceparent".to_owned(), context)));
        let (method, target) = (method.to_owned(), self.target.clone());
        let request = Request { method, target, headers, body };
        wire::send(self.http, &request).await.unwrap().expect(200);
    }
}

/// Every span of a caller's trace hangs below the caller's span: HTTP, then gRPC, then store.
fn whole_traces(all: &[Span]) {
    for statement in ["SELECT sites users", "UPDATE users", "UPDATE users INSERT events"] {
        one_trace(all, TRACE, ("PATCH /Users/{id}", "ChangeUser", statement));
    }
    one_trace(all, READ_TRACE, ("GET /Users/{id}", "GetUser", "SELECT users"));
    let ids: BTreeSet<&[u8]> = all.iter().map(|span| span.span_id.as_slice()).collect();
    for span in all {
        assert_ne!(hex(&span.trace_id), UNSAMPLED, "{} is not sampled", span.name);
        // A trace begins with a request, or with the start of the process.
        let begins = span.kind() == SpanKind::Server || span.name == "start";
        let has_parent = ids.contains(span.parent_span_id.as_slice());
        assert!(begins || has_parent, "{} begins a trace", span.name);
        if span.kind() == SpanKind::Client {
            assert_eq!(attribute(span, "db.system.name"), "sqlite");
            assert_eq!(attribute(span, "db.query.summary"), span.name);
        }
        assert!(!format!("{span:?}").contains("canary"), "a person in {span:?}");
    }
}

fn one_trace(all: &[Span], trace: &str, (route, method, statement): (&str, &str, &str)) {
    let ours: BTreeMap<&[u8], &Span> = all
        .iter()
        .filter(|span| hex(&span.trace_id) == trace)
        .map(|span| (span.span_id.as_slice(), span))
        .collect();
    let names: Vec<&str> = all.iter().map(|span| span.name.as_str()).collect();
    let hops = |wanted: &dyn Fn(&Span) -> bool| {
        let found: Vec<&Span> = ours.values().copied().filter(|span| wanted(span)).collect();
        assert!(!found.is_empty(), "a hop is missing among {names:?}");
        found
    };
    let http = hops(&|span| span.name == route);
    assert_eq!(http.len(), 1);
    assert_eq!(http[0].kind(), SpanKind::Server);
    assert_eq!(hex(&http[0].parent_span_id), CALLER_SPAN);
    for (name, value) in [
        ("http.request.method", route.split(' ').next().unwrap()),
        ("http.route", "/Users/{id}"),
        ("http.response.status_code", "200"),
    ] {
        assert_eq!(attribute(http[0], name), value, "{name}");
    }
    let grpc = hops(&|span| span.name.contains(method) && span.kind() == SpanKind::Server);
    assert_eq!(grpc.len(), 1, "one RPC: {names:?}");
    for (name, value) in [
        ("rpc.system.name", "grpc"),
        ("rpc.response.status_code", "OK"),
        ("provost.site", "default"),
    ] {
        assert_eq!(attribute(grpc[0], name), value, "{name}");
    }
    let store = hops(&|span| span.name.starts_with(statement));
    assert!(below(&ours, grpc[0], http[0]), "gRPC below HTTP: {names:?}");
    for span in store {
        assert!(below(&ours, span, grpc[0]), "{} below gRPC: {names:?}", span.name);
    }
}

fn attribute(span: &Span, name: &str) -> String {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == name);
    match attribute.and_then(|attribute| attribute.value.as_ref()?.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("{name} is {other:?} in {}", span.name),
    }
}

fn below(spans: &BTreeMap<&[u8], &Span>, span: &Span, ancestor: &Span) -> bool {
    let mut parent = span.parent_span_id.as_slice();
    while let Some(next) = spans.get(parent) {
        if next.span_id == ancestor.span_id {
            return true;
        }
        parent = next.parent_span_id.as_slice();
    }
    false
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
