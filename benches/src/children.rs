//! The processes of a run: started so that they can't outlive it, and what they cost.

use crate::outcome::Outcome;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Linux counts the CPU time of a process in these.
const TICKS_PER_SECOND: f64 = 100.0;
/// How long a process may take to begin and to end.
const PATIENCE: Duration = Duration::from_mins(5);

/// A command whose process the kernel stops when this one is gone.
pub fn bound(signal: &str, program: impl AsRef<Path>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", signal, "--"]).arg(program.as_ref());
    command
}

/// A process that runs beside this one. Dropped, it is told to end and waited for.
pub struct Server {
    child: Child,
    /// How it is told to end.
    signal: &'static str,
}

impl Server {
    /// Starts a process whose words go to files, and waits until it has said something.
    pub fn start(
        mut command: Command,
        signal: &'static str,
        log: &Path,
        said: impl Fn(&str) -> bool,
    ) -> Outcome<(Self, String)> {
        let out = log.with_extension("out");
        command.stdin(Stdio::null()).stdout(File::create(&out)?).stderr(File::create(log)?);
        let mut server = Self { child: command.spawn()?, signal };
        let begun = Instant::now();
        loop {
            let words = fs::read_to_string(&out)? + &fs::read_to_string(log)?;
            if said(&words) {
                return Ok((server, words));
            }
            let ended = server.child.try_wait()?;
            if ended.is_some() || begun.elapsed() > PATIENCE {
                return Err(format!("{command:?} did not start; see {}", log.display()).into());
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The shell's own command: a bare machine has no program of that name.
        let kill = format!("kill -s {} {}", self.signal, self.child.id());
        let told = Command::new("sh").args(["-c", &kill]).status();
        let begun = Instant::now();
        while told.is_ok() && begun.elapsed() < PATIENCE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The CPU seconds that processes have used up to now, those of their children included.
pub fn cpu_seconds(ids: &[u32]) -> f64 {
    let children: Vec<u32> = ids.iter().flat_map(|id| children_of(*id)).collect();
    let ticks: u64 = ids.iter().chain(&children).map(|id| ticks(*id).unwrap_or_default()).sum();
    #[expect(clippy::cast_precision_loss, reason = "a few million ticks at most")]
    let ticks = ticks as f64;
    ticks / TICKS_PER_SECOND
}

/// Waits until processes have nothing left to do: what a load generator left behind at its end
/// must not cost the next line.
pub fn wait_until_idle(ids: &[u32]) {
    let begun = Instant::now();
    let mut before = cpu_seconds(ids);
    while begun.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(100));
        let now = cpu_seconds(ids);
        if now - std::mem::replace(&mut before, now) < 0.03 {
            return;
        }
    }
}

/// `utime`, `stime`, `cutime` and `cstime` of proc(5), which come behind the name.
fn ticks(id: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    fields.split(' ').skip(11).take(4).map(|field| field.parse::<u64>().ok()).sum()
}

fn children_of(id: u32) -> Vec<u32> {
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
    children.unwrap_or_default().split_whitespace().filter_map(|id| id.parse().ok()).collect()
}

/// What a process has in memory, in MiB.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    /// All of it, mapped pages of files included.
    pub resident: f64,
    /// What is its own: neither files nor shared.
    pub own: f64,
}

impl Memory {
    /// Of two processes together.
    pub fn and(self, other: Self) -> Self {
        Self { resident: self.resident + other.resident, own: self.own + other.own }
    }
}

/// What a process has in memory.
pub fn memory(id: u32) -> Memory {
    let mut memory = Memory::default();
    let Ok(file) = File::open(format!("/proc/{id}/status")) else { return memory };
    for line in BufReader::new(file).lines().map_while(Result::ok) {
        let mut words = line.split_whitespace();
        let (name, number) = (words.next(), words.next());
        let mib = || number.and_then(|kib| kib.parse::<f64>().ok()).unwrap_or_default() / 1024.0;
        match name {
            Some("VmRSS:") => memory.resident = mib(),
            Some("RssAnon:") => memory.own = mib(),
            _ => {}
        }
    }
    memory
}
