//! The report: what was played and found, line by line, told while it grows.
//!
//! Owns that no line shows the token. Must never know how lines are shown.

use serde::Serialize;

use super::check::{Check, Severity};
use super::reply::masked;

/// Something that providers would trip over.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// How bad it is.
    pub severity: Severity,
    /// What there is.
    pub sentence: String,
    /// What an admin can do about it.
    pub remedy: &'static str,
    /// Who says so.
    pub reference: String,
    /// What was played; nothing where a look at the address was enough.
    pub part: String,
}

/// A request that was sent, and how it was answered.
#[derive(Debug, Clone, Serialize)]
pub struct PlayedStep {
    /// What was played.
    pub part: String,
    /// What it stands for.
    pub name: String,
    /// The method of HTTP.
    pub method: String,
    /// The path and query.
    pub target: String,
    /// The status; none where no answer came.
    pub status: Option<u16>,
    /// How long it took.
    pub milliseconds: u64,
    /// What the service said about it besides: its notices.
    pub notices: Vec<String>,
    /// How bad the worst is that was found in the answer; none where it is what a provider needs.
    pub worst: Option<Severity>,
}

/// A line of a report.
#[derive(Debug)]
pub enum ReportLine {
    /// What is played from here on.
    Part(String),
    /// A request and its answer.
    Step(PlayedStep),
    /// What was found, in the step before it.
    Finding(Finding),
}

/// Whoever is told each line.
pub type ReportReader = Box<dyn FnMut(&ReportLine)>;

/// What was played and found.
pub struct Report {
    lines: Vec<ReportLine>,
    part: String,
    token: String,
    told: ReportReader,
}

impl Report {
    /// An empty one, which never shows this token.
    pub fn new(token: String, told: ReportReader) -> Self {
        Self { lines: Vec::new(), part: String::new(), token, told }
    }

    /// Begins with something else.
    pub fn begin(&mut self, part: impl Into<String>) {
        self.part = part.into();
        self.add(ReportLine::Part(self.part.clone()));
    }

    /// What is played now.
    pub fn part(&self) -> &str {
        &self.part
    }

    /// Something was played.
    pub fn played(&mut self, step: PlayedStep) {
        self.add(ReportLine::Step(step));
    }

    /// Something was found. Its reference is that of the check.
    pub fn found(&mut self, check: Check, sentence: impl Into<String>) {
        self.found_by(check, sentence, check.reference());
    }

    /// Something was found of which this page tells.
    pub fn found_by(&mut self, check: Check, sentence: impl Into<String>, reference: &str) {
        self.add(ReportLine::Finding(Finding {
            check,
            severity: check.severity(),
            sentence: sentence.into(),
            remedy: check.remedy(),
            reference: reference.to_owned(),
            part: self.part.clone(),
        }));
    }

    /// Some services repeat what they were sent.
    fn add(&mut self, mut line: ReportLine) {
        match &mut line {
            ReportLine::Part(_) => {}
            ReportLine::Step(step) => {
                for notice in &mut step.notices {
                    *notice = masked(notice, &self.token);
                }
            }
            ReportLine::Finding(finding) => {
                finding.sentence = masked(&finding.sentence, &self.token);
            }
        }
        (self.told)(&line);
        self.lines.push(line);
    }

    /// All that was found.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.lines.iter().filter_map(|line| match line {
            ReportLine::Finding(finding) => Some(finding),
            ReportLine::Part(_) | ReportLine::Step(_) => None,
        })
    }

    /// Whether this was found.
    pub fn has(&self, check: Check) -> bool {
        self.findings().any(|finding| finding.check == check)
    }

    /// All that was played.
    pub fn steps(&self) -> impl Iterator<Item = &PlayedStep> {
        self.lines.iter().filter_map(|line| match line {
            ReportLine::Step(step) => Some(step),
            ReportLine::Part(_) | ReportLine::Finding(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Check, PlayedStep, Report};

    #[test]
    fn no_line_shows_the_token() {
        for (token, expected) in [("s3cret", "TOKEN is wrong"), ("", "s3cret is wrong")] {
            let mut report = Report::new(token.to_owned(), Box::new(|_| ()));
            report.found(Check::NotPutBack, "s3cret is wrong");
            report.played(PlayedStep {
                part: String::new(),
                name: String::new(),
                method: String::new(),
                target: String::new(),
                status: None,
                milliseconds: 0,
                notices: vec!["s3cret is wrong".to_owned()],
                worst: None,
            });
            assert_eq!(report.findings().next().unwrap().sentence, expected);
            assert_eq!(report.steps().next().unwrap().notices, [expected]);
        }
    }
}
