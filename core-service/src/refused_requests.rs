//! The log of refused requests: taken down by the way, so that nobody waits for it, and kept a second
//! later. What is too much at once is counted instead.
//!
//! Must never know why a request was refused.

use crate::StoreError;
use crate::store::Store;
use provost_domain::{RefusedRequest, SiteId};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How many requests wait to be kept at most, of all and of one share.
const MOST_WAITING: (usize, usize) = (1_000, 50);
/// How often they are kept.
const KEPT_EVERY: Duration = Duration::from_secs(1);
/// So many of a share are kept.
const MOST_KEPT: u64 = 1_000;

/// What is counted together: of a site, connections or services.
type Share = (SiteId, bool);

/// Those that wait to be kept.
#[derive(Debug, Default)]
pub struct RefusedRequests {
    waiting: Mutex<Notes>,
    noted: Notify,
}

#[derive(Debug, Default)]
struct Notes {
    requests: Vec<RefusedRequest>,
    /// Of each share, how many wait and how many were left out since the last of them.
    shares: HashMap<Share, (usize, i64)>,
}

impl RefusedRequests {
    /// Takes one down, or counts it where too many wait.
    pub fn note(&self, request: RefusedRequest) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Notes { requests, shares } = &mut *waiting;
        let (waiting, left_out) = shares.entry(share(&request)).or_default();
        if requests.len() >= MOST_WAITING.0 || *waiting >= MOST_WAITING.1 {
            *left_out = left_out.saturating_add(1);
            return;
        }
        *waiting += 1;
        requests.push(RefusedRequest { left_out: std::mem::take(left_out), ..request });
        self.noted.notify_one();
    }

    fn take(&self) -> Vec<RefusedRequest> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.shares.retain(|_, (waiting, left_out)| {
            *waiting = 0;
            *left_out > 0
        });
        std::mem::take(&mut waiting.requests)
    }

    /// Counts those that could not be kept, so that the next one of their share tells of them.
    fn count(&self, lost: BTreeMap<Share, i64>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for (share, lost) in lost {
            let (_, left_out) = waiting.shares.entry(share).or_default();
            *left_out = left_out.saturating_add(lost);
        }
    }

    /// Keeps these, and of each of their shares the newest.
    async fn keep_these(
        &self,
        store: &Store,
        requests: Vec<RefusedRequest>,
    ) -> Result<(), StoreError> {
        let mut told = BTreeMap::<_, i64>::new();
        for request in &requests {
            let of_share = told.entry(share(request)).or_default();
            *of_share = of_share.saturating_add(request.left_out).saturating_add(1);
        }
        if let Err(error) = store.keep_refused_requests(requests).await {
            self.count(told);
            return Err(error);
        }
        for (site, of_services) in told.into_keys() {
            store.keep_newest_refused_requests(site, of_services, MOST_KEPT).await?;
        }
        Ok(())
    }

    /// Keeps what is noted until the core stops, and what is left then.
    pub async fn keep(self: Arc<Self>, store: Store, stopping: CancellationToken) {
        let mut goes_on = true;
        while goes_on {
            goes_on = stopping.run_until_cancelled(self.noted.notified()).await.is_some();
            let requests = self.take();
            if !requests.is_empty()
                && let Err(error) = self.keep_these(&store, requests).await
            {
                tracing::warn!(%error, "refused requests could not be written down, or too many are kept");
            }
            goes_on &= stopping.run_until_cancelled(sleep(KEPT_EVERY)).await.is_some();
        }
    }
}

fn share(request: &RefusedRequest) -> Share {
    (request.site, request.is_of_service())
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_domain::Timestamp;
    use uuid::Uuid;

    fn request(site: i64) -> RefusedRequest {
        RefusedRequest {
            id: Uuid::nil(),
            site: SiteId(site),
            at: Timestamp(1),
            caller: String::new(),
            operation: String::new(),
            status: 400,
            reason: String::new(),
            sentence: String::new(),
            trace_id: None,
            left_out: 0,
        }
    }

    #[test]
    fn what_is_too_much_is_counted_and_told_with_the_next_one() {
        let log = RefusedRequests::default();
        for _ in 0..MOST_WAITING.1 + 7 {
            log.note(request(1));
        }
        log.note(request(2));
        assert_eq!(log.take().len(), MOST_WAITING.1 + 1, "one site leaves others their place");
        log.note(request(1));
        log.note(request(1));
        let left_out: Vec<_> = log.take().into_iter().map(|request| request.left_out).collect();
        assert_eq!(left_out, [7, 0]);
        let of_service = || RefusedRequest { caller: "service:billing".to_owned(), ..request(2) };
        for _ in 0..MOST_WAITING.1 + 3 {
            log.note(of_service());
        }
        log.note(request(2));
        assert_eq!(log.take().len(), MOST_WAITING.1 + 1, "services leave connections theirs");
        log.note(request(2));
        log.note(of_service());
        let left_out: Vec<_> = log.take().into_iter().map(|request| request.left_out).collect();
        assert_eq!(left_out, [0, 3]);
        log.count(BTreeMap::from([((SiteId(3), false), 9)]));
        log.note(request(3));
        assert_eq!(log.take()[0].left_out, 9, "those that could not be kept are told of, too");
        for site in 0..2_000 {
            log.note(request(site));
        }
        assert_eq!(log.take().len(), MOST_WAITING.0);
        log.note(request(1_999));
        assert_eq!(log.take()[0].left_out, 1);
    }
}
