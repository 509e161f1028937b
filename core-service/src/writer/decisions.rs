//! The decisions of one group, in order. Holds all that it needs, so that they can be made wherever
//! there is a thread for it.

use super::Job;
use super::queue::LARGEST_COST;
use super::unit_of_work::guarded;
use crate::{Failure, StoreError, clock};
use provost_domain::{Context, Decision, State, Timestamp, decide};
use std::time::Instant;

/// From so much of the law's work on, a group gets a thread of its own: on one that serves others,
/// everybody would wait for it.
const LONG: u64 = 8_000;

/// What was decided about a command, or why nothing was.
pub(super) struct Decided {
    pub(super) answer: Result<Decision, Failure>,
    /// Whether a ledger tells of it: not of what was only tried, or was decided before.
    pub(super) is_recorded: bool,
    /// What it took, in elements of lists.
    pub(super) work: u64,
}

/// A group of commands over the state that they need.
pub(super) struct Decisions {
    pub(super) state: State,
    pub(super) now: Timestamp,
    pub(super) jobs: Vec<Job>,
}

impl Decisions {
    /// Decides one command after the other: all of them, or as many as fit into one transaction.
    pub(super) async fn make(self) -> Result<(Self, Result<Vec<Decided>, StoreError>), StoreError> {
        if self.jobs.iter().map(|job| job.turn.work).sum::<u64>() < LONG {
            return Ok(self.made());
        }
        let made = tokio::task::spawn_blocking(|| self.made());
        // Fails only when the process ends.
        made.await.map_err(|_| StoreError::Closed)
    }

    fn made(mut self) -> (Self, Result<Vec<Decided>, StoreError>) {
        let decided = guarded(|| self.decide_in_order());
        (self, decided)
    }

    fn decide_in_order(&mut self) -> Vec<Decided> {
        let Self { state, now, jobs } = self;
        let context = Context { now: *now, fresh_id: &clock::fresh_id };
        let mut decided = Vec::with_capacity(jobs.len());
        for job in jobs {
            let (before, recorded) = (state.work(), state.recorded());
            if before >= LARGEST_COST && !decided.is_empty() {
                break;
            }
            let series = job.series.as_ref();
            // Whoever stopped waiting was told nothing, and nothing is done for them.
            let answer = if series.is_some_and(|series| series.is_over()) {
                Err(Failure::NotReached)
            } else if job.is_waited_for(Instant::now()) {
                decide(state, &context, &job.command).map_err(Failure::from)
            } else {
                Err(Failure::TooLate)
            };
            if let Some(series) = series.filter(|_| answer.is_err()) {
                series.fails();
            }
            let is_recorded = state.recorded() > recorded;
            decided.push(Decided { answer, is_recorded, work: state.work() - before });
        }
        decided
    }
}
