//! The header `Idempotency-Key` of writes, which is the contract's `request_id`.

use crate::exchange::{Asking, House, ONE, ask};
use provost_proto::v1::{ErrorReason, WriteOptions};
use provost_test_kit::fake_core::{Asked, Reply};
use tonic::Code;

fn writes() -> [Asking; 4] {
    [
        ask("POST", "/Users").body(r#"{"userName": "jo"}"#),
        ask("PATCH", ONE).body(r#"{"Operations": []}"#),
        ask("PUT", ONE).body("{}"),
        ask("DELETE", ONE),
    ]
}

fn options(asked: Asked) -> Option<WriteOptions> {
    match asked {
        Asked::Create(asked) => asked.options,
        Asked::Change(asked) => asked.options,
        Asked::Delete(asked) => asked.options,
        asked => panic!("{asked:?}"),
    }
}

const REUSED: Reply = Reply::Refused(
    Code::AlreadyExists,
    ErrorReason::RequestIdReused,
    "the request id came with another request before",
);

#[tokio::test]
async fn the_key_of_every_write_travels_as_the_id_of_the_request() {
    for write in writes() {
        let house = House::answering([REUSED]);
        let answer = house.send(write.header("Idempotency-Key", "\"k-1\"")).await.expect(422);
        assert!(answer.detail().starts_with("The Idempotency-Key came"), "{}", answer.detail());
        let expected = WriteOptions { request_id: "k-1".to_owned(), ..WriteOptions::default() };
        assert_eq!(options(house.asked()), Some(expected));
    }
    for write in writes() {
        let house = House::answering([REUSED]);
        house.send(write).await.expect(422);
        assert_eq!(options(house.asked()), None);
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_told_and_nothing_is_done() {
    let long = "x".repeat(65);
    for key in ["\"two words\"", &long] {
        for write in writes() {
            let house = House::admitting();
            let answer = house.send(write.header("Idempotency-Key", key)).await.expect(400);
            assert!(answer.detail().contains("Idempotency-Key"), "{}", answer.detail());
            house.asked_for_the_token_only();
        }
    }
}
