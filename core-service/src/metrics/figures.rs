//! What is stored, counted now and then beside everything else.

use super::activity::seconds;
use super::{RequestsByConnection, TOLD_APART};
use crate::clock;
use crate::store::{Store, StoredFigures, UserFigure};
use provost_domain::{Role, SiteId};
use provost_telemetry::Meters;
use provost_telemetry::metrics::{OTHER, names};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How often it is counted at most.
const COUNTED_EVERY: Duration = Duration::from_secs(5);
/// How long nothing is counted after so many users, each of which takes a microsecond or less.
const REST_OF_EACH: Duration = Duration::from_micros(50);

/// What was counted last. Nothing before the first time.
#[derive(Debug, Default)]
pub struct KnownFigures(RwLock<Arc<StoredFigures>>);

impl KnownFigures {
    /// None yet, told by these meters.
    pub fn new(meters: &Meters) -> Arc<Self> {
        let known = Arc::<Self>::default();
        let figures = Arc::clone(&known);
        meters.observe(&names::USERS, move |observed| {
            for ((site, is_active, role), number) in users(&figures.latest()) {
                let status = if is_active { "active" } else { "deactivated" };
                observed.count(&[&site, status, role.as_str()], number);
            }
        });
        let figures = Arc::clone(&known);
        meters.observe(&names::TOKEN_TIME_LEFT, move |observed| {
            let (figures, now) = (figures.latest(), clock::now());
            for connection in figures.connections.iter().take(TOLD_APART) {
                if let Some(end) = connection.token_expires_at {
                    let left = seconds(end.0.saturating_sub(now.0));
                    observed.see(&[&connection.site_name, &connection.name], left);
                }
            }
        });
        let figures = Arc::clone(&known);
        meters.observe(&names::SERVICE_TOKEN_TIME_LEFT, move |observed| {
            let (figures, now) = (figures.latest(), clock::now());
            for (service, end) in figures.service_tokens.iter().take(TOLD_APART) {
                observed.see(&[service], seconds(end.0.saturating_sub(now.0)));
            }
        });
        let figures = Arc::clone(&known);
        meters.observe(&names::OVERFLOW, move |observed| {
            let figures = figures.latest();
            for (of, number) in
                [("site", figures.sites.len()), ("connection", figures.connections.len())]
            {
                let beyond = number.saturating_sub(TOLD_APART);
                observed.count(&[of], u64::try_from(beyond).unwrap_or(u64::MAX));
            }
        });
        let figures = Arc::clone(&known);
        meters.observe(&names::DATABASE_SIZE, move |observed| {
            observed.count(&[], figures.latest().database_bytes);
        });
        let figures = Arc::clone(&known);
        meters.observe(&names::LEDGER_EVENTS, move |observed| {
            observed.count(&[], figures.latest().events);
        });
        known
    }

    /// What was counted last.
    pub fn latest(&self) -> Arc<StoredFigures> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn learn(&self, figures: StoredFigures) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(figures);
    }
}

impl StoredFigures {
    /// The sites that have numbers of their own.
    pub(super) fn told_apart(&self) -> impl Iterator<Item = (&SiteId, &str)> {
        self.sites.iter().take(TOLD_APART).map(|(site, name)| (site, &**name))
    }
}

/// The number of users of each site by status and role, also where there is none.
fn users(figures: &StoredFigures) -> BTreeMap<(String, bool, Role), u64> {
    let sites: BTreeMap<_, _> = figures.told_apart().collect();
    let mut numbers = BTreeMap::new();
    for name in sites.values().copied().chain([OTHER]) {
        for is_active in [true, false] {
            for role in Role::ALL {
                numbers.insert((name.to_owned(), is_active, role), 0);
            }
        }
    }
    for UserFigure { site, is_active, role, number } in &figures.users {
        let name = sites.get(site).copied().unwrap_or(OTHER);
        *numbers.entry((name.to_owned(), *is_active, *role)).or_default() += number;
    }
    numbers
}

/// Counts what is stored, again and again, so seldom that the database has next to nothing to do with it.
pub async fn keep_figures(
    store: Store,
    known: Arc<KnownFigures>,
    connections: Arc<RequestsByConnection>,
    stopping: CancellationToken,
) {
    loop {
        let (began, at) = (Instant::now(), clock::now());
        let Some(found) = stopping.run_until_cancelled(store.figures()).await else {
            return;
        };
        let rest = match found {
            Ok(figures) => {
                connections.learn(&figures.connections, at);
                let users = figures.users.iter().map(|users| users.number).sum();
                known.learn(figures);
                rest_after(users)
            }
            Err(error) => {
                tracing::debug!(%error, "what is stored could not be counted");
                began.elapsed()
            }
        };
        let rest = COUNTED_EVERY.max(rest);
        if stopping.run_until_cancelled(sleep(rest)).await.is_none() {
            return;
        }
    }
}

/// However busy the machine is, so that an answer is as old as the installation is large.
fn rest_after(users: u64) -> Duration {
    REST_OF_EACH.saturating_mul(u32::try_from(users).unwrap_or(u32::MAX))
}
