//! How the installation is, for whoever is on call.

use crate::Failure;
use crate::store::{Store, StoreStatus};
use provost_domain::{ConnectionActivity, ConsumerLag, ExpiringToken, Timestamp};

/// The most connections, and the most tokens, that are told of.
const MOST: u64 = 100;
/// How long before and how long after its end a token is told of, in microseconds.
const AROUND_THE_END: (i64, i64) = (30 * DAY, 7 * DAY);
const DAY: i64 = 86_400_000_000;

/// The installation, asked at one core.
#[derive(Debug)]
pub struct StatusQueries {
    store: Store,
    /// The command that runs this core.
    pub command: &'static str,
    /// When it was started.
    pub started_at: Timestamp,
}

/// What the database says.
#[derive(Debug)]
pub struct StoredStatus {
    /// The database itself.
    pub database: StoreStatus,
    /// Some connections, the last refused first.
    pub connections: Vec<ConnectionActivity>,
    /// How many there are.
    pub connection_count: i64,
    /// Tokens that expire soon, or did a short time ago.
    pub expiring: Vec<ExpiringToken>,
    /// Some consumers of ledgers, those with the oldest event that they have not acknowledged first.
    pub consumers: Vec<ConsumerLag>,
}

impl StatusQueries {
    /// Reads from the store.
    pub const fn new(store: Store, command: &'static str, started_at: Timestamp) -> Self {
        Self { store, command, started_at }
    }

    /// What the database says now.
    pub async fn stored(&self, now: Timestamp) -> Result<StoredStatus, Failure> {
        let (before, after) = AROUND_THE_END;
        let around = Timestamp(now.0 - after)..Timestamp(now.0 + before);
        let (connections, connection_count) = self.store.connection_activity(MOST).await?;
        let mut consumers = furthest_behind_first(self.store.consumers(None).await?);
        consumers.truncate(usize::try_from(MOST).unwrap_or(usize::MAX));
        Ok(StoredStatus {
            consumers,
            database: self.store.status().await?,
            connections,
            connection_count,
            expiring: self.store.expiring_tokens(around, MOST).await?,
        })
    }
}

/// Where events wait of which none is kept, they are older than all others.
fn furthest_behind_first(mut consumers: Vec<ConsumerLag>) -> Vec<ConsumerLag> {
    consumers.sort_by_key(|lag| (lag.pending == 0, lag.oldest_pending));
    consumers
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_domain::{Consumer, ConsumerName, SiteId};

    #[test]
    fn who_waits_for_what_is_not_kept_is_furthest_behind() {
        let lag = |name: &str, pending, oldest: Option<i64>| {
            let (name, passed) = (ConsumerName::parse(name).unwrap(), Vec::new());
            let caller = "operator".to_owned();
            let consumer = Consumer { site: SiteId(1), caller, name, since: 0, passed };
            let oldest_pending = oldest.map(Timestamp);
            ConsumerLag { consumer, site_name: String::new(), pending, oldest_pending }
        };
        let all = vec![
            lag("up-to-date", 0, None),
            lag("an-hour", 5, Some(60)),
            lag("a-day", 9, Some(10)),
            lag("trimmed", 900, None),
        ];
        let sorted = furthest_behind_first(all);
        let names: Vec<_> = sorted.iter().map(|lag| lag.consumer.name.as_str()).collect();
        assert_eq!(names, ["trimmed", "a-day", "an-hour", "up-to-date"]);
    }
}
