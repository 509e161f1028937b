//! A whole run, from the data to the results.

use crate::account::Account;
use crate::dataset::settle;
use crate::house::House;
use crate::lines::{Line, lines};
use crate::outcome::Outcome;
use crate::over_tls::OverTls;
use crate::pages;
use crate::peers::Peers;
use crate::postgres::Cluster;
use crate::ratios::ratios;
use crate::receiver::Receiver;
use crate::report::Report;
use crate::rounds::Runner;
use crate::servers::Launcher;
use crate::single;
use crate::{group_lines, watch_lines, watches};
use clap::Args;
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::thread::available_parallelism;

/// What to measure.
#[derive(Args)]
pub struct Choice {
    /// Fewer users, rounds and seconds: while working, not for figures.
    #[arg(long)]
    quick: bool,
    /// Only lines whose key contains this, and the ratios between them.
    #[arg(long, default_value = "")]
    only: String,
    /// How long the load lasts under which memory is watched, in minutes.
    #[arg(long)]
    soak_minutes: Option<f64>,
}

impl Choice {
    /// Those that `--only` speaks of: `100000/sqlite` needs no million users.
    fn sizes(&self, all: &[usize]) -> Vec<usize> {
        let named = self.only.split('/').next().and_then(|first| first.parse().ok());
        let named = all.iter().copied().find(|size| Some(*size) == named);
        named.map_or_else(|| all.to_vec(), |size| vec![size])
    }

    fn wants_peers(&self) -> bool {
        !self.quick && (self.only.is_empty() || self.of_peers())
    }

    /// `@` is for the peers, and what they are compared with.
    fn of_peers(&self) -> bool {
        self.only.starts_with('@')
    }

    fn includes(&self, line: &Line, compared: &[String]) -> bool {
        line.key.contains(&self.only)
            || is_yardstick(line)
            || self.of_peers() && compared.contains(&line.key)
    }

    /// What is known before the first line: somebody may commit while it runs.
    fn of(&self) -> String {
        let kind = match (self.quick, self.only.is_empty()) {
            (true, _) => "quick run, not for figures,",
            (false, false) => "partial run",
            (false, true) => "full run",
        };
        let version = said_by("git", &["describe", "--always", "--dirty"]);
        let version = version.as_deref().unwrap_or("an unknown version");
        let cores = available_parallelism().map_or(1, NonZero::get);
        format!("A {kind} of {version}, {cores} cores")
    }

    fn results(&self) -> &'static Path {
        Path::new(match (self.quick, self.only.is_empty()) {
            (true, _) => "target/bench/quick.md",
            (false, false) => "target/bench/partial.md",
            (false, true) => "benches/results.md",
        })
    }
}

/// How much of everything.
struct Extent {
    sizes: &'static [usize],
    rounds: usize,
    seconds: u32,
    paced_seconds: u32,
    soak_minutes: f64,
}

const FULL: Extent = Extent {
    sizes: &[100_000, 1_000_000],
    rounds: 5,
    seconds: 3,
    paced_seconds: 20,
    soak_minutes: 10.0,
};
const QUICK: Extent =
    Extent { sizes: &[20_000], rounds: 3, seconds: 1, paced_seconds: 5, soak_minutes: 0.1 };

/// Measures and writes the results.
pub fn run(choice: &Choice) -> Outcome {
    let extent = if choice.quick { &QUICK } else { &FULL };
    let of = choice.of();
    let folder = std::env::current_dir()?.join("target/bench");
    let scratch = folder.join("scratch");
    let _ = fs::remove_dir_all(&scratch);
    fs::create_dir_all(&scratch)?;
    let receiver = Receiver::start()?;
    let launcher = Launcher::new(&scratch, &beside_this("provost")?, &receiver);
    let cluster = Rc::new(Cluster::start(&folder.join("cluster"))?);
    let sizes = choice.sizes(extent.sizes);
    let house = House::furnish(&folder, &launcher, Rc::clone(&cluster), &sizes)?;
    let peers = choice.wants_peers().then(|| Peers::start(&folder, &launcher, &house));
    let peers = peers.transpose()?;

    let over_tls = OverTls::start(&scratch, &launcher, &house)?;
    let mut lines = lines(&house)?;
    lines.extend(watch_lines::lines(&house)?);
    lines.extend(group_lines::lines(&house)?);
    lines.extend(over_tls.lines(&house));
    lines.extend(peers.iter().flat_map(|peers| peers.lines(&house)));
    let mut ratios = ratios(&sizes);
    ratios.extend(OverTls::ratios(&house));
    ratios.extend(watches::ratios(&house));
    ratios.extend(group_lines::ratios(&house));
    let with_peers: Vec<_> = peers.iter().flat_map(|peers| peers.ratios(&house)).collect();
    let compared: Vec<_> = with_peers.iter().map(|ratio| ratio.line.clone()).collect();
    ratios.extend(with_peers);
    lines.retain(|line| choice.includes(line, &compared));
    let mut runner = Runner {
        folder: &scratch,
        scripts: PathBuf::from("benches/scripts"),
        cluster: &cluster,
        seconds: extent.seconds,
        account: Account::default(),
        seed: 0,
    };
    settle()?;
    runner.look(&lines)?;
    let samples = runner.rounds(&lines, extent.rounds)?;
    drop((peers, over_tls));

    let mut account = runner.account;
    let mut report = Report::new(of, &lines, &samples, &ratios);
    // What is measured is kept, whatever comes of the rest.
    let unfinished = "the run broke off before its last figures".to_owned();
    let complaints = [&account.complaints[..], &[unfinished]].concat();
    report.write(choice.results(), receiver.spans(), &complaints)?;
    if choice.only.is_empty() {
        let minutes = choice.soak_minutes.unwrap_or(extent.soak_minutes);
        let seconds = extent.paced_seconds;
        let figures = single::figures(house, &launcher, &mut account, &report, seconds, minutes)?;
        report.add(figures);
    } else {
        if pages::key(&house).contains(&choice.only) {
            report.add(pages::figures(&house, &mut account, extent.paced_seconds)?);
        }
        // Ended processes have sent their last spans.
        drop(house);
    }
    let spans = receiver.spans();
    account.look_at_spans(spans);
    let text = report.write(choice.results(), spans, &account.complaints)?;
    println!("{text}\nwritten to {}", choice.results().display());
    if account.complaints.is_empty() {
        return Ok(());
    }
    Err(format!("not everything was as it must be:\n{}", account.complaints.join("\n")).into())
}

fn is_yardstick(line: &Line) -> bool {
    !line.key.starts_with(|first: char| first.is_ascii_digit()) && !line.key.contains('@')
}

/// What a program says, if anything.
fn said_by(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let words = String::from_utf8(output.stdout).ok()?;
    Some(words.trim().to_owned()).filter(|words| !words.is_empty())
}

fn beside_this(name: &str) -> Outcome<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name(name))
}
