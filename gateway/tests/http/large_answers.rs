//! Answers that are large: whole to who reads them, and of the others a site has only so many.

use crate::exchange::{Asking, House, ask_at};
use http_body_util::BodyExt as _;
use provost_proto::v1;
use provost_test_kit::fake_core::{Reply, page, user};
use std::time::Duration;

/// A page of about four megabytes.
fn large_page() -> Reply {
    page_of(1_000)
}

fn page_of(users: usize) -> Reply {
    let title = v1::value::Kind::Text("x".repeat(4_000));
    let attributes = [("title".to_owned(), v1::Value { kind: Some(title) })].into();
    let large = v1::User { profile: Some(v1::Profile { attributes }), ..user() };
    page(vec![large; users], users.try_into().unwrap())
}

fn list(site: &str) -> Asking {
    ask_at("GET", &format!("/c/{site}/auth/scim/v2/Users?count=1000"))
}

#[tokio::test]
async fn a_large_page_arrives_whole() {
    let house = House::answering([large_page()]);
    let answer = house.send(list("acme")).await.expect(200);
    assert_eq!(answer.header("Content-Length"), Some(&*answer.text().len().to_string()));
    assert_eq!(answer.json()["itemsPerPage"], 1_000);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_uses_up_the_share_of_their_site_and_not_for_ever() {
    let house = House::answering((0..30).map(|_| large_page()));
    let mut unread = Vec::new();
    let refusal = loop {
        let answer = house.unread(list("acme")).await;
        if answer.status() != 200 {
            break answer;
        }
        unread.push(answer);
        assert!(unread.len() < 20, "nobody counts");
    };
    assert_eq!(refusal.status(), 503);
    assert!(refusal.headers().contains_key("Retry-After"));
    house.send(list("beta")).await.expect(200);

    // Time passes as soon as nobody has anything to do but wait.
    tokio::time::sleep(Duration::from_mins(5)).await;
    house.send(list("acme")).await.expect(200);
    let late = unread.remove(0).into_body().collect().await;
    assert!(late.is_err(), "what is cut off is no whole answer");
}

/// A connection of HTTP/2 has many answers at once, so each counts from a smaller size on.
#[tokio::test(start_paused = true)]
async fn over_http_2_small_pages_that_nobody_reads_count_too() {
    let house = House::answering((0..1_000).map(|_| page_of(50)));
    let mut unread = Vec::new();
    for _ in 0..200 {
        unread.push(house.unread(list("acme")).await);
    }
    assert!(unread.iter().all(|answer| answer.status() == 200), "one for each connection");
    unread.clear();
    for _ in 0..200 {
        unread.push(house.unread(list("acme").over_http_2()).await);
    }
    assert_eq!(unread.last().unwrap().status(), 503);
    house.send(list("beta").over_http_2()).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn whoever_reads_gives_the_share_back() {
    let house = House::answering((0..30).map(|_| large_page()));
    for _ in 0..30 {
        house.send(list("acme")).await.expect(200);
    }
}
