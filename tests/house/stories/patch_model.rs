//! Whatever sequence of operations a PATCH has leaves what a slow and obvious model leaves, of users and of
//! groups; and one that changes nothing leaves the version alone (RFC 7644 section 3.5.2). Owns the
//! sequences; the models are below.

mod club;
mod person;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRng, TestRunner};
use serde_json::Value;

use crate::support::{House, Site, in_every_house};
use club::Club;
use person::Person;

in_every_house!(
    any_patch_of_a_user_leaves_what_the_model_leaves,
    any_patch_of_a_group_leaves_what_the_model_leaves,
);

/// So many requests, of up to so many operations.
const REQUESTS: usize = 120;
const OPERATIONS: usize = 6;

/// The same draw every time, so that a failure can be looked into.
fn runner() -> TestRunner {
    let rng = TestRng::deterministic_rng(Config::default().rng_algorithm);
    TestRunner::new_with_rng(Config::default(), rng)
}

fn drawn<T: std::fmt::Debug>(runner: &mut TestRunner, from: &impl Strategy<Value = T>) -> T {
    from.new_tree(runner).unwrap().current()
}

async fn any_patch_of_a_user_leaves_what_the_model_leaves(house: &House) {
    let site = Site::new(house, "acme").await;
    let path = format!("/Users/{}", site.user("ada@example.com").await.id);
    let (mut runner, steps) = (runner(), prop::collection::vec(person::step(), 1..OPERATIONS));
    let read = site.get(&path).await;
    let mut version = read.header("etag").unwrap().to_owned();
    let mut model = Person::read(&read.expect(200));
    let mut changed = 0;
    for number in 0..REQUESTS {
        let steps = drawn(&mut runner, &steps);
        let operations: Vec<Value> = steps.iter().map(person::Step::written).collect();
        let told = format!("request {number}: {}", Value::from(operations.clone()));
        let answer = site.push("PATCH", &path).operations(&operations.into()).send().await;
        assert_eq!(answer.status, 200, "{told}: {}", answer.text());
        let before = model.clone();
        model.apply(&steps);
        assert_eq!(Person::read(&answer.json()), model, "{told}\nof {before:?}");
        let now = answer.header("etag").unwrap().to_owned();
        assert_eq!(now == version, model == before, "the version after {told}");
        changed += usize::from(model != before);
        version = now;
    }
    assert!(changed > REQUESTS / 2, "only {changed} requests changed anything");
}

async fn any_patch_of_a_group_leaves_what_the_model_leaves(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut people = Vec::new();
    for number in 0..5 {
        people.push(site.user(&format!("user{number}@example.com")).await.id);
    }
    let body = serde_json::json!({"displayName": "Guides"});
    let made = site.push("POST", "/Groups").json(&body).send().await.expect(201);
    let path = format!("/Groups/{}", made["id"].as_str().unwrap());
    let steps = prop::collection::vec(club::step(people.len()), 1..OPERATIONS);
    let mut runner = runner();
    let mut version = made["meta"]["version"].as_str().unwrap().to_owned();
    let mut model = Club::read(&made, &people);
    for number in 0..REQUESTS {
        let steps = drawn(&mut runner, &steps);
        let operations: Vec<Value> = steps.iter().map(|step| step.written(&people)).collect();
        let told = format!("request {number}: {}", Value::from(operations.clone()));
        let answer = site.push("PATCH", &path).operations(&operations.into()).send().await;
        assert_eq!(answer.status, 204, "{told}: {}", answer.text());
        let before = model.clone();
        model.apply(&steps);
        let now = answer.header("etag").unwrap().to_owned();
        assert_eq!(now == version, model == before, "the version after {told}");
        version = now;
        let read = site.get(&path).await.expect(200);
        assert_eq!(Club::read(&read, &people), model, "{told}\nof {before:?}");
    }
}
