//! One group of commands: one transaction, one durable commit, then all answers.

use super::decisions::{Decided, Decisions};
use super::unit_of_work::UnitOfWork;
use super::{Job, WriterTask};
use crate::StoreError;
use crate::trace::shared_span;
use provost_domain::SiteId;
use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Instant;
use tracing::{Instrument, Span, field, info_span};

/// How often a command is decided that comes upon what another core has just stored.
const ATTEMPTS: usize = 3;

/// What a group leaves to its queue.
#[derive(Default)]
pub(super) struct Left {
    /// What was more than fits into one transaction.
    pub(super) undecided: Vec<Job>,
    /// By how much one command of each site cost more than it seemed to.
    pub(super) surplus: BTreeMap<Option<SiteId>, u64>,
}

/// Decides jobs in their order and answers them.
pub(super) async fn decide_together(task: &mut WriterTask, mut jobs: Vec<Job>, left: &mut Left) {
    if jobs.is_empty() {
        return;
    }
    match decide_in_span(task, &mut jobs).await {
        Ok(decided) => answer(task, jobs, decided, left),
        // Only one of the sites may be held: each is asked for again, by itself.
        Err(failure @ StoreError::Held(_)) => {
            let mut sites = by_site(jobs);
            if sites.len() == 1 {
                return sites.into_values().for_each(|jobs| refuse(task, jobs, &failure));
            }
            while let Some((_, jobs)) = sites.pop_first() {
                Box::pin(decide_together(task, jobs, left)).await;
            }
        }
        // Trying each alone would only make everybody wait for the same answer.
        Err(failure @ (StoreError::Unavailable(_) | StoreError::Closed)) => {
            refuse(task, jobs, &failure);
        }
        // What another core has stored meanwhile is seen the next time.
        Err(failure) if jobs.len() == 1 && !matches!(failure, StoreError::Conflict(_)) => {
            refuse(task, jobs, &failure);
        }
        // One of them may be at fault; alone, each answers for itself.
        Err(_) => {
            // Meanwhile somebody may have stopped waiting.
            for job in jobs.into_iter().filter(|job| !job.reply.is_closed()) {
                decide_alone(task, vec![job], left).await;
            }
        }
    }
}

async fn decide_alone(task: &mut WriterTask, mut job: Vec<Job>, left: &mut Left) {
    let mut decided = decide_in_span(task, &mut job).await;
    for _ in 1..ATTEMPTS {
        if let Err(StoreError::Conflict(_)) = decided {
            decided = decide_in_span(task, &mut job).await;
        }
    }
    match decided {
        Ok(decided) => answer(task, job, decided, left),
        Err(failure) => refuse(task, job, &failure),
    }
}

fn by_site(jobs: Vec<Job>) -> BTreeMap<Option<SiteId>, Vec<Job>> {
    let mut sites = BTreeMap::<_, Vec<Job>>::new();
    for job in jobs {
        sites.entry(job.command.site).or_default().push(job);
    }
    sites
}

async fn decide_in_span(
    task: &mut WriterTask,
    jobs: &mut Vec<Job>,
) -> Result<Vec<Decided>, StoreError> {
    let span = group_span(jobs);
    // Large, and moved by whoever takes it by value.
    let decided = pin!(decide(task, jobs)).instrument(span.clone()).await;
    if decided.is_err() {
        span.record("otel.status_code", "ERROR");
    }
    decided
}

fn group_span(jobs: &[Job]) -> Span {
    let built = || {
        info_span!(
            parent: None,
            "decide",
            otel.status_code = field::Empty,
            provost.group.size = jobs.len(),
        )
    };
    shared_span(jobs.iter().map(|job| &job.call), built)
}

/// Decides as many of the jobs, from the first one on, as fit into one transaction.
async fn decide(task: &mut WriterTask, jobs: &mut Vec<Job>) -> Result<Vec<Decided>, StoreError> {
    let commands = jobs.iter().map(|job| &job.command);
    let measures = &task.measures;
    measures.group_size.count(jobs.len());
    let asked = Instant::now();
    task.connection.ready().await?;
    let begun = measures.pool_wait.since(asked);
    let mut unit = UnitOfWork::begin(&mut task.connection, commands).await?;
    measures.load.since(begun);
    let (state, now) = (std::mem::take(&mut unit.state), unit.now);
    jobs.iter().filter_map(|job| job.series.as_ref()).for_each(|series| series.begin());
    let decisions = Decisions { state, now, jobs: std::mem::take(jobs) };
    let (decisions, decided) = decisions.make().await?;
    (unit.state, *jobs) = (decisions.state, decisions.jobs);
    let decided = decided?;
    let decided_at = Instant::now();
    let changes = unit.commit().await?;
    task.measures.commit.since(decided_at);
    (task.committed)(&changes);
    Ok(decided)
}

fn answer(task: &WriterTask, mut jobs: Vec<Job>, decided: Vec<Decided>, left: &mut Left) {
    left.undecided.extend(jobs.split_off(decided.len()));
    for (job, Decided { answer, is_recorded, work }) in jobs.into_iter().zip(decided) {
        let surplus = left.surplus.entry(job.turn.site).or_default();
        *surplus = (*surplus).max(work.saturating_sub(job.turn.work));
        task.counts.decided(&job.command, &answer, is_recorded);
        job.answer(answer);
    }
}

fn refuse(task: &WriterTask, jobs: Vec<Job>, failure: &StoreError) {
    for job in jobs {
        let answer = Err(failure.clone().into());
        task.counts.decided(&job.command, &answer, false);
        job.answer(answer);
    }
}
