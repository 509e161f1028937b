//! Logs and traces, set up once for the process.
//!
//! Owns the subscriber, the tracer and the exporter, and sets the layer that stands in front of
//! both servers. Rooms use `tracing`; names, mail addresses and tokens never reach any of them.

mod json;
mod log_writer;
mod trace_ids;

use std::io::IsTerminal as _;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use provost_telemetry::{Grpc, Http, LayerSampler, Sampling, ServerSpansLayer};
use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{FilterExt as _, Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

use crate::config::{LogConfig, LogFormat, TelemetryConfig};
use log_writer::LogGuard;
use trace_ids::TraceIds;

/// Keeps telemetry alive; [`Guard::flush`] it at the very end.
#[must_use = "the last lines are written and the last spans are sent when it is flushed"]
pub struct Guard {
    log: LogGuard,
    provider: Option<SdkTracerProvider>,
}

/// Sets up logs and traces. A second call in one process leaves the first in place.
pub fn start(config: &LogConfig, telemetry: &TelemetryConfig) -> Guard {
    let (provider, exporter_error) = match tracer_provider(telemetry) {
        Ok(provider) => (provider, None),
        // A service without traces is better than none.
        Err(error) => (None, Some(error)),
    };
    let traces = provider.as_ref().map(|provider| {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("provost"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            // What is a failure is said where a span ends.
            .with_error_events_to_status(false)
            .with_filter(traced())
    });
    // Lines are written for events alone; which call they belong to is told by ids.
    let events = filter_fn(is_event);
    let filter = EnvFilter::new(quiet_libraries(&config.level)).and(events);
    let (writer, log) = log_writer::start(std::io::stderr());
    let lines = fmt::layer().with_writer(writer);
    let lines = match config.format {
        LogFormat::Json => lines.event_format(json::JsonFormat).with_filter(filter).boxed(),
        LogFormat::Pretty => {
            let ansi = std::io::stderr().is_terminal();
            let lines = lines.with_ansi(ansi).compact().fmt_fields(TraceIds);
            lines.with_filter(filter).boxed()
        }
    };
    // Only fails where a subscriber is set already, as in tests that share a process.
    let _ = tracing_subscriber::registry().with(traces).with(lines).try_init();
    if let Some(error) = exporter_error {
        tracing::warn!(%error, "no traces are sent: the OTLP exporter can't be set up");
    }
    Guard { log, provider }
}

impl Guard {
    /// Sends what is left. Waits off the async threads, which the exporter needs to finish.
    pub async fn flush(self) {
        if let Some(provider) = self.provider {
            let shutdown = tokio::task::spawn_blocking(move || provider.shutdown()).await;
            if let Ok(Err(error)) = shutdown {
                tracing::warn!(%error, "the last traces could not be sent");
            }
        }
        self.log.flush().await;
    }
}

/// The layer in front of SCIM.
pub fn http_spans(telemetry: &TelemetryConfig) -> ServerSpansLayer<Http> {
    ServerSpansLayer::new(Http, sampling(telemetry))
}

/// The layer in front of gRPC.
pub fn grpc_spans(telemetry: &TelemetryConfig) -> ServerSpansLayer<Grpc> {
    ServerSpansLayer::new(Grpc::of(provost_proto::DESCRIPTORS), sampling(telemetry))
}

fn sampling(telemetry: &TelemetryConfig) -> Sampling {
    if telemetry.otlp_endpoint.is_empty() {
        Sampling::Off
    } else {
        Sampling::Ratio(telemetry.sample_ratio)
    }
}

/// Who records and sends spans; nobody where there is no place to send them to.
fn tracer_provider(
    telemetry: &TelemetryConfig,
) -> Result<Option<SdkTracerProvider>, ExporterBuildError> {
    if telemetry.otlp_endpoint.is_empty() {
        return Ok(None);
    }
    let endpoint = telemetry.otlp_endpoint.clone();
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
    let resource = Resource::builder()
        .with_service_name("provost")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let provider = SdkTracerProvider::builder()
        .with_resource(resource)
        .with_sampler(LayerSampler::new(telemetry.sample_ratio))
        .with_batch_exporter(exporter)
        .build();
    Ok(Some(provider))
}

/// Spans of our rooms and of the database; not those of the exporter's own connection, whose
/// export would make more of them.
fn traced() -> Targets {
    Targets::new()
        .with_target("provost", LevelFilter::INFO)
        .with_target("sea_orm", LevelFilter::INFO)
}

fn is_event(metadata: &Metadata<'_>) -> bool {
    metadata.is_event()
}

/// A lone level speaks about our rooms; libraries below them are asked for trouble only.
fn quiet_libraries(level: &str) -> String {
    let level = level.trim();
    let noisy = ["debug", "trace"].iter().any(|noisy| level.eq_ignore_ascii_case(noisy));
    let plain = !level.contains([',', '=']);
    let ours = match (plain, noisy) {
        (true, true) => format!("info,provost={level}"),
        (true, false) => level.to_owned(),
        (false, _) => return level.to_owned(),
    };
    format!("{ours},opentelemetry=warn,sea_orm_migration=warn,sqlx=warn")
}

#[cfg(test)]
mod tests {
    use super::quiet_libraries;

    #[test]
    fn a_lone_level_speaks_about_our_rooms() {
        let quiet = "opentelemetry=warn,sea_orm_migration=warn,sqlx=warn";
        assert_eq!(quiet_libraries("info"), format!("info,{quiet}"));
        assert_eq!(quiet_libraries("Debug"), format!("info,provost=Debug,{quiet}"));
        assert_eq!(quiet_libraries("info,sqlx=debug"), "info,sqlx=debug");
    }
}
