//! Metrics: what is counted and measured, under which names, and by which instruments.
//!
//! Owns the table of all names (`table`), from which `docs/metrics.md` is made, and how an instrument comes of
//! an entry. Must never know who collects them, nor take a name, an address or the id of a person for
//! an attribute.

mod growing;
pub(crate) mod http;
mod meters;
pub(crate) mod rpc;
mod table;

pub use meters::{Measurement, Meters, Observed};
pub use table::{Metric, MetricKind, OTHER, SeriesLimit, TABLE, TOLD_APART, names};
