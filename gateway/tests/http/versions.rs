//! Entity tags (RFC 7644 section 3.14).

use crate::exchange::{Asking, House, ONE, ask};
use provost_proto::v1::ErrorReason;
use provost_test_kit::fake_core::{Asked, Reply, decided, user};
use tonic::Code;

#[tokio::test]
async fn if_match_travels_as_the_expected_version() {
    let writes: [fn() -> Asking; 3] = [
        || ask("PATCH", ONE).body(r#"{"Operations": []}"#),
        || ask("PUT", ONE).body("{}"),
        || ask("DELETE", ONE),
    ];
    for write in writes {
        for (tag, expected) in
            [("W/\"3\"", Some(3)), ("\"3\"", Some(3)), ("*", None), ("W/\"x\"", Some(-1))]
        {
            let house = House::answering([Reply::Refused(
                Code::Aborted,
                ErrorReason::VersionMismatch,
                "the user has version 4, not 3",
            )]);
            house.send(write().header("If-Match", tag)).await.expect(412);
            let options = match house.asked() {
                Asked::Change(asked) => asked.options,
                Asked::Delete(asked) => asked.options,
                asked => panic!("{asked:?}"),
            };
            assert_eq!(options.and_then(|options| options.expected_version), expected, "{tag}");
        }
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
