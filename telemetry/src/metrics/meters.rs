//! From an entry of the table to its instrument.

use std::fmt;
use std::time::Instant;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{
    AsyncInstrument, BoundHistogram, Histogram, Meter, MeterProvider as _, NoopMeterProvider,
};

use super::table::{Metric, MetricKind, TOLD_APART};

/// The boundaries of times: those of OpenTelemetry's conventions, and three below, because most requests take less
/// than the first of them.
const SECONDS: [f64; 17] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0,
    7.5, 10.0,
];
/// The boundaries of numbers of things.
const NUMBERS: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// Where instruments are made.
#[derive(Clone)]
pub struct Meters {
    meter: Meter,
    told_apart: usize,
}

/// A histogram of an entry, which has yet to be bound to attributes.
pub(crate) struct MetricHistogram {
    histogram: Histogram<f64>,
    metric: &'static Metric,
}

/// What is measured again and again under one name.
pub struct Measurement(BoundHistogram<f64>);

impl Measurement {
    /// So many things.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    pub fn count(&self, things: usize) {
        self.0.record(things as f64);
    }

    /// The time since then. Answers the present.
    pub fn since(&self, began: Instant) -> Instant {
        let now = Instant::now();
        self.between(began, now);
        now
    }

    /// The time between these.
    pub fn between(&self, began: Instant, ended: Instant) {
        self.0.record(ended.saturating_duration_since(began).as_secs_f64());
    }
}

impl fmt::Debug for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Measurement")
    }
}

/// Takes what is observed: the attributes' values in the order of the table, of which an empty one is left
/// out, and the number.
pub struct Observed<'o> {
    instrument: &'o dyn Observe,
    metric: &'static Metric,
}

trait Observe {
    fn observe(&self, value: f64, attributes: &[KeyValue]);
}

/// A counter is told as the whole number that it is.
struct Whole<'i>(&'i dyn AsyncInstrument<u64>);
struct Fractional<'i>(&'i dyn AsyncInstrument<f64>);

impl Observe for Whole<'_> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counters are whole numbers from 0 up, far below 2^53"
    )]
    fn observe(&self, value: f64, attributes: &[KeyValue]) {
        self.0.observe(value as u64, attributes);
    }
}

impl Observe for Fractional<'_> {
    fn observe(&self, value: f64, attributes: &[KeyValue]) {
        self.0.observe(value, attributes);
    }
}

impl Observed<'_> {
    /// One series.
    pub fn see(&self, values: &[&str], value: f64) {
        self.instrument.observe(value, &self.metric.attributes(values));
    }

    /// One series of a number of things.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    pub fn count(&self, values: &[&str], value: u64) {
        self.see(values, value as f64);
    }
}

impl Meters {
    /// By this meter, where each of so many sites, connections and consumers has series of its own.
    pub const fn new(meter: Meter, told_apart: usize) -> Self {
        Self { meter, told_apart }
    }

    /// Of which nobody collects anything.
    pub fn uncollected() -> Self {
        Self::new(NoopMeterProvider::new().meter("provost"), TOLD_APART)
    }

    /// Of how many sites, of how many connections and of how many consumers each has series of its own.
    pub const fn told_apart(&self) -> usize {
        self.told_apart
    }

    /// A histogram of times or of sizes.
    pub(crate) fn histogram(&self, metric: &'static Metric) -> MetricHistogram {
        let boundaries = if metric.unit == "s" { SECONDS.to_vec() } else { NUMBERS.to_vec() };
        let builder = self.meter.f64_histogram(metric.name).with_description(metric.meaning);
        let histogram = builder.with_unit(metric.unit).with_boundaries(boundaries).build();
        MetricHistogram { histogram, metric }
    }

    /// The histogram of an entry without attributes.
    pub fn measured(&self, metric: &'static Metric) -> Measurement {
        Measurement(self.histogram(metric).bind(&[]))
    }

    /// Has a counter or a gauge looked at whenever somebody collects. It must be quick, and wait for nobody.
    pub fn observe(
        &self,
        metric: &'static Metric,
        look: impl Fn(&Observed<'_>) + Send + Sync + 'static,
    ) {
        let (name, unit, meaning) = (metric.name, metric.unit, metric.meaning);
        if metric.kind == MetricKind::Counter {
            let builder = self.meter.u64_observable_counter(name);
            let builder = builder.with_unit(unit).with_description(meaning);
            let looked = move |instrument: &dyn AsyncInstrument<u64>| {
                look(&Observed { instrument: &Whole(instrument), metric });
            };
            builder.with_callback(looked).build();
        } else {
            let builder = self.meter.f64_observable_gauge(name);
            let builder = builder.with_unit(unit).with_description(meaning);
            let looked = move |instrument: &dyn AsyncInstrument<f64>| {
                look(&Observed { instrument: &Fractional(instrument), metric });
            };
            builder.with_callback(looked).build();
        }
    }
}

impl MetricHistogram {
    /// The series with these attributes, in the order of the table.
    pub(crate) fn bind(&self, values: &[&str]) -> BoundHistogram<f64> {
        self.histogram.bind(&self.metric.attributes(values))
    }
}

impl fmt::Debug for Meters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meters")
    }
}
