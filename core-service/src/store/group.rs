//! Writing in groups: one transaction loads what a group of decisions needs, and saves whatever
//! was decided, all rows of a kind at once.
//!
//! Owns the order of the statements. Must never know why a row is as it is.

use super::batch::{Batch, RevisionRow, Saved, Sorted, turnover};
use super::dialect::{Dialect, Sql};
use super::entities::sites::Model;
use super::kept::Kept;
use super::rows::{EventRow, TextKeyRow, UserKeyRow, document, email_rows, user};
use super::sites::site;
use super::{Store, StoreError, scripts, statements};
use provost_domain::{Site, SiteId, User, UserId, UserNameKey};
use sea_orm::{DatabaseConnection, FromQueryResult as _, QueryResult};
use serde::Serialize;
use std::time::{Duration, Instant};

/// So long at most a connection is kept before others who write get their turn.
const LONGEST_KEPT: Duration = Duration::from_millis(100);

/// Who writes groups, one after the other, on a connection that is kept between them.
#[derive(Debug)]
pub struct GroupWriter {
    pool: DatabaseConnection,
    dialect: Dialect,
    kept: Option<Kept>,
    /// When it came out of the pool.
    since: Instant,
}

/// A group that has begun. Dropped without [`Group::commit`], it leaves no trace.
#[derive(Debug)]
pub struct Group<'w> {
    writer: &'w mut GroupWriter,
    connection: Kept,
}

/// What a group has found when it begins.
#[derive(Debug)]
pub struct Found {
    /// The sites asked for, as far as there are any, in the order of their ids.
    pub sites: Vec<Site>,
    /// The users asked for, as far as there are any, in no particular order.
    pub users: Vec<User>,
}

impl Store {
    /// Who writes groups. There should be one at work in a process.
    pub fn group_writer(&self) -> GroupWriter {
        let (pool, dialect) = (self.writers.clone(), self.dialect);
        GroupWriter { pool, dialect, kept: None, since: Instant::now() }
    }
}

impl GroupWriter {
    /// Begins a group that is about these sites and, as far as is known, these users.
    ///
    /// The sites are held until the end: the writers of a site take turns on its row, so whatever
    /// the group has read stays as it is and the revisions that follow are its own, also beside
    /// other cores on the same PostgreSQL. On SQLite this waits until no other process writes.
    pub async fn begin(
        &mut self,
        sites: &[SiteId],
        users: &[(SiteId, UserId)],
    ) -> Result<(Group<'_>, Found), StoreError> {
        let keys: Vec<UserKeyRow> = users.iter().map(UserKeyRow::from).collect();
        let documents = [document(sites)?, document(&keys)?];
        let mut connection = self.connection().await?;
        let found = connection.begin(&scripts::BEGIN_GROUP, documents).await?;
        // The rows of sites come first, and no others have a revision.
        let is_site = |row: &QueryResult| row.try_get_by::<i64, _>("revision").is_ok();
        let first_user = found.iter().position(|row| !is_site(row)).unwrap_or(found.len());
        let (sites, users) = found.split_at(first_user);
        let sites = sites.iter().map(|row| site(Model::from_query_result(row, "")?));
        let found = Found { sites: sites.collect::<Result<_, _>>()?, users: read(users)? };
        Ok((Group { writer: self, connection }, found))
    }

    async fn connection(&mut self) -> Result<Kept, StoreError> {
        if self.since.elapsed() >= LONGEST_KEPT {
            self.rest();
        }
        if let Some(connection) = self.kept.take() {
            return Ok(connection);
        }
        let connection = Kept::out_of(&self.pool, self.dialect).await?;
        self.since = Instant::now();
        Ok(connection)
    }

    /// Gives the connection back, so that others who write come to it.
    pub fn rest(&mut self) {
        self.kept = None;
    }
}

impl Group<'_> {
    /// The users of these user names, as far as there are any, in no particular order.
    pub async fn users_named(
        &mut self,
        keys: &[(SiteId, UserNameKey)],
    ) -> Result<Vec<User>, StoreError> {
        let rows: Vec<TextKeyRow<'_>> =
            keys.iter().filter_map(|(site, key)| TextKeyRow::of(*site, key.as_str())).collect();
        read(&self.execute("SELECT users", &statements::USERS_BY_NAME, &rows).await?)
    }

    /// How many active Admins the site has.
    pub async fn active_admins(&mut self, site: SiteId) -> Result<u64, StoreError> {
        let rows = self.execute("SELECT users", &statements::ACTIVE_ADMINS, &[site]).await?;
        let count: i64 = rows.first().map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
        Ok(count.unsigned_abs())
    }

    /// Saves what the decisions left and makes it durable. Until this answers, nothing has
    /// happened. After [`StoreError::Unavailable`] it may have happened all the same, so nobody may
    /// try again for the asker; after any other error nothing has.
    pub async fn commit(mut self, batch: &Batch) -> Result<(), StoreError> {
        if batch.is_empty() {
            // Not a commit: PostgreSQL would make the mere lock on the sites durable.
            self.connection.end(&scripts::ROLLBACK, []).await?;
        } else {
            self.save(batch).await?;
        }
        self.writer.kept = Some(self.connection);
        Ok(())
    }

    async fn save(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let Batch { saved, deleted, events, revisions } = batch;
        let turnover = turnover(saved, deleted);
        let deleted: Vec<UserKeyRow> = deleted.iter().map(UserKeyRow::from).collect();
        let Sorted { whole, profiles, standings } = Sorted::by_what_changed(saved);
        self.execute("DELETE users", &statements::DELETE_USERS, &deleted).await?;
        self.execute("INSERT users", &statements::SAVE_USERS, &whole).await?;
        self.execute("UPDATE users", &statements::SAVE_PROFILES, &profiles).await?;
        self.save_emails(saved).await?;
        self.execute("UPDATE sites", &statements::TURN_SITES_OVER, &turnover).await?;
        let events: Vec<EventRow<'_>> = events.iter().map(EventRow::from).collect();
        let revisions: Vec<RevisionRow> = revisions.iter().map(RevisionRow::from).collect();
        let rest = [document(&standings)?, document(&events)?, document(&revisions)?];
        Ok(self.connection.end(&scripts::SAVE_AND_COMMIT, rest).await?)
    }

    async fn save_emails(&mut self, saved: &[Saved]) -> Result<(), StoreError> {
        let changed: Vec<&User> =
            saved.iter().filter(|saved| saved.changes_emails()).map(|saved| &saved.after).collect();
        let forgotten: Vec<UserKeyRow> = saved
            .iter()
            .filter(|saved| saved.changes_emails() && saved.before.is_some())
            .map(|saved| UserKeyRow::from(&(saved.after.site, saved.after.id)))
            .collect();
        self.execute("DELETE user_emails", &statements::FORGET_EMAILS, &forgotten).await?;
        let rows: Vec<_> = changed.into_iter().flat_map(email_rows).collect();
        self.execute("INSERT user_emails", &statements::SAVE_EMAILS, &rows).await?;
        Ok(())
    }

    /// Runs a statement about rows, if there are any.
    async fn execute<R: Serialize>(
        &mut self,
        summary: &'static str,
        sql: &Sql,
        rows: &[R],
    ) -> Result<Vec<QueryResult>, StoreError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let sql = self.writer.dialect.text(sql);
        let found = self.connection.observed_rows(summary, sql, document(rows)?).await;
        found.map_err(|error| {
            StoreError::or_taken(error, "user_name_key", StoreError::UserNameTaken)
        })
    }
}

fn read(rows: &[QueryResult]) -> Result<Vec<User>, StoreError> {
    rows.iter().map(user).collect()
}
