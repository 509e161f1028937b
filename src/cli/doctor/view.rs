//! How the doctor's report looks: line by line for people, one document for scripts.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cli::core::Output;
use crate::cli::print;
use crate::doctor::PlannedRequest;
use crate::doctor::check::Severity;
use crate::doctor::report::{Finding, PlayedStep, Report, ReportLine, ReportReader};
use crate::harmless;
use crate::run_error::RunError;

/// What would be sent.
pub fn plan(planned: &[PlannedRequest], output: Output) -> Result<(), RunError> {
    if output == Output::Json {
        return print::say_json(&planned);
    }
    let mut part = "";
    for request in planned {
        if request.part != part {
            part = &request.part;
            print::say(&format!("\n{part}"))?;
        }
        print::say(&format!("  {} {}  ({})", request.method, request.target, request.name))?;
        if let Some(body) = &request.body {
            let body: Vec<&str> = body.split_whitespace().collect();
            print::say(&format!("       {}", body.join(" ")))?;
        }
    }
    print::say(&format!("\n{} requests would be sent, and none was.", planned.len()))
}

/// Whoever prints each line as it comes. Where nobody reads any more, what was begun goes on.
pub fn live(output: Output) -> ReportReader {
    match output {
        Output::Json => Box::new(|_: &ReportLine| {}),
        Output::Table => Box::new(|line: &ReportLine| {
            let _ = print::say(&in_words(line));
        }),
    }
}

fn in_words(line: &ReportLine) -> String {
    match line {
        ReportLine::Part(part) => format!("\n{part}"),
        ReportLine::Step(step) => {
            let PlayedStep { name, method, target, status, milliseconds, worst, .. } = step;
            let verdict = match worst {
                None => "ok  ",
                Some(Severity::Note) => "note",
                Some(Severity::Warning) => "warn",
                Some(Severity::Error) => "FAIL",
            };
            let status = status.map_or_else(|| "---".to_owned(), |status| status.to_string());
            let target = harmless::in_line(target);
            // What was found in an answer says it already.
            let told = if worst.is_none() { step.notices.as_slice() } else { &[] };
            let notices = told.iter().map(|notice| harmless::in_line(notice));
            let notices: String =
                notices.flat_map(|notice| ["\n        notice: ".into(), notice]).collect();
            format!(
                "  {verdict}  {status} {milliseconds:>5} ms  {method} {target}  ({name}){notices}"
            )
        }
        ReportLine::Finding(finding) => {
            let Finding { check, severity, sentence, .. } = finding;
            let severity: &str = severity.into();
            let sentence = harmless::in_line(sentence);
            format!("        {severity}, {}: {sentence}", check.name())
        }
    }
}

#[derive(Serialize)]
struct ReportView<'r> {
    url: &'r str,
    is_well: bool,
    is_put_back: Option<bool>,
    findings: Vec<&'r Finding>,
    steps: Vec<&'r PlayedStep>,
}

/// What it comes down to. Whatever is more than a note makes it a failure.
pub fn result(
    url: &str,
    report: &Report,
    is_put_back: Option<bool>,
    output: Output,
) -> Result<(), RunError> {
    let findings: Vec<&Finding> = report.findings().collect();
    let number = |severity| findings.iter().filter(|one| one.severity == severity).count();
    let [errors, warnings, notes] =
        [Severity::Error, Severity::Warning, Severity::Note].map(number);
    let is_well = errors + warnings == 0;
    let counted = [(errors, "error"), (warnings, "warning"), (notes, "note")];
    let counted = counted
        .map(|(number, name)| format!("{number} {name}{}", if number == 1 { "" } else { "s" }));
    let counted = counted.join(", ");
    if output == Output::Json {
        let steps = report.steps().collect();
        print::say_json(&ReportView { url, is_well, is_put_back, findings, steps })?;
    } else {
        print::say(&remedies(&findings))?;
        let left = match is_put_back {
            None => "No user was changed.",
            Some(true) => "The test user is as before.",
            Some(false) => "The test user is NOT as before: see above.",
        };
        let requests = report.steps().count();
        let slowest = report.steps().map(|step| step.milliseconds).max().unwrap_or(0);
        print::say(&format!(
            "{requests} requests, answered within {slowest} ms: {counted}. {left}"
        ))?;
    }
    if is_well { Ok(()) } else { Err(RunError::Findings(counted)) }
}

/// What to do, once for each check, the worst first.
fn remedies(findings: &[&Finding]) -> String {
    let mut by_check = BTreeMap::new();
    for finding in findings {
        let key = (std::cmp::Reverse(finding.severity), finding.check.name());
        by_check.entry(key).or_insert((0, *finding)).0 += 1;
    }
    let in_words = |((_, name), (times, finding)): ((_, &str), (i32, &Finding))| {
        let severity: &str = finding.severity.into();
        let times = if times == 1 { String::new() } else { format!(", {times} times") };
        let (remedy, reference) = (finding.remedy, finding.check.reference());
        format!("\n{name} ({severity}{times})\n  {remedy}\n  {reference}\n")
    };
    by_check.into_iter().map(in_words).collect()
}
