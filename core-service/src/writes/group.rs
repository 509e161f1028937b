//! One group of asks: one transaction, one durable commit, then all answers.

use super::desk::Desk;
use super::{Decided, Job};
use crate::Failure;
use crate::store::{GroupWriter, StoreError};
use provost_domain::{Refusal, SiteId};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tracing::{Instrument, Span, field, info_span};

type Answers = Vec<Result<Decided, Refusal>>;

/// Decides all jobs in their order and answers them.
pub(super) async fn decide_together(writer: &mut GroupWriter, jobs: Vec<Job>) {
    if jobs.is_empty() {
        return;
    }
    match decide_in_span(writer, &jobs).await {
        Ok(answers) => answer(jobs, answers),
        // Only one of the sites may be held: each is asked for again, by itself.
        Err(failure @ StoreError::Held(_)) => {
            let mut sites = by_site(jobs);
            if sites.len() == 1 {
                return sites.into_values().for_each(|jobs| refuse(jobs, &failure));
            }
            while let Some((_, jobs)) = sites.pop_first() {
                Box::pin(decide_together(writer, jobs)).await;
            }
        }
        // Trying each alone would only make everybody wait for the same answer.
        Err(failure @ (StoreError::Unavailable(_) | StoreError::Closed)) => refuse(jobs, &failure),
        Err(failure) if jobs.len() == 1 => refuse(jobs, &failure),
        // One of them may be at fault; alone, each answers for itself.
        Err(_) => {
            for job in jobs {
                // Meanwhile somebody may have stopped waiting.
                if job.reply.is_closed() {
                    continue;
                }
                let alone = vec![job];
                match decide_in_span(writer, &alone).await {
                    Ok(answers) => answer(alone, answers),
                    Err(failure) => refuse(alone, &failure),
                }
            }
        }
    }
}

fn by_site(jobs: Vec<Job>) -> BTreeMap<SiteId, Vec<Job>> {
    let mut sites = BTreeMap::<_, Vec<Job>>::new();
    for job in jobs {
        sites.entry(job.write.site).or_default().push(job);
    }
    sites
}

async fn decide_in_span(writer: &mut GroupWriter, jobs: &[Job]) -> Result<Answers, StoreError> {
    let span = group_span(jobs);
    let answers = decide(writer, jobs).instrument(span.clone()).await;
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

async fn decide(writer: &mut GroupWriter, jobs: &[Job]) -> Result<Answers, StoreError> {
    let (group, mut desk) = Desk::open(writer, jobs).await?;
    // A panic is a fault of ours in one of the asks. It must not end the only writer.
    let law = AssertUnwindSafe(|| jobs.iter().map(|job| desk.decide(&job.write)).collect());
    let answers = catch_unwind(law).map_err(|_| StoreError::Panicked)?;
    group.commit(&desk.into_batch()).await?;
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
