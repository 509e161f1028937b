//! Writing in groups: one transaction loads whatever a group of decisions needs, and saves
//! whatever was decided, all rows of a kind at once.

use super::dialect::{Dialect, Sql};
use super::rows::{
    EventRow, ProfileRow, StandingRow, TextKeyRow, UserKeyRow, UserRow, document, email_rows, user,
};
use super::{Store, StoreError, statements};
use crate::domain::{Event, SiteId, User, UserId, UserNameKey};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, SqliteTransactionMode, TransactionOptions,
    TransactionTrait, Value,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// A transaction that writes. Dropped without [`WriteTransaction::commit`], it leaves no trace.
///
/// Call [`WriteTransaction::sites`] first: it is what makes everything read afterwards stay
/// true until the commit, also beside other cores on the same PostgreSQL.
#[derive(Debug)]
pub struct WriteTransaction {
    pub(super) transaction: DatabaseTransaction,
    dialect: Dialect,
}

/// What a group of decisions leaves to be kept.
#[derive(Debug, Default)]
pub struct Batch {
    /// Users as they are after the group, each at most once.
    pub saved: Vec<Saved>,
    /// Users that are gone.
    pub deleted: Vec<(SiteId, UserId)>,
    /// Lines of the ledgers, with their revisions.
    pub events: Vec<Event>,
    /// The last revision given in each site that got events.
    pub revisions: Vec<(SiteId, i64)>,
}

/// A user to be kept.
#[derive(Debug)]
pub struct Saved {
    /// As the transaction found it; absent for a new one.
    pub before: Option<User>,
    /// As it is now.
    pub after: User,
}

impl Saved {
    fn changes_emails(&self) -> bool {
        let before = self.before.as_ref().map_or(&[][..], |user| user.profile.list("emails"));
        before != self.after.profile.list("emails")
    }
}

impl Store {
    /// Begins to write. On SQLite this waits until no other process writes.
    pub async fn begin(&self) -> Result<WriteTransaction, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = self.writers.begin_with_options(options).await?;
        Ok(WriteTransaction { transaction, dialect: self.dialect })
    }
}

impl WriteTransaction {
    /// The users of these ids, as far as there are any, in no particular order.
    pub async fn users(&mut self, keys: &[(SiteId, UserId)]) -> Result<Vec<User>, StoreError> {
        let rows: Vec<UserKeyRow> = keys.iter().map(UserKeyRow::from).collect();
        self.load(&statements::USERS_BY_ID, &rows).await
    }

    /// The users of these user names, as far as there are any, in no particular order.
    pub async fn users_named(
        &mut self,
        keys: &[(SiteId, UserNameKey)],
    ) -> Result<Vec<User>, StoreError> {
        let rows: Vec<TextKeyRow<'_>> =
            keys.iter().filter_map(|(site, key)| TextKeyRow::of(*site, key.as_str())).collect();
        self.load(&statements::USERS_BY_NAME, &rows).await
    }

    /// How many active Admins the site has.
    pub async fn active_admins(&mut self, site: SiteId) -> Result<u64, StoreError> {
        let statement = self.dialect.statement(&statements::ACTIVE_ADMINS, [site.0.into()]);
        let row = self.transaction.query_one_raw(statement).await?;
        let count: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
        Ok(count.unsigned_abs())
    }

    /// Saves what a group of decisions left. After an error the transaction holds a part of it
    /// and may only be dropped.
    pub async fn save(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let Batch { saved, deleted, events, revisions } = batch;
        let turnover = turnover(saved, deleted);
        let deleted: Vec<UserKeyRow> = deleted.iter().map(UserKeyRow::from).collect();
        let Sorted { whole, profiles, standings } = Sorted::by_what_changed(saved);
        self.execute(&statements::DELETE_USERS, &deleted).await?;
        self.execute(&statements::SAVE_USERS, &whole).await?;
        self.execute(&statements::SAVE_PROFILES, &profiles).await?;
        self.save_emails(saved).await?;
        self.execute(&statements::TURN_SITES_OVER, &turnover).await?;
        let events: Vec<EventRow<'_>> = events.iter().map(EventRow::from).collect();
        let revisions: Vec<RevisionRow> = revisions.iter().map(RevisionRow::from).collect();
        let rest = [document(&standings)?, document(&events)?, document(&revisions)?];
        self.run(&statements::SAVE_STANDINGS_AND_LEDGER, rest.map(Value::from)).await
    }

    /// Makes everything durable. Until this answers, nothing has happened.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }

    async fn save_emails(&mut self, saved: &[Saved]) -> Result<(), StoreError> {
        let changed: Vec<&User> =
            saved.iter().filter(|saved| saved.changes_emails()).map(|saved| &saved.after).collect();
        let forgotten: Vec<UserKeyRow> = saved
            .iter()
            .filter(|saved| saved.changes_emails() && saved.before.is_some())
            .map(|saved| UserKeyRow::from(&(saved.after.site, saved.after.id)))
            .collect();
        self.execute(&statements::FORGET_EMAILS, &forgotten).await?;
        let rows: Vec<_> = changed.into_iter().flat_map(email_rows).collect();
        self.execute(&statements::SAVE_EMAILS, &rows).await
    }

    async fn load<K: Serialize>(&mut self, sql: &Sql, keys: &[K]) -> Result<Vec<User>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let statement = self.dialect.statement(sql, [document(keys)?.into()]);
        let rows = self.transaction.query_all_raw(statement).await?;
        rows.iter().map(user).collect()
    }

    async fn execute<R: Serialize>(&mut self, sql: &Sql, rows: &[R]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        self.run(sql, [document(rows)?.into()]).await
    }

    async fn run<const N: usize>(&self, sql: &Sql, values: [Value; N]) -> Result<(), StoreError> {
        let statement = self.dialect.statement(sql, values);
        self.transaction.execute_raw(statement).await.map_err(|error| {
            StoreError::or_taken(error, "user_name_key", StoreError::UserNameTaken)
        })?;
        Ok(())
    }
}

/// Of each user as little as says everything that changed.
#[derive(Default)]
struct Sorted<'a> {
    whole: Vec<UserRow<'a>>,
    profiles: Vec<ProfileRow<'a>>,
    standings: Vec<StandingRow<'a>>,
}

impl<'a> Sorted<'a> {
    fn by_what_changed(saved: &'a [Saved]) -> Self {
        let mut sorted = Self::default();
        for Saved { before, after } in saved {
            match before {
                Some(before) if !is_found_alike(before, after) => sorted.whole.push(after.into()),
                Some(before) if before.holds != after.holds || before.profile != after.profile => {
                    sorted.profiles.push(after.into());
                }
                Some(_) => sorted.standings.push(after.into()),
                None => sorted.whole.push(after.into()),
            }
        }
        sorted
    }
}

/// Whether look-ups find both states of a user by the same names.
fn is_found_alike(before: &User, after: &User) -> bool {
    before.user_name == after.user_name && before.external_id == after.external_id
}

/// Who came to each site and who went; sites where nobody did are left out.
fn turnover(saved: &[Saved], deleted: &[(SiteId, UserId)]) -> Vec<TurnoverRow> {
    let came = saved.iter().filter(|saved| saved.before.is_none());
    let came = came.map(|saved| (saved.after.site, 1));
    let went = deleted.iter().map(|(site, _)| (*site, -1));
    let mut sites = BTreeMap::<SiteId, (i64, i64)>::new();
    for (site, by) in came.chain(went) {
        let (growth, turnover) = sites.entry(site).or_default();
        *growth += by;
        *turnover += 1;
    }
    let row = |(site_id, (growth, turnover))| TurnoverRow { site_id, growth, turnover };
    sites.into_iter().map(row).collect()
}

#[derive(Serialize)]
struct TurnoverRow {
    site_id: SiteId,
    growth: i64,
    turnover: i64,
}

#[derive(Serialize)]
struct RevisionRow {
    site_id: SiteId,
    revision: i64,
}

impl From<&(SiteId, i64)> for RevisionRow {
    fn from((site, revision): &(SiteId, i64)) -> Self {
        Self { site_id: *site, revision: *revision }
    }
}
