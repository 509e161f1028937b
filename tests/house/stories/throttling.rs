//! Tokens that are not good: their address is told to wait, and a good token never is.

use std::time::Duration;

use provost_proto::v1::CheckTokenRequest;
use tonic::{Code, Request};
use tonic_types::StatusExt as _;

use crate::support::{House, Shape, Site, in_every_house, reason};

in_every_house!(
    an_address_with_many_wrong_tokens_is_told_to_wait,
    a_gateway_is_not_told_to_wait_for_its_callers,
    who_claims_to_be_a_gateway_is_told_to_wait_too,
);

/// More than an address may show at once.
const MANY: usize = 80;

async fn an_address_with_many_wrong_tokens_is_told_to_wait(house: &House) {
    let site = Site::new(house, "acme").await;
    let wrong = || site.push("GET", "/Users").header("Authorization", "Bearer wrong");
    wrong().send().await.refusal(401);
    // Who shows no token has shown no wrong one.
    for _ in 0..MANY {
        site.push("GET", "/Users").without("Authorization").send().await.refusal(401);
    }
    let mut throttled = wrong().send().await;
    for _ in 0..MANY {
        throttled = wrong().send().await;
    }
    let detail = throttled.refusal(429);
    let wait: u64 = throttled.header("Retry-After").unwrap().parse().unwrap();
    assert!(wait > 0 && detail.contains("this address"), "{wait} {detail}");
    site.get("/Users").await.expect(200);

    let callers = house.operator.with_token("wrong");
    let ask = async || callers.users().check_token(CheckTokenRequest::default()).await;
    let mut status = ask().await.unwrap_err();
    for _ in 0..MANY {
        status = ask().await.unwrap_err();
    }
    let expected = (Code::ResourceExhausted, "TOO_MANY_FAILED_TOKENS".to_owned());
    assert_eq!(reason(&status), expected);
    let wait = status.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert!(wait >= Duration::from_secs(1) && wait.subsec_nanos() == 0, "{wait:?}");
    house.operator.users().check_token(CheckTokenRequest::default()).await.unwrap();
}

/// Everybody behind it would wait for one of them.
async fn a_gateway_is_not_told_to_wait_for_its_callers(house: &House) {
    let site = Site::new(house, "acme").await;
    refused_as_often_as_may_be(house, None).await;
    let wrong = site.push("GET", "/Users").header("Authorization", "Bearer wrong").send().await;
    match house.shape() {
        // In one process both listeners share what they know of an address.
        Shape::AllInOne => wrong.refusal(429),
        Shape::Split => wrong.refusal(401),
    };
    site.get("/Users").await.expect(200);
}

/// What a caller says of itself is not believed: nobody is spared by the metadata of a gateway.
async fn who_claims_to_be_a_gateway_is_told_to_wait_too(house: &House) {
    refused_as_often_as_may_be(house, Some("scim")).await;
}

/// Shows the core wrong tokens until it tells their address to wait.
async fn refused_as_often_as_may_be(house: &House, door: Option<&'static str>) {
    let callers = house.operator.with_token("wrong");
    let ask = async || {
        let mut request = Request::new(CheckTokenRequest::default());
        if let Some(door) = door {
            request.metadata_mut().insert("provost-door", door.parse().unwrap());
        }
        callers.users().check_token(request).await.unwrap_err()
    };
    for _ in 0..MANY {
        ask().await;
    }
    assert_eq!(ask().await.code(), Code::ResourceExhausted);
}
