//! One side of a comparison: a commit's two programs, the users that its own program made, and
//! its processes.

use crate::account::{Account, Ledger, all_written};
use crate::children::{Memory, bound, cpu_seconds, memory, wait_until_idle};
use crate::compare::line::Line;
use crate::compare::part::{Contract, Part, read};
use crate::dataset::{Dataset, Engine, Origin};
use crate::grpc_load::{Callers, Calls};
use crate::load::{CONNECTIONS, Load, as_f64, wrk};
use crate::outcome::Outcome;
use crate::postgres::Cluster;
use crate::receiver::Receiver;
use crate::rounds::Sample;
use crate::servers::{Launcher, Running};
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::rc::Rc;

/// How many users each database has.
const USERS: usize = 100_000;

/// Which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// What is compared with.
    A,
    /// What is compared.
    B,
}

impl Name {
    fn as_str(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::A => "_a",
            Self::B => "_b",
        }
    }
}

/// A commit that is measured.
pub struct Side {
    /// What is accounted for.
    pub account: Account,
    name: Name,
    bench: PathBuf,
    contract: Contract,
    requests: PathBuf,
    receiver: Receiver,
    cluster: Rc<Cluster>,
    houses: Vec<House>,
}

/// The processes on one database.
struct House {
    dataset: Dataset,
    serve: Running,
    core: Running,
    gateway: Running,
}

impl Side {
    /// Makes the users where they are missing, and starts the processes on fresh copies of them.
    pub fn open(
        name: Name,
        binaries: &Path,
        folder: &Path,
        cluster: &Rc<Cluster>,
        engines: &[Engine],
    ) -> Outcome<Self> {
        let bench = binaries.join("provost-bench");
        let scratch = folder.join("scratch").join(name.as_str());
        fs::create_dir_all(&scratch)?;
        let receiver = Receiver::start()?;
        let launcher = Launcher::new(&scratch, &binaries.join("provost"), &receiver);
        let origin = Origin {
            folder: folder.join(name.as_str()),
            maker: bench.clone(),
            shape: fingerprint(&bench)?,
            suffix: name.suffix(),
        };
        let house = |engine: &Engine| House::open(*engine, &origin, &launcher, cluster);
        Ok(Self {
            account: Account::default(),
            name,
            contract: contract_of(&bench)?,
            bench,
            requests: scratch.join("requests"),
            receiver,
            cluster: Rc::clone(cluster),
            houses: engines.iter().map(house).collect::<Outcome<_>>()?,
        })
    }

    /// One run of a line; which of how many it is decides whom it is about.
    pub fn run(&mut self, line: &Line, run: usize, runs: usize, seconds: u32) -> Outcome<Sample> {
        let house = self.houses.iter().find(|house| house.dataset.engine == line.engine);
        let house = house.ok_or("a line has no processes")?;
        let processes = house.processes(line);
        let mut clocked = processes.clone();
        if line.engine == Engine::Postgres {
            clocked.push(self.cluster.id());
        }
        let host = if line.grpc_path().is_some() { &house.serve.grpc } else { house.http(line) };
        self.ask(Part {
            kind: line.kind,
            ids: house.dataset.ids_file(),
            host: host.clone(),
            run,
            runs,
            file: self.requests.clone(),
        })?;
        house.dataset.warm()?;
        let ledger = Ledger::from_now(&house.dataset)?;
        let before = cpu_seconds(&clocked);
        let load = self.load(line, host, house, seconds)?;
        let cpu = cpu_seconds(&clocked) - before;
        wait_until_idle(&clocked);
        let who = format!("{}, {}", self.name.as_str().to_uppercase(), line.key());
        let writes =
            if line.writes() { all_written(load.answered, CONNECTIONS.into()) } else { 0..=0 };
        self.account.look_up(&who, &ledger, writes)?;
        self.account.traced += load.answered;
        if load.failed > 0 {
            self.account.complain(&who, &format!("{} requests failed", load.failed));
        }
        if load.answered == 0 || line.least_answer().is_some_and(|least| load.bytes < least) {
            let what = format!("{} answers of {} bytes", load.answered, load.bytes);
            self.account.complain(&who, &what);
        }
        let memory = processes.iter().map(|id| memory(*id)).reduce(Memory::and);
        Ok(Sample { load, cpu: cpu * 1e6 / as_f64(load.answered), memory })
    }

    /// Ends the processes, which then have sent their last spans.
    pub fn close(mut self) -> Account {
        self.houses.clear();
        self.account.look_at_spans(self.receiver.spans());
        self.account
    }

    /// Has the side's own program write the requests, where it can.
    fn ask(&self, part: Part) -> Outcome {
        if self.contract == Contract::First {
            return part.write(self.contract);
        }
        let kind = clap::ValueEnum::to_possible_value(&part.kind);
        let mut command = bound("TERM", &self.bench);
        command
            .arg("requests")
            .arg(kind.map(|kind| kind.get_name().to_owned()).unwrap_or_default());
        command.arg(part.ids).args([part.host, part.run.to_string(), part.runs.to_string()]);
        if command.arg(part.file).status()?.success() {
            return Ok(());
        }
        Err(format!("{} could not write its requests", self.bench.display()).into())
    }

    fn load(&self, line: &Line, host: &str, house: &House, seconds: u32) -> Outcome<Load> {
        let Some(path) = line.grpc_path() else {
            return wrk(
                &format!("http://{host}/"),
                Path::new("benches/scripts/replay.lua"),
                &self.requests,
                CONNECTIONS,
                seconds,
            );
        };
        let (token, bodies) = (house.serve.operator_token()?, read(&self.requests)?);
        Calls { host, path, token: &token, bodies: &bodies, callers: Callers::Many }.run(seconds)
    }
}

impl House {
    fn open(
        engine: Engine,
        origin: &Origin,
        launcher: &Launcher,
        cluster: &Rc<Cluster>,
    ) -> Outcome<Self> {
        let dataset = Dataset::open(origin, cluster, engine, USERS)?;
        let name = |role: &str| format!("{role}-{engine}").to_lowercase();
        let serve = launcher.serve(&name("serve"), &dataset)?;
        let core = launcher.core(&name("core"), &dataset)?;
        let gateway = launcher.gateway(&name("gateway"), &core)?;
        Ok(Self { dataset, serve, core, gateway })
    }

    fn processes(&self, line: &Line) -> Vec<u32> {
        if line.split { vec![self.gateway.id, self.core.id] } else { vec![self.serve.id] }
    }

    fn http(&self, line: &Line) -> &String {
        if line.split { &self.gateway.http } else { &self.serve.http }
    }
}

/// Whether a commit's program can write requests.
fn contract_of(bench: &Path) -> Outcome<Contract> {
    let mut command = bound("TERM", bench);
    command.args(["requests", "--help"]).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(if command.status()?.success() { Contract::Own } else { Contract::First })
}

/// Changes with the program that makes the users, and so with everything they are made of.
fn fingerprint(program: &Path) -> Outcome<String> {
    let mut hasher = DefaultHasher::new();
    fs::read(program)?.hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}
