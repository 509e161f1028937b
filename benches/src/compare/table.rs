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
    text += "\n| Line | Requests/s, B : A | CPU, B : A | RSS, B : A | Requests/s, A | B | RSS MiB, A | B |\n\
             |---|---|---|---|---|---|---|---|\n";
    let (mut slowest, mut largest) = (f64::INFINITY, 0.0_f64);
    for (line, pairs) in lines.iter().zip(rounds) {
        let ratio = |figure: fn(&Sample) -> f64| {
            Spread::of(pairs.iter().map(|pair| figure(&pair.b) / figure(&pair.a)))
        };
        let spread = |figure: &dyn Fn(&Pair) -> f64| Spread::of(pairs.iter().map(figure));
        let (rates, memory) = (ratio(|sample| sample.load.rate()), ratio(resident));
        slowest = slowest.min(rates.median);
        largest = largest.max(memory.median);
        writeln!(
            text,
            "| {} | {rates} | {} | {memory} | {} | {} | {} | {} |",
            line.title(),
            fine(ratio(|sample| sample.cpu).median),
            rate(spread(&|pair| pair.a.load.rate()).median),
            rate(spread(&|pair| pair.b.load.rate()).median),
            whole(spread(&|pair| resident(&pair.a)).median),
            whole(spread(&|pair| resident(&pair.b)).median),
        )?;
    }
    writeln!(text, "\nLowest rate {}, highest RSS {}, B : A.", fine(slowest), fine(largest))?;
    Ok(text)
}

fn resident(sample: &Sample) -> f64 {
    sample.memory.unwrap_or_default().resident
}
