//! Entity tags (RFC 7644 section 3.14).

use std::collections::BTreeSet;

use crate::exchange::{Asking, House, ONE, ask};
use provost_proto::v1::{ErrorReason, WriteOptions};
use provost_test_kit::fake_core::{Asked, Reply, decided, page, user};
use tonic::Code;

#[tokio::test]
async fn if_match_travels_as_the_expected_version() {
    let writes: [fn() -> Asking; 3] = [
        || ask("PATCH", ONE).body(r#"{"Operations": []}"#),
        || ask("PUT", ONE).body("{}"),
        || ask("DELETE", ONE),
    ];
    for write in writes {
        for (name, tags, expected, unexpected) in [
            ("If-Match", "W/\"3\"", vec![3], vec![]),
            ("If-Match", "\"3\"", vec![3], vec![]),
            ("If-Match", "W/\"3\", \"9\"", vec![3, 9], vec![]),
            ("If-Match", "W/\"x\"", vec![-1], vec![]),
            ("If-Match", "", vec![-1], vec![]),
            ("If-None-Match", "*", vec![-1], vec![]),
            ("If-None-Match", "W/\"3\"", vec![], vec![3]),
        ] {
            let house = House::answering([Reply::Refused(
                Code::Aborted,
                ErrorReason::VersionMismatch,
                "the user has version 4, not 3",
            )]);
            house.send(write().header(name, tags)).await.expect(412);
            let options = options(house.asked()).unwrap();
            assert_eq!(options.expected_version, None);
            let versions = (options.expected_versions, options.unexpected_versions);
            assert_eq!(versions, (expected, unexpected), "{name}: {tags}");
        }
        let house = House::answering([GONE]);
        house.send(write().header("If-Match", "*")).await.expect(404);
        assert_eq!(options(house.asked()), None);
    }
}

fn options(asked: Asked) -> Option<WriteOptions> {
    match asked {
        Asked::Change(asked) => asked.options,
        Asked::Delete(asked) => asked.options,
        asked => panic!("{asked:?}"),
    }
}

const GONE: Reply =
    Reply::Refused(Code::NotFound, ErrorReason::UserNotFound, "there is no such user");

/// What has no tag exists all the same.
#[tokio::test]
async fn a_collection_fits_a_star_and_no_tag() {
    const NEW: &str = r#"{"userName": "jo"}"#;
    for (name, tags, read, created) in [
        ("If-Match", "*", 200, 201),
        ("If-Match", "W/\"3\"", 412, 412),
        ("If-Match", "", 412, 412),
        ("If-None-Match", "*", 304, 412),
        ("If-None-Match", "W/\"3\"", 200, 201),
    ] {
        let house = House::answering([page(vec![], 0), Reply::Admitted]);
        let answer = house.send(ask("GET", "/Users").header(name, tags)).await.expect(read);
        assert_eq!(answer.text().is_empty(), read == 304);
        house.send(ask("GET", "/Schemas").header(name, tags)).await.expect(read);
        let reply = if created == 201 { decided(user(), vec![]) } else { Reply::Admitted };
        let house = House::answering([reply]);
        let asking = ask("POST", "/Users").header(name, tags).body(NEW);
        house.send(asking).await.expect(created);
    }
}

/// Whoever has a document need not be sent it again.
#[tokio::test]
async fn documents_have_tags_that_follow_from_what_they_say() {
    let mut tags = BTreeSet::new();
    for path in [
        "/ServiceProviderConfig",
        "/ResourceTypes",
        "/ResourceTypes/User",
        "/Schemas",
        "/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group",
    ] {
        let house = House::answering([]);
        let read = house.send(ask("GET", path)).await.expect(200);
        let tag = read.header("ETag").unwrap().to_owned();
        assert!(tag.starts_with("W/\"") && tags.insert(tag.clone()), "{path}: {tag}");
        let again = house.send(ask("GET", path).header("If-None-Match", &tag)).await.expect(304);
        assert_eq!((again.text(), again.header("ETag")), ("", Some(&*tag)), "{path}");
        let strong = tag.trim_start_matches("W/");
        house.send(ask("GET", path).header("If-Match", strong)).await.expect(200);
        house.send(ask("GET", path).header("If-Match", "\"x\"")).await.expect(412);
    }
    let house = House::answering([]);
    let missing = house.send(ask("GET", "/Schemas/urn:x").header("If-None-Match", "*"));
    assert_eq!(missing.await.expect(404).header("ETag"), None);
}

#[tokio::test]
async fn a_reader_may_expect_a_version() {
    for (tags, status) in
        [("W/\"3\"", 200), ("\"2\", \"3\"", 200), ("*", 200), ("\"2\"", 412), ("", 412)]
    {
        let house = House::answering([Reply::User(user()), Reply::Admitted]);
        house.send(ask("GET", ONE).header("If-Match", tags)).await.expect(status);
    }
}

#[tokio::test]
async fn what_the_reader_has_is_not_sent_again() {
    for (tag, status) in [("W/\"3\"", 304), ("\"2\", \"3\"", 304), ("*", 304), ("W/\"2\"", 200)] {
        let house = House::answering([Reply::User(user())]);
        let answer = house.send(ask("GET", ONE).header("If-None-Match", tag)).await.expect(status);
        assert_eq!(answer.header("ETag"), Some("W/\"3\""), "{tag}");
        assert_eq!(answer.text().is_empty(), status == 304, "{tag}");
    }
}

#[tokio::test]
async fn every_answer_with_a_user_carries_the_version() {
    let house = House::answering([decided(user(), vec![])]);
    let answer = house.send(ask("PUT", ONE).body("{}")).await.expect(200);
    assert_eq!(answer.header("ETag"), Some("W/\"3\""));
    assert_eq!(answer.json()["meta"]["version"], "W/\"3\"");
}
