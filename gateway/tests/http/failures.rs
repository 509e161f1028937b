//! What is answered when the core does not answer, or not as it should.

use crate::exchange::{Asking, House, ONE, ask, send, settings};
use provost_gateway::{GatewaySettings, router};
use provost_telemetry::Meters;
use provost_test_kit::fake_core::Reply;
use std::time::Duration;
use tokio::net::TcpListener;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

fn every_request() -> [Asking; 6] {
    let nothing = r#"{"Operations": []}"#;
    [
        ask("GET", ONE),
        ask("GET", "/Users"),
        ask("PATCH", ONE).body(nothing),
        ask("PUT", ONE).body("{}"),
        ask("POST", "/Users").body(r#"{"userName": "jo"}"#),
        ask("DELETE", ONE),
    ]
}

#[tokio::test]
async fn a_core_that_never_answers_is_waited_for_until_the_deadline() {
    for asking in every_request() {
        let settings = GatewaySettings { rpc_timeout: Duration::from_millis(5), ..settings() };
        let house = House::with(settings, [Reply::Never]);
        let answer = house.send(asking).await.expect(504);
        assert_eq!(answer.header("Retry-After"), Some("5"));
        // The core is told how long it has, for where the call goes over the network.
        assert_eq!(house.calls()[0].metadata.get("grpc-timeout").unwrap(), "5000000n");
    }
}

#[tokio::test]
async fn a_core_that_gives_up_in_time_is_too_slow_as_well() {
    for code in [Code::DeadlineExceeded, Code::Cancelled] {
        let house = House::answering([Reply::Failed(Status::new(code, "internals"))]);
        let answer = house.send(ask("GET", ONE)).await.expect(504);
        assert_eq!(answer.header("Retry-After"), Some("5"));
        assert!(!answer.text().contains("internals"), "{}", answer.text());
    }
}

#[tokio::test]
async fn an_unavailable_core_is_to_be_asked_again_in_whole_seconds() {
    for asking in every_request() {
        let house = House::answering([Reply::Failed(Status::unavailable("internals"))]);
        let answer = house.send(asking).await.expect(503);
        assert!(answer.header("Retry-After").unwrap().parse::<u32>().unwrap() > 0);
        assert!(!answer.text().contains("internals"), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_failing_core_shows_nothing_of_its_inside() {
    for code in [Code::Internal, Code::Unknown, Code::DataLoss, Code::Unimplemented] {
        for asking in every_request() {
            let house = House::answering([Reply::Failed(Status::new(code, "internals"))]);
            let answer = house.send(asking).await.expect(500);
            assert!(!answer.text().contains("internals"), "{}", answer.text());
            assert_eq!(answer.header("Retry-After"), None);
        }
    }
}

#[tokio::test]
async fn a_panic_shows_nothing_either_and_the_next_request_is_served() {
    let house = House::answering([Reply::Panicked("internals"), Reply::Deleted]);
    let answer = house.send(ask("GET", ONE)).await.expect(500);
    assert!(!answer.text().contains("internals"), "{}", answer.text());
    house.send(ask("DELETE", ONE)).await.expect(204);
}

#[tokio::test]
async fn an_answer_without_its_user_is_a_failure() {
    let [get, _, patch, put, post, _] = every_request();
    for asking in [get, patch, put, post] {
        let house = House::answering([Reply::Empty]);
        house.send(asking).await.expect(500);
    }
}

/// A channel over the network to whatever listens there.
fn remote(listener: &TcpListener) -> Channel {
    let address = listener.local_addr().unwrap();
    Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy()
}

#[tokio::test]
async fn nobody_listening_is_an_unavailable_core() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let channel = remote(&listener);
    drop(listener);
    let answer = send(router(channel, settings(), &Meters::uncollected()), ask("GET", ONE))
        .await
        .expect(503);
    assert_eq!(answer.header("Retry-After"), Some("5"));
}

#[tokio::test]
async fn a_connection_that_breaks_is_an_unavailable_core() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let channel = remote(&listener);
    tokio::spawn(async move {
        loop {
            drop(listener.accept().await.unwrap());
        }
    });
    let answer = send(router(channel, settings(), &Meters::uncollected()), ask("GET", ONE))
        .await
        .expect(503);
    assert_eq!(answer.header("Retry-After"), Some("5"));
}

#[tokio::test]
async fn a_connection_on_which_nothing_comes_is_waited_for_until_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let channel = remote(&listener);
    let settings = GatewaySettings { rpc_timeout: Duration::from_millis(5), ..settings() };
    send(router(channel, settings, &Meters::uncollected()), ask("GET", ONE)).await.expect(504);
    drop(listener);
}
