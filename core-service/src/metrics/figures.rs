//! What is stored, counted now and then beside everything else.

use super::RequestsByConnection;
use super::cutoffs::CutoffWaits;
use super::told_figures;
use crate::StoreError;
use crate::clock;
use crate::store::{Store, StoredFigures, UserFigure};
use provost_domain::SiteId;
use provost_telemetry::Meters;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How often it is counted at most: as fresh as somebody who looks can wish, where there is little to count.
const COUNTED_EVERY: Duration = Duration::from_secs(1);
/// How long nothing is counted after so many rows, each of which takes a few microseconds beside other work.
const REST_OF_EACH: Duration = Duration::from_micros(250);

/// What was counted last. Nothing before the first time.
#[derive(Debug, Default)]
pub struct KnownFigures {
    stored: Latest<StoredFigures>,
    users: Latest<Vec<UserFigure>>,
    cutoffs: Latest<CutoffWaits>,
}

/// What is known of something.
#[derive(Debug, Default)]
struct Latest<T>(RwLock<Arc<T>>);

impl<T> Latest<T> {
    fn get(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, known: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
    }
}

impl KnownFigures {
    /// None yet, told by these meters.
    pub fn new(meters: &Meters) -> Arc<Self> {
        let known = Arc::<Self>::default();
        told_figures::observe(meters, &known);
        known
    }

    /// What is stored but for users, as it was counted last.
    pub fn stored(&self) -> Arc<StoredFigures> {
        self.stored.get()
    }

    /// The users, as they were counted last.
    pub(super) fn users(&self) -> Arc<Vec<UserFigure>> {
        self.users.get()
    }

    /// The deactivations that wait, as they were looked for last.
    pub(super) fn cutoffs(&self) -> Arc<CutoffWaits> {
        self.cutoffs.get()
    }

    async fn count_stored(
        &self,
        store: &Store,
        connections: &RequestsByConnection,
    ) -> Result<Duration, StoreError> {
        let at = clock::now();
        let figures = store.figures().await?;
        connections.learn(&figures.connections, at);
        let consumers: u64 = figures.consumers.iter().map(|consumer| consumer.ledgers).sum();
        let rows = consumers.saturating_add(figures.connections.len() as u64);
        self.stored.set(figures);
        let mut cutoffs = CutoffWaits::clone(&self.cutoffs());
        let open = cutoffs.moved(store.consumed_ledgers().await?);
        if !open.is_empty() {
            for (site, revision, at) in store.first_put_out(&open).await? {
                cutoffs.found(site, revision, at);
            }
        }
        self.cutoffs.set(cutoffs);
        Ok(rest_after(rows))
    }

    async fn count_users(&self, store: &Store) -> Result<Duration, StoreError> {
        let users = store.user_figures().await?;
        let number = users.iter().map(|users| users.number).sum();
        self.users.set(users);
        Ok(rest_after(number))
    }
}

impl StoredFigures {
    /// So many sites at most that have numbers of their own.
    pub(super) fn told_apart(&self, most: usize) -> impl Iterator<Item = (&SiteId, &str)> {
        self.sites.iter().take(most).map(|(site, name)| (site, &**name))
    }
}

/// Counts what is stored, again and again, so seldom that the database has next to nothing to do with it; users
/// by themselves, because there may be many.
pub async fn keep_figures(
    store: Store,
    known: Arc<KnownFigures>,
    connections: Arc<RequestsByConnection>,
    stopping: CancellationToken,
) {
    let counting = async {
        let mut users_rest_until = Instant::now();
        loop {
            let began = Instant::now();
            let stored = known.count_stored(&store, &connections).await;
            let rest = stored.unwrap_or_else(|error| {
                tracing::debug!(%error, "what is stored could not be counted");
                began.elapsed()
            });
            let began = Instant::now();
            if users_rest_until <= began {
                let counted = known.count_users(&store).await;
                users_rest_until = Instant::now()
                    + counted.unwrap_or_else(|error| {
                        tracing::debug!(%error, "users could not be counted");
                        began.elapsed()
                    });
            }
            sleep(COUNTED_EVERY.max(rest)).await;
        }
    };
    stopping.run_until_cancelled(counting).await;
}

/// However busy the machine is, so that an answer is as old as the installation is large.
fn rest_after(rows: u64) -> Duration {
    REST_OF_EACH.saturating_mul(u32::try_from(rows).unwrap_or(u32::MAX))
}
