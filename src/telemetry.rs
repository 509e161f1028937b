//! Logs and traces, set up once for the process.
//!
//! Owns the subscriber and the tracer, and sets the layer that stands in front of
//! both servers. Rooms use `tracing`; names, mail addresses and tokens never reach any of them.

mod json;
mod log_level;
mod log_writer;
pub mod otlp;
mod otlp_http;
mod panics;
mod trace_ids;

use std::io::IsTerminal as _;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use provost_telemetry::{Grpc, Http, LayerSampler, Meters, ServerSpansLayer};
use tracing::level_filters::LevelFilter;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::{FilterExt as _, Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt, reload};

use crate::config::{LogConfig, LogFormat, OpenTelemetryConfig, OtlpDestination, TelemetryConfig};
use crate::mode::Mode;
use crate::run_error::RunError;
pub use log_level::{LogLevel, LogLevelError};
use log_writer::LogGuard;
use trace_ids::TraceIds;

/// Keeps telemetry alive; [`Guard::flush`] it at the very end.
#[must_use = "the last lines are written and the last spans are sent when it is flushed"]
pub struct Guard {
    log: LogGuard,
    provider: Option<SdkTracerProvider>,
    sent_log: Option<SdkLoggerProvider>,
}

/// Sets up logs and traces. A second call in one process leaves the first in place.
pub fn start(
    config: &LogConfig,
    telemetry: &TelemetryConfig,
    mode: Mode,
) -> Result<Guard, RunError> {
    let in_force = &telemetry.in_force;
    let (subscriber, level, guard) = assembled(config, in_force, mode)?;
    // Only fails where a subscriber is set already, as in tests that share a process.
    if subscriber.try_init().is_ok() {
        level.become_that_of_process();
        panics::into_log();
    }
    for sentence in &in_force.ignored {
        tracing::warn!("{sentence}");
    }
    Ok(guard)
}

/// Who is told of spans and events, with the way to change the level of the log.
///
/// Each layer has a filter, also where there is nobody to send to: beside one without, the registry makes
/// every span of every library, those of HTTP/2 for each call too.
fn assembled(
    config: &LogConfig,
    in_force: &OpenTelemetryConfig,
    mode: Mode,
) -> Result<(impl Subscriber + Send + Sync + use<>, LogLevel, Guard), RunError> {
    let provider = match &in_force.traces {
        Some(collector) => Some(tracer_provider(collector, in_force, mode)?),
        None => None,
    };
    let traces = provider.as_ref().map(|provider| {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer_with_scope(otlp::scope()))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            // What is a failure is said where a span ends.
            .with_error_events_to_status(false)
    });
    let traces = traces.with_filter(if provider.is_some() { traced() } else { Targets::new() });
    // Lines are written for events alone; which call they belong to is told by ids.
    let events = filter_fn(is_event);
    let (filter, handle) = reload::Layer::new(EnvFilter::new(quiet_libraries(&config.level)));
    let sent_log = match &in_force.logs {
        Some(collector) => Some(logger_provider(collector, in_force, mode)?),
        None => None,
    };
    let is_sent = sent_log.is_some();
    let sent_level = if is_sent { sendable(&config.level) } else { "off".to_owned() };
    let (sent_filter, sent_handle) = reload::Layer::new(EnvFilter::new(sent_level));
    let sent = sent_log.as_ref().map(OpenTelemetryTracingBridge::new);
    let sent = sent.with_filter(sent_filter.and(filter_fn(is_event)));
    let level = LogLevel::new(&config.level, move |level| {
        handle.reload(EnvFilter::new(quiet_libraries(level)))?;
        if is_sent { sent_handle.reload(EnvFilter::new(sendable(level))) } else { Ok(()) }
    });
    let filter = filter.and(events);
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
    let subscriber = tracing_subscriber::registry().with(traces).with(lines).with(sent);
    Ok((subscriber, level, Guard { log, provider, sent_log }))
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
        if let Some(provider) = self.sent_log {
            let shutdown = tokio::task::spawn_blocking(move || provider.shutdown()).await;
            if let Ok(Err(error)) = shutdown {
                tracing::warn!(%error, "the last lines of the log could not be sent");
            }
        }
        self.log.flush().await;
    }
}

/// The layer in front of SCIM.
pub fn http_spans(
    telemetry: &TelemetryConfig,
    meters: &Meters,
    scheme: &'static str,
) -> ServerSpansLayer<Http> {
    ServerSpansLayer::new(Http::of(meters, scheme), telemetry.in_force.sampling)
}

/// The layer in front of gRPC.
pub fn grpc_spans(telemetry: &TelemetryConfig, meters: &Meters) -> ServerSpansLayer<Grpc> {
    ServerSpansLayer::new(Grpc::of(provost_proto::DESCRIPTORS, meters), telemetry.in_force.sampling)
}

/// Who records and sends spans.
fn tracer_provider(
    collector: &OtlpDestination,
    in_force: &OpenTelemetryConfig,
    mode: Mode,
) -> Result<SdkTracerProvider, RunError> {
    Ok(SdkTracerProvider::builder()
        .with_resource(otlp::resource(in_force.service_name.as_deref(), mode))
        .with_sampler(LayerSampler::new(in_force.sampling))
        .with_batch_exporter(otlp::span_exporter(collector)?)
        .build())
}

/// Who sends lines of the log.
fn logger_provider(
    collector: &OtlpDestination,
    in_force: &OpenTelemetryConfig,
    mode: Mode,
) -> Result<SdkLoggerProvider, RunError> {
    Ok(SdkLoggerProvider::builder()
        .with_resource(otlp::resource(in_force.service_name.as_deref(), mode))
        .with_batch_exporter(otlp::log_exporter(collector)?)
        .build())
}

/// Spans of our rooms; not those of the exporter's own connection, whose export would make more of
/// them.
fn traced() -> Targets {
    Targets::new().with_target("provost", LevelFilter::INFO)
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

/// The same for lines that are sent: what the exporter and its connection have to say would be sent
/// as well, and make them say more.
fn sendable(level: &str) -> String {
    const SENDERS: &str = "opentelemetry=off,tonic=off,h2=off,hyper=off,hyper_util=off,tower=off,\
                           rustls=off,provost::telemetry=off";
    format!("{},{SENDERS}", quiet_libraries(level))
}

#[cfg(test)]
mod tests {
    use tracing::callsite::{Callsite, Identifier};
    use tracing::field::FieldSet;
    use tracing::metadata::Kind;
    use tracing::subscriber::Interest;
    use tracing::{Level, Metadata, Subscriber};

    use super::{assembled, quiet_libraries};
    use crate::channel::Destination;
    use crate::config::{Config, OtlpDestination, OtlpProtocol};
    use crate::mode::Mode;

    #[tokio::test]
    async fn no_span_is_made_that_nobody_sees() {
        for (traces, logs) in [(false, false), (true, false), (false, true), (true, true)] {
            let mut config = Config::embedded().unwrap();
            config.log.level = "info".to_owned();
            let to = OtlpDestination {
                collector: Destination {
                    address: "http://127.0.0.1:9".parse().unwrap(),
                    tls: None,
                },
                protocol: OtlpProtocol::Grpc,
                timeout: std::time::Duration::from_secs(1),
            };
            let in_force = &mut config.telemetry.in_force;
            in_force.traces = traces.then(|| to.clone());
            in_force.logs = logs.then_some(to);
            let (subscriber, _, guard) =
                assembled(&config.log, &config.telemetry.in_force, Mode::AllInOne).unwrap();
            for (target, level, kind, seen) in [
                ("h2", Level::TRACE, Kind::SPAN, false),
                ("sea_orm", Level::INFO, Kind::SPAN, false),
                ("provost_core", Level::INFO, Kind::SPAN, traces),
                ("provost_core", Level::INFO, Kind::EVENT, true),
                ("provost_core", Level::DEBUG, Kind::EVENT, false),
            ] {
                let sees = sees(&subscriber, target, level, kind);
                assert_eq!(sees, seen, "{target} {level}, {traces} {logs}");
            }
            guard.flush().await;
        }
    }

    /// What it says of such a place before anything happens there. The macros that ask about a
    /// place of their own answer for every subscriber of the process, those of other tests too.
    fn sees(subscriber: &impl Subscriber, target: &'static str, level: Level, kind: Kind) -> bool {
        struct Nowhere;
        impl Callsite for Nowhere {
            fn set_interest(&self, _: Interest) {}

            fn metadata(&self) -> &Metadata<'_> {
                unreachable!("nobody asks a place that isn't registered")
            }
        }
        let fields = FieldSet::new(&[], Identifier(&Nowhere));
        let place = Metadata::new("place", target, level, None, None, None, fields, kind);
        !subscriber.register_callsite(Box::leak(Box::new(place))).is_never()
    }

    #[test]
    fn a_lone_level_speaks_about_our_rooms() {
        let quiet = "opentelemetry=warn,sea_orm_migration=warn,sqlx=warn";
        assert_eq!(quiet_libraries("info"), format!("info,{quiet}"));
        assert_eq!(quiet_libraries("Debug"), format!("info,provost=Debug,{quiet}"));
        assert_eq!(quiet_libraries("info,sqlx=debug"), "info,sqlx=debug");
    }
}
