//! Metrics that are sent, as an OTLP receiver sees them, over gRPC and over HTTP.

use crate::support::child::Fixture;
use crate::support::wire::{self, Request};
use crate::support::{Engine, Receiver};

#[tokio::test]
async fn metrics_are_sent_where_traces_are() {
    for protocol in ["grpc", "http/protobuf"] {
        let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
        let (receiver, endpoint) = Receiver::start().await;
        let settings = [
            ("PROVOST_TELEMETRY__OTLP_ENDPOINT", endpoint.as_str()),
            ("PROVOST_TELEMETRY__OTLP_PROTOCOL", protocol),
        ];
        let mut served = fixture.serve_with(&settings).await;
        let request = Request {
            method: "GET".to_owned(),
            target: "/api/scim/v2/Users".to_owned(),
            headers: vec![("Authorization".to_owned(), format!("Bearer {}", served.scim_token()))],
            body: None,
        };
        wire::send(served.http, &request).await.unwrap().expect(200);
        // What is left is sent at the end.
        served.terminate();
        assert_eq!(served.ended().await.code(), Some(0), "{}", served.stderr());
        let sent = receiver.metrics();
        for name in
            ["http.server.request.duration", "rpc.server.call.duration", "provost.decisions"]
        {
            assert!(sent.contains(name), "{protocol}: {name} is not in {sent:?}");
        }
    }
}
