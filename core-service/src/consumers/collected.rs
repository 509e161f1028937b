//! Acknowledgements that wait to be written, all of them together and not often: each on its own would be a
//! durable commit in the way of those who decide.
//!
//! Must never know whose they may be.

use crate::store::Store;
use crate::{Failure, StoreError};
use provost_domain::{Consumer, SiteId, Timestamp};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// So long at least nothing is written behind what was written.
const WRITTEN_EVERY: Duration = Duration::from_millis(50);
/// The most consumers of ledgers that wait, unless one cursor is about more.
const MOST_WAITING: usize = 10_000;
/// The most that one statement writes, so that others who write come in between.
const MOST_AT_ONCE: usize = 1_000;

/// A consumer that has moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moved {
    /// Where it is now.
    pub consumer: Consumer,
    /// Whether it may go back for that.
    pub may_go_back: bool,
}

/// Those that wait to be written.
#[derive(Debug, Default)]
pub(super) struct Collected {
    waiting: Mutex<Unwritten>,
    noted: Notify,
}

/// By site, caller and name: the order in which they are written. In another, two cores that write the same ones
/// could wait for each other.
type ByKey = BTreeMap<(SiteId, String, String), Moved>;
type Answer = oneshot::Sender<Result<(), StoreError>>;

#[derive(Debug, Default)]
struct Unwritten {
    moved: ByKey,
    answers: Vec<Answer>,
    has_ended: bool,
}

impl Collected {
    /// Has these written, and answers when they are.
    pub(super) async fn keep(&self, moved: Vec<Moved>) -> Result<(), Failure> {
        let written = self.waiting().note(moved)?;
        self.noted.notify_one();
        // Whoever writes is gone where nobody answers.
        Ok(written.await.map_err(|_| Failure::Stopping)??)
    }

    /// Writes what is noted until the core stops, and what is left then.
    pub(super) async fn write(&self, store: &Store, stopping: &CancellationToken) {
        let mut goes_on = true;
        while goes_on {
            goes_on = stopping.run_until_cancelled(self.noted.notified()).await.is_some();
            let (moved, answers) = {
                let mut waiting = self.waiting();
                waiting.has_ended = !goes_on;
                waiting.take()
            };
            let written = write(store, moved).await;
            for answer in answers {
                // Who has gone away is not told.
                let _ = answer.send(written.clone());
            }
            if goes_on {
                // Where the core stops meanwhile, there is one round more.
                stopping.run_until_cancelled(sleep(WRITTEN_EVERY)).await;
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Unwritten> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unwritten {
    /// Takes note of these beside what waits, and answers with what is told when they are written.
    fn note(
        &mut self,
        moved: Vec<Moved>,
    ) -> Result<oneshot::Receiver<Result<(), StoreError>>, Failure> {
        if self.has_ended {
            return Err(Failure::Stopping);
        }
        if !self.moved.is_empty() && self.moved.len() + moved.len() > MOST_WAITING {
            return Err(Failure::Crowded);
        }
        for moved in moved {
            let Consumer { site, caller, name, .. } = &moved.consumer;
            match self.moved.entry((*site, caller.clone(), name.as_str().to_owned())) {
                Entry::Vacant(place) => {
                    place.insert(moved);
                }
                Entry::Occupied(mut waiting) => waiting.get_mut().join(&moved),
            }
        }
        let (answer, written) = oneshot::channel();
        self.answers.push(answer);
        Ok(written)
    }

    fn take(&mut self) -> (ByKey, Vec<Answer>) {
        (std::mem::take(&mut self.moved), std::mem::take(&mut self.answers))
    }
}

impl Moved {
    /// Moves where another one of the same consumer does, which was read before this one is written.
    fn join(&mut self, other: &Self) {
        let revision = other.consumer.revision();
        let at = other.consumer.passed.last().map_or(Timestamp(0), |last| last.at);
        if other.may_go_back {
            self.may_go_back = true;
            self.consumer.rewind(revision, at);
        }
        self.consumer.acknowledge(revision, at);
    }
}

/// Each goes back only where it may itself, so those that may are written apart.
async fn write(store: &Store, moved: ByKey) -> Result<(), StoreError> {
    let (mut back, mut on, mut reached) = (Vec::new(), Vec::new(), BTreeMap::new());
    for Moved { consumer, may_go_back } in moved.into_values() {
        let at = consumer.passed.last().map_or(Timestamp(0), |last| last.at);
        let last = reached.entry(consumer.site).or_insert(at);
        *last = at.max(*last);
        if may_go_back { back.push(consumer) } else { on.push(consumer) }
    }
    // Before they go back, so that nothing is left of what they have yet to deal with again.
    let from: Vec<_> = back.iter().map(|it: &Consumer| (it.site, it.revision())).collect();
    for some in from.chunks(MOST_AT_ONCE) {
        store.take_back_cut_offs(some).await?;
    }
    for (consumers, may_go_back) in [(on, false), (back, true)] {
        for some in consumers.chunks(MOST_AT_ONCE) {
            store.keep_consumers(some, may_go_back).await?;
        }
    }
    let reached: Vec<_> = reached.into_iter().collect();
    for some in reached.chunks(MOST_AT_ONCE) {
        if let Err(error) = store.keep_cut_offs(some).await {
            // It is told less exactly then, which is no reason to refuse what was acknowledged.
            tracing::warn!(%error, "it could not be written down which decisions everybody has passed");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_domain::ConsumerName;

    fn moved(site: i64, revision: i64, may_go_back: bool) -> Moved {
        let name = ConsumerName::parse("mail").unwrap();
        let (site, caller) = (SiteId(site), "operator".to_owned());
        let mut consumer = Consumer { site, caller, name, since: 0, passed: Vec::new() };
        consumer.acknowledge(revision, Timestamp(revision * 10));
        Moved { consumer, may_go_back }
    }

    #[test]
    fn what_comes_meanwhile_is_written_together() {
        let mut waiting = Unwritten::default();
        let calls = [
            vec![moved(1, 5, false), moved(2, 5, false)],
            vec![moved(1, 7, false)],
            vec![moved(1, 6, false)],
            vec![moved(2, 3, true)],
        ];
        for call in calls {
            waiting.note(call).unwrap();
        }
        let (written, answers) = waiting.take();
        assert_eq!(answers.len(), 4);
        let place = |it: &Moved| (it.consumer.revision(), it.may_go_back);
        let places: Vec<_> = written.values().map(place).collect();
        // Of two ledgers, only the one goes back that may.
        assert_eq!(places, [(7, false), (3, true)]);
        let of_first = &written.values().next().unwrap().consumer;
        assert_eq!([5, 6].map(|it| of_first.passed_at(it).unwrap().0), [50, 70]);
        assert!(waiting.take().0.is_empty());
    }

    #[test]
    fn so_many_wait_at_most() {
        let mut waiting = Unwritten::default();
        let many = |sites: std::ops::Range<i64>| sites.map(|site| moved(site, 1, false)).collect();
        // A cursor may be about so many.
        waiting.note(many(0..10_001)).unwrap();
        assert!(matches!(waiting.note(many(0..1)), Err(Failure::Crowded)));
        waiting.take();
        waiting.note(many(0..1)).unwrap();
        waiting.has_ended = true;
        assert!(matches!(waiting.note(many(1..2)), Err(Failure::Stopping)));
    }
}
