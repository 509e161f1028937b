//! Roles that follow from groups behind a decision, a few users at a time: of a rule that was set or deleted,
//! and of a group that many came to or left.
//!
//! Must never know which role anybody gets.

use crate::store::Store;
use crate::writer::Writer;
use crate::{Failure, StoreError};
use provost_domain::{Command, RuleRun, RunPlace, RunStage, RunStep};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How often it is looked for runs where this core began none. Another may have.
const LOOKED_EVERY: Duration = Duration::from_secs(5);
/// How many users a step is about, so that others who write come in between.
const USERS_OF_STEP: u64 = 100;

/// Takes the eldest run of each site a step further in turn, until none is left: a site with many delays no
/// other. It is told when this core has begun one.
pub(crate) async fn keep_rules_followed(
    store: Store,
    writer: Writer,
    begun: Arc<Notify>,
    stopping: CancellationToken,
) {
    loop {
        let moved = tokio::select! {
            () = stopping.cancelled() => return,
            moved = take_steps(&store, &writer) => moved,
        };
        match moved {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the runs of rules could not be looked up"),
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            () = begun.notified() => {}
            () = sleep(LOOKED_EVERY) => {}
        }
    }
}

/// Answers whether any run has come further.
async fn take_steps(store: &Store, writer: &Writer) -> Result<bool, StoreError> {
    let mut moved = false;
    let mut before = None;
    while let Some(run) = store.next_rule_run(before).await? {
        before = Some(run.site);
        let command = Command::follow_groups(&run, next_step(store, &run).await?);
        match writer.submit(command, None).await {
            Ok(decision) => moved |= decision.changed,
            // Of a site that was deleted meanwhile, or it is about to be tried by whoever comes next.
            Err(Failure::Refused(_) | Failure::Stopping) => {}
            Err(error) => tracing::warn!(%error, "roles could not follow from groups yet"),
        }
    }
    Ok(moved)
}

/// The users who are next. Where no more are in one stage the next one begins.
async fn next_step(store: &Store, run: &RuleRun) -> Result<RunStep, StoreError> {
    let members = RunPlace::beginning(RunStage::Members);
    let (mut place, mut users) =
        (run.place, store.users_of_run(run, run.place, USERS_OF_STEP).await?);
    if users.is_empty() && place.stage == RunStage::Raised {
        place = members;
        users = store.users_of_run(run, place, USERS_OF_STEP).await?;
    }
    let is_full = users.len() as u64 == USERS_OF_STEP;
    let next = match (users.last(), place.stage) {
        (Some(last), stage) if is_full => Some(RunPlace { stage, after: *last }),
        (_, RunStage::Raised) => Some(members),
        (_, RunStage::Members) => None,
    };
    let RuleRun { group, started_at, place: from, .. } = *run;
    Ok(RunStep { group, started_at, from, users, next })
}
