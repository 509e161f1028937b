//! Other cores on the same database: what they commit is heard of at once, and what is committed here is
//! told to them.
//!
//! Both is off the way of writers, and may fail: whoever hears nothing looks each second. Must never know
//! what is done with what is heard.

use super::LedgerHeads;
use crate::StoreError;
use crate::store::{CommitListener, CommitNews, Store};
use provost_domain::{Changes, Event};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How soon behind one telling comes the next: what is committed meanwhile is told together.
const REST: Duration = Duration::from_millis(50);
/// How soon it is tried again to listen where that has failed.
const TRIED_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// What other cores are not told yet.
#[derive(Debug, Default)]
pub struct OtherCores {
    untold: Mutex<CommitNews>,
    arrived: Notify,
}

impl OtherCores {
    /// Takes note of what was committed here.
    pub fn committed(&self, changes: &Changes) {
        if changes.events.is_empty() {
            return;
        }
        let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
        untold.extend(changes.events.iter().map(|Event { site, revision, .. }| (*site, *revision)));
        drop(untold);
        self.arrived.notify_one();
    }

    fn take(&self) -> CommitNews {
        std::mem::take(&mut self.untold.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Tells other cores of what is committed here.
pub async fn tell_other_cores(others: Arc<OtherCores>, store: Store, stopping: CancellationToken) {
    while stopping.run_until_cancelled(others.arrived.notified()).await.is_some() {
        let news = others.take();
        // Where the database is away others say so, and whoever has not heard looks.
        if let Err(error) = store.tell_commits(&news).await {
            tracing::debug!(%error, "other cores could not be told of what was committed");
        }
        stopping.run_until_cancelled(sleep(REST)).await;
    }
}

/// Listens to what other cores commit, as long as anybody watches.
pub async fn hear_other_cores(heads: Arc<LedgerHeads>, store: Store, stopping: CancellationToken) {
    let mut is_known = false;
    let listening = async {
        loop {
            while !heads.are_watched() {
                heads.turned().await;
            }
            let heard = match store.commit_listener().await {
                Ok(listener) => {
                    is_known = false;
                    hear(&heads, listener).await
                }
                Err(error) => Err(error),
            };
            let Err(error) = heard else { continue };
            if !std::mem::replace(&mut is_known, true) {
                tracing::warn!(
                    %error,
                    "what other cores decide is not heard of at once, so it is looked for each second"
                );
            }
            sleep(TRIED_AGAIN_AFTER).await;
        }
    };
    stopping.run_until_cancelled(listening).await;
}

/// Until nobody watches any more.
async fn hear(heads: &LedgerHeads, mut listener: CommitListener) -> Result<(), StoreError> {
    // What was told before.
    heads.look_soon();
    loop {
        let news = tokio::select! {
            news = listener.next() => news?,
            () = heads.turned() => {
                if heads.are_watched() {
                    continue;
                }
                return Ok(());
            }
        };
        match news {
            Some(news) => heads.look_where_told(news).await?,
            // It listens again, and has missed what was told in between.
            None => heads.look_soon(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_domain::SiteId;
    use tokio::time::timeout;

    /// Without a look each second, so what is seen was heard.
    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_told_is_heard_as_long_as_anybody_watches() {
        let Some(database) = provost_test_postgres::database() else { return };
        let here = Store::open(database.url()).await.unwrap();
        let there = Store::open(database.url()).await.unwrap();
        let (heads, others) =
            (Arc::new(LedgerHeads::new(here.clone())), Arc::<OtherCores>::default());
        let stopping = CancellationToken::new();
        let hearing = tokio::spawn(hear_other_cores(Arc::clone(&heads), here, stopping.clone()));
        let telling = tell_other_cores(Arc::clone(&others), there, stopping.clone());
        let telling = tokio::spawn(telling);
        // The installation, of which there is a row.
        let site = SiteId::INSTALLATION;
        let listening = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
            AND query LIKE 'LISTEN%'";
        for revision in 1..=2 {
            let watched = heads.watch(Some([site].into())).await.unwrap();
            let mut moves = watched.moves();
            database
                .query(&format!("UPDATE sites SET revision = {revision} WHERE id = 0"))
                .unwrap();
            moves.mark_unchanged();
            // Until it listens, it is told in vain.
            let told = async {
                loop {
                    others.untold.lock().unwrap().insert(site, revision);
                    others.arrived.notify_one();
                    sleep(REST).await;
                }
            };
            tokio::select! {
                _ = moves.changed() => {}
                () = told => {}
            }
            assert_eq!(watched.head(site).unwrap().revision, revision);
            drop(watched);
            let is_quiet = async {
                while database.query(listening).unwrap().trim() != "0" {
                    sleep(REST).await;
                }
            };
            timeout(Duration::from_mins(1), is_quiet).await.unwrap();
        }
        stopping.cancel();
        hearing.await.unwrap();
        telling.await.unwrap();
    }
}
