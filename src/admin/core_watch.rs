//! Whether the core of a gateway takes work, asked over the channel by which requests go.
//!
//! Must never end because something failed once.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codegen::{Body as HttpBody, Bytes, StdError};
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::channel::{Destination, Remote, connection};

/// How often the core is asked.
const ASKED_EVERY: Duration = Duration::from_secs(1);
/// How long it may take to answer.
const LONGEST_ANSWER: Duration = Duration::from_secs(2);

/// Asks until `end`, and tells what was answered last. An address has no secret.
pub fn watch_core(
    channel: Remote,
    core: Destination,
    end: CancellationToken,
) -> watch::Receiver<Result<(), String>> {
    let address = core.to_string();
    let (told, found) = watch::channel(Err(format!("the core at {address} was not asked yet")));
    tokio::spawn(async move {
        let mut health = HealthClient::new(channel);
        let asking = async {
            loop {
                let mut status = check(&mut health).await;
                if matches!(status, Ok(ServingStatus::NotServing)) {
                    // It may be about to end, and answers until it does. What counts is who takes the
                    // next connection: behind a balancer that is another one.
                    status = check(&mut HealthClient::new(connection(&core))).await;
                }
                let _ = told.send_replace(judged(status, &address));
                sleep(ASKED_EVERY).await;
            }
        };
        end.run_until_cancelled(asking).await;
    });
    found
}

async fn check<T>(health: &mut HealthClient<T>) -> Result<ServingStatus, Status>
where
    T: GrpcService<Body, Error: Into<StdError>>,
    T::ResponseBody: HttpBody<Data = Bytes, Error: Into<StdError> + Send> + Send + 'static,
{
    let asked = health.check(HealthCheckRequest::default());
    let answer = timeout(LONGEST_ANSWER, asked).await;
    let answer = answer.unwrap_or_else(|_| Err(Status::deadline_exceeded("no answer")));
    Ok(answer?.into_inner().status())
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

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::{Arc, Mutex};

    use tokio::io::copy_bidirectional;
    use tokio::net::{TcpListener, TcpStream};
    use tonic::transport::Server;
    use tonic::transport::server::TcpIncoming;
    use tonic_health::pb::health_server::HealthServer;
    use tonic_health::server::{HealthReporter, HealthService};

    use super::*;
    use crate::channel::remote;

    /// A core's health.
    async fn core(status: tonic_health::ServingStatus) -> (SocketAddr, HealthReporter) {
        let health = HealthReporter::new();
        health.set_service_status("", status).await;
        let service = HealthServer::new(HealthService::from_health_reporter(health.clone()));
        let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = incoming.local_addr().unwrap();
        tokio::spawn(Server::builder().add_service(service).serve_with_incoming(incoming));
        (address, health)
    }

    /// A balancer of connections.
    async fn balancer(behind: Arc<Mutex<SocketAddr>>) -> SocketAddr {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut near, _)) = socket.accept().await {
                let chosen = *behind.lock().unwrap();
                let mut far = TcpStream::connect(chosen).await.unwrap();
                tokio::spawn(async move { copy_bidirectional(&mut near, &mut far).await });
            }
        });
        address
    }

    #[tokio::test]
    async fn a_core_that_announces_its_end_counts_as_long_as_another_one_is_there() {
        use tonic_health::ServingStatus::{NotServing, Serving};
        let (first, second) = (core(Serving).await, core(Serving).await);
        let chosen = Arc::new(Mutex::new(first.0));
        let address = balancer(Arc::clone(&chosen)).await;
        let address = format!("http://{address}").parse().unwrap();
        let way = Destination { address, tls: None };
        let mut found = watch_core(remote(&way), way, CancellationToken::new());
        found.wait_for(Result::is_ok).await.unwrap();

        *chosen.lock().unwrap() = second.0;
        first.1.set_service_status("", NotServing).await;
        for _ in 0..2 {
            found.changed().await.unwrap();
            assert_eq!(*found.borrow_and_update(), Ok(()));
        }
        second.1.set_service_status("", NotServing).await;
        let told = found.wait_for(Result::is_err).await.unwrap().clone();
        assert!(told.unwrap_err().contains("takes no work"));
    }
}
