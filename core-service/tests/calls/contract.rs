//! What holds of every RPC of the contract, asked of the contract itself: an RPC that is added is
//! tested without being named here.

use super::fixture::*;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use provost_proto::v1;
use std::collections::BTreeSet;
use tonic::{Code, Status};
use tower::ServiceExt as _;

on_both_databases!(foreign_and_unknown_sites_are_told_alike);

/// The RPCs, as service and method, each with whether its request names a site.
fn rpcs() -> Vec<(String, String, bool)> {
    let descriptors = FileDescriptorSet::decode(provost_proto::DESCRIPTORS).unwrap();
    let own = descriptors.file.iter().filter(|file| file.package() == "provost.identity.v1");
    let messages: Vec<_> = own.clone().flat_map(|file| &file.message_type).collect();
    let names_site = |request: &str| {
        let message = messages.iter().find(|message| request.ends_with(message.name()));
        let site = message.unwrap().field.iter().find(|field| field.number() == 1);
        site.is_some_and(|field| field.name() == "site")
    };
    let mut rpcs = Vec::new();
    for service in own.flat_map(|file| &file.service) {
        for method in &service.method {
            let service = format!("provost.identity.v1.{}", service.name());
            rpcs.push((service, method.name().to_owned(), names_site(method.input_type())));
        }
    }
    rpcs
}

/// The head of the answer to a request of which nothing but the site is set.
async fn asked(fixture: &Fixture, path: &str, token: &str, site: &str) -> http::HeaderMap {
    // Every request that names a site does so in its first field.
    let message = v1::CheckTokenRequest { site: site.to_owned(), ..Default::default() };
    let message = message.encode_to_vec();
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let framed = [&[0][..], &length, &message].concat();
    let body = http_body_util::Full::new(tonic::codegen::Bytes::from(framed));
    let request = http::Request::builder()
        .method("POST")
        .uri(format!("http://core/{path}"))
        .header("content-type", "application/grpc")
        .header("authorization", format!("Bearer {token}"))
        .body(tonic::body::Body::new(body))
        .unwrap();
    fixture.core.services().oneshot(request).await.unwrap().headers().clone()
}

/// Nothing in an answer tells a connection whether a site of another name exists: neither code,
/// reason, sentence nor details. That the work is the same follows from where it is decided: no
/// site is looked up for a connection, its own is compared.
async fn foreign_and_unknown_sites_are_told_alike(fixture: Fixture) {
    fixture.site("other").await;
    let token = fixture.token(SITE).await;
    let mut told = BTreeSet::new();
    for (service, method, _) in rpcs().into_iter().filter(|(_, _, names_site)| *names_site) {
        let path = format!("{service}/{method}");
        let foreign = asked(&fixture, &path, &token, "other").await;
        for unknown in ["nowhere", "", "No Name Of A Site", "-"] {
            assert_eq!(asked(&fixture, &path, &token, unknown).await, foreign, "{path} {unknown}");
        }
        let status = Status::from_header_map(&foreign).unwrap();
        assert_ne!(status.code(), Code::Ok, "{path}");
        told.insert(reason(&status).1);
    }
    assert_eq!(told, ["CALLER_NOT_PERMITTED", "TOKEN_INVALID"].map(str::to_owned).into());
}

/// `docs/grpc-service-config.json`, which clients load as it is.
#[test]
fn the_service_config_names_every_rpc_and_repeats_only_what_may_be() {
    let text = include_str!("../../../docs/grpc-service-config.json");
    let config: serde_json::Value = serde_json::from_str(text).unwrap();
    let configs = config["methodConfig"].as_array().unwrap();
    let named = |service: &str, method: &str| {
        let has = |name: &&serde_json::Value| {
            name["service"] == service
                && name.get("method").map_or(method.is_empty(), |m| m == method)
        };
        configs
            .iter()
            .find(|config| config["name"].as_array().unwrap().iter().any(|name| has(&name)))
    };
    let rpcs = rpcs();
    for (service, method, _) in &rpcs {
        let config = named(service, method).or_else(|| named(service, "")).unwrap();
        // A watch lasts.
        let expected = if method.starts_with("Watch") { None } else { Some("5s") };
        assert_eq!(config["timeout"].as_str(), expected, "{method}");
        // Done twice, these answer that something exists already, or is gone.
        let is_told_apart = method.starts_with("Create")
            || method.starts_with("Delete")
            || method == "RemoveServiceCertificate";
        assert_eq!(config.get("retryPolicy").is_none(), is_told_apart, "{method}");
    }
    for name in configs.iter().flat_map(|config| config["name"].as_array().unwrap()) {
        let exists = |(service, method, _): &(String, String, bool)| {
            name["service"] == service.as_str()
                && name.get("method").is_none_or(|name| name == method.as_str())
        };
        assert!(rpcs.iter().any(exists), "{name} is no RPC");
    }
}
