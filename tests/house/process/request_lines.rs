//! One line in the log for each request, in both shapes and both forms: what was asked, how it ended
//! and which rule stood in the way, with nobody's name.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::Engine;
use crate::support::child::{Fixture, Served};
use crate::support::wire::{self, Request};

const MAIL: &str = "canary.bird@example.com";
const WRONG_TOKEN: &str = "canary-wrong-token";
const TARGET: &str = "provost::requests";

/// A request, how it is answered, and what its line says besides.
struct Told {
    method: &'static str,
    path: &'static str,
    body: Option<String>,
    is_known: bool,
    status: u16,
    line: Value,
    /// What the line of its call says, where the core is a process of its own.
    call: Value,
}

fn requests() -> Vec<Told> {
    let patch = |body: Value| Some(json!({"Operations": [body]}).to_string());
    let told = |method, path, status, line, call| Told {
        method,
        path,
        body: None,
        is_known: true,
        status,
        line,
        call,
    };
    let change = |body, status, line, call| {
        let line = told("PATCH", "/Users/{id}", status, line, call);
        Told { body, ..line }
    };
    let site = "default";
    let caller = "connection:scim";
    vec![
        Told {
            is_known: false,
            ..told(
                "GET",
                "/Users",
                401,
                json!({"level": "WARN", "provost.reasons": "TOKEN_INVALID"}),
                json!({"level": "WARN", "rpc.method": "ListUsers",
                    "rpc.response.status_code": "UNAUTHENTICATED",
                    "provost.reasons": "TOKEN_INVALID"}),
            )
        },
        change(
            patch(json!({"op": "replace", "value": {"userType": "Moderator"}})),
            200,
            json!({"level": "WARN", "provost.site": site,
                "provost.reasons": "MODERATOR_PROMOTION_CLOSED"}),
            json!({"level": "WARN", "rpc.method": "ChangeUser", "rpc.response.status_code": "OK",
                "provost.site": site, "provost.caller": caller,
                "provost.reasons": "MODERATOR_PROMOTION_CLOSED"}),
        ),
        told(
            "DELETE",
            "/Users/{id}",
            501,
            json!({"level": "WARN", "provost.site": site, "provost.reasons": "DELETION_REFUSED"}),
            json!({"level": "WARN", "rpc.method": "DeleteUser",
                "rpc.response.status_code": "FAILED_PRECONDITION", "provost.site": site,
                "provost.caller": caller, "provost.reasons": "DELETION_REFUSED"}),
        ),
        change(
            Some(format!("{{\"userName\": \"{MAIL}\", ")),
            400,
            json!({"level": "INFO", "provost.site": site, "provost.reasons": "invalidSyntax"}),
            json!({"level": "INFO", "rpc.method": "CheckToken", "rpc.response.status_code": "OK",
                "provost.site": site, "provost.caller": caller}),
        ),
        change(
            patch(json!({"op": "replace", "path": "nickName", "value": MAIL})),
            200,
            json!({"level": "INFO", "provost.site": site}),
            json!({"level": "INFO", "rpc.method": "ChangeUser", "rpc.response.status_code": "OK",
                "provost.site": site, "provost.caller": caller}),
        ),
        told(
            "GET",
            "/Users/{id}",
            200,
            json!({"level": "INFO", "provost.site": site}),
            json!({"level": "INFO", "rpc.method": "GetUser", "rpc.response.status_code": "OK",
                "provost.site": site, "provost.caller": caller}),
        ),
    ]
}

/// Several operations, which have one line together.
fn bulk() -> Told {
    let operations = json!([
        {"method": "DELETE", "path": "/Users/nobody"},
        {"method": "PATCH", "path": "/Users/nobody", "data": {"Operations": MAIL}},
    ]);
    Told {
        method: "POST",
        path: "/Bulk",
        body: Some(json!({"Operations": operations}).to_string()),
        is_known: true,
        status: 200,
        line: json!({"level": "INFO", "provost.site": "default",
            "provost.reasons": "invalidSyntax,USER_NOT_FOUND",
            "provost.operations": 2, "provost.operations.failed": 2}),
        call: Value::Null,
    }
}

#[tokio::test]
async fn a_request_to_the_joined_house_leaves_one_line() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let mut served = fixture.serve_with(&[("PROVOST_LOG__FORMAT", "json")]).await;
    let asker = Asker::registered(&fixture, &served).await;
    let requests: Vec<_> = requests().into_iter().chain([bulk()]).collect();
    for (number, told) in requests.iter().enumerate() {
        asker.send(&served, number, told).await;
    }
    let log = asker.end(&mut served).await;
    for (number, told) in requests.iter().enumerate() {
        let mut line = told.line.clone();
        if told.is_known {
            line["provost.caller"] = "connection:scim".into();
        }
        check_http(&lines_of(&log, number), told, line);
    }
}

#[tokio::test]
async fn a_request_to_the_split_house_leaves_a_line_in_each_half() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let format = ("PROVOST_LOG__FORMAT", "json");
    let mut core = fixture.launch("core", &[format]).await;
    let address = format!("http://{}", core.grpc);
    let variables = [format, ("PROVOST_CORE__ADDRESS", address.as_str())];
    let mut gateway = fixture.launch("gateway", &variables).await;
    let asker = Asker::registered(&fixture, &core).await;
    for (number, told) in requests().iter().enumerate() {
        asker.send(&gateway, number, told).await;
    }
    let log = asker.end(&mut gateway).await;
    let calls = asker.end(&mut core).await;
    for (number, told) in requests().iter().enumerate() {
        check_http(&lines_of(&log, number), told, told.line.clone());
        let mut call = told.call.clone();
        let method = call["rpc.method"].as_str().unwrap();
        call["rpc.method"] = format!("provost.identity.v1.UserService/{method}").into();
        call["rpc.system.name"] = "grpc".into();
        check(&lines_of(&calls, number), call);
    }
}

/// The same words, where people read them.
#[tokio::test]
async fn a_line_can_be_read_by_people() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let mut served = fixture.serve().await;
    let asker = Asker::registered(&fixture, &served).await;
    let refused = requests().swap_remove(1);
    asker.send(&served, 1, &refused).await;
    let log = asker.end(&mut served).await;
    let lines: Vec<&str> = log.lines().filter(|line| line.contains(&trace(1))).collect();
    let [line] = lines[..] else { panic!("{lines:?}") };
    for words in [
        "WARN provost::requests: request http.request.method=\"PATCH\" http.route=\"/Users/{id}\" \
         http.response.status_code=200 provost.site=\"default\" \
         provost.caller=\"connection:scim\" provost.reasons=MODERATOR_PROMOTION_CLOSED \
         duration_ms=",
        " trace_id=",
    ] {
        assert!(line.contains(words), "{line}");
    }
}

/// What never comes to a handler has a line too, and a probe has none.
#[tokio::test]
async fn what_is_refused_early_leaves_a_line() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let mut served = fixture.serve_with(&[("PROVOST_LOG__FORMAT", "json")]).await;
    let sent = [
        ("canary.bird\r\n\r\n".to_owned(), 400),
        (format!("GET /{MAIL} HTTP/1.1\r\nHost: {MAIL}\r\nConnection: close\r\n\r\n"), 400),
        (format!("GET /{MAIL} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), 404),
    ];
    let mut traces = Vec::new();
    for (sent, status) in &sent {
        let mut stream = TcpStream::connect(served.http).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        let (_, trace) = answer.split_once(" Trace ID: ").unwrap();
        traces.push(trace.split_once('.').unwrap().0.to_owned());
    }
    let probed = tonic_health::pb::HealthCheckRequest::default();
    let channel = tonic::transport::Endpoint::from_shared(format!("http://{}", served.grpc));
    let channel = channel.unwrap().connect().await.unwrap();
    let mut health = tonic_health::pb::health_client::HealthClient::new(channel);
    health.check(probed).await.unwrap();
    let log = end(&mut served).await;
    let told: Vec<Value> = lines(&log)
        .iter()
        .map(|line| json!([line["level"], line["http.response.status_code"], line["trace_id"]]))
        .collect();
    let expected = sent.iter().zip(&traces);
    let expected: Vec<Value> =
        expected.map(|((_, status), trace)| json!(["INFO", status, trace])).collect();
    assert_eq!(told, expected);
    assert!(!log.contains("canary"), "{log}");
}

/// Somebody with a token, and a user who has signed in once.
struct Asker {
    user_id: String,
    token: String,
}

impl Asker {
    /// The operator's commands leave lines, too.
    async fn registered(fixture: &Fixture, core: &Served) -> Self {
        let sign_in = ["user", "register-sign-in", MAIL];
        assert!(fixture.operate(core, &sign_in).await.status.success());
        let shown = fixture.operate(core, &["user", "show", MAIL, "--output", "json"]).await;
        let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
        let user_id = shown["id"].as_str().unwrap().to_owned();
        let line = core.logged("UserService/RegisterSignIn").await;
        assert!(line.contains("\"operator\""), "{line}");
        Self { user_id, token: core.scim_token() }
    }

    /// Asks in a trace of its own.
    async fn send(&self, served: &Served, number: usize, told: &Told) {
        let token = if told.is_known { &self.token } else { WRONG_TOKEN };
        let path = told.path.replace("{id}", &self.user_id);
        let header = |name: &str, value: String| (name.to_owned(), value);
        let request = Request {
            method: told.method.to_owned(),
            target: format!("/api/scim/v2{path}"),
            headers: vec![
                header("Authorization", format!("Bearer {token}")),
                header("Content-Type", "application/scim+json".to_owned()),
                header("traceparent", format!("00-{}-00f067aa0ba902b7-00", trace(number))),
            ],
            body: told.body.clone().map(String::into_bytes),
        };
        let answer = wire::send(served.http, &request).await.unwrap();
        assert_eq!(answer.status, told.status);
        let named = answer.header("traceresponse").unwrap();
        assert!(named.starts_with(&format!("00-{}-", trace(number))), "{named}");
        if answer.status >= 400 {
            let said = answer.text();
            assert!(said.contains(&format!(" Trace ID: {}.\"", trace(number))), "{said}");
        }
    }

    /// The whole log, which names nobody.
    async fn end(&self, served: &mut Served) -> String {
        let log = end(served).await;
        for secret in [MAIL, "canary.bird", WRONG_TOKEN, &self.user_id, &self.token] {
            let leak = log.lines().find(|line| line.contains(secret));
            assert_eq!(leak, None, "{secret}");
        }
        log
    }
}

/// The whole log.
async fn end(served: &mut Served) -> String {
    served.terminate();
    assert_eq!(served.ended().await.code(), Some(0), "{}", served.stderr());
    served.stderr()
}

/// The trace of the request with this number.
fn trace(number: usize) -> String {
    format!("4bf92f3577b34da6a3ce929d0e0e47{number:02x}")
}

fn lines(log: &str) -> Vec<Value> {
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["target"] == TARGET).collect()
}

fn lines_of(log: &str, number: usize) -> Vec<Value> {
    let trace = trace(number);
    lines(log).into_iter().filter(|line| line["trace_id"] == trace.as_str()).collect()
}

#[track_caller]
fn check_http(lines: &[Value], told: &Told, mut line: Value) {
    line["http.request.method"] = told.method.into();
    line["http.route"] = told.path.into();
    line["http.response.status_code"] = told.status.into();
    check(lines, line);
}

/// Checks that there is one line, which says just this and when.
#[track_caller]
fn check(lines: &[Value], mut wanted: Value) {
    let [line] = lines else { panic!("not one line: {lines:?}") };
    for own in ["timestamp", "duration_ms", "trace_id", "span_id"] {
        assert!(!line[own].is_null(), "{own}: {line}");
        wanted[own] = line[own].clone();
    }
    assert!(line["duration_ms"].as_f64().unwrap() > 0.0, "{line}");
    wanted["target"] = TARGET.into();
    wanted["message"] = "request".into();
    assert_eq!(*line, wanted);
}
