//! Sending by OTLP: who says so, and to whom.
//!
//! Owns the resource (which process this is) and the exporters. Headers, timeouts and the sizes of batches
//! are read by the library, from the variables that OpenTelemetry specifies. Must never know what is sent.

use std::sync::OnceLock;

use opentelemetry::{InstrumentationScope, Key, KeyValue};
use opentelemetry_otlp::{
    ExporterBuildError, LogExporter, MetricExporter, Protocol, SpanExporter, WithExportConfig,
    WithHttpConfig, WithTonicConfig,
};
use opentelemetry_sdk::Resource;
use provost_telemetry::names;
use uuid::Uuid;

use super::otlp_http::OtlpHttpClient;
use crate::channel;
use crate::config::{OtlpDestination, OtlpProtocol};
use crate::mode::Mode;
use crate::run_error::RunError;

/// Whose spans these are.
pub fn scope() -> InstrumentationScope {
    InstrumentationScope::builder("provost")
        .with_version(env!("CARGO_PKG_VERSION"))
        .with_schema_url(names::SCHEMA_URL)
        .build()
}

/// Which process this is. What the operator calls it counts, also in the attributes of all resources
/// (`OTEL_RESOURCE_ATTRIBUTES`).
pub fn resource(service_name: Option<&str>, mode: Mode) -> Resource {
    let said = Resource::builder().build();
    let has = |name: &'static str| said.get_ref(&Key::from_static_str(name)).is_some();
    let named = said.get(&Key::from_static_str(names::SERVICE_NAME));
    // The library's own word where nobody says anything.
    let named = named.filter(|name| !name.as_str().starts_with("unknown_service"));
    let name = service_name.map(|name| name.to_owned().into()).or(named);
    let mut builder = Resource::builder()
        .with_service_name(name.unwrap_or_else(|| usual_name(mode).into()))
        .with_attribute(KeyValue::new(names::SERVICE_VERSION, env!("CARGO_PKG_VERSION")));
    if !has(names::SERVICE_INSTANCE_ID) {
        let id = instance_id().to_string();
        builder = builder.with_attribute(KeyValue::new(names::SERVICE_INSTANCE_ID, id));
    }
    builder.build()
}

fn usual_name(mode: Mode) -> &'static str {
    match mode {
        Mode::AllInOne => "provost",
        Mode::Core => "provost-core",
        Mode::Gateway => "provost-gateway",
        Mode::Console => "provost-console",
    }
}

/// The same for all that a process sends.
fn instance_id() -> Uuid {
    static ID: OnceLock<Uuid> = OnceLock::new();
    #[expect(clippy::disallowed_methods, reason = "a process is called something else each time")]
    *ID.get_or_init(Uuid::new_v4)
}

/// Who sends spans there.
pub fn span_exporter(to: &OtlpDestination) -> Result<SpanExporter, RunError> {
    let builder = SpanExporter::builder();
    built(match to.protocol {
        OtlpProtocol::Grpc => over_grpc(builder.with_tonic(), to)?.build(),
        OtlpProtocol::HttpProtobuf => over_http(builder.with_http(), to)?.build(),
    })
}

/// Who sends lines of the log there.
pub fn log_exporter(to: &OtlpDestination) -> Result<LogExporter, RunError> {
    let builder = LogExporter::builder();
    built(match to.protocol {
        OtlpProtocol::Grpc => over_grpc(builder.with_tonic(), to)?.build(),
        OtlpProtocol::HttpProtobuf => over_http(builder.with_http(), to)?.build(),
    })
}

/// Who sends metrics there.
pub fn metric_exporter(to: &OtlpDestination) -> Result<MetricExporter, RunError> {
    let builder = MetricExporter::builder();
    built(match to.protocol {
        OtlpProtocol::Grpc => over_grpc(builder.with_tonic(), to)?.build(),
        OtlpProtocol::HttpProtobuf => over_http(builder.with_http(), to)?.build(),
    })
}

fn over_grpc<B: WithTonicConfig>(builder: B, to: &OtlpDestination) -> Result<B, RunError> {
    check(to)?;
    Ok(builder.with_channel(channel::connection_within(&to.collector, to.timeout)))
}

fn over_http<B: WithExportConfig + WithHttpConfig>(
    builder: B,
    to: &OtlpDestination,
) -> Result<B, RunError> {
    check(to)?;
    Ok(builder
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(to.collector.address.to_string())
        .with_http_client(OtlpHttpClient::new(to.collector.clone(), to.timeout)))
}

fn built<E>(exporter: Result<E, ExporterBuildError>) -> Result<E, RunError> {
    exporter.map_err(|error| RunError::Exporter(error.to_string()))
}

/// Whether the files can be used by which a collector is recognised.
fn check(to: &OtlpDestination) -> Result<(), RunError> {
    to.collector.tls.as_ref().map_or(Ok(()), |tls| Ok(tls.check()?))
}
