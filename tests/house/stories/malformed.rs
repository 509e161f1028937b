//! A table of requests that nobody should send (`tests/malformed`, whose README explains the files):
//! each is answered with the status, the keyword and the sentence that its line says, and nothing of it
//! is stored. Owns the site that they are sent to; the table says what is right.

mod case;

use std::collections::BTreeMap;
use std::path::Path;

use provost_proto::v1::{CreationPolicy, DeletionPolicy, UpdateScimSettingsRequest};
use provost_test_kit::profile;
use serde_json::json;

use crate::support::wire;
use crate::support::{Answer, House, Site, in_every_house};
use case::Case;

in_every_house!(every_request_of_the_table_is_refused_as_it_says);

/// So many there are at least.
const FEWEST: usize = 150;

async fn every_request_of_the_table_is_refused_as_it_says(house: &House) {
    let site = Site::new(house, "acme").await;
    let placeholders = set_up(&site).await;
    let untouched = everything(&site).await;
    let mut revision = house.ledger(&site.name).await.len();
    let mut problems = Vec::new();
    for cases in table().chunk_by(|one, other| one.file() == other.file()) {
        for case in cases {
            let answer = wire::send(house.http, &case.request(&site, &placeholders)).await;
            let answer = answer.unwrap_or_else(|error| panic!("{}: {error}", case.place));
            problems.extend(unlike(case, &answer, &placeholders));
        }
        let now = house.ledger(&site.name).await.len();
        if now != revision {
            problems.push(format!("{}: {} events were stored", cases[0].file(), now - revision));
            revision = now;
        }
    }
    assert!(problems.is_empty(), "{} unlike the table:\n{}\n", problems.len(), problems.join("\n"));
    assert_eq!(everything(&site).await, untouched);
}

/// A site that lets a directory create and delete, with people, groups and a list that goes on.
async fn set_up(site: &Site<'_>) -> BTreeMap<&'static str, String> {
    let other = Site::new(site.house, "globex").await;
    let settings = UpdateScimSettingsRequest {
        creation: CreationPolicy::Create.into(),
        deletion: DeletionPolicy::Delete.into(),
        ..UpdateScimSettingsRequest::default()
    };
    site.settings(settings).await;
    let known = |name: &str| profile("Given", "Family", name);
    let ada = site.user_with("ada@example.com", known("ada@example.com")).await.id;
    let bob = site.user_with("bob@example.com", known("bob@example.com")).await.id;
    let group = async |name: &str| {
        let body = json!({"displayName": name, "members": [{"value": ada}]});
        let made = site.push("POST", "/Groups").json(&body).send().await.expect(201);
        made["id"].as_str().unwrap().to_owned()
    };
    let (guides, _) = (group("Guides").await, group("Pilots of old").await);
    let version = site.get(&format!("/Users/{ada}")).await.header("etag").unwrap().to_owned();
    let page = site.get("/Users?cursor=&count=1").await.expect(200);
    let cursor = page["nextCursor"].as_str().unwrap().to_owned();
    let many: Vec<String> = (0..101).map(|number| format!("\"a{number}@example.com\"")).collect();
    let operation = r#"{"op": "replace", "path": "title", "value": "New"}"#;
    BTreeMap::from([
        ("id", ada),
        ("id2", bob),
        ("groupId", guides),
        ("version", version),
        ("brokenCursor", cursor[..cursor.len() - 2].to_owned()),
        ("cursor", cursor),
        ("token", site.token.clone()),
        ("otherToken", other.token),
        ("long", "x".repeat(5000)),
        ("many", many.join(", ")),
        ("operations", vec![operation; 1001].join(", ")),
    ])
}

/// All that the site has, with versions.
async fn everything(site: &Site<'_>) -> String {
    let answer = site.get("/?count=100").await;
    answer.expect(200);
    answer.text()
}

/// What is not as the table says, in a sentence.
fn unlike(
    case: &Case,
    answer: &Answer,
    placeholders: &BTreeMap<&'static str, String>,
) -> Option<String> {
    let media_type = answer.header("content-type").unwrap_or_default();
    if !media_type.starts_with("application/scim+json") {
        return Some(format!("{}: {} is of {media_type:?}", case.place, answer.status));
    }
    let error = answer.json();
    let is_error = error["schemas"] == json!(["urn:ietf:params:scim:api:messages:2.0:Error"])
        && error["status"] == *answer.status.to_string();
    if !is_error {
        return Some(format!("{}: {} is no error: {error}", case.place, answer.status));
    }
    // Each answer has another trace.
    let told = error["detail"].as_str().unwrap_or_default();
    let detail = told.split_once(" Trace ID: ").map_or(told, |(detail, _)| detail);
    let found = (answer.status, error["scimType"].as_str(), detail.to_owned());
    let expected = case.answer(placeholders);
    (found != expected).then(|| format!("{}: {found:?} instead of {expected:?}", case.place))
}

fn table() -> Vec<Case> {
    case::read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/malformed"))
}

#[test]
fn every_line_of_the_table_has_a_place_and_a_sentence_of_its_own() {
    let table = table();
    assert!(table.len() >= FEWEST, "{}", table.len());
    let mut places: Vec<_> = table.iter().map(|case| case.place.as_str()).collect();
    places.sort_unstable();
    assert!(places.windows(2).all(|two| two[0] != two[1]), "a name is there twice");
    for case in &table {
        let (status, sentence) = case.unfilled_answer();
        assert!((400..500).contains(&status) || status == 501, "{}", case.place);
        assert!(sentence.len() > 20 && sentence.ends_with('.'), "{}: {sentence}", case.place);
    }
}
