//! Whether a request is sampled, decided before anything is built for it.

use opentelemetry::trace::{
    Link, SpanContext, SpanKind, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{
    IdGenerator as _, RandomIdGenerator, Sampler, SamplingDecision, SamplingResult, ShouldSample,
};

/// Which requests are sampled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sampling {
    /// None, because this process sends no spans.
    Off,
    /// Those whose callers sample them, and this share of those that begin a trace.
    ParentBased(f64),
    /// This share, whatever their callers say.
    TraceIdRatio(f64),
}

/// What becomes of a request.
pub(crate) enum SpanDecision {
    /// A span is built below this context.
    Record(Context),
    /// Nothing is built; what is done for the request names its trace all the same.
    Name(Context),
}

impl SpanDecision {
    /// In which the request is answered, if nothing is built.
    pub fn context(self) -> Context {
        match self {
            Self::Record(context) | Self::Name(context) => context,
        }
    }
}

impl Sampling {
    /// Decides by what came with the request.
    pub(crate) fn decide(self, caller: Context) -> SpanDecision {
        let parent = caller.span().span_context().clone();
        match self {
            // The caller's trace goes on as it came: whoever comes behind this process hangs spans
            // below the caller's, not below one that nobody will ever see.
            Self::Off if parent.is_valid() => SpanDecision::Name(caller),
            Self::Off => SpanDecision::Name(named(new_trace_id(), TraceState::NONE)),
            Self::ParentBased(_) if parent.is_valid() && parent.is_sampled() => {
                SpanDecision::Record(caller)
            }
            Self::TraceIdRatio(ratio)
                if parent.is_valid() && is_within(ratio, parent.trace_id()) =>
            {
                SpanDecision::Record(caller)
            }
            Self::ParentBased(_) | Self::TraceIdRatio(_) if parent.is_valid() => {
                SpanDecision::Name(named(parent.trace_id(), parent.trace_state().clone()))
            }
            Self::ParentBased(ratio) | Self::TraceIdRatio(ratio) => {
                let id = new_trace_id();
                if is_within(ratio, id) {
                    SpanDecision::Record(caller)
                } else {
                    SpanDecision::Name(named(id, TraceState::NONE))
                }
            }
        }
    }
}

fn new_trace_id() -> TraceId {
    RandomIdGenerator::default().new_trace_id()
}

/// A context that names a trace, and a span in it that nobody records.
fn named(trace: TraceId, state: TraceState) -> Context {
    let span = RandomIdGenerator::default().new_span_id();
    let span = SpanContext::new(trace, span, TraceFlags::default(), false, state);
    Context::new().with_remote_span_context(span)
}

fn is_within(ratio: f64, id: TraceId) -> bool {
    let sampler = Sampler::TraceIdRatioBased(ratio);
    let result = sampler.should_sample(None, id, "", &SpanKind::Server, &[], &[]);
    result.decision == SamplingDecision::RecordAndSample
}

/// The sampler of a process whose requests come in through the layer. A server span is built for
/// sampled requests alone, so it is not asked about again; other spans follow their parents.
#[derive(Debug, Clone)]
pub struct LayerSampler(Sampler);

impl LayerSampler {
    /// Samples as many of the traces that begin elsewhere than with a request.
    pub fn new(sampling: Sampling) -> Self {
        let ratio = match sampling {
            Sampling::Off => 0.0,
            Sampling::ParentBased(ratio) | Sampling::TraceIdRatio(ratio) => ratio,
        };
        Self(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio))))
    }
}

impl ShouldSample for LayerSampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let sampler = if *kind == SpanKind::Server { &Sampler::AlwaysOn } else { &self.0 };
        sampler.should_sample(parent, trace, name, kind, attributes, links)
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::Context;
    use opentelemetry::trace::{
        SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
    };

    use super::{Sampling, SpanDecision};

    fn caller(flags: TraceFlags) -> SpanContext {
        let state = TraceState::from_key_value([("vendor", "1")]).unwrap();
        SpanContext::new(TraceId::from(1), SpanId::from(2), flags, true, state)
    }

    fn decide(sampling: Sampling, caller: Option<SpanContext>) -> (bool, SpanContext) {
        let context = match caller {
            Some(caller) => Context::new().with_remote_span_context(caller),
            None => Context::new(),
        };
        let decision = sampling.decide(context);
        let is_recorded = matches!(decision, SpanDecision::Record(_));
        (is_recorded, decision.context().span().span_context().clone())
    }

    #[test]
    fn where_no_spans_are_sent_a_callers_trace_goes_on_as_it_came() {
        for flags in [TraceFlags::SAMPLED, TraceFlags::default()] {
            assert_eq!(decide(Sampling::Off, Some(caller(flags))), (false, caller(flags)));
        }
    }

    #[test]
    fn a_trace_that_begins_here_has_a_name_and_is_not_sampled() {
        for sampling in [Sampling::Off, Sampling::ParentBased(0.0)] {
            let ((recorded, one), (_, other)) = (decide(sampling, None), decide(sampling, None));
            assert!(!recorded && one.is_valid() && !one.is_sampled());
            assert_ne!(one.trace_id(), other.trace_id());
        }
        assert!(decide(Sampling::ParentBased(1.0), None).0);
    }

    #[test]
    fn the_caller_decides_for_its_own_trace() {
        assert!(decide(Sampling::ParentBased(0.0), Some(caller(TraceFlags::SAMPLED))).0);
        let unsampled = caller(TraceFlags::default());
        let (recorded, named) = decide(Sampling::ParentBased(1.0), Some(unsampled.clone()));
        assert!(!recorded && !named.is_sampled());
        assert_eq!(named.trace_id(), unsampled.trace_id());
        assert_ne!(named.span_id(), unsampled.span_id());
        assert_eq!(named.trace_state(), unsampled.trace_state());
    }

    #[test]
    fn the_caller_decides_nothing_where_it_is_not_asked() {
        let sampled = caller(TraceFlags::SAMPLED);
        let (recorded, named) = decide(Sampling::TraceIdRatio(0.0), Some(sampled.clone()));
        assert!(!recorded && !named.is_sampled());
        assert_eq!(named.trace_id(), sampled.trace_id());
        assert!(decide(Sampling::TraceIdRatio(1.0), Some(caller(TraceFlags::default()))).0);
        assert!(decide(Sampling::TraceIdRatio(1.0), None).0);
        assert!(!decide(Sampling::TraceIdRatio(0.0), None).0);
    }
}
