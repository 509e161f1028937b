//! Collectors as operators have them: named by settings or by the variables that OpenTelemetry specifies,
//! over gRPC or HTTP, in clear or behind TLS.

use provost_test_kit::Authority;
use tokio::net::TcpListener;

use crate::support::child::Fixture;
use crate::support::receiver::TENANT;
use crate::support::wire::{Request, send};
use crate::support::{Engine, Receiver};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// Runs a role for one request, whose trace is recorded.
async fn run(fixture: &Fixture, role: &str, variables: &[(&str, &str)]) -> String {
    let mut served = fixture.launch(role, variables).await;
    if role == "core" {
        let sites = fixture.operate(&served, &["site", "list"]).await;
        assert!(sites.status.success());
    } else {
        let request = Request {
            method: "GET".to_owned(),
            target: "/api/scim/v2/Users".to_owned(),
            headers: vec![],
            body: None,
        };
        send(served.http, &request).await.unwrap();
    }
    served.terminate();
    assert_eq!(served.ended().await.code(), Some(0), "{}", served.stderr());
    served.stderr()
}

#[tokio::test]
async fn a_collector_is_spoken_to_in_every_way_that_is_documented() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let authority = Authority::new();
    let ca = fixture.path().join("authority.pem");
    std::fs::write(&ca, authority.pem()).unwrap();
    let ca = ca.to_str().unwrap();
    let certificate = authority.issue(&["localhost"]);
    let header = ("OTEL_EXPORTER_OTLP_HEADERS", &*format!("{TENANT}=acme"));
    for protocol in ["grpc", "http/protobuf"] {
        let (receiver, endpoint) = Receiver::start().await;
        let named = ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
        let log = run(&fixture, "serve", &[(ENDPOINT, &endpoint), named, header]).await;
        assert!(!receiver.spans().is_empty(), "{protocol}: {log}");
        assert_eq!(receiver.tenants()[0].as_deref(), Some("acme"), "{protocol}");

        let (receiver, endpoint) = Receiver::start_behind(&certificate).await;
        let settings = [
            ("PROVOST_TELEMETRY__OTLP_ENDPOINT", endpoint.as_str()),
            ("PROVOST_TELEMETRY__OTLP_PROTOCOL", protocol),
            ("PROVOST_TELEMETRY__OTLP_TLS_CA", ca),
        ];
        let log = run(&fixture, "serve", &settings).await;
        assert!(!receiver.spans().is_empty(), "{protocol}: {log}");
        let variables =
            [(ENDPOINT, endpoint.as_str()), named, ("OTEL_EXPORTER_OTLP_CERTIFICATE", ca)];
        let before = receiver.spans().len();
        let log = run(&fixture, "serve", &variables).await;
        assert!(receiver.spans().len() > before, "{protocol}: {log}");

        // Not by an authority that everybody knows.
        let (receiver, endpoint) = Receiver::start_behind(&certificate).await;
        let log = run(&fixture, "serve", &[(ENDPOINT, &endpoint), named]).await;
        assert!(receiver.spans().is_empty() && log.contains("UnknownIssuer"), "{log}");
    }
}

#[tokio::test]
async fn a_process_says_which_one_it_is() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let resource = async |role: &str, variables: &[(&str, &str)]| {
        let (receiver, endpoint) = Receiver::start().await;
        let mut all = vec![(ENDPOINT, endpoint.as_str())];
        all.extend(variables);
        run(&fixture, role, &all).await;
        let scopes = receiver.scopes();
        for scope in &scopes {
            assert_eq!(scope.schema_url, "https://opentelemetry.io/schemas/1.44.0");
            assert_eq!(scope.scope.as_ref().unwrap().name, "provost");
        }
        receiver.resources().swap_remove(0)
    };
    let mut ids = Vec::new();
    for (role, name) in
        [("serve", "provost"), ("core", "provost-core"), ("gateway", "provost-gateway")]
    {
        let mut found = resource(role, &[]).await;
        assert_eq!(found["service.name"], name);
        assert_eq!(found["service.version"], env!("CARGO_PKG_VERSION"));
        ids.extend(found.remove("service.instance.id"));
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3, "each time another: {ids:?}");

    let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=a,service.instance.id=b,stage=c");
    let found = resource("serve", &[attributes]).await;
    let [name, id, stage] = ["service.name", "service.instance.id", "stage"].map(|of| &*found[of]);
    assert_eq!([name, id, stage], ["a", "b", "c"]);
    let found = resource("serve", &[attributes, ("OTEL_SERVICE_NAME", "d")]).await;
    assert_eq!(found["service.name"], "d");
}

#[tokio::test]
async fn a_collector_that_cant_be_set_up_stops_the_start() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let named = (ENDPOINT, "https://localhost:4317");
    for (variables, sentence) in [
        (vec![(ENDPOINT, "localhost:4317")], "write it as in http://127.0.0.1:4317"),
        (
            vec![named, ("OTEL_EXPORTER_OTLP_CERTIFICATE", "none.pem")],
            "none.pem, which OTEL_EXPORTER_OTLP_CERTIFICATE names, can't be read",
        ),
        (
            vec![named, ("PROVOST_TELEMETRY__OTLP_TLS_CA", "none.pem")],
            "none.pem, which telemetry.otlp_tls_ca names, can't be read",
        ),
    ] {
        let output = fixture.provost().envs(variables).output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{said}");
        assert!(said.contains(sentence), "{said}");
        assert!(!fixture.path().join("data").exists(), "nothing was made");
    }
}

#[tokio::test]
async fn nothing_is_sent_where_nobody_wants_it() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let (receiver, endpoint) = Receiver::start().await;
    let named = (ENDPOINT, endpoint.as_str());
    for other in [
        ("OTEL_SDK_DISABLED", "true"),
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_TRACES_SAMPLER", "always_off"),
        ("PROVOST_TELEMETRY__OTLP_ENDPOINT", ""),
    ] {
        run(&fixture, "serve", &[named, other]).await;
        assert_eq!(receiver.spans(), [], "{other:?}");
    }
    let log = run(&fixture, "serve", &[named, ("OTEL_TRACES_SAMPLER", "lottery")]).await;
    assert!(log.contains("OTEL_TRACES_SAMPLER names no sampler that is known here"), "{log}");
    assert!(!receiver.spans().is_empty());
}

/// It takes connections, and that is all.
#[tokio::test]
async fn a_collector_that_says_nothing_is_waited_for_as_long_as_is_said() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    for (protocol, given_up) in
        [("grpc", "Timeout expired"), ("http/protobuf", "deadline has elapsed")]
    {
        let variables = [
            (ENDPOINT, endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "100"),
            ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ];
        // What a start does is a trace.
        let served = fixture.serve_with(&variables).await;
        served.logged(given_up).await;
    }
}
