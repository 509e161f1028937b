//! One log line as one JSON object, with the ids of the trace that it belongs to.
//!
//! Field names follow the OpenTelemetry log data model where it has a word. The crates for JSON lines
//! take the ids from a recorded span of `tracing`, and a request that is not sampled has none.

use std::fmt;

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::trace_ids;

/// Writes events as JSON.
pub struct JsonFormat;

impl<S, N> FormatEvent<S, N> for JsonFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let mut line = Fields(Map::new());
        line.put("timestamp", now().into());
        line.put("level", metadata.level().as_str().into());
        line.put("target", metadata.target().into());
        event.record(&mut line);
        if let Some((trace_id, span_id)) = trace_ids::current() {
            line.put("trace_id", trace_id.to_string().into());
            line.put("span_id", span_id.to_string().into());
        }
        writeln!(writer, "{}", Value::Object(line.0))
    }
}

#[expect(clippy::disallowed_methods, reason = "a log line is stamped when it is written")]
fn now() -> String {
    OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default()
}

struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field.name(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use opentelemetry::Context;
    use opentelemetry::trace::{
        SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
        TracerProvider as _,
    };
    use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
    use tracing_subscriber::fmt;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::JsonFormat;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is logged while this is done, line by line.
    fn logged(work: impl FnOnce()) -> Vec<serde_json::Value> {
        let provider = SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOff).build();
        let lines = Lines::default();
        let sink = lines.clone();
        let subscriber = tracing_subscriber::registry()
            .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("test")))
            .with(fmt::layer().event_format(JsonFormat).with_writer(move || sink.clone()));
        tracing::subscriber::with_default(subscriber, work);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_carries_the_trace_it_belongs_to() {
        let lines = logged(|| {
            tracing::info!(count = 3, "outside");
            tracing::info_span!("hop").in_scope(|| tracing::warn!(open = true, "inside"));
        });
        assert_eq!(lines[0]["message"], "outside");
        assert_eq!(lines[0]["count"], 3);
        assert!(lines[0].get("trace_id").is_none());
        assert_eq!(lines[1]["level"], "WARN");
        assert_eq!(lines[1]["open"], true);
        assert_eq!(lines[1]["trace_id"].as_str().unwrap().len(), 32);
        assert_eq!(lines[1]["span_id"].as_str().unwrap().len(), 16);
    }

    #[test]
    fn a_line_of_a_call_that_is_not_sampled_names_its_trace() {
        let (trace, span) = (TraceId::from(0xa1), SpanId::from(0xb2));
        let (flags, state) = (TraceFlags::default(), TraceState::default());
        let call = SpanContext::new(trace, span, flags, true, state);
        let call = Context::new().with_remote_span_context(call);
        let lines = logged(|| {
            let _done = call.attach();
            tracing::warn!("inside");
        });
        assert_eq!(lines[0]["trace_id"], trace.to_string());
        assert_eq!(lines[0]["span_id"], span.to_string());
    }
}
