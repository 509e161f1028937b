//! Two commits against each other, in one run: `benches/compare` builds them and starts this.
//!
//! Each side has users that its own `provost-bench` made, and is asked what its own
//! `provost-bench` writes; the load generators are the same for both. It never looks into a
//! commit's tables, save for the length of its ledger.

mod first_contract;
mod line;
pub mod part;
mod side;
mod table;

use crate::dataset::{Engine, settle};
use crate::outcome::Outcome;
use crate::postgres::Cluster;
use crate::rounds::Sample;
use clap::Args;
use line::{Line, lines};
use side::{Name, Side};
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;
use table::{Pair, table};

/// What is compared, and for how long.
#[derive(Debug, Args)]
pub struct Choice {
    /// The folder with `provost` and `provost-bench` of what is compared with.
    a: PathBuf,
    /// The folder with those of what is compared.
    b: PathBuf,
    /// Only lines whose key contains one of these; keys are shown while it runs.
    lines: Vec<String>,
    /// How often each line is measured, behind a warm-up.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// How long a run takes, in seconds.
    #[arg(long, default_value_t = 1)]
    seconds: u32,
}

/// Compares, prints the table and keeps it in `target/compare/results.md`.
pub fn run(choice: &Choice) -> Outcome {
    let lines = lines(&choice.lines)?;
    let folder = std::env::current_dir()?.join("target/compare");
    let _ = fs::remove_dir_all(folder.join("scratch"));
    let cluster = Rc::new(Cluster::start(&folder.join("cluster"))?);
    let mut engines = vec![Engine::Sqlite, Engine::Postgres];
    engines.retain(|engine| lines.iter().any(|line| line.engine == *engine));
    let open = |name, binaries| Side::open(name, binaries, &folder, &cluster, &engines);
    let (mut a, mut b) = (open(Name::A, &choice.a)?, open(Name::B, &choice.b)?);
    settle()?;
    let rounds = rounds(choice, &lines, &mut a, &mut b)?;
    let complaints = [a.close().complaints, b.close().complaints].concat();
    let text = table(choice, &lines, &rounds, &complaints)?;
    fs::write(folder.join("results.md"), &text)?;
    println!("\n{text}");
    if complaints.is_empty() {
        return Ok(());
    }
    Err(format!("not everything was as it must be:\n{}", complaints.join("\n")).into())
}

/// A warm-up that is forgotten, then rounds. Every second one goes backwards: the lines, and who
/// is first.
fn rounds(choice: &Choice, lines: &[Line], a: &mut Side, b: &mut Side) -> Outcome<Vec<Vec<Pair>>> {
    let mut pairs: Vec<Vec<Pair>> = lines.iter().map(|_| Vec::new()).collect();
    for round in 0..=choice.rounds {
        let backwards = round % 2 == 1;
        let mut order: Vec<usize> = (0..lines.len()).collect();
        if backwards {
            order.reverse();
        }
        for at in order {
            let line = &lines[at];
            let run = |side: &mut Side| -> Outcome<Sample> {
                side.run(line, round, choice.rounds + 1, choice.seconds)
                    .map_err(|error| format!("{}: {error}", line.key()).into())
            };
            let pair = if backwards {
                let b = run(b)?;
                Pair { a: run(a)?, b }
            } else {
                Pair { a: run(a)?, b: run(b)? }
            };
            let (rate_a, rate_b) = (pair.a.load.rate(), pair.b.load.rate());
            eprintln!(
                "{round:>3}/{}  {:<22} A {rate_a:>7.0}/s  B {rate_b:>7.0}/s  B : A {:.2}",
                choice.rounds,
                line.key(),
                rate_b / rate_a
            );
            if round > 0 {
                pairs[at].push(pair);
            }
        }
    }
    Ok(pairs)
}
