//! Metrics, collected once for the process: where its instruments are made, and who reads them.
//!
//! Must never know what is counted: that is the rooms' business, under the names of one table.

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::{Instrument, PeriodicReader, SdkMeterProvider, Stream};
use prometheus::{Registry, TextEncoder};
use provost_telemetry::Meters;
use provost_telemetry::metrics::{TABLE, names};

use crate::config::OpenTelemetryConfig;
use crate::mode::Mode;
use crate::run_error::RunError;
use crate::telemetry::otlp;

/// The media type of what [`Metrics::text`] answers.
pub const TEXT: &str = prometheus::TEXT_FORMAT;

/// The metrics of a process. Clones share them.
#[derive(Debug, Clone)]
pub struct Metrics {
    provider: SdkMeterProvider,
    registry: Registry,
    told_apart: usize,
}

impl Metrics {
    /// Collects for whoever asks, and sends them where the settings say. Of so many sites, connections and
    /// consumers each has series of its own.
    pub fn start(
        telemetry: &OpenTelemetryConfig,
        mode: Mode,
        told_apart: usize,
    ) -> Result<Self, RunError> {
        let registry = Registry::new();
        let asked = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .without_target_info()
            .build()
            .map_err(|error| RunError::Metrics(error.to_string()))?;
        let mut builder = SdkMeterProvider::builder()
            .with_resource(otlp::resource(telemetry.service_name.as_deref(), mode))
            .with_reader(asked)
            .with_view(move |instrument: &Instrument| limited(instrument, told_apart));
        if let Some(collector) = &telemetry.metrics {
            let sent = PeriodicReader::builder(otlp::metric_exporter(collector)?).build();
            builder = builder.with_reader(sent);
        }
        let metrics = Self { provider: builder.build(), registry, told_apart };
        metrics.meters().observe(&names::BUILD, |observed| {
            observed.count(&[env!("CARGO_PKG_VERSION")], 1);
        });
        Ok(metrics)
    }

    /// Sends what is left. Waits off the async threads, which the exporter needs to finish.
    pub async fn end(self) {
        let ended = tokio::task::spawn_blocking(move || self.provider.shutdown()).await;
        if let Ok(Err(error)) = ended {
            tracing::warn!(%error, "the last metrics could not be sent");
        }
    }

    /// Where the instruments of its rooms are made.
    pub fn meters(&self) -> Meters {
        Meters::new(self.provider.meter_with_scope(otlp::scope()), self.told_apart)
    }

    /// All of them, as Prometheus reads them. It takes a while where there are many.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

/// Room for as many series as the table says; the library keeps it ready from the start.
fn limited(instrument: &Instrument, told_apart: usize) -> Option<Stream> {
    let metric = TABLE.iter().find(|metric| metric.name == instrument.name())?;
    Stream::builder().with_cardinality_limit(metric.most_series(told_apart)).build().ok()
}
