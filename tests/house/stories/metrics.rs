//! What is counted: every name of the table, no other one, and nothing about a person.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::Duration;
use provost_proto::v1::watch_events_response::Content;
use provost_proto::v1::{
    AcknowledgeEventsRequest, CreateServiceRequest, CreateServiceTokenRequest, CreateTokenRequest,
    WatchEventsRequest, WriteOptions, create_service_token_request, create_token_request,
};
use provost_telemetry::metrics::TABLE;
use serde_json::json;

use crate::support::{House, Site, in_every_house, until};

in_every_house!(
    every_metric_is_told_and_nobody_is_named,
    what_happens_is_counted,
    who_is_not_out_everywhere_is_counted,
    what_is_tried_or_comes_again_is_not_applied,
);

/// `src/serve/tls_tests.rs` looks for it.
const ONLY_OVER_TLS: &str = "provost_tls_certificate_time_left_seconds";

const HOUR: Duration = Duration { seconds: 3_600, nanos: 0 };

async fn every_metric_is_told_and_nobody_is_named(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("canary.bird@example.com").await;
    site.get(&format!("/Users/{}", user.id)).await.expect(200);
    let filter = "/Users?filter=userName%20eq%20%22canary.bird%40example.com%22";
    site.get(filter).await.expect(200);
    site.get("/Users/canary").await.expect(404);
    site.push("GET", "/Users").header("Authorization", "Bearer canary-token").send().await;
    let tokens = [short_lived(house).await, short_lived_of_service(house).await];
    let request = WatchEventsRequest { sites: vec![site.name.clone()], ..Default::default() };
    let watch = house.operator.ledgers().watch_events(request).await.unwrap();
    let mut watch = watch.into_inner();
    acknowledge(house, watch.message().await.unwrap().unwrap().cursor).await;

    let told: BTreeSet<_> = TABLE.iter().map(|metric| metric.prometheus_name()).collect();
    let told: BTreeSet<_> = told.into_iter().filter(|name| name != ONLY_OVER_TLS).collect();
    let text = until("every metric is told", async || {
        let text = house.metrics().await;
        let found = names(&text);
        // Shown when it never comes.
        eprintln!("{:?}", found.symmetric_difference(&told).collect::<Vec<_>>());
        (found == told).then_some(text)
    })
    .await;
    let secrets = [&user.id, &site.token, &house.operator_token, &tokens[0], &tokens[1]];
    for secret in secrets.into_iter().map(String::as_str).chain(["canary", "example.com"]) {
        assert!(!text.contains(secret), "{secret} is in:\n{text}");
    }
}

async fn what_happens_is_counted(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada").await;
    site.get(&format!("/Users/{}", user.id)).await.expect(200);
    let off = json!([{"op": "replace", "value": {"active": false, "userType": "Admin"}}]);
    site.patch(&user.id, &off).await.expect(200);
    site.push("DELETE", &format!("/Users/{}", user.id)).send().await.expect(501);
    site.push("GET", "/Users").header("Authorization", "Bearer wrong").send().await;

    let expected = [
        r#"http_server_request_duration_seconds_count{http_request_method="GET",http_response_status_code="200",http_route="/Users/{id}",url_scheme="http"} 1"#,
        r#"http_server_active_requests{http_request_method="GET",url_scheme="http"} 0"#,
        r#"rpc_server_call_duration_seconds_count{rpc_method="provost.identity.v1.UserService/GetUser",rpc_response_status_code="OK",rpc_system_name="grpc"} 1"#,
        r#"provost_decisions_total{provost_caller_kind="connection",provost_outcome="applied"} 1"#,
        r#"provost_decisions_total{provost_caller_kind="core",provost_outcome="failed"} 0"#,
        r#"provost_notices_total{provost_caller_kind="connection",provost_reason="ADMIN_PROMOTION_CLOSED"} 1"#,
        r#"provost_refusals_total{provost_caller_kind="connection",provost_reason="DELETION_REFUSED"} 1"#,
        r#"provost_refusals_total{provost_caller_kind="service",provost_reason="LAST_ADMIN"} 0"#,
        r#"provost_authentication_failures_total{provost_reason="TOKEN_INVALID"} 1"#,
        r#"provost_user_transitions_total{provost_site="acme",provost_transition="created"} 1"#,
        r#"provost_user_transitions_total{provost_site="acme",provost_transition="deactivated"} 1"#,
        r#"provost_user_transitions_total{provost_site="acme",provost_transition="promoted"} 0"#,
        r#"provost_caller_transitions_total{provost_caller_kind="connection",provost_transition="deactivated"} 1"#,
        r#"provost_caller_transitions_total{provost_caller_kind="operator",provost_transition="created"} 1"#,
        r#"provost_users{provost_role="Registered",provost_site="acme",provost_status="deactivated"} 1"#,
        r#"provost_users{provost_role="Admin",provost_site="acme",provost_status="active"} 0"#,
        r#"provost_metrics_overflow{provost_metrics_dimension="site"} 0"#,
    ];
    until("what happened is counted", async || {
        let text = house.metrics().await;
        let missing: Vec<_> =
            expected.iter().filter(|line| !text.lines().any(|told| told == **line)).collect();
        // Shown when it never comes.
        eprintln!("{missing:#?}");
        missing.is_empty().then_some(())
    })
    .await;
    let text = house.metrics().await;
    for kind in ["good", "failed"] {
        let age = format!(
            "provost_connection_last_{kind}_request_age_seconds{{provost_connection=\"scim\",provost_site=\"acme\"}} "
        );
        let told = text.lines().find_map(|line| line.strip_prefix(&*age)).unwrap();
        assert!(told.parse::<f64>().unwrap() >= 0.0, "{told}");
    }
}

/// Somebody is deactivated, and whoever follows says nothing for a while.
async fn who_is_not_out_everywhere_is_counted(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada").await;
    let request = WatchEventsRequest { sites: vec![site.name.clone()], ..Default::default() };
    let watch = house.operator.ledgers().watch_events(request).await.unwrap();
    let mut watch = watch.into_inner();
    acknowledge(house, watch.message().await.unwrap().unwrap().cursor).await;
    let off = json!([{"op": "replace", "value": {"active": false}}]);
    site.patch(&user.id, &off).await.expect(200);
    let of_consumer = "{provost_caller=\"operator\",provost_consumer=\"mail\"} ";
    let told = async |name: &str, of: &str| {
        let text = house.metrics().await;
        let told = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(of));
        told.map(|number| number.parse::<f64>().unwrap())
    };
    let all = async |awaited: &str, is_it: fn(f64) -> bool| {
        until(awaited, async || {
            let cutoff = told("provost_cutoff_age_seconds", "{provost_site=\"acme\"} ").await?;
            let lag = told("provost_consumer_lag_seconds", of_consumer).await?;
            let pending = told("provost_consumer_pending", of_consumer).await?;
            [cutoff, lag, pending].into_iter().all(is_it).then_some(())
        })
        .await;
    };
    all("somebody waits", |number| number > 0.0).await;
    let cursor = loop {
        let response = watch.message().await.unwrap().unwrap();
        if matches!(response.content, Some(Content::Events(_))) {
            break response.cursor;
        }
    };
    acknowledge(house, cursor).await;
    all("nobody waits", |number| number < f64::EPSILON).await;
}

async fn what_is_tried_or_comes_again_is_not_applied(house: &House) {
    let before = decisions(house).await;
    let create = async |options: WriteOptions| {
        let request = CreateServiceRequest { name: "billing".to_owned(), options: Some(options) };
        house.operator.services().create_service(request).await.unwrap();
    };
    create(WriteOptions { validate_only: true, ..WriteOptions::default() }).await;
    for _ in 0..3 {
        let request_id = "5d0e8e07-8b3c-4a0e-9b61-6b4f3c0f3b52".to_owned();
        create(WriteOptions { request_id, ..WriteOptions::default() }).await;
    }
    let after = decisions(house).await;
    let more = ["applied", "unchanged"].map(|outcome| after[outcome] - before[outcome]);
    assert_eq!(more, [1, 3]);
}

/// The operator's decisions by outcome.
async fn decisions(house: &House) -> BTreeMap<String, u64> {
    let text = house.metrics().await;
    let own = "provost_decisions_total{provost_caller_kind=\"operator\",provost_outcome=\"";
    let told = text.lines().filter_map(|line| line.strip_prefix(own)?.split_once("\"} "));
    told.map(|(outcome, number)| (outcome.to_owned(), number.parse().unwrap())).collect()
}

async fn acknowledge(house: &House, cursor: String) {
    let consumer = "mail".to_owned();
    let request = AcknowledgeEventsRequest { consumer, cursor, rewind: false };
    house.operator.ledgers().acknowledge_events(request).await.unwrap();
}

async fn short_lived(house: &House) -> String {
    let request = CreateTokenRequest {
        site: "acme".to_owned(),
        name: "short".to_owned(),
        expiration: Some(create_token_request::Expiration::Ttl(HOUR)),
        ..Default::default()
    };
    house.operator.sites().create_token(request).await.unwrap().into_inner().value
}

async fn short_lived_of_service(house: &House) -> String {
    let (mut services, service) = (house.operator.services(), "billing".to_owned());
    let request = CreateServiceRequest { name: service.clone(), options: None };
    services.create_service(request).await.unwrap();
    let request = CreateServiceTokenRequest {
        service,
        name: "short".to_owned(),
        expiration: Some(create_service_token_request::Expiration::Ttl(HOUR)),
        ..Default::default()
    };
    services.create_service_token(request).await.unwrap().into_inner().value
}

/// As Prometheus reads them, once each.
fn names(text: &str) -> BTreeSet<String> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}
