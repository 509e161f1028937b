//! Writing in groups: one transaction loads what a group of decisions needs, and saves whatever
//! was decided, all rows of a kind at once.
//!
//! Owns the order of the statements. Must never know why a row is as it is.

mod access;
mod begun_rows;
mod emails;
mod groups;
mod services;
mod user_look_ups;

use super::dialect::Dialect;
use super::events::EventRow;
use super::open_file::OpenFile;
use super::parameter::document;
use super::pinned_connection::PinnedConnection;
use super::requests::{self, RequestKeyRow, RequestRow};
use super::save_rows::{LastRows, SaveRows};
use super::sites::{heads, membership_version};
use super::standing_changes::StandingChangeRow;
use super::users::rows::UserKeyRow;
use super::users::sorted::Sorted;
use super::users::{self, user};
use super::{Store, StoreError, connections, sessions, sites, tokens};
use begun_rows::BegunRows;
use provost_domain::{Changes, Loaded, Needs, ProfileSchema, SiteId, TokenId, User, UserId};
use sea_orm::{DatabaseConnection, QueryResult, QueryTrait, Value};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// So long at most a connection is kept before others who write get their turn.
const LONGEST_KEPT: Duration = Duration::from_millis(100);

/// Who writes groups, one after the other, on a connection that is kept between them.
#[derive(Debug)]
pub struct GroupWriter {
    pool: DatabaseConnection,
    dialect: Dialect,
    profile: ProfileSchema,
    file: Option<Arc<OpenFile>>,
    kept: Option<PinnedConnection>,
    /// When it came out of the pool.
    since: Instant,
}

/// A group that has begun. Dropped without [`WriteGroup::commit`], it leaves no trace.
#[derive(Debug)]
pub struct WriteGroup<'w> {
    writer: &'w mut GroupWriter,
    connection: PinnedConnection,
}

impl Store {
    /// Who writes groups. There should be one at work in a process.
    pub fn group_writer(&self) -> GroupWriter {
        GroupWriter {
            pool: self.writers.connections().clone(),
            dialect: self.dialect,
            profile: self.profile,
            file: self.file.clone(),
            kept: None,
            since: Instant::now(),
        }
    }
}

impl GroupWriter {
    /// Begins a group that is about these sites and, as far as is known, these users, asked by
    /// these tokens.
    ///
    /// The sites are held until the end: the writers of a site take turns on its row, so whatever
    /// the group has read stays as it is and the revisions that follow are its own, also beside
    /// other cores on the same PostgreSQL. On SQLite this waits until no other process writes.
    pub async fn begin(
        &mut self,
        sites: &BTreeSet<SiteId>,
        users: &BTreeSet<(SiteId, UserId)>,
        callers: &BTreeSet<(SiteId, TokenId)>,
    ) -> Result<(WriteGroup<'_>, Loaded), StoreError> {
        let keys: Vec<UserKeyRow<'_>> = users.iter().map(UserKeyRow::id).collect();
        let tokens: Vec<tokens::TokenKeyRow> =
            callers.iter().map(tokens::TokenKeyRow::from).collect();
        let documents = [document(sites)?, document(&keys)?, document(&tokens)?].map(Value::from);
        self.look()?;
        let mut connection = self.connection().await?;
        let begin = &self.dialect.statements().begin_group;
        let mut found = BegunRows::new(self.profile);
        connection.begin(begin, documents.into(), |row| found.take_in(row)).await?;
        Ok((WriteGroup { writer: self, connection }, found.rows))
    }

    /// Takes a connection for the next group, unless it still has one.
    pub async fn ready(&mut self) -> Result<(), StoreError> {
        self.kept = Some(self.connection().await?);
        Ok(())
    }

    fn look(&self) -> Result<(), StoreError> {
        self.file.as_ref().map_or(Ok(()), |file| file.look())
    }

    async fn connection(&mut self) -> Result<PinnedConnection, StoreError> {
        if self.since.elapsed() >= LONGEST_KEPT {
            self.release();
        }
        if let Some(connection) = self.kept.take() {
            return Ok(connection);
        }
        let connection = PinnedConnection::acquire(&self.pool, self.dialect).await?;
        self.since = Instant::now();
        Ok(connection)
    }

    /// Gives the connection back, so that others who write come to it.
    pub fn release(&mut self) {
        self.kept = None;
    }
}

impl WriteGroup<'_> {
    /// Whatever else is needed, as far as it is there. Sites by id are held from the beginning, and
    /// callers are known from then on.
    pub async fn load(&mut self, needs: &Needs) -> Result<Loaded, StoreError> {
        let Needs {
            sites: _,
            callers: _,
            users: _,
            requests,
            user_names: _,
            subjects: _,
            external_ids: _,
            active_admins,
            site_names,
            connections: _,
            tokens: _,
            tokens_named: _,
            tokens_of: _,
            token_ids: _,
            token_hashes: _,
            next_site,
            next_connection,
            service_callers: _,
            services: _,
            service_tokens: _,
            service_tokens_named: _,
            service_tokens_of: _,
            certificates: _,
            next_service: _,
            grants_about: _,
            groups: _,
            group_names: _,
            members: _,
            members_of: _,
            groups_of: _,
            movers: _,
            among: _,
            rule_runs: _,
            sessions,
        } = needs;
        let mut loaded = Loaded::default();
        let keys: Vec<RequestKeyRow<'_>> = rows(requests);
        let statement = &self.writer.dialect.statements().requests_by_id;
        let found = self.execute("SELECT request_ids", statement, &keys).await?;
        loaded.requests = found.iter().map(requests::read).collect::<Result<_, _>>()?;
        self.load_users(needs, &mut loaded).await?;
        for site in active_admins {
            let found = self.run("SELECT users", &users::active_admins(*site)).await?;
            loaded.active_admins.push((*site, number(&found)?.unsigned_abs()));
        }
        if !site_names.is_empty() {
            let found = self.run("SELECT sites", &sites::taken_names(site_names.iter())).await?;
            loaded.site_names = found.iter().map(sites::name).collect::<Result<_, _>>()?;
        }
        if *next_site {
            let found = self.run("SELECT sites", &sites::last_key()).await?;
            loaded.next_site = Some(number(&found)? + 1);
        }
        if *next_connection {
            let found = self.run("SELECT connections", &connections::last_key()).await?;
            loaded.next_connection = Some(number(&found)? + 1);
        }
        if !sessions.is_empty() {
            let found = self.run("SELECT sessions", &sessions::by_id(sessions.iter())).await?;
            loaded.sessions = found.iter().map(sessions::read).collect::<Result<_, _>>()?;
        }
        self.load_access(needs, &mut loaded).await?;
        self.load_services(needs, &mut loaded).await?;
        self.load_groups(needs, &mut loaded).await?;
        Ok(loaded)
    }

    /// Saves what the decisions left and makes it durable. Until this answers, nothing has
    /// happened. After [`StoreError::Unavailable`] it may have happened all the same, so nobody may
    /// try again for the asker; after any other error nothing has.
    pub async fn commit(mut self, changes: &Changes) -> Result<(), StoreError> {
        if changes.is_empty() {
            // Not a commit: PostgreSQL would make the mere lock on the sites durable.
            self.connection.end(&self.writer.dialect.statements().rollback, Vec::new()).await?;
        } else {
            self.save(changes).await?;
            // What went into a file without a name is not durable, whatever SQLite says.
            self.writer.look()?;
        }
        self.writer.kept = Some(self.connection);
        Ok(())
    }

    async fn save(&mut self, changes: &Changes) -> Result<(), StoreError> {
        let Changes {
            saved_users,
            deleted_users,
            new_sites,
            changed_sites,
            deleted_sites,
            new_connections,
            changed_connections,
            deleted_connections,
            new_tokens,
            changed_tokens,
            changed_service_tokens: _,
            new_requests,
            new_service_tokens: _,
            saved_services: _,
            saved_groups,
            deleted_groups,
            new_members: _,
            gone_members: _,
            saved_rule_runs,
            deleted_rule_runs,
            new_sessions,
            deleted_sessions,
            former_admins,
            group_counts: _,
            first_or_last_group: _,
            leavers,
            events,
        } = changes;
        if !new_sites.is_empty() {
            self.run("INSERT sites", &sites::insert(new_sites)?).await?;
        }
        for site in changed_sites {
            self.run("UPDATE sites", &sites::update(site)?).await?;
        }
        if !deleted_connections.is_empty() {
            self.run("DELETE tokens", &tokens::delete_of(deleted_connections)).await?;
            self.run("DELETE connections", &connections::delete(deleted_connections)).await?;
        }
        if !new_connections.is_empty() {
            self.run("INSERT connections", &connections::insert(new_connections)).await?;
        }
        for connection in changed_connections {
            self.run("UPDATE connections", &connections::update(connection)).await?;
        }
        if !new_tokens.is_empty() {
            self.run("INSERT tokens", &tokens::insert(new_tokens)).await?;
        }
        for token in changed_tokens {
            self.run("UPDATE tokens", &tokens::revoke(token)).await?;
        }
        self.save_services(changes).await?;
        if !deleted_sessions.is_empty() {
            self.run("DELETE sessions", &sessions::delete(deleted_sessions)).await?;
        }
        if !former_admins.is_empty() {
            self.run("DELETE sessions", &sessions::delete_of(former_admins)).await?;
        }
        if !new_sessions.is_empty() {
            self.run("INSERT sessions", &sessions::insert(new_sessions)).await?;
        }
        for (site, at) in deleted_sites {
            self.run("UPDATE sites", &sites::delete(*site, *at)).await?;
            self.run("UPDATE tokens", &tokens::revoke_all(*site, *at)).await?;
        }
        // First, because the versions of groups that are saved count those who left them.
        if !leavers.is_empty() {
            self.leave_groups(changes).await?;
        }
        if !(saved_groups.is_empty() && deleted_groups.is_empty()) {
            self.save_groups(changes).await?;
        }
        if !(saved_rule_runs.is_empty() && deleted_rule_runs.is_empty()) {
            self.save_rule_runs(changes).await?;
        }
        let statements = self.writer.dialect.statements();
        let requests: Vec<RequestRow<'_>> = rows(new_requests);
        self.save_rows("INSERT request_ids", &statements.save_requests, &requests).await?;
        let membership_version = membership_version(saved_users, deleted_users);
        let deleted: Vec<UserKeyRow<'_>> =
            deleted_users.iter().map(|user| UserKeyRow::id(&(user.site, user.id))).collect();
        let Sorted { whole, profiles, standings } = Sorted::by_what_changed(saved_users);
        self.execute("DELETE users", &statements.delete_users, &deleted).await?;
        self.save_rows("INSERT users", &statements.save_users, &whole).await?;
        self.save_rows("UPDATE users", &statements.save_profiles, &profiles).await?;
        self.save_emails(saved_users).await?;
        self.execute("UPDATE sites", &statements.count_members, &membership_version).await?;
        let changes: Vec<_> = events.iter().filter_map(StandingChangeRow::of).collect();
        let save = &statements.save_standing_changes;
        self.save_rows("INSERT standing_changes", save, &changes).await?;
        let heads = heads(events);
        let lines: Vec<EventRow<'_>> = rows(events);
        let mut last = LastRows { standings: &standings, lines: &lines, heads: &heads };
        let script = &statements.save_and_commit;
        while let Some((beginning, parameters)) = last.take_beginning(script)? {
            self.connection.run(beginning, parameters).await?;
        }
        let (end, parameters) = last.end(script)?;
        self.connection.end(end, parameters).await
    }

    /// Saves rows, if there are any.
    async fn save_rows<R: Serialize>(
        &mut self,
        summary: &'static str,
        save: &'static SaveRows,
        mut rows: &[R],
    ) -> Result<(), StoreError> {
        while !rows.is_empty() {
            let (sql, parameters, rest) = save.piece(rows)?;
            self.connection.observed_run(summary, sql, parameters).await?;
            rows = rest;
        }
        Ok(())
    }

    /// Runs a statement about rows, if there are any.
    async fn execute<R: Serialize>(
        &mut self,
        summary: &'static str,
        sql: &'static str,
        rows: &[R],
    ) -> Result<Vec<QueryResult>, StoreError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.connection.observed_rows(summary, sql, document(rows)?).await?)
    }

    /// Runs a statement that is written anew each time: what is not asked often.
    async fn run(
        &mut self,
        summary: &'static str,
        query: &impl QueryTrait,
    ) -> Result<Vec<QueryResult>, StoreError> {
        let statement = query.build(self.writer.dialect.into());
        Ok(self.connection.observed_statement(summary, statement).await?)
    }
}

fn read(profile: ProfileSchema, rows: &[QueryResult]) -> Result<Vec<User>, StoreError> {
    rows.iter().map(|row| user(profile, row)).collect()
}

fn number(rows: &[QueryResult]) -> Result<i64, StoreError> {
    let number: Option<Option<i64>> =
        rows.first().map(|row| row.try_get_by_index(0)).transpose()?;
    Ok(number.flatten().unwrap_or_default())
}

fn rows<'a, T: 'a, R: From<&'a T>>(values: impl IntoIterator<Item = &'a T>) -> Vec<R> {
    values.into_iter().map(R::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_domain::{ConnectionPolicy, Site, SiteName, Timestamp};

    /// As behind a full disk: SQLite has ended the transaction, and its driver takes it for open.
    #[tokio::test]
    async fn what_follows_a_commit_that_failed_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("provost.db").display());
        let store = Store::open(&url).await.unwrap();
        let mut writer = store.group_writer();
        let site = Site {
            id: SiteId(1),
            name: "acme".to_owned(),
            revision: 0,
            last_event_at: None,
            version: 1,
            policy: ConnectionPolicy::default(),
            created_at: Timestamp(1),
            group_rules: provost_domain::GroupRules::default(),
            group_count: 0,
        };
        let changes = Changes { new_sites: vec![site], ..Changes::default() };
        let (mut begun, _) = writer.begin(&[].into(), &[].into(), &[].into()).await.unwrap();
        begun.connection.rows("ROLLBACK", String::new()).await.unwrap();
        begun.commit(&changes).await.unwrap_err();
        // One that ends without a commit, as where there is nothing to change.
        drop(writer.begin(&[].into(), &[].into(), &[].into()).await.unwrap());

        let name = SiteName::parse("acme").unwrap();
        if store.site_named(&name).await.unwrap().is_none() {
            let (begun, _) = writer.begin(&[].into(), &[].into(), &[].into()).await.unwrap();
            begun.commit(&changes).await.unwrap();
        }
        assert!(store.site_named(&name).await.unwrap().is_some(), "it was acknowledged");
    }
}
