//! Bodies and queries that can't be read never reach the core, which only judges the token then.

use crate::exchange::{House, ONE, ask, settings};
use axum::body::{Body, Bytes};
use provost_gateway::GatewaySettings;
use provost_proto::limits::MAX_REQUEST_BYTES;
use provost_test_kit::fake_core::{Reply, decided, user};

const NOTHING: &str = r#"{"Operations": []}"#;

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_a_keyword() {
    for (method, path, body, keyword) in [
        ("PATCH", ONE, "", "invalidSyntax"),
        ("PATCH", ONE, "{", "invalidSyntax"),
        ("PATCH", ONE, "[]", "invalidSyntax"),
        ("PATCH", ONE, "{}", "invalidSyntax"),
        ("PUT", ONE, "active=false", "invalidSyntax"),
        ("POST", "/Users", "{}", "invalidValue"),
        ("PUT", ONE, r#"{"active": "perhaps"}"#, "invalidValue"),
        ("PATCH", ONE, r#"{"Operations": [{"op": "remove"}]}"#, "noTarget"),
        (
            "PATCH",
            ONE,
            r#"{"Operations": [{"op": "add", "path": "]", "value": 1}]}"#,
            "invalidPath",
        ),
        ("PATCH", ONE, r#"{"Operations": [{"op": "remove", "path": "userName"}]}"#, "mutability"),
    ] {
        let house = House::admitting();
        let answer = house.send(ask(method, path).body(body)).await.expect(400);
        assert_eq!(answer.json()["scimType"], keyword, "{body}");
        house.asked_for_the_token_only();
    }
}

#[tokio::test]
async fn a_query_that_cannot_be_read_is_refused_with_a_keyword() {
    for (query, keyword) in [
        ("filter=userName", "invalidFilter"),
        ("filter=shoeSize+eq+%229%22", "invalidFilter"),
        ("filter=meta.created+gt+%22yesterday%22", "invalidFilter"),
        ("filter=%FF", "invalidValue"),
        ("startIndex=first", "invalidValue"),
        ("attributes=userName&excludedAttributes=active", "invalidValue"),
    ] {
        let house = House::admitting();
        let answer = house.send(ask("GET", &format!("/Users?{query}"))).await.expect(400);
        assert_eq!(answer.json()["scimType"], keyword, "{query}");
        house.asked_for_the_token_only();
    }
}

#[tokio::test]
async fn json_is_read_under_all_its_names() {
    for media_type in [
        None,
        Some("application/scim+json; charset=utf-8"),
        Some("application/json"),
        Some("Application/JSON;charset=UTF-8"),
        Some("text/json"),
    ] {
        let house = House::answering([decided(user(), vec![])]);
        let mut asking = ask("PATCH", ONE).body(NOTHING);
        if let Some(media_type) = media_type {
            asking = asking.header("Content-Type", media_type);
        }
        house.send(asking).await.expect(200);
    }
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/xml"] {
        let house = House::admitting();
        let asking = ask("PATCH", ONE).header("Content-Type", media_type).body(NOTHING);
        house.send(asking).await.expect(415);
        house.asked_for_the_token_only();
    }
}

#[tokio::test]
async fn a_body_may_be_as_large_as_the_limit_and_no_larger() {
    let padded = |length: usize| format!("{NOTHING:length$}");
    let house = House::answering([decided(user(), vec![])]);
    house.send(ask("PATCH", ONE).body(padded(4096))).await.expect(200);
    let house = House::admitting();
    let answer = house.send(ask("PATCH", ONE).body(padded(4097))).await.expect(413);
    assert!(answer.detail().contains("4096"), "{}", answer.detail());
    house.asked_for_the_token_only();
}

/// A body without a length is not read to its end either.
#[tokio::test]
async fn an_endless_body_is_left_at_the_limit() {
    let chunk = || Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 512]));
    let endless = futures::stream::repeat_with(chunk);
    let house = House::admitting();
    house.send(ask("PUT", ONE).body(Body::from_stream(endless))).await.expect(413);
    house.asked_for_the_token_only();
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_bad_request() {
    let broken = futures::stream::iter([
        Ok(Bytes::from_static(b"{")),
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)),
    ]);
    let house = House::admitting();
    house.send(ask("PUT", ONE).body(Body::from_stream(broken))).await.expect(400);
    house.asked_for_the_token_only();
}

/// Whatever the operator allows, no request is sent that the core would not read.
#[tokio::test]
async fn a_body_that_says_more_than_the_core_reads_is_refused() {
    let settings = GatewaySettings { body_limit: 32 << 20, ..settings() };
    let house = House::with(settings, [Reply::Admitted]);
    let title = "x".repeat(MAX_REQUEST_BYTES);
    let body =
        serde_json::json!({"Operations": [{"op": "replace", "path": "title", "value": title}]});
    let answer = house.send(ask("PATCH", ONE).body(body.to_string())).await.expect(413);
    assert!(answer.detail().contains("4194304 bytes"), "{}", answer.detail());
    house.asked_for_the_token_only();
}

/// RFC 9110 section 15.5.16.
#[tokio::test]
async fn a_compressed_body_is_told_that_it_is_one() {
    for encoding in ["gzip", "deflate", "identity, br", "X-Custom"] {
        let house = House::admitting();
        let asking = ask("PATCH", ONE).header("Content-Encoding", encoding).body(NOTHING);
        let answer = house.send(asking).await.expect(415);
        assert_eq!(answer.header("Accept-Encoding"), Some("identity"));
        assert!(answer.detail().contains("uncompressed"), "{}", answer.detail());
        house.asked_for_the_token_only();
    }
    let house = House::answering([decided(user(), vec![])]);
    let asking = ask("PATCH", ONE).header("Content-Encoding", "identity").body(NOTHING);
    house.send(asking).await.expect(200);
}

#[tokio::test]
async fn a_byte_order_mark_is_skipped() {
    for (method, path, body, status) in [
        ("PATCH", ONE, NOTHING, 200),
        ("PUT", ONE, r#"{"userName": "jo"}"#, 200),
        ("POST", "/Users", r#"{"userName": "jo"}"#, 201),
    ] {
        let house = House::answering([decided(user(), vec![])]);
        house.send(ask(method, path).body(format!("\u{feff}{body}"))).await.expect(status);
    }
}
