//! A log that nobody reads for a while: requests are answered, and nothing waits for ever.

use std::io::{PipeReader, Read as _};

use crate::support::Engine;
use crate::support::child::{Fixture, Served};
use crate::support::wire::{self, Request};

/// More lines than a pipe holds.
const REQUESTS: usize = 400;

#[tokio::test]
async fn a_log_that_nobody_reads_holds_up_no_request() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let (mut served, mut reader) = unread(&fixture).await;
    served.terminate();
    // Now somebody reads: what waited is still there.
    let log = tokio::task::spawn_blocking(move || {
        let mut log = String::new();
        reader.read_to_string(&mut log).unwrap();
        log
    });
    assert_eq!(served.ended().await.code(), Some(0));
    assert_eq!(log.await.unwrap().matches("provost::requests").count(), REQUESTS);
}

#[tokio::test]
async fn a_log_that_nobody_reads_does_not_keep_the_process() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let (mut served, _reader) = unread(&fixture).await;
    served.terminate();
    assert_eq!(served.ended().await.code(), Some(0));
}

/// A service that has answered, and the end of its log that nobody has read.
async fn unread(fixture: &Fixture) -> (Served, PipeReader) {
    let (reader, log) = std::io::pipe().unwrap();
    let format = [("PROVOST_LOG__FORMAT", "json")];
    let served = fixture.launch_logging_to(log, "serve", &format).await;
    let request = Request {
        method: "GET".to_owned(),
        target: "/api/scim/v2/Users".to_owned(),
        headers: vec![("Authorization".to_owned(), format!("Bearer {}", served.scim_token()))],
        body: None,
    };
    for _ in 0..REQUESTS {
        wire::send(served.http, &request).await.unwrap().expect(200);
    }
    (served, reader)
}
