//! The results of a comparison, as a table.

use crate::compare::Choice;
use crate::compare::line::Line;
use crate::outcome::Outcome;
use crate::rounds::Sample;
use crate::statistics::{Spread, fine, rate, whole};
use std::fmt::Write as _;

/// What a round measured of a line: both sides, one right after the other.
pub struct Pair {
    /// What is compared with.
    pub a: Sample,
    /// What is compared.
    pub b: Sample,
}

/// All of it, as it is printed and kept.
pub fn table(
    choice: &Choice,
    lines: &[Line],
    rounds: &[Vec<Pair>],
    complaints: &[String],
) -> Outcome<String> {
    let mut text = format!(
        "A is {}, B is {}. {} rounds of {} s, A and B in turn; medians, with the range in brackets. \
         A ratio is taken within each round.\n\n",
        choice.a.display(),
        choice.b.display(),
        choice.rounds,
        choice.seconds,
    );
    match complaints {
        [] => text += "Every write that was answered was found in its ledger; no request failed.\n",
        _ => writeln!(text, "**Not as it must be:** {}", complaints.join("; "))?,
    }
    text +=
        "\n| Line | Requests/s, B : A | CPU, B : A | Requests/s, A | B |\n|---|---|---|---|---|\n";
    let mut slowest = f64::INFINITY;
    for (line, pairs) in lines.iter().zip(rounds) {
        let rates = ratio(pairs, |sample| sample.load.rate());
        slowest = slowest.min(rates.median);
        writeln!(
            text,
            "| {} | {rates} | {} | {} | {} |",
            line.title(),
            ratio(pairs, |sample| sample.cpu),
            rate(Spread::of(pairs.iter().map(|pair| pair.a.load.rate())).median),
            rate(Spread::of(pairs.iter().map(|pair| pair.b.load.rate())).median),
        )?;
    }
    text += "\n| Resident memory behind each run | B : A | A, MiB | B, MiB |\n|---|---|---|---|\n";
    let mut largest = 0.0_f64;
    let mut all: Vec<&'static str> = lines.iter().map(Line::processes).collect();
    all.sort_unstable();
    all.dedup();
    for processes in all {
        let own = lines.iter().zip(rounds).filter(|(line, _)| line.processes() == processes);
        let pairs: Vec<&Pair> = own.flat_map(|(_, pairs)| pairs).collect();
        let ratios = ratio(pairs.iter().copied(), resident);
        largest = largest.max(ratios.median);
        writeln!(
            text,
            "| {processes} | {ratios} | {} | {} |",
            Spread::of(pairs.iter().map(|pair| resident(&pair.a))).shown(whole),
            Spread::of(pairs.iter().map(|pair| resident(&pair.b))).shown(whole),
        )?;
    }
    writeln!(
        text,
        "\nB : A, medians: {} is the lowest rate, {} the highest memory.",
        fine(slowest),
        fine(largest)
    )?;
    Ok(text)
}

fn ratio<'a>(pairs: impl IntoIterator<Item = &'a Pair>, figure: fn(&Sample) -> f64) -> Spread {
    Spread::of(pairs.into_iter().map(|pair| figure(&pair.b) / figure(&pair.a)))
}

fn resident(sample: &Sample) -> f64 {
    sample.memory.unwrap_or_default().resident
}
