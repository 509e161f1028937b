//! A pool of connections, each statement of which has a span where somebody looks, and is counted where it finds
//! none of them free.
//!
//! Owns how a statement is called that sea-orm writes: by its operation and its tables. Must never know
//! what it is about, nor tell a value.

use super::dialect::Dialect;
use super::pinned_connection::{observed, statement_span};
use crate::trace;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tracing::Instrument as _;

/// A pool of connections. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    connections: DatabaseConnection,
    dialect: Dialect,
    /// How many statements found no connection free.
    waits: Arc<AtomicU64>,
}

impl Pool {
    pub(super) fn new(connections: DatabaseConnection, dialect: Dialect) -> Self {
        Self { connections, dialect, waits: Arc::default() }
    }

    /// How many statements found no connection free, as it goes on.
    pub(super) fn waits(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.waits)
    }

    /// For whoever makes spans of their own.
    pub(super) fn connections(&self) -> &DatabaseConnection {
        if self.is_exhausted() {
            self.waits.fetch_add(1, Ordering::Relaxed);
        }
        &self.connections
    }

    fn is_exhausted(&self) -> bool {
        let (idle, size, most) = match self.dialect {
            Dialect::Sqlite => {
                let pool = self.connections.get_sqlite_connection_pool();
                (pool.num_idle(), pool.size(), pool.options().get_max_connections())
            }
            Dialect::Postgres => {
                let pool = self.connections.get_postgres_connection_pool();
                (pool.num_idle(), pool.size(), pool.options().get_max_connections())
            }
        };
        idle == 0 && size >= most
    }

    pub(super) async fn close_by_ref(&self) -> Result<(), DbErr> {
        self.connections.close_by_ref().await
    }

    async fn observed<T>(
        &self,
        summary: Option<String>,
        asked: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        let Some(summary) = summary else { return asked.await };
        let span = statement_span(self.dialect, &summary);
        observed(&span, asked.instrument(span.clone()).await)
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Pool {
    fn get_database_backend(&self) -> DbBackend {
        self.dialect.into()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let summary = summary_if_seen(&statement.sql);
        self.observed(summary, self.connections().execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.observed(summary_if_seen(sql), self.connections().execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let summary = summary_if_seen(&statement.sql);
        self.observed(summary, self.connections().query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let summary = summary_if_seen(&statement.sql);
        self.observed(summary, self.connections().query_all_raw(statement)).await
    }
}

fn summary_if_seen(sql: &str) -> Option<String> {
    trace::is_seen().then(|| summary(sql))
}

/// The operation, and the tables in the order in which they are named.
fn summary(sql: &str) -> String {
    let mut words = sql.split_ascii_whitespace();
    let operation = words.next().unwrap_or_default();
    let mut tables: Vec<&str> = Vec::new();
    let mut before = operation;
    for word in words {
        let names_table = ["FROM", "JOIN", "INTO", "UPDATE"].contains(&before);
        before = word;
        let name = word.trim_matches(['"', ',', ';', ')']);
        let is_name = name.starts_with(|letter: char| letter.is_ascii_lowercase())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if names_table && is_name && !tables.contains(&name) {
            tables.push(name);
        }
    }
    tables.insert(0, operation);
    tables.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_called_by_its_operation_and_its_tables() {
        for (sql, called) in [
            (
                r#"SELECT "tokens"."id" FROM "tokens" INNER JOIN "sites" ON 1 = 1 WHERE x = 'FROM ada'"#,
                "SELECT tokens sites",
            ),
            (r#"INSERT INTO "refused_requests" ("id") VALUES (?, ?)"#, "INSERT refused_requests"),
            (r#"UPDATE "tokens" SET "x" = (SELECT 1 FROM "tokens")"#, "UPDATE tokens"),
            ("DELETE FROM users WHERE id IN (SELECT id FROM users)", "DELETE users"),
            ("SELECT * FROM (SELECT 1) AS x", "SELECT"),
            ("PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA"),
            ("", ""),
        ] {
            assert_eq!(summary(sql), called, "{sql}");
        }
    }
}
