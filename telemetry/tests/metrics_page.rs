//! `docs/metrics.md`: the table of metrics for reading. Owns its form; must never know what a metric means.

#![expect(clippy::unwrap_used, reason = "a test that can't go on stops where it stands")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use provost_telemetry::metrics::{Metric, MetricKind, SeriesLimit, TABLE};

const HEAD: &str = include_str!("metrics_page_head.md");

#[test]
fn the_page_of_metrics_says_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/metrics.md");
    let text = page();
    if std::fs::read_to_string(&path).unwrap_or_default() == text {
        return;
    }
    let renew = std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always");
    assert!(renew, "docs/metrics.md is stale: INSTA_UPDATE=always scripts/test page_of_metrics");
    std::fs::write(path, text).unwrap();
}

#[test]
fn names_are_told_apart_and_a_gauge_of_seconds_says_so() {
    let names: BTreeSet<_> = TABLE.iter().map(|metric| metric.prometheus_name()).collect();
    assert_eq!(names.len(), TABLE.len());
    for metric in TABLE {
        let names = ["provost.site", "provost.consumer"];
        let is_named = metric.attributes.iter().any(|attribute| names.contains(attribute));
        let is_bounded = matches!(metric.series, SeriesLimit::Fixed(_));
        assert_eq!(is_named, !is_bounded, "{}", metric.name);
        assert!(metric.meaning.ends_with('.'), "{}", metric.name);
        // Only of a gauge Prometheus says that it is a ratio.
        assert!(metric.unit != "1" || metric.kind == MetricKind::Gauge, "{}", metric.name);
    }
}

fn page() -> String {
    let mut text = HEAD.to_owned();
    for metric in TABLE {
        text += &entry(metric);
    }
    text
}

fn entry(metric: &Metric) -> String {
    let kind = match metric.kind {
        MetricKind::Counter => "counter",
        MetricKind::Gauge => "gauge",
        MetricKind::Histogram => "histogram",
    };
    let mut text = format!("\n### `{}`\n\n{}\n\n", metric.prometheus_name(), metric.meaning);
    let attributes: Vec<_> = metric.attributes.iter().map(|name| format!("`{name}`")).collect();
    let attributes = if attributes.is_empty() { "none".to_owned() } else { attributes.join(", ") };
    let unit = metric.unit;
    writeln!(text, "| OpenTelemetry | Kind | Unit | Attributes |\n|---|---|---|---|").unwrap();
    writeln!(text, "| `{}` | {kind} | `{unit}` | {attributes} |", metric.name).unwrap();
    text
}
