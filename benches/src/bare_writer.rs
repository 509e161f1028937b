//! The yardstick of SQLite writes: a thread that owns a connection, takes what 64 callers want
//! and commits it together. No HTTP, no gRPC, no law; the same rows in the same tables with the
//! same indexes, as durable.

use crate::children::cpu_seconds;
use crate::load::{CONNECTIONS, Load};
use crate::outcome::Outcome;
use crate::statistics::percentile;
use clap::Args;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Where it writes, and for how long.
#[derive(Args)]
pub struct Place {
    /// A SQLite file with users.
    file: PathBuf,
    /// For how long.
    seconds: u32,
    /// Different for every run.
    seed: u64,
}

/// How it says what came of it.
pub const WROTE: &str = "WROTE ";
/// How many different users are written.
const USERS: u64 = 16_000;

/// What of a user is written, and by what the row is found.
#[derive(Clone)]
struct User {
    id: Vec<u8>,
    active: bool,
    version: i64,
}

struct Wish {
    user: User,
    done: oneshot::Sender<()>,
}

/// Writes for the given time and says what came of it.
pub fn run(place: &Place) -> Outcome {
    let mut connection = Connection::open(&place.file)?;
    for (name, value) in [
        ("journal_mode", "WAL"),
        ("synchronous", "FULL"),
        ("wal_autocheckpoint", "2000"),
        ("foreign_keys", "ON"),
    ] {
        connection.pragma_update(None, name, value)?;
    }
    let users = sample(&connection, place.seed)?;
    let before = cpu_seconds(&[std::process::id()]);
    let (queue, wishes) = mpsc::channel::<Wish>();
    let writer = std::thread::spawn(move || write(&mut connection, &wishes));
    let load = call(&users, queue, place.seconds);
    // A writer that failed also leaves its callers without answers: its word comes first.
    writer.join().map_err(|_| "the writer panicked")??;
    let load = load?;
    let cpu = cpu_seconds(&[std::process::id()]) - before;
    println!("{WROTE}{} {} {} {} {cpu}", load.answered, load.seconds, load.p50, load.p99);
    Ok(())
}

/// Random users, read before the clock starts, as the service has read them when it writes.
fn sample(connection: &Connection, seed: u64) -> Outcome<Vec<User>> {
    let mut statement = connection.prepare(
        "SELECT id, directory_active, version FROM users WHERE site_id = 1 \
         ORDER BY (rowid * ?1) % 1000003 LIMIT ?2",
    )?;
    let read =
        |row: &Row<'_>| Ok(User { id: row.get(0)?, active: row.get(1)?, version: row.get(2)? });
    let rows =
        statement.query_map([(seed * 7919 + 13).cast_signed(), USERS.cast_signed()], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// As many callers as the load generator has connections, each with its own users.
fn call(users: &[User], queue: mpsc::Sender<Wish>, seconds: u32) -> Outcome<Load> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let begun = Instant::now();
    let end = begun + Duration::from_secs(seconds.into());
    let share = users.len() / CONNECTIONS as usize;
    let callers = users.chunks_exact(share).map(|own| caller(own.to_vec(), queue.clone(), end));
    let callers: Vec<_> = callers.collect();
    // The writer ends with its last caller.
    drop(queue);
    let latencies = runtime.block_on(futures::future::try_join_all(callers))?;
    let mut latencies: Vec<u32> = latencies.into_iter().flatten().collect();
    latencies.sort_unstable();
    Ok(Load {
        answered: latencies.len() as u64,
        seconds: begun.elapsed().as_secs_f64(),
        p50: percentile(&latencies, 0.5),
        p99: percentile(&latencies, 0.99),
        ..Load::default()
    })
}

async fn caller(
    mut users: Vec<User>,
    queue: mpsc::Sender<Wish>,
    end: Instant,
) -> Outcome<Vec<u32>> {
    let mut latencies = Vec::new();
    loop {
        for user in &mut users {
            let asked = Instant::now();
            if asked >= end {
                return Ok(latencies);
            }
            user.active = !user.active;
            user.version += 1;
            let (done, told) = oneshot::channel();
            queue.send(Wish { user: user.clone(), done })?;
            told.await?;
            latencies.push(u32::try_from(asked.elapsed().as_micros())?);
        }
    }
}

fn write(connection: &mut Connection, wishes: &mpsc::Receiver<Wish>) -> Outcome {
    let mut revision: i64 =
        connection.query_row("SELECT revision FROM sites WHERE id = 1", [], |row| row.get(0))?;
    while let Ok(first) = wishes.recv() {
        let group: Vec<Wish> = std::iter::once(first).chain(wishes.try_iter()).collect();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for Wish { user, .. } in &group {
            revision += 1;
            save(&transaction, user, revision)?;
        }
        transaction.execute("UPDATE sites SET revision = ?1 WHERE id = 1", [revision])?;
        transaction.commit()?;
        for Wish { done, .. } in group {
            // A caller whose time is over is not waiting for this.
            let _ = done.send(());
        }
    }
    Ok(())
}

fn save(transaction: &Transaction<'_>, user: &User, revision: i64) -> Outcome {
    let now = 1_772_529_327_000_000 + revision;
    let User { id, active, version } = user;
    let mut users = transaction.prepare_cached(
        "UPDATE OR FAIL users SET directory_active = ?2, active = ?2, role = 1, unmet = '[]', \
         version = ?3, updated_at = ?4 WHERE site_id = 1 AND id = ?1",
    )?;
    users.execute(params![id, active, version, now])?;
    let status = |active: bool| if active { "active" } else { "inactive" };
    let snapshot = |version: i64, active: bool| {
        format!(
            r#"{{"version":{version},"active":{active},"directory_status":"{}"}}"#,
            status(active)
        )
    };
    let mut events = transaction.prepare_cached(
        "INSERT INTO events (site_id, revision, user_id, at, caller, kind, outcome, notices, \
         body, trace_id) VALUES (1, ?1, ?2, ?3, 'connection:scim', 'user_changed', \
         'accepted', '[]', ?4, ?5)",
    )?;
    events.execute(params![
        revision,
        id,
        now,
        format!(
            r#"{{"version":1,"kind":"user_changed","asked":["set_active"],"before":{},"after":{}}}"#,
            snapshot(version - 1, !active),
            snapshot(*version, *active)
        ),
        format!("{:032x}", u128::from(now.unsigned_abs()) << 61)
    ])?;
    Ok(())
}
