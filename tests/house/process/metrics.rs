//! Metrics that are sent, as an OTLP receiver sees them, over gRPC and over HTTP, and how many sites have
//! their own.

use std::collections::BTreeSet;

use crate::support::child::Fixture;
use crate::support::wire::{self, Request};
use crate::support::{Engine, Receiver, until};

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

#[tokio::test]
async fn so_many_sites_are_told_apart_as_the_settings_say() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve_with(&[("PROVOST_ADMIN__TOLD_APART", "1")]).await;
    let created = fixture.operate(&served, &["site", "create", "acme"]).await;
    assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
    let request = Request {
        method: "GET".to_owned(),
        target: "/metrics".to_owned(),
        headers: Vec::new(),
        body: None,
    };
    // A page that is asked for while what is stored is counted may tell the old number beside the new.
    until("the second site is beyond, and the first has its own numbers", async || {
        let text = wire::send(served.admin, &request).await.unwrap().text();
        let is_counted =
            text.contains("provost_metrics_overflow{provost_metrics_dimension=\"site\"} 1");
        (is_counted && sites_with_users(&text) == BTreeSet::from(["_other", "default"]))
            .then_some(())
    })
    .await;
}

fn sites_with_users(page: &str) -> BTreeSet<&str> {
    let users = page.lines().filter(|line| line.starts_with("provost_users{"));
    let sites = users.map(|line| line.split("provost_site=\"").nth(1).unwrap());
    sites.map(|rest| rest.split('"').next().unwrap()).collect()
}
