//! A collector that nobody here wrote (oteltest, `tests/foreign/receive_telemetry.py`): what it is sent is
//! one trace, the lines that belong to it, and metrics, from one process and from two.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};

use super::foreign::python;
use crate::support::Engine;
use crate::support::child::{Fixture, Served};
use crate::support::wire::{Request, send};

const TRACE: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
const CALLER: u64 = 0x00f0_67aa_0ba9_02b7;
const MAIL: &str = "canary.bird@example.com";

/// What was sent, each with the name and the id of the process that sent it.
type BySignal = BTreeMap<&'static str, Vec<((String, String), Value)>>;

struct Collector {
    process: Child,
    output: BufReader<ChildStdout>,
    endpoint: String,
}

impl Collector {
    async fn start(python: &Path) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/foreign/receive_telemetry.py");
        let mut command = Command::new(python);
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut port = String::new();
        output.read_line(&mut port).await.unwrap();
        Self { process, output, endpoint: format!("http://127.0.0.1:{}", port.trim()) }
    }

    /// What it was sent, by signal.
    async fn end(mut self) -> BySignal {
        drop(self.process.stdin.take());
        let mut said = String::new();
        self.output.read_to_string(&mut said).await.unwrap();
        let mut found = BTreeMap::<_, Vec<_>>::new();
        for message in said.lines() {
            let message: Value = serde_json::from_str(message).unwrap();
            for (signal, resources, scopes, items) in [
                ("traces", "resourceSpans", "scopeSpans", "spans"),
                ("logs", "resourceLogs", "scopeLogs", "logRecords"),
                ("metrics", "resourceMetrics", "scopeMetrics", "metrics"),
            ] {
                for resource in list(&message[signal][resources]) {
                    let named = |name| attribute(&resource["resource"], name).unwrap();
                    let sender = (named("service.name"), named("service.instance.id"));
                    let items = list(&resource[scopes]).flat_map(|scope| list(&scope[items]));
                    let items = items.map(|item| (sender.clone(), item.clone()));
                    found.entry(signal).or_default().extend(items);
                }
            }
        }
        found
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn attribute(holder: &Value, name: &str) -> Option<String> {
    let found = list(&holder["attributes"]).find(|attribute| attribute["key"] == name)?;
    found["value"]["stringValue"].as_str().map(str::to_owned)
}

/// Changes a user, in the trace.
async fn ask(fixture: &Fixture, core: &Served, gateway: &Served) {
    let sign_in = ["user", "register-sign-in", MAIL];
    assert!(fixture.operate(core, &sign_in).await.status.success());
    let shown = fixture.operate(core, &["user", "show", MAIL, "--output", "json"]).await;
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let change = json!({"Operations": [{"op": "replace", "path": "nickName", "value": MAIL}]});
    let header = |name: &str, value: String| (name.to_owned(), value);
    let request = Request {
        method: "PATCH".to_owned(),
        target: format!("/api/scim/v2/Users/{}", shown["id"].as_str().unwrap()),
        headers: vec![
            header("Authorization", format!("Bearer {}", core.scim_token())),
            header("Content-Type", "application/scim+json".to_owned()),
            header("traceparent", format!("00-{TRACE:032x}-{CALLER:016x}-01")),
        ],
        body: Some(change.to_string().into_bytes()),
    };
    send(gateway.http, &request).await.unwrap().expect(200);
}

async fn end(mut served: Served) {
    served.terminate();
    assert_eq!(served.ended().await.code(), Some(0), "{}", served.stderr());
}

#[tokio::test]
async fn one_process_sends_one_trace_its_lines_and_metrics() {
    let Some(python) = python() else { return };
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let collector = Collector::start(&python).await;
    let variables =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.endpoint), ("PROVOST_LOG__OTLP", "true")];
    let served = fixture.serve_with(&variables).await;
    ask(&fixture, &served, &served).await;
    end(served).await;
    joined(&collector.end().await, &["provost"]);
}

#[tokio::test]
async fn two_processes_send_one_trace_their_lines_and_metrics() {
    let Some(python) = python() else { return };
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let collector = Collector::start(&python).await;
    let variables =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.endpoint), ("OTEL_LOGS_EXPORTER", "otlp")];
    let core = fixture.launch("core", &variables).await;
    let address = format!("http://{}", core.grpc);
    let [endpoint, logs] = variables;
    let gateway = [endpoint, logs, ("PROVOST_CORE__ADDRESS", &*address)];
    let gateway = fixture.launch("gateway", &gateway).await;
    ask(&fixture, &core, &gateway).await;
    end(gateway).await;
    end(core).await;
    joined(&collector.end().await, &["provost-core", "provost-gateway"]);
}

/// All spans of the trace hang together below the caller's, and each process that had a part in it has
/// sent a line, and metrics, all of them under one id. Nothing names the person.
fn joined(sent: &BySignal, services: &[&str]) {
    let services: BTreeSet<&str> = services.iter().copied().collect();
    let (trace, caller) =
        (STANDARD.encode(TRACE.to_be_bytes()), STANDARD.encode(CALLER.to_be_bytes()));
    let of_trace = |signal: &str| -> Vec<&((String, String), Value)> {
        sent[signal].iter().filter(|(_, item)| item["traceId"] == *trace).collect()
    };
    let spans = of_trace("traces");
    let ids: BTreeSet<&str> =
        spans.iter().map(|(_, span)| span["spanId"].as_str().unwrap()).collect();
    let names: Vec<&str> = spans.iter().map(|(_, span)| span["name"].as_str().unwrap()).collect();
    for part in ["PATCH /Users/{id}", "UserService/ChangeUser", "decide", "UPDATE users"] {
        assert!(names.iter().any(|name| name.contains(part)), "{part} in {names:?}");
    }
    for (_, span) in &spans {
        let parent = span["parentSpanId"].as_str().unwrap();
        assert!(parent == caller || ids.contains(parent), "{span} hangs nowhere");
    }
    let of_services: BTreeSet<&str> =
        spans.iter().map(|((service, _), _)| service.as_str()).collect();
    assert_eq!(of_services, services);
    let lines = of_trace("logs");
    let requests = lines.iter().filter(|(_, line)| line["body"]["stringValue"] == "request");
    let of_services: BTreeSet<&str> = requests.map(|((service, _), _)| service.as_str()).collect();
    assert_eq!(of_services, services, "{lines:?}");
    let counted = sent["metrics"].iter().filter(|(_, metric)| {
        let name = metric["name"].as_str().unwrap();
        name == "http.server.request.duration" || name == "rpc.server.call.duration"
    });
    let of_services: BTreeSet<&str> = counted.map(|((service, _), _)| service.as_str()).collect();
    assert_eq!(of_services, services);
    let senders: BTreeSet<_> = sent.values().flatten().map(|(sender, _)| sender).collect();
    assert_eq!(senders.len(), services.len(), "{senders:?}");
    for (_, item) in sent.values().flatten() {
        assert!(!item.to_string().contains("canary"), "{item}");
    }
}
