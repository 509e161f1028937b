//! The trace that a log line belongs to.

use std::fmt;

use opentelemetry::Context;
use opentelemetry::trace::{SpanId, TraceContextExt as _, TraceId};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{DefaultFields, Writer};

/// Trace and span of what is being done on this thread. While a request is answered its context is
/// active, recorded or not; a span of `tracing` that is recorded below it has one too, which
/// tracing-opentelemetry activates.
pub fn current() -> Option<(TraceId, SpanId)> {
    Context::map_current(|context| {
        let span = context.span();
        let span = span.span_context();
        span.is_valid().then(|| (span.trace_id(), span.span_id()))
    })
}

/// The fields of an event, and behind them the ids of trace and span.
pub struct TraceIds;

impl<'w> FormatFields<'w> for TraceIds {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        DefaultFields::new().format_fields(writer.by_ref(), fields)?;
        match current() {
            Some((trace, span)) => write!(writer, " trace_id={trace} span_id={span}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use opentelemetry::Context;
    use opentelemetry::trace::{
        SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
    };
    use tracing_subscriber::fmt;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::TraceIds;

    #[test]
    fn a_readable_line_ends_with_the_trace_it_belongs_to() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let lines = fmt::layer().with_ansi(false).compact().fmt_fields(TraceIds);
        let lines = lines.with_writer(Arc::new(file.reopen().unwrap()));
        let (flags, state) = (TraceFlags::default(), TraceState::default());
        let call = SpanContext::new(TraceId::from(0xa1), SpanId::from(0xb2), flags, true, state);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            tracing::warn!("outside");
            let _done = Context::new().with_remote_span_context(call).attach();
            tracing::warn!(count = 3, "inside");
        });
        let text = std::fs::read_to_string(file.path()).unwrap();
        let (outside, inside) = text.trim_end().split_once('\n').unwrap();
        assert!(outside.ends_with("outside"), "{outside}");
        let ids = format!("inside count=3 trace_id={:0>32} span_id={:0>16}", "a1", "b2");
        assert!(inside.ends_with(&ids), "{inside}");
    }
}
