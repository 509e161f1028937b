//! The telemetry layer: what stands in front of every server and around every channel.
//!
//! Owns how a trace comes in and goes on (W3C Trace Context), the decision whether a request is
//! sampled, the server span and the log line of a request, with the words of OpenTelemetry's
//! conventions, and the names and instruments of metrics. Must never know who collects spans and lines, nor what a request is about, nor record
//! what somebody sent who has not been admitted.

mod conventions;
mod facts;
mod grpc;
mod http_server;
mod injection;
mod line;
pub mod metrics;
pub mod names;
mod sampling;
mod server;
mod span;
mod trace_id;

pub use conventions::{Conventions, End};
pub use facts::{Facts, record_caller, record_operations, record_reason, record_site};
pub use grpc::{Grpc, spelled};
pub use http_server::{Answered, Http, record_route, write_unreadable};
pub use injection::{TraceInjection, TraceInjectionLayer};
pub use metrics::http::MeasuredRequest;
pub use metrics::rpc::MeasuredCall;
pub use metrics::{Measurement, Meters};
pub use sampling::{LayerSampler, Sampling};
pub use server::{ResponseFuture, ServerSpans, ServerSpansLayer, SpannedBody};
pub use trace_id::{TRACE_RESPONSE, in_new_trace, trace_id, trace_response};
