//! The gRPC listener: the core's services, health and reflection.

use provost_core::CoreHealth;
use provost_proto::v1::{
    access_service_server, group_service_server, ledger_service_server, operations_service_server,
    session_service_server, site_service_server, user_service_server,
};
use provost_telemetry::{Grpc, ServerSpansLayer};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::codegen::tokio_stream::StreamExt as _;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

use super::certified::CertifiedLayer;
use super::coalescing::CoalescingStream;
use super::cut_off::CutOff;
use super::entrance::{Accepted, Entrance};
use super::first_byte_timeout::FirstByteTimeout;
use super::message_limits::MessageLimitsLayer;
use super::throttle::{self, ThrottleLayer};
use super::untaken::NotingLayer;
use super::{HEAD_TIMEOUT, Layers, OUT_OF_FILES, TAKEN_BACK};
use crate::run_error::RunError;

/// The services that the health service answers for; the empty name is the whole server.
const SERVICES: [&str; 8] = [
    "",
    user_service_server::SERVICE_NAME,
    group_service_server::SERVICE_NAME,
    site_service_server::SERVICE_NAME,
    ledger_service_server::SERVICE_NAME,
    access_service_server::SERVICE_NAME,
    operations_service_server::SERVICE_NAME,
    session_service_server::SERVICE_NAME,
];

/// How much of its messages a connection may send before they are read.
const WINDOW: u32 = 256 * 1024;
/// How many calls a connection may have open at once.
pub(super) const MOST_CALLS: u32 = 1_000;
/// How large the metadata of a call may be, counted as HTTP/2 does (RFC 9113 section 6.5.2).
pub(super) const LARGEST_METADATA: u32 = 64 * 1024;
/// The largest message about health or reflection. Nobody shows a token for them.
const LARGEST_QUESTION: usize = 4 * 1024;

/// A running listener.
pub struct GrpcServer {
    task: JoinHandle<Result<(), tonic::transport::Error>>,
    health: HealthReporter,
    watch: JoinHandle<()>,
}

impl GrpcServer {
    /// Serves until `drain` is cancelled; cancels it when it ends by itself.
    pub async fn start(
        incoming: Entrance,
        core: Routes,
        core_health: watch::Receiver<CoreHealth>,
        layers: Layers<ServerSpansLayer<Grpc>>,
        drain: CancellationToken,
    ) -> Self {
        let health = HealthReporter::new();
        for service in SERVICES {
            health.set_service_status(service, ServingStatus::Serving).await;
        }
        let service = HealthService::from_health_reporter(health.clone());
        let routes =
            with_reflection(core.add_service(
                HealthServer::new(service).max_decoding_message_size(LARGEST_QUESTION),
            ));
        let end = drain.clone();
        let incoming = incoming.then(move |accepted| {
            let end = end.clone();
            async move {
                if let Err(error) = &accepted {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(OUT_OF_FILES).await;
                }
                accepted.map(|Accepted { stream, peer: _, distrusted }| {
                    let stream = FirstByteTimeout::within(HEAD_TIMEOUT, end, stream);
                    CutOff::new(CoalescingStream::new(stream), distrusted)
                })
            }
        });
        let throttle =
            ThrottleLayer { listener: throttle::GrpcListener, failed: layers.failed_tokens };
        let ended = drain.clone().drop_guard();
        let task = tokio::spawn(async move {
            let _ended = ended;
            tonic::transport::Server::builder()
                .http2_keepalive_interval(Some(HEAD_TIMEOUT))
                .http2_max_pending_accept_reset_streams(Some(TAKEN_BACK))
                .max_concurrent_streams(Some(MOST_CALLS))
                .http2_max_header_list_size(Some(LARGEST_METADATA))
                .layer(NotingLayer::default())
                .layer(layers.spans)
                .layer(throttle)
                .layer(CertifiedLayer)
                .layer(MessageLimitsLayer::default())
                .initial_stream_window_size(WINDOW)
                .initial_connection_window_size(WINDOW)
                .add_routes(routes)
                .serve_with_incoming_shutdown(incoming, drain.cancelled_owned())
                .await
        });
        let watch = tokio::spawn(tell_health(health.clone(), core_health));
        Self { task, health, watch }
    }

    /// Tells balancers that this server is about to take no more work.
    pub async fn announce_end(&mut self) {
        self.watch.abort();
        // On another thread it may be about to tell something else.
        let _ = (&mut self.watch).await;
        for service in SERVICES {
            self.health.set_service_status(service, ServingStatus::NotServing).await;
        }
    }

    /// Ends the streams of who watches its health behind the last word; open, they would hold the drain.
    pub async fn end_health(&self) {
        let mut health = self.health.clone();
        for service in SERVICES {
            health.clear_service_status(service).await;
        }
    }

    /// Waits until the last call is answered.
    pub async fn drained(self) -> Result<(), RunError> {
        self.task.await.map_err(std::io::Error::other)??;
        Ok(())
    }
}

/// Tells balancers whether the core has its database.
async fn tell_health(health: HealthReporter, mut core: watch::Receiver<CoreHealth>) {
    let mut was_good = true;
    while core.changed().await.is_ok() {
        let is_good = core.borrow_and_update().is_good();
        if is_good == was_good {
            continue;
        }
        was_good = is_good;
        let status = if is_good { ServingStatus::Serving } else { ServingStatus::NotServing };
        for service in SERVICES {
            health.set_service_status(service, status).await;
        }
    }
}

/// Reflection in both versions: current tools ask for v1, many installed ones for v1alpha.
fn with_reflection(routes: Routes) -> Routes {
    let configured = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(provost_proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            // What errors carry in their details, so that tools can show it.
            .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
    };
    match (configured().build_v1(), configured().build_v1alpha()) {
        (Ok(v1), Ok(v1alpha)) => routes
            .add_service(v1.max_decoding_message_size(LARGEST_QUESTION))
            .add_service(v1alpha.max_decoding_message_size(LARGEST_QUESTION)),
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!(%error, "gRPC reflection is off: the descriptors can't be read");
            routes
        }
    }
}
