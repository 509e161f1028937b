//! SIGTERM: what is in flight is answered, then the process ends well.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::child::Fixture;
use crate::support::{Engine, until};

#[tokio::test]
async fn a_request_in_flight_is_answered() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let mut served = fixture.serve().await;
    let token = served.scim_token();

    // The head has arrived, the body is on its way.
    let body = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada"}"#;
    let head = format!(
        "POST /api/scim/v2/Users HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/scim+json\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        served.http,
        body.len()
    );
    let mut slow = TcpStream::connect(served.http).await.unwrap();
    slow.write_all(head.as_bytes()).await.unwrap();
    // The server asks for the body only when somebody reads it: the request is in flight.
    let mut invitation = [0; 64];
    let length = slow.read(&mut invitation).await.unwrap();
    assert!(invitation[..length].starts_with(b"HTTP/1.1 100"));

    served.terminate();
    until("new connections are refused", async || {
        TcpStream::connect(served.http).await.is_err().then_some(())
    })
    .await;
    slow.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 501"), "creation is refused by default: {answer}");
    assert_eq!(served.ended().await.code(), Some(0), "{}", served.stderr());
}

#[tokio::test]
async fn whoever_is_told_twice_does_not_wait_for_balancers() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let mut served = fixture.serve_with(&[("PROVOST_SHUTDOWN__PAUSE_SECONDS", "3600")]).await;
    served.terminate();
    served.logged("told to stop").await;
    served.terminate();
    assert_eq!(served.ended().await.code(), Some(0), "{}", served.stderr());
}
