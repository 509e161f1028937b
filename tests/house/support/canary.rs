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

/// Where tests panic, which may say what they like. Everything else is the service, or a library that has its values.
const TESTS: &str = "tests/";

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
    let lower = text.to_lowercase();
    NEVER_HEARD.iter().any(|word| lower.contains(word))
}

/// Its log says where a panic was; nor may the words be about anybody.
fn hear_panic(panic: &PanicHookInfo<'_>) {
    if !panic.location().is_some_and(|at| at.file().starts_with(TESTS)) {
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
    use std::panic::catch_unwind;

    use provost::config::Config;
    use serde_json::json;

    use super::{HEARD, PoisonError, sit_in, tells_of_somebody};

    /// What was heard that has this word in it, and is forgotten.
    fn heard(word: &str) -> Vec<String> {
        let mut heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
        heard.extract_if(.., |text| text.contains(word)).collect()
    }

    #[test]
    fn it_hears_what_a_panic_quotes_except_in_a_test() {
        sit_in(&mut Config::embedded().unwrap().telemetry);
        // A library says what it was given.
        let quoted = catch_unwind(|| json!([])["panicked of Lovelace"] = json!(1));
        assert!(quoted.is_err());
        let told = heard("panicked of Lovelace");
        assert!(told.len() == 1 && told[0].contains("serde_json"), "{told:?}");
        let own = catch_unwind(|| panic!("a test has its own Lovelace"));
        assert!(own.is_err());
        assert_eq!(heard("a test has its own"), [""; 0]);
    }

    #[test]
    fn it_hears_lines_and_spans() {
        sit_in(&mut Config::embedded().unwrap().telemetry);
        tracing::error!(who = "a field of Lovelace", "a line");
        // As it is written, and as it is sent.
        assert_eq!(heard("a field of Lovelace").len(), 2);
        drop(tracing::info_span!("a span", who = "a span of Hopper"));
        assert_eq!(heard("a span of Hopper").len(), 1);
    }

    #[test]
    fn it_dies_of_people_and_tokens() {
        for text in ["there is no Ada Lovelace", "x@EXAMPLE.com"] {
            assert!(tells_of_somebody(text), "{text}");
        }
        for kind in ["scim", "svc", "ses", "ses_adm", "code", "op"] {
            assert!(tells_of_somebody(&format!("Bearer provost_{kind}_1")), "{kind}");
        }
        assert!(!tells_of_somebody("Write it like userName eq \"jo\"."));
    }
}
