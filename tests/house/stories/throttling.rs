//! Tokens that are not good: their address is told to wait, and a good token never is.

use std::time::Duration;

use provost_proto::v1::CheckTokenRequest;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::support::{House, Shape, Site, in_every_house, reason};

in_every_house!(
    an_address_with_many_wrong_tokens_is_told_to_wait,
    a_gateway_is_not_told_to_wait_for_its_callers,
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

/// What it passes on is counted at its own listener. Otherwise everybody behind it would wait for
/// one of them.
async fn a_gateway_is_not_told_to_wait_for_its_callers(house: &House) {
    let site = Site::new(house, "acme").await;
    for _ in 0..MANY {
        let wrong = site.push("GET", "/Users").header("Authorization", "Bearer wrong");
        wrong.send().await;
    }
    let callers = house.operator.with_token("wrong");
    // In one process both listeners share what they know of an address.
    let status = callers.users().check_token(CheckTokenRequest::default()).await.unwrap_err();
    let expected = match house.shape() {
        Shape::AllInOne => Code::ResourceExhausted,
        Shape::Split => Code::Unauthenticated,
    };
    assert_eq!(status.code(), expected);
}
