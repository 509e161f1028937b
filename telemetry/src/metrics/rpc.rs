//! The duration of gRPC calls, by method and status.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use opentelemetry::metrics::BoundHistogram;

use super::meters::{Meters, MetricHistogram};
use super::table::names::RPC_CALL_DURATION;

/// The numbers of gRPC's status codes are 0 to 16.
const CODES: usize = 17;

/// The calls of one method.
pub(crate) struct RpcSeries {
    name: Arc<str>,
    histogram: Arc<MetricHistogram>,
    by_code: [OnceLock<BoundHistogram<f64>>; CODES],
}

/// A call that is being answered.
pub struct MeasuredCall {
    began: Instant,
    series: Arc<RpcSeries>,
}

impl RpcSeries {
    /// For the method of this name.
    pub(crate) fn of(meters: &Meters, name: Arc<str>) -> Arc<Self> {
        let histogram = Arc::new(meters.histogram(&RPC_CALL_DURATION));
        Arc::new(Self { name, histogram, by_code: [const { OnceLock::new() }; CODES] })
    }

    /// The same for another method.
    pub(crate) fn beside(&self, name: Arc<str>) -> Arc<Self> {
        let histogram = Arc::clone(&self.histogram);
        Arc::new(Self { name, histogram, by_code: [const { OnceLock::new() }; CODES] })
    }

    pub(crate) const fn name(&self) -> &Arc<str> {
        &self.name
    }
}

impl MeasuredCall {
    /// One that begins now.
    pub(crate) fn of(series: &Arc<RpcSeries>) -> Self {
        Self { began: Instant::now(), series: Arc::clone(series) }
    }

    /// Counts it with its code, as a number and a word, and whether that is the server's fault.
    pub(crate) fn end(&self, (code, word): (usize, &'static str), is_fault: bool) {
        let Some(by_code) = self.series.by_code.get(code) else { return };
        let bound = by_code.get_or_init(|| {
            let error = if is_fault { word } else { "" };
            self.series.histogram.bind(&["grpc", &self.series.name, word, error])
        });
        bound.record(self.began.elapsed().as_secs_f64());
    }
}

impl fmt::Debug for MeasuredCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeasuredCall").field("began", &self.began).finish_non_exhaustive()
    }
}
