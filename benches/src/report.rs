//! The results: which targets are met, then every line.

use crate::children::Memory;
use crate::lines::Line;
use crate::outcome::Outcome;
use crate::ratios::Ratio;
use crate::rounds::Sample;
use crate::statistics::{Spread, fine, rate, whole};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// A figure and the most that it may be.
pub struct Figure {
    /// What it says to people.
    pub title: String,
    /// As it is shown.
    pub shown: String,
    /// What counts.
    pub value: f64,
    /// The most; none for what is only shown.
    pub at_most: Option<f64>,
}

/// What a run came to.
pub struct Report {
    /// What kind of run, of which version and on how many cores.
    of: String,
    lines: Vec<(String, String, Vec<Sample>)>,
    ratios: Vec<(String, Spread, Option<f64>)>,
    figures: Vec<Figure>,
}

impl Report {
    /// From the rounds. A ratio is taken in each round, and then the middle of these.
    pub fn new(of: String, lines: &[Line], samples: &[Vec<Sample>], ratios: &[Ratio]) -> Self {
        let by_key: HashMap<&str, &Vec<Sample>> =
            lines.iter().map(|line| &*line.key).zip(samples).collect();
        let ratio = |ratio: &Ratio| {
            let (line, yardstick) = (by_key.get(&*ratio.line)?, by_key.get(&*ratio.yardstick)?);
            let rounds = line.iter().zip(*yardstick);
            let spread = Spread::of(rounds.map(|(a, b)| a.load.rate() / b.load.rate()));
            Some((ratio.title.clone(), spread, ratio.at_least))
        };
        let titled = lines.iter().zip(samples);
        Self {
            of,
            lines: titled
                .map(|(line, samples)| (line.key.clone(), line.title.clone(), samples.clone()))
                .collect(),
            ratios: ratios.iter().filter_map(ratio).collect(),
            figures: Vec::new(),
        }
    }

    /// Adds figures that stand alone.
    pub fn add(&mut self, figures: Vec<Figure>) {
        self.figures = figures;
    }

    /// The median rate of a line.
    pub fn rate(&self, key: &str) -> f64 {
        let line = self.lines.iter().find(|(known, ..)| known == key);
        line.map_or(0.0, |(.., samples)| Spread::of(samples.iter().map(|s| s.load.rate())).median)
    }

    /// Writes the results, whole or not at all, and answers them.
    pub fn write(&self, file: &Path, spans: u64, complaints: &[String]) -> Outcome<String> {
        let text = self.text(spans, complaints)?;
        let unfinished = file.with_extension("unfinished");
        fs::write(&unfinished, &text)?;
        fs::rename(unfinished, file)?;
        Ok(text)
    }

    fn text(&self, spans: u64, complaints: &[String]) -> Outcome<String> {
        let mut text = String::from("# Results\n\n");
        let rounds = self.lines.first().map_or(0, |(.., samples)| samples.len());
        writeln!(
            text,
            "{} shared with the load generator, {rounds} interleaved rounds after a warm-up. \
             Medians, with the range in brackets; a ratio is taken within each round. Telemetry \
             was on at 1 % sampling: {spans} spans arrived. How to read it: \
             [README.md](README.md).\n",
            self.of,
        )?;
        match complaints {
            [] => writeln!(
                text,
                "Every write that Provost answered was found in its ledger; no request failed.\n"
            )?,
            _ => writeln!(text, "**Not as it must be:** {}\n", complaints.join("; "))?,
        }
        writeln!(
            text,
            "## Against the targets\n\n| What | Ratio | At least | |\n|---|---|---|---|"
        )?;
        for (title, spread, at_least) in &self.ratios {
            let (target, verdict) = judged(*at_least, spread);
            writeln!(text, "| {title} | {spread} | {target} | {verdict} |")?;
        }
        if !self.figures.is_empty() {
            writeln!(text, "\n| What | Figure | At most | |\n|---|---|---|---|")?;
        }
        for Figure { title, shown, value, at_most } in &self.figures {
            let (target, verdict) = match at_most {
                None => (String::new(), ""),
                Some(most) if value <= most => (most.to_string(), "met"),
                Some(most) => (most.to_string(), "**missed**"),
            };
            writeln!(text, "| {title} | {shown} | {target} | {verdict} |")?;
        }
        writeln!(
            text,
            "\n## Every line\n\nCPU is what the server processes used for one answer, the database \
             server included; for the bare writer it includes its callers. Memory is what the \
             processes but the database server had in memory after the run; *own* is what of it \
             is not pages of files.\n\n\
             | Line | Requests/s | p50 ms | p99 ms | CPU \u{b5}s | Memory MiB | own |\n\
             |---|---|---|---|---|---|---|"
        )?;
        for (_, title, samples) in &self.lines {
            let spread = |figure: fn(&Sample) -> f64| Spread::of(samples.iter().map(figure));
            let (resident, own) = in_memory(samples);
            writeln!(
                text,
                "| {title} | {} | {} | {} | {} | {resident} | {own} |",
                spread(|s| s.load.rate()).shown(rate),
                spread(|s| s.load.p50).shown(fine),
                spread(|s| s.load.p99).shown(fine),
                spread(|s| s.cpu).shown(whole),
            )?;
        }
        Ok(text)
    }
}

/// Blank where nothing was there to be looked at.
fn in_memory(samples: &[Sample]) -> (String, String) {
    let seen: Vec<Memory> = samples.iter().filter_map(|sample| sample.memory).collect();
    if seen.is_empty() {
        return (String::new(), String::new());
    }
    let resident = Spread::of(seen.iter().map(|memory| memory.resident));
    let own = Spread::of(seen.iter().map(|memory| memory.own));
    (resident.shown(whole), whole(own.median))
}

/// The median decides; whether every round says the same is said as well.
fn judged(target: Option<f64>, spread: &Spread) -> (String, &'static str) {
    let Some(target) = target else { return (String::new(), "") };
    let verdict = match (spread.median >= target, spread.least >= target, spread.most >= target) {
        (true, true, _) => "met",
        (true, false, _) => "met, but not in every round",
        (false, _, true) => "**missed**, but not in every round",
        (false, _, false) => "**missed**",
    };
    (target.to_string(), verdict)
}
