//! One group of commands: one transaction, one durable commit, then all answers.

use super::unit_of_work::{UnitOfWork, guarded};
use super::{Job, WriterTask};
use crate::{Failure, StoreError};
use provost_domain::{Decision, Refusal, SiteId};
use std::collections::BTreeMap;
use tracing::{Instrument, Span, field, info_span};

type Answers = Vec<Result<Decision, Refusal>>;

/// How often a command is decided that comes upon what another core has just stored.
const ATTEMPTS: usize = 3;

/// Decides all jobs in their order and answers them.
pub(super) async fn decide_together(task: &mut WriterTask, jobs: Vec<Job>) {
    if jobs.is_empty() {
        return;
    }
    match decide_in_span(task, &jobs).await {
        Ok(answers) => answer(jobs, answers),
        // Only one of the sites may be held: each is asked for again, by itself.
        Err(failure @ StoreError::Held(_)) => {
            let mut sites = by_site(jobs);
            if sites.len() == 1 {
                return sites.into_values().for_each(|jobs| refuse(jobs, &failure));
            }
            while let Some((_, jobs)) = sites.pop_first() {
                Box::pin(decide_together(task, jobs)).await;
            }
        }
        // Trying each alone would only make everybody wait for the same answer.
        Err(failure @ (StoreError::Unavailable(_) | StoreError::Closed)) => refuse(jobs, &failure),
        // What another core has stored meanwhile is seen the next time.
        Err(failure) if jobs.len() == 1 && !matches!(failure, StoreError::Conflict(_)) => {
            refuse(jobs, &failure);
        }
        // One of them may be at fault; alone, each answers for itself.
        Err(_) => {
            for job in jobs {
                // Meanwhile somebody may have stopped waiting.
                if !job.reply.is_closed() {
                    decide_alone(task, vec![job]).await;
                }
            }
        }
    }
}

async fn decide_alone(task: &mut WriterTask, job: Vec<Job>) {
    let mut decided = decide_in_span(task, &job).await;
    for _ in 1..ATTEMPTS {
        if let Err(StoreError::Conflict(_)) = decided {
            decided = decide_in_span(task, &job).await;
        }
    }
    match decided {
        Ok(answers) => answer(job, answers),
        Err(failure) => refuse(job, &failure),
    }
}

fn by_site(jobs: Vec<Job>) -> BTreeMap<Option<SiteId>, Vec<Job>> {
    let mut sites = BTreeMap::<_, Vec<Job>>::new();
    for job in jobs {
        sites.entry(job.command.site).or_default().push(job);
    }
    sites
}

async fn decide_in_span(task: &mut WriterTask, jobs: &[Job]) -> Result<Answers, StoreError> {
    let span = group_span(jobs);
    let answers = decide(task, jobs).instrument(span.clone()).await;
    if answers.is_err() {
        span.record("otel.status_code", "ERROR");
    }
    answers
}

/// The work of a group hangs below the first call that is recorded, and is linked to the others.
fn group_span(jobs: &[Job]) -> Span {
    let mut recorded = jobs.iter().map(|job| &job.call).filter(|call| call.is_recorded());
    let Some(first) = recorded.next() else { return Span::none() };
    let span = info_span!(
        parent: None,
        "decide",
        otel.status_code = field::Empty,
        provost.group.size = jobs.len(),
    );
    first.set_parent_of(&span);
    for other in recorded {
        other.add_link_from(&span);
    }
    span
}

async fn decide(task: &mut WriterTask, jobs: &[Job]) -> Result<Answers, StoreError> {
    let commands = jobs.iter().map(|job| &job.command);
    let mut unit = UnitOfWork::begin(&mut task.connection, commands.clone()).await?;
    let answers = guarded(|| commands.map(|command| unit.decide(command)).collect())?;
    (task.committed)(&unit.commit().await?);
    Ok(answers)
}

fn answer(jobs: Vec<Job>, answers: Answers) {
    for (job, answer) in jobs.into_iter().zip(answers) {
        // A caller that has gone away meanwhile is not waiting for this.
        let _ = job.reply.send(answer.map_err(Failure::from));
    }
}

fn refuse(jobs: Vec<Job>, failure: &StoreError) {
    for job in jobs {
        let _ = job.reply.send(Err(failure.clone().into()));
    }
}
