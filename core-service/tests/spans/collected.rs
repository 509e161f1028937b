//! A collector of spans: of OpenTelemetry's, when they have ended, and of `tracing`'s, when they
//! are built.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, ThreadId};
use tracing::Level;
use tracing::span::{Attributes, Id};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// The process has one, as the service has: spans are closed by other threads too.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    ended: Arc<Mutex<Vec<SpanData>>>,
    built: Arc<Mutex<Vec<(ThreadId, &'static str)>>>,
}

impl Collected {
    pub fn everywhere() -> &'static Self {
        static COLLECTED: OnceLock<Collected> = OnceLock::new();
        COLLECTED.get_or_init(|| {
            let collected = Self::default();
            let sampler = Sampler::ParentBased(Box::new(Sampler::AlwaysOff));
            let builder = SdkTracerProvider::builder().with_sampler(sampler);
            let provider = builder.with_simple_exporter(collected.clone()).build();
            let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
            tracing_subscriber::registry().with(collected.clone()).with(layer).init();
            collected
        })
    }

    /// The names of `tracing`'s spans since the last time, of whatever trace; a test and its core
    /// share one thread.
    pub fn built_here(&self) -> Vec<&'static str> {
        let here = thread::current().id();
        let mut built = self.built.lock().unwrap();
        built.extract_if(.., |(thread, _)| *thread == here).map(|(_, name)| name).collect()
    }

    /// The spans of a trace, as far as they have ended.
    pub fn trace(&self, id: u128) -> Vec<SpanData> {
        let ended = self.ended.lock().unwrap();
        ended.iter().filter(|span| span.span_context.trace_id() == id.into()).cloned().collect()
    }
}

impl SpanExporter for Collected {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.ended.lock().unwrap().extend(batch);
        Ok(())
    }
}

impl<S: tracing::Subscriber> Layer<S> for Collected {
    /// As far as anybody would look at them: counting what is stored shares the thread, and the library has
    /// spans below what a service ever shows.
    fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        if *span.metadata().level() > Level::INFO {
            return;
        }
        self.built.lock().unwrap().push((thread::current().id(), span.metadata().name()));
    }
}

/// The value of an attribute, as text.
pub fn attribute(span: &SpanData, name: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == name)?;
    Some(found.value.to_string())
}
