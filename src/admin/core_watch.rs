//! Whether the core of a gateway takes work, asked over the channel by which requests go.
//!
//! Must never end because something failed once.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::channel::Remote;

/// How often the core is asked.
const ASKED_EVERY: Duration = Duration::from_secs(1);
/// How long it may take to answer.
const LONGEST_ANSWER: Duration = Duration::from_secs(2);

/// Asks until `end`, and tells what was answered last. An address has no secret.
pub fn watch_core(
    channel: Remote,
    address: String,
    end: CancellationToken,
) -> watch::Receiver<Result<(), String>> {
    let (told, found) = watch::channel(Err(format!("the core at {address} was not asked yet")));
    tokio::spawn(async move {
        let mut health = HealthClient::new(channel);
        let asking = async {
            loop {
                let asked = health.check(HealthCheckRequest::default());
                let answer = timeout(LONGEST_ANSWER, asked).await;
                let answer = answer.unwrap_or_else(|_| Err(Status::deadline_exceeded("no answer")));
                let status = answer.map(|answer| answer.into_inner().status());
                let _ = told.send_replace(judged(status, &address));
                sleep(ASKED_EVERY).await;
            }
        };
        end.run_until_cancelled(asking).await;
    });
    found
}

fn judged(status: Result<ServingStatus, Status>, address: &str) -> Result<(), String> {
    match status {
        Ok(ServingStatus::Serving) => Ok(()),
        Ok(_) => Err(format!("the core at {address} takes no work: its own /readyz says why")),
        // It has told everybody that it ends.
        Err(status) if status.code() == Code::NotFound => {
            Err(format!("the core at {address} is about to end"))
        }
        Err(status) => Err(format!("the core at {address} does not answer: {}", status.message())),
    }
}
