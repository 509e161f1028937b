//! Upkeep: what a core does by the clock, without being asked.
//!
//! Must never decide anything, nor end because something failed once.

mod rules;
mod standings;

pub(crate) use rules::keep_rules_followed;
pub(crate) use standings::keep_standings_filled;

use crate::authenticator::Authenticator;
use crate::store::Store;
use crate::writer::Writer;
use crate::{Failure, StoreError, clock};
use provost_domain::{Changes, Command, ExpiringHold, Timestamp};
use provost_telemetry::Meters;
use provost_telemetry::metrics::names;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How often the last use of tokens is stored and the database file brought up to date.
const STORED_EVERY: Duration = Duration::from_mins(1);
/// How often it is looked whether another core has deleted a site or a group.
const CLEARED_EVERY: Duration = Duration::from_mins(1);
/// How often requests and events are removed that are not kept any longer.
const TRIMMED_EVERY: Duration = Duration::from_mins(1);
/// How many times in between it is looked who has too many: that goes through them.
const COUNTED_EVERY: u64 = 60;
/// How long requests with ids are kept.
const REQUESTS_KEPT: Duration = Duration::from_hours(24);
/// How long refused requests are kept.
const REFUSED_KEPT: Duration = Duration::from_hours(30 * 24);
/// The requests of one caller in one site that are kept at least, the newest of them.
const MOST_REQUESTS: i64 = 1_000_000;
/// How often it is looked for holds that expire where this core placed none. Another may have.
const EXPIRY_LOOKED_EVERY: Duration = Duration::from_secs(5);
/// How many users' expired holds are lifted before it is looked for more, so that those of a site fit
/// into its queue beside what else waits there.
const LIFTED_AT_ONCE: usize = 100;

/// What upkeep is told of, so that what is to be done at once need not wait for its time.
#[derive(Debug, Clone, Default)]
pub(crate) struct UpkeepNews {
    /// That a site or a group was deleted.
    pub deletions: Arc<Notify>,
    /// That a hold ends by itself some time.
    pub holds: Arc<Notify>,
    /// That roles are to follow from groups.
    pub rule_runs: Arc<Notify>,
}

impl UpkeepNews {
    /// Tells of what was committed.
    pub(crate) fn committed(&self, changes: &Changes) {
        if !(changes.deleted_sites.is_empty() && changes.deleted_groups.is_empty()) {
            self.deletions.notify_one();
        }
        if changes.sets_hold_expiry() {
            self.holds.notify_one();
        }
        if changes.begins_rule_run() {
            self.rule_runs.notify_one();
        }
    }
}

/// Stores now and then what nobody waits for, and once more at the end.
pub(crate) fn keep_stored(
    authenticator: Arc<Authenticator>,
    store: Store,
    meters: &Meters,
    stopping: CancellationToken,
) -> impl Future<Output = ()> + Send + 'static + use<> {
    let duration = meters.measured(&names::CHECKPOINT_DURATION);
    async move {
        let mut last = false;
        loop {
            if let Err(error) = authenticator.flush_uses().await {
                tracing::warn!(%error, "the last use of tokens could not be stored");
            }
            let began = Instant::now();
            if let Err(error) = store.checkpoint().await {
                tracing::warn!(%error, "the write-ahead log could not be moved into the database file");
            }
            duration.since(began);
            if last {
                return;
            }
            last = stopping.run_until_cancelled(sleep(STORED_EVERY)).await.is_none();
        }
    }
}

/// Removes what is left of deleted sites and groups: of those that are told, of those that another core
/// has deleted, and of what an earlier process left behind.
pub(crate) async fn keep_cleared(store: Store, deleted: Arc<Notify>, stopping: CancellationToken) {
    loop {
        while !stopping.is_cancelled() {
            match remove_some(&store).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(%error, "what is left of deleted sites and groups could not be removed");
                    break;
                }
            }
        }
        let told = timeout(CLEARED_EVERY, deleted.notified());
        if stopping.run_until_cancelled(told).await.is_none() {
            return;
        }
    }
}

async fn remove_some(store: &Store) -> Result<bool, StoreError> {
    // Groups first: a site may take long, and they are done when it is.
    Ok(store.remove_members_of_deleted_groups().await? | store.remove_remains().await?)
}

/// Removes requests with ids and events of ledgers when they are old enough, a little at a time, so that
/// others who write come in between; consumers whose service is gone; and sessions that are over.
pub(crate) async fn keep_trimmed(store: Store, stopping: CancellationToken) {
    let mut round: u64 = 0;
    while stopping.run_until_cancelled(sleep(TRIMMED_EVERY)).await.is_some() {
        round += 1;
        let counting = round.is_multiple_of(COUNTED_EVERY);
        if let Err(error) = trim_requests(&store, counting, &stopping).await {
            tracing::warn!(%error, "requests that are not kept any longer could not be removed");
        }
        if let Err(error) = trim_refused_requests(&store, &stopping).await {
            tracing::warn!(%error, "refused requests that are not kept any longer could not be removed");
        }
        if let Err(error) = store.remove_ownerless_consumers().await {
            tracing::warn!(%error, "consumers of deleted services could not be removed");
        }
        if let Err(error) = store.remove_expired_sessions(clock::now()).await {
            tracing::warn!(%error, "sessions that are over could not be removed");
        }
        if let Err(error) = store.erase_expired_values(clock::now()).await {
            tracing::warn!(%error, "values of tokens that have expired could not be erased");
        }
        if let Err(error) = trim_ledgers(&store, &stopping).await {
            tracing::warn!(%error, "events that are not kept any longer could not be removed");
        }
    }
}

async fn trim_refused_requests(
    store: &Store,
    stopping: &CancellationToken,
) -> Result<(), StoreError> {
    let kept = i64::try_from(REFUSED_KEPT.as_micros()).unwrap_or(i64::MAX);
    let before = Timestamp(clock::now().0.saturating_sub(kept));
    while !stopping.is_cancelled() && store.trim_refused_requests(before).await? {}
    Ok(())
}

async fn trim_ledgers(store: &Store, stopping: &CancellationToken) -> Result<(), StoreError> {
    for (site, last) in store.outdated_ledgers(clock::now()).await? {
        while !stopping.is_cancelled() && store.trim_ledger(site, last).await? {}
    }
    Ok(())
}

async fn trim_requests(
    store: &Store,
    counting: bool,
    stopping: &CancellationToken,
) -> Result<(), StoreError> {
    let kept = i64::try_from(REQUESTS_KEPT.as_micros()).unwrap_or(i64::MAX);
    let until = Timestamp(clock::now().0.saturating_sub(kept));
    for (site, caller, oldest) in store.requests_by_caller().await? {
        let surplus = if counting {
            store.surplus_requests(site, &caller, MOST_REQUESTS).await?
        } else {
            None
        };
        let until = surplus.map_or(until, |surplus| surplus.max(until));
        if oldest > until {
            continue;
        }
        while !stopping.is_cancelled() && store.remove_requests(site, &caller, until).await? {}
    }
    Ok(())
}

/// Lifts each hold when its time has come, wherever it was placed: it asks the writer, as everybody
/// does. It is told when this core has placed one that expires.
pub(crate) async fn keep_holds_timely(
    store: Store,
    writer: Writer,
    placed: Arc<Notify>,
    stopping: CancellationToken,
) {
    loop {
        let pause = match lift_expired(&store, &writer).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%error, "the holds that expire could not be looked up");
                EXPIRY_LOOKED_EVERY
            }
        };
        tokio::select! {
            () = stopping.cancelled() => return,
            () = placed.notified() => {}
            () = sleep(pause) => {}
        }
    }
}

/// Answers how long there is nothing to do, as far as is known.
async fn lift_expired(store: &Store, writer: &Writer) -> Result<Duration, StoreError> {
    let found = store.expiring_holds(LIFTED_AT_ONCE as u64).await?;
    let now = clock::now();
    let is_over = |hold: &ExpiringHold| hold.at <= now;
    let (over, to_come): (Vec<_>, Vec<_>) = found.into_iter().partition(is_over);
    let mut asked = JoinSet::new();
    for ExpiringHold { site, user, .. } in over {
        let writer = writer.clone();
        let command = Command::lift_expired_holds(site, user);
        asked.spawn(async move { writer.submit(command, None).await });
    }
    let mut lifted = 0;
    for answer in asked.join_all().await {
        match answer {
            Ok(decision) => lifted += usize::from(decision.changed),
            // Deleted meanwhile, or about to be tried by whoever comes next.
            Err(Failure::Refused(_) | Failure::Stopping) => {}
            Err(error) => tracing::warn!(%error, "an expired hold could not be lifted yet"),
        }
    }
    let until =
        |hold: &ExpiringHold| Duration::from_micros(hold.at.0.saturating_sub(now.0).unsigned_abs());
    match to_come.first() {
        Some(next) => Ok(until(next).min(EXPIRY_LOOKED_EVERY)),
        // There may be more of them.
        None if lifted == LIFTED_AT_ONCE => Ok(Duration::ZERO),
        None => Ok(EXPIRY_LOOKED_EVERY),
    }
}
