//! The rounds: every line once in each, in turn, back and forth, and every write looked up in
//! the ledger.

use crate::account::{Account, Ledger, all_written};
use crate::bare_writer::WROTE;
use crate::children::{Memory, bound, cpu_seconds, memory, wait_until_idle};
use crate::dataset::warm;
use crate::forms::{BASE, framed};
use crate::grpc_load::Calls;
use crate::history;
use crate::lines::{Grpc, Line, Work};
use crate::load::{Load, as_f64, h2load, pgbench, wrk};
use crate::outcome::Outcome;
use crate::postgres::Cluster;
use crate::requests::{BULK, Requests, Scim, write};
use crate::web::ask_once;
use provost_proto::v1;
use std::fs;
use std::path::{Path, PathBuf};

/// What one run of a line came to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sample {
    /// The load and its latencies.
    pub load: Load,
    /// CPU time of the processes for one answer, in microseconds.
    pub cpu: f64,
    /// Of the processes but the database server, right after the run; none where there are none.
    pub memory: Option<Memory>,
}

/// What rounds need besides the lines.
pub struct Runner<'a> {
    /// Where requests and logs are put.
    pub folder: &'a Path,
    /// Where `replay.lua` and `pgbench.sql` lie.
    pub scripts: PathBuf,
    /// For pgbench.
    pub cluster: &'a Cluster,
    /// How long a run takes.
    pub seconds: u32,
    /// What is accounted for.
    pub account: Account,
    /// Counts the runs, so that each has requests of its own.
    pub seed: u64,
}

impl Runner<'_> {
    /// A warm-up that is forgotten, then rounds; the order is reversed every second time.
    pub fn rounds(&mut self, lines: &[Line], rounds: usize) -> Outcome<Vec<Vec<Sample>>> {
        let mut samples = vec![Vec::new(); lines.len()];
        for round in 0..=rounds {
            let mut order: Vec<usize> = (0..lines.len()).collect();
            if round % 2 == 1 {
                order.reverse();
            }
            let name = if round == 0 { "warm-up".to_owned() } else { format!("{round}/{rounds}") };
            for at in order {
                let line = &lines[at];
                let sample = self.line(line).map_err(|error| format!("{}: {error}", line.key))?;
                let Sample { load, cpu, .. } = sample;
                eprintln!(
                    "{name:>8}  {:<26} {:>9.0}/s  p50 {:>7.2} ms  p99 {:>7.2} ms  {cpu:>7.1} us",
                    line.key,
                    load.rate(),
                    load.p50,
                    load.p99
                );
                if round > 0 {
                    samples[at].push(sample);
                }
            }
        }
        Ok(samples)
    }

    /// One run of a line.
    pub fn line(&mut self, line: &Line) -> Outcome<Sample> {
        self.seed += 1;
        let ledger = match line.work.ledger() {
            Some((dataset, writes)) => {
                dataset.warm()?;
                Some((Ledger::from_now(dataset)?, writes))
            }
            None => None,
        };
        let (load, own_cpu, cpu) = self.work(&line.work, &line.processes)?;
        wait_until_idle(&line.processes);
        if line.work.is_traced() {
            self.account.traced += load.answered;
        }
        let events = load.answered * line.work.events();
        let load = Load { answered: load.answered * line.work.users() as u64, ..load };
        let cpu = own_cpu.unwrap_or(cpu) * 1e6 / as_f64(load.answered);
        if load.failed > 0 {
            self.account.complain(&line.key, &format!("{} requests failed", load.failed));
        }
        if line.work.least_answer().is_some_and(|least| load.bytes < least) {
            self.account.complain(&line.key, &format!("answers had {} bytes", load.bytes));
        }
        if let Work::Beside { neighbour, .. } = &line.work {
            let answered = neighbour.answered();
            if answered == 0 {
                self.account.complain(&line.key, "the neighbour had no answer");
            }
            self.account.traced += answered;
        }
        if let Work::Watched { watchers, .. } = &line.work
            && watchers.told() == 0
        {
            self.account.complain(&line.key, "nothing was told to who follow");
        }
        if let Some((ledger, writes)) = ledger {
            let left = line.work.left_behind();
            let writes = if writes { all_written(events, left) } else { 0..=0 };
            self.account.look_up(&line.key, &ledger, writes)?;
        }
        let own = line.processes.iter().filter(|id| **id != self.cluster.id());
        let memory = own.map(|id| memory(*id)).reduce(Memory::and);
        Ok(Sample { load, cpu, memory })
    }

    /// The load, the CPU seconds that the work itself reports, and those of the processes.
    fn work(&self, work: &Work, processes: &[u32]) -> Outcome<(Load, Option<f64>, f64)> {
        let clocked = |work: &dyn Fn() -> Outcome<Load>| {
            let before = cpu_seconds(processes);
            let load = work()?;
            Ok((load, None, cpu_seconds(processes) - before))
        };
        match work {
            Work::Scim { scheme, host, base, what, users, dataset } => {
                let requests =
                    Requests { dataset, users: *users, host: host.clone(), base, seed: self.seed };
                let file = self.folder.join("requests");
                write(&requests.of(*what)?, &file)?;
                let url = format!("{scheme}://{host}/");
                let (script, connections) = (self.scripts.join("replay.lua"), what.connections());
                clocked(&|| wrk(&url, &script, &file, connections, self.seconds))
            }
            Work::Groups { host, what, groups, dataset } => {
                let file = self.folder.join("requests");
                write(&groups.requests(*what, dataset, host, self.seed)?, &file)?;
                let url = format!("http://{host}/");
                let (script, connections) = (self.scripts.join("replay.lua"), what.connections());
                clocked(&|| wrk(&url, &script, &file, connections, self.seconds))
            }
            Work::Grpc { host, token, what, callers, dataset } => {
                let requests = Requests {
                    dataset,
                    users: dataset.users,
                    host: String::new(),
                    base: "",
                    seed: self.seed,
                };
                let bodies = bodies(what, &requests)?;
                let path = what.path();
                let calls = Calls { host, path, token, bodies: &bodies, callers: *callers };
                clocked(&|| calls.run(self.seconds))
            }
            Work::H2load { host, token, what, body, dataset: _ } => {
                let file = self.folder.join("body");
                fs::write(&file, body)?;
                clocked(&|| h2load(host, what.path(), token, &file, self.seconds))
            }
            Work::Pgbench { database, users } => {
                for file in self.cluster.files(database, "user")? {
                    warm(&file)?;
                }
                let script = self.folder.join("pgbench.sql");
                fs::copy(self.scripts.join("pgbench.sql"), &script)?;
                clocked(&|| pgbench(self.cluster, database, &script, *users, self.seconds))
            }
            Work::BareWriter { file } => {
                warm(file)?;
                let (load, cpu) = self.bare_writer(file)?;
                Ok((load, Some(cpu), 0.0))
            }
            Work::Watch { watchers, dataset: _ } => clocked(&|| watchers.follow(self.seconds)),
            Work::Watched { watchers, work } => watchers.beside(|| self.work(work, processes)),
            Work::Beside { neighbour, work } => neighbour.beside(|| self.work(work, processes)),
        }
    }

    fn bare_writer(&self, file: &Path) -> Outcome<(Load, f64)> {
        let mut command = bound("TERM", std::env::current_exe()?);
        command.arg("bare-writer").arg(file);
        command.args([self.seconds.to_string(), self.seed.to_string()]);
        let output = command.output()?;
        let words = String::from_utf8(output.stdout)?;
        let figures = words.lines().find_map(|line| line.strip_prefix(WROTE));
        let figures: Vec<f64> = figures
            .ok_or_else(|| format!("the writer: {}", String::from_utf8_lossy(&output.stderr)))?
            .split(' ')
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        let [answered, seconds, p50, p99, cpu] = figures[..] else {
            return Err(format!("the writer's result can't be read: {words}").into());
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let answered = answered as u64;
        Ok((Load { answered, seconds, p50, p99, ..Load::default() }, cpu))
    }

    /// Asks each kind of question once and looks at the answer, before anything is measured.
    pub fn look(&mut self, lines: &[Line]) -> Outcome {
        for line in lines {
            if let Work::Groups { host, what, groups, dataset } = &line.work {
                self.seed += 1;
                let request = groups.requests(*what, dataset, host, self.seed)?.swap_remove(0);
                let answer = ask_once(host, &request)?;
                if !matches!(answer.status, 200 | 204) || answer.head.contains("provost-notice") {
                    let words = answer.head;
                    return Err(
                        format!("{} is not answered as it must be: {words}", line.key).into()
                    );
                }
                continue;
            }
            // What is behind TLS is asked the same in clear.
            let Work::Scim { scheme: "http", host, base, what, users, dataset } = &line.work else {
                continue;
            };
            self.seed += 1;
            let requests =
                Requests { dataset, users: *users, host: host.clone(), base, seed: self.seed };
            let request = requests.of(*what)?.swap_remove(0);
            let answer = ask_once(host, &request)?;
            if *base != BASE && matches!(answer.status, 200 | 204) {
                continue;
            }
            let body: serde_json::Value = serde_json::from_slice(&answer.body)?;
            let right = match what {
                Scim::Filter => body["totalResults"] == 1,
                Scim::Bulk => body["Operations"].as_array().is_some_and(|operations| {
                    operations.len() == BULK && operations.iter().all(|one| one["status"] == "200")
                }),
                Scim::List(_) | Scim::Sorted | Scim::Cursor => {
                    body["Resources"].as_array().is_some_and(|page| page.len() == 100)
                }
                _ => body["emails"].as_array().is_some_and(|emails| emails.len() == 2),
            };
            if answer.status != 200 || !right || answer.head.contains("provost-notice") {
                let words = format!("{}{body}", answer.head);
                return Err(format!("{} is not answered as it must be: {words}", line.key).into());
            }
        }
        Ok(())
    }
}

fn bodies(what: &Grpc, requests: &Requests<'_>) -> Outcome<Vec<Vec<u8>>> {
    Ok(match what {
        Grpc::Get => requests.get_user(),
        Grpc::Change => requests.change_user()?,
        Grpc::ChangeOnce => requests.change_user_once()?,
        Grpc::Batch => requests.batch_change_users()?,
        Grpc::List { page_token } => {
            let request = v1::ListUsersRequest {
                page_size: 100,
                page_token: page_token.clone(),
                ..v1::ListUsersRequest::default()
            };
            vec![framed(&request)]
        }
        Grpc::Events => history::events(requests.dataset),
        Grpc::Holders => history::holders(),
    })
}
