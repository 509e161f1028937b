//! Signals that are no reason to stop.

use rustix::process::Signal;

use crate::support::Engine;
use crate::support::child::Fixture;
use crate::support::wire::{self, Request};

#[tokio::test]
async fn a_hangup_and_a_full_file_end_nothing() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let mut served = fixture.serve().await;
    for (signal, words) in
        [(Signal::HUP, "SIGHUP has files of TLS read again"), (Signal::XFSZ, "can't grow")]
    {
        served.signal(signal);
        served.logged(words).await;
    }
    let request = Request {
        method: "GET".to_owned(),
        target: "/api/scim/v2/Users".to_owned(),
        headers: vec![("Authorization".to_owned(), format!("Bearer {}", served.scim_token()))],
        body: None,
    };
    wire::send(served.http, &request).await.unwrap().expect(200);
    served.terminate();
    assert_eq!(served.ended().await.code(), Some(0), "{}", served.stderr());
}
