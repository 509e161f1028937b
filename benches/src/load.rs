//! Load from the installed generators: wrk, h2load and pgbench, each asked once and read.

use crate::children::bound;
use crate::outcome::Outcome;
use crate::postgres::Cluster;
use crate::statistics::percentile;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Connections that are kept alive.
pub const CONNECTIONS: u32 = 64;
/// Clients of the pgbench yardstick.
const PGBENCH_CLIENTS: &str = "16";

/// What came of a load.
#[derive(Debug, Clone, Copy, Default)]
pub struct Load {
    /// Answered requests.
    pub answered: u64,
    /// In this time.
    pub seconds: f64,
    /// The median latency in milliseconds.
    pub p50: f64,
    /// The 99th percentile of latency in milliseconds.
    pub p99: f64,
    /// Requests that failed, whatever way.
    pub failed: u64,
    /// Bytes of an answer.
    pub bytes: u64,
}

impl Load {
    /// Requests a second.
    pub fn rate(&self) -> f64 {
        as_f64(self.answered) / self.seconds
    }
}

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "counts of a few minutes")]
pub fn as_f64(count: u64) -> f64 {
    count as f64
}

/// Replays a file of requests over so many connections.
pub fn wrk(
    url: &str,
    script: &Path,
    requests: &Path,
    connections: u32,
    seconds: u32,
) -> Outcome<Load> {
    let mut command = bound("TERM", "wrk");
    command.args(["-t", "1", "-c", &connections.to_string(), "-d", &format!("{seconds}s")]);
    command.args(["--timeout", "10s", "-s"]).arg(script);
    let words = words_of(command.arg(url).arg(requests))?;
    let result = words.lines().find_map(|line| line.strip_prefix("RESULT "));
    let numbers: Vec<u64> = result
        .ok_or_else(|| format!("wrk said nothing to read: {words}"))?
        .split(' ')
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let [answered, micros, bytes, p50, p99, refused, broken] = numbers[..] else {
        return Err(format!("wrk's result can't be read: {words}").into());
    };
    Ok(Load {
        answered,
        seconds: as_f64(micros) / 1e6,
        p50: as_f64(p50) / 1e3,
        p99: as_f64(p99) / 1e3,
        failed: refused + broken,
        bytes: bytes / answered.max(1),
    })
}

/// Calls one method with one body over 4 connections of 16 streams.
pub fn h2load(host: &str, path: &str, token: &str, body: &Path, seconds: u32) -> Outcome<Load> {
    let log = body.with_extension("h2load");
    let _ = fs::remove_file(&log);
    let mut command = bound("TERM", "h2load");
    command.args(["-t", "1", "-c", "4", "-m", "16", "-D", &seconds.to_string(), "-d"]).arg(body);
    command.arg(format!("--log-file={}", log.display()));
    for header in ["content-type: application/grpc", "te: trailers"] {
        command.args(["-H", header]);
    }
    command.args(["-H", &format!("authorization: Bearer {token}")]);
    let words = words_of(command.arg(format!("http://{host}{path}")))?;
    // One line for each request: when it began, its status, how long it took in microseconds.
    let lines = fs::read_to_string(&log)?;
    let mut failed = 0;
    let mut latencies = Vec::new();
    for line in lines.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields[..] {
            [_, "200", micros] => latencies.push(micros.parse::<u32>()?),
            _ => failed += 1,
        }
    }
    if latencies.is_empty() {
        return Err(format!("h2load had no answer: {words}").into());
    }
    latencies.sort_unstable();
    Ok(Load {
        answered: latencies.len() as u64,
        seconds: f64::from(seconds),
        p50: percentile(&latencies, 0.5),
        p99: percentile(&latencies, 0.99),
        failed,
        // An error of gRPC is a 200 without a message.
        bytes: message_bytes(&words)? / latencies.len() as u64,
    })
}

/// From `traffic: 9.5MB (9961472) total, …, 8.8MB (9227468) data`.
fn message_bytes(words: &str) -> Outcome<u64> {
    let traffic = words.lines().find(|line| line.starts_with("traffic:"));
    let data = traffic.and_then(|line| line.strip_suffix(") data")?.rsplit_once('('));
    let (_, bytes) = data.ok_or_else(|| format!("h2load told of no traffic: {words}"))?;
    Ok(bytes.parse()?)
}

/// Runs a transaction script at 16 clients.
pub fn pgbench(
    cluster: &Cluster,
    database: &str,
    script: &Path,
    users: usize,
    seconds: u32,
) -> Outcome<Load> {
    let folder = script.with_extension("logs");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let mut command = cluster.client("pgbench", database);
    command.args(["-n", "-M", "prepared", "-c", PGBENCH_CLIENTS, "-j", "2"]);
    command.args(["-T", &seconds.to_string(), "-D", &format!("users={users}"), "-l"]);
    command.arg(format!("--log-prefix={}", folder.join("log").display()));
    let words = words_of(command.arg("-f").arg(script))?;
    // `client transaction microseconds …` for each transaction.
    let mut latencies = Vec::new();
    for file in fs::read_dir(&folder)? {
        for line in fs::read_to_string(file?.path())?.lines() {
            latencies.push(line.split(' ').nth(2).unwrap_or_default().parse::<u32>()?);
        }
    }
    if latencies.is_empty() {
        return Err(format!("pgbench did nothing: {words}").into());
    }
    latencies.sort_unstable();
    Ok(Load {
        answered: latencies.len() as u64,
        seconds: f64::from(seconds),
        p50: percentile(&latencies, 0.5),
        p99: percentile(&latencies, 0.99),
        failed: 0,
        bytes: 0,
    })
}

fn words_of(command: &mut Command) -> Outcome<String> {
    let output = command.output()?;
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(words);
    }
    Err(format!("{command:?} failed: {words}{}", String::from_utf8_lossy(&output.stderr)).into())
}
