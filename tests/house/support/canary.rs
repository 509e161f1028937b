//! A canary that sits in every story: it listens to the log at its loudest, as it is written and as it is sent,
//! to every span, to all metrics, to what a panic of the service says and to the requests that it notes as refused,
//! and dies of a person's name, a mail address or a token.
//! Owns what it may not hear; must never know a story.

use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::{Mutex, Once, PoisonError};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter, SdkLoggerProvider};
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use provost::config::TelemetryConfig;
use provost_telemetry::Sampling;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

/// Our rooms say everything, and so do the libraries that see our values.
const LEVEL: &str = "info,provost=trace,sea_orm=trace,sqlx=trace,tonic=debug,axum=trace";

/// What the people of the stories are called, where they live, and how tokens of all kinds begin.
const NEVER_HEARD: [&str; 8] = [
    "lovelace",
    "@example.",
    "hopper",
    "provost_scim_",
    "provost_svc_",
    "provost_ses_",
    "provost_code_",
    "provost_op_",
];

/// An address that the service itself gives as an example, in sentences about filters.
const EXAMPLE: &str = "jo@example.com";

/// Where the service panics. A test that fails may say what it likes.
const SERVICE: [&str; 5] = ["src/", "gateway/", "core-service/", "console/", "telemetry/"];

static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Has it listen from now on, to a house that is configured like this.
pub fn sit_in(telemetry: &mut TelemetryConfig) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let provider = SdkTracerProvider::builder().with_simple_exporter(Canary).build();
        let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("canary"));
        let lines = fmt::layer().with_writer(|| Canary).with_ansi(false);
        let lines = lines.with_filter(EnvFilter::new(LEVEL));
        let spans = spans.with_filter(EnvFilter::new(LEVEL));
        let sent = SdkLoggerProvider::builder().with_simple_exporter(Canary).build();
        let sent = OpenTelemetryTracingBridge::new(&sent).with_filter(EnvFilter::new(LEVEL));
        tracing_subscriber::registry().with(spans).with(lines).with(sent).init();
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            hear_panic(panic);
            others(panic);
        }));
    });
    telemetry.in_force.sampling = Sampling::ParentBased(1.0);
}

/// Fails if it has heard anything that it may not.
#[track_caller]
pub fn lives() {
    let heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(heard.is_empty(), "a person or a token in what operators see:\n{}", heard.join("\n"));
}

/// What somebody is shown who need not know the person.
pub fn hear(text: &str) {
    if tells_of_somebody(text) {
        HEARD.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
    }
}

fn tells_of_somebody(text: &str) -> bool {
    let lower = text.to_lowercase().replace(EXAMPLE, "");
    NEVER_HEARD.iter().any(|word| lower.contains(word))
}

/// Its log says where a panic was; nor may the words be about anybody.
fn hear_panic(panic: &PanicHookInfo<'_>) {
    let file = panic.location().map_or("", |at| at.file());
    if SERVICE.iter().any(|folder| file.starts_with(folder)) {
        hear(&panic.to_string());
    }
}

#[derive(Debug)]
struct Canary;

impl Write for Canary {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        hear(&String::from_utf8_lossy(text));
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SpanExporter for Canary {
    async fn export(&self, spans: Vec<SpanData>) -> OTelSdkResult {
        for span in &spans {
            hear(&format!("{span:?}"));
        }
        Ok(())
    }
}

impl LogExporter for Canary {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        for (record, _) in batch.iter() {
            hear(&format!("{record:?}"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::tells_of_somebody;

    #[test]
    fn it_dies_of_people_and_tokens_and_of_no_example() {
        for text in ["there is no Ada Lovelace", "x@EXAMPLE.com"] {
            assert!(tells_of_somebody(text), "{text}");
        }
        for kind in ["scim", "svc", "ses", "ses_adm", "code", "op"] {
            assert!(tells_of_somebody(&format!("Bearer provost_{kind}_1")), "{kind}");
        }
        assert!(!tells_of_somebody("Write it like userName eq \"jo@example.com\"."));
    }
}
