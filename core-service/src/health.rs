//! Health: whether the core has what it works with.
//!
//! Owns how it is looked, and the words for what is missing. Must never know who is told, nor end because
//! something failed once.

use crate::clock;
use crate::store::Store;
use provost_domain::Timestamp;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether the database is still there.
const LOOKED_EVERY: Duration = Duration::from_secs(1);
/// So many looks in a row without an answer in time mean that the database is missing.
const SLOW_LOOKS: u32 = 2;

/// What was found when it was looked last. What is missing is a sentence for whoever runs the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreHealth {
    /// Whether the database answers, and is the one that was opened.
    pub database: Result<(), String>,
    /// Whether its schema has all that this version needs.
    pub migrations: Result<(), String>,
}

impl CoreHealth {
    /// That of a core that has just opened its database.
    pub const GOOD: Self = Self { database: Ok(()), migrations: Ok(()) };

    /// Whether calls can be answered.
    pub fn is_good(&self) -> bool {
        self.database.is_ok() && self.migrations.is_ok()
    }

    /// None where the database has not answered in time.
    async fn of(store: &Store) -> Option<Self> {
        Some(match store.is_migrated().await.transpose()? {
            Ok(true) => Self::GOOD,
            Ok(false) => Self {
                database: Ok(()),
                migrations: Err(
                    "the schema is older than this version needs, as if a copy from before an upgrade had been put back: start again, which brings it up to date".to_owned(),
                ),
            },
            Err(error) => Self::without_database(error.to_string()),
        })
    }

    fn without_database(problem: String) -> Self {
        let migrations = "not looked for, because the database does not answer".to_owned();
        Self { database: Err(problem), migrations: Err(migrations) }
    }
}

/// What was found, look by look.
#[derive(Debug)]
struct HealthLooks {
    /// What is told.
    told: CoreHealth,
    /// Since when something is missing.
    missing_since: Option<Timestamp>,
    /// How many looks in a row had no answer in time.
    slow: u32,
}

impl HealthLooks {
    const fn new() -> Self {
        Self { told: CoreHealth::GOOD, missing_since: None, slow: 0 }
    }

    /// What is told behind a look at this time. One answer that does not come in time changes nothing: the
    /// database may be at work. A connection that is refused does at once.
    fn judge(&mut self, found: Option<CoreHealth>, at: Timestamp) -> CoreHealth {
        self.slow = if found.is_none() { self.slow + 1 } else { 0 };
        let found = match found {
            Some(found) => found,
            None if self.slow < SLOW_LOOKS => return self.told.clone(),
            None => CoreHealth::without_database(format!(
                "it has not answered for {SLOW_LOOKS} looks in a row, each of which waited for seconds"
            )),
        };
        if found.is_good() {
            self.missing_since = None;
        }
        self.told = found;
        if !self.told.is_good() {
            let since = moment(*self.missing_since.get_or_insert(at));
            let told = [&mut self.told.database, &mut self.told.migrations];
            if let Some(Err(problem)) = told.into_iter().find(|found| found.is_err()) {
                *problem = format!("{problem} (since {since})");
            }
        }
        self.told.clone()
    }
}

/// As people write it, in UTC and to the second.
fn moment(Timestamp(at): Timestamp) -> String {
    let time = OffsetDateTime::from_unix_timestamp(at.div_euclid(1_000_000));
    time.ok().and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_default()
}

/// Tells whenever something goes missing or comes back.
pub(crate) async fn keep_watch(
    store: Store,
    told: watch::Sender<CoreHealth>,
    stopping: CancellationToken,
) {
    let mut looks = HealthLooks::new();
    while stopping.run_until_cancelled(sleep(LOOKED_EVERY)).await.is_some() {
        let at = clock::now();
        let Some(found) = stopping.run_until_cancelled(CoreHealth::of(&store)).await else {
            return;
        };
        let found = looks.judge(found, at);
        let before = told.send_replace(found.clone());
        match (&found.database, &found.migrations) {
            (Err(error), _) if before.database.is_ok() => tracing::error!(%error, "not serving"),
            (Ok(()), Err(error)) if before.migrations.is_ok() => {
                tracing::error!(%error, "not serving");
            }
            _ if found.is_good() && !before.is_good() => {
                tracing::info!("the database is back: serving again");
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_answer_is_no_outage_and_a_refused_connection_is() {
        let mut looks = HealthLooks::new();
        let at = |second: i64| Timestamp(second * 1_000_000);
        let gone = || Some(CoreHealth::without_database("refused".to_owned()));
        assert!(looks.judge(None, at(1)).is_good());
        assert!(looks.judge(Some(CoreHealth::GOOD), at(2)).is_good());
        assert!(looks.judge(None, at(3)).is_good());
        let told = looks.judge(None, at(4)).database.unwrap_err();
        assert!(told.starts_with("it has not answered for 2 looks in a row"), "{told}");
        assert!(told.ends_with("(since 1970-01-01T00:00:04Z)"), "{told}");
        let told = looks.judge(gone(), at(5)).database;
        assert_eq!(told, Err("refused (since 1970-01-01T00:00:04Z)".to_owned()));
        // It is no better because it is slow now.
        assert!(!looks.judge(None, at(6)).is_good());
        assert!(looks.judge(Some(CoreHealth::GOOD), at(7)).is_good());
        let told = looks.judge(gone(), at(8)).database;
        assert_eq!(told, Err("refused (since 1970-01-01T00:00:08Z)".to_owned()));
    }
}
