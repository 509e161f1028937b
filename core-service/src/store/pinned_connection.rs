//! A connection that is kept from statement to statement.
//!
//! Owns its transaction and the spans of what runs in it. Must never know what that is about. A
//! pool tests every connection that comes back, and lends it to nobody before that is done: for
//! small statements, one behind the other, that takes as long as they do.

use super::StoreError;
use super::dialect::Dialect;
use super::statements::Script;
use crate::trace;
use futures::TryStreamExt as _;
use sea_orm::sea_query::Values;
use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::query::Query;
use sea_orm::sqlx::{self, IntoArguments, Postgres, Sqlite};
use sea_orm::{DatabaseConnection, DbErr, QueryResult, RuntimeErr, Statement, Value};
use sea_query_sqlx::SqlxValues;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tracing::{Instrument as _, Span};

/// How long PostgreSQL may take to answer. A server that is gone without a word, with its machine
/// or the way to it, would be waited for until the system gives up, which takes a quarter of an hour.
pub(super) const LONGEST_ANSWER: Duration = Duration::from_secs(10);

/// A connection out of a pool, to which it goes back when this is dropped. Dropped in the middle
/// of a transaction it ends, and the transaction with it; the pool makes a new one.
#[derive(Debug)]
pub(super) struct PinnedConnection {
    connection: PooledConnection,
    in_transaction: bool,
}

#[derive(Debug)]
enum PooledConnection {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl PinnedConnection {
    /// Takes a connection out of a pool.
    pub(super) async fn acquire(
        pool: &DatabaseConnection,
        dialect: Dialect,
    ) -> Result<Self, StoreError> {
        // Fifteen kilobytes, for what is seldom waited for: in boxes, so that they are not moved with each
        // group of reads and writes.
        let connection = match dialect {
            Dialect::Sqlite => {
                let acquired = Box::pin(pool.get_sqlite_connection_pool().acquire());
                acquired.await.map(PooledConnection::Sqlite)
            }
            Dialect::Postgres => {
                let acquired = Box::pin(pool.get_postgres_connection_pool().acquire());
                acquired.await.map(PooledConnection::Postgres)
            }
        };
        Ok(Self { connection: connection.map_err(failed)?, in_transaction: false })
    }

    /// The rows that a statement finds, which has one document as its parameter.
    pub(super) async fn rows(
        &mut self,
        sql: &'static str,
        document: String,
    ) -> Result<Vec<QueryResult>, DbErr> {
        match &mut self.connection {
            PooledConnection::Sqlite(connection) => {
                let rows = sqlx::query(sql).bind(document).fetch_all(&mut **connection).await;
                rows.map(|rows| rows.into_iter().map(QueryResult::from).collect())
            }
            PooledConnection::Postgres(connection) => {
                rows_in_time(connection, sqlx::query(sql).bind(document)).await
            }
        }
        .map_err(failed)
    }

    /// Runs a script that begins a transaction, and gives each row that it finds to whoever takes it.
    pub(super) async fn begin(
        &mut self,
        script: &'static Script,
        parameters: Vec<Value>,
        take: impl FnMut(&QueryResult) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        // Before it is sent: from then on nobody knows until there is an answer.
        self.in_transaction = true;
        self.run_each(script, parameters, take).await
    }

    /// Runs a script that ends the transaction.
    pub(super) async fn end(
        &mut self,
        script: &'static Script,
        parameters: Vec<Value>,
    ) -> Result<(), StoreError> {
        self.run(script, parameters).await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Runs a script that finds nothing.
    pub(super) async fn run(
        &mut self,
        script: &'static Script,
        parameters: Vec<Value>,
    ) -> Result<(), StoreError> {
        self.run_each(script, parameters, |_| Ok(())).await
    }

    /// Of a script that fails, the statements before the one at fault have been run.
    async fn run_each(
        &mut self,
        script: &'static Script,
        mut parameters: Vec<Value>,
        mut take: impl FnMut(&QueryResult) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let span = statement_span(self.dialect(), script.summary);
        let run = async {
            for (sql, own) in &script.texts {
                let others = parameters.split_off(*own);
                let own = std::mem::replace(&mut parameters, others);
                self.take_rows_of(sql, own, &mut take).await?;
            }
            Ok(())
        };
        observed(&span, run.instrument(span.clone()).await)
    }

    /// Runs a statement with parameters, in a span of its own.
    pub(super) async fn observed_run(
        &mut self,
        summary: &'static str,
        sql: &'static str,
        parameters: Vec<Value>,
    ) -> Result<(), StoreError> {
        let span = statement_span(self.dialect(), summary);
        let run = self.take_rows_of(sql, parameters, |_| Ok(())).instrument(span.clone()).await;
        observed(&span, run)
    }

    async fn take_rows_of(
        &mut self,
        sql: &'static str,
        parameters: Vec<Value>,
        mut take: impl FnMut(&QueryResult) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let parameters = SqlxValues(Values(parameters));
        match &mut self.connection {
            PooledConnection::Sqlite(connection) => {
                let mut rows = sqlx::query_with(sql, parameters).fetch(&mut **connection);
                while let Some(row) = rows.try_next().await.map_err(failed)? {
                    take(&QueryResult::from(row))?;
                }
            }
            PooledConnection::Postgres(connection) => {
                let query = sqlx::query_with(sql, parameters);
                let rows = rows_in_time(connection, query).await.map_err(failed)?;
                rows.iter().try_for_each(take)?;
            }
        }
        Ok(())
    }

    /// The rows that a statement finds, which has one document as its parameter, in a span of its
    /// own.
    pub(super) async fn observed_rows(
        &mut self,
        summary: &'static str,
        sql: &'static str,
        document: String,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let span = statement_span(self.dialect(), summary);
        let found = self.rows(sql, document).instrument(span.clone()).await;
        observed(&span, found)
    }

    /// The rows that any statement finds, in a span of its own. Its text is not kept prepared.
    pub(super) async fn observed_statement(
        &mut self,
        summary: &'static str,
        statement: Statement,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let span = statement_span(self.dialect(), summary);
        let found = self.rows_of(statement).instrument(span.clone()).await;
        observed(&span, found.map_err(failed))
    }

    async fn rows_of(&mut self, statement: Statement) -> Result<Vec<QueryResult>, sqlx::Error> {
        let Statement { sql, values, .. } = statement;
        // From sea-query, where every value is a parameter.
        let sql = sqlx::AssertSqlSafe(sql);
        let values = SqlxValues(values.unwrap_or_else(|| Values(Vec::new())));
        match &mut self.connection {
            PooledConnection::Sqlite(connection) => {
                let query = sqlx::query_with(sql, values).persistent(false);
                let rows = query.fetch_all(&mut **connection).await?;
                Ok(rows.into_iter().map(QueryResult::from).collect())
            }
            PooledConnection::Postgres(connection) => {
                let query = sqlx::query_with(sql, values).persistent(false);
                rows_in_time(connection, query).await
            }
        }
    }

    fn dialect(&self) -> Dialect {
        match self.connection {
            PooledConnection::Sqlite(_) => Dialect::Sqlite,
            PooledConnection::Postgres(_) => Dialect::Postgres,
        }
    }
}

impl Drop for PinnedConnection {
    fn drop(&mut self) {
        if self.in_transaction {
            match &mut self.connection {
                PooledConnection::Sqlite(connection) => connection.close_on_drop(),
                PooledConnection::Postgres(connection) => connection.close_on_drop(),
            }
        }
    }
}

/// Behind an answer that does not come, the connection is of no more use.
async fn rows_in_time<'q>(
    connection: &mut PoolConnection<Postgres>,
    query: Query<'q, Postgres, impl IntoArguments<Postgres> + 'q>,
) -> Result<Vec<QueryResult>, sqlx::Error> {
    let Ok(rows) = timeout(LONGEST_ANSWER, query.fetch_all(&mut **connection)).await else {
        connection.close_on_drop();
        return Err(no_answer());
    };
    Ok(rows?.into_iter().map(QueryResult::from).collect())
}

/// What is told where an answer did not come.
pub(super) fn no_answer() -> sqlx::Error {
    sqlx::Error::Io(ErrorKind::TimedOut.into())
}

/// The span of a statement or script.
pub(super) fn statement_span(dialect: Dialect, summary: &str) -> Span {
    trace::statement_span(dialect.system_name(), summary)
}

pub(super) fn observed<T, E>(span: &Span, found: Result<T, E>) -> Result<T, E> {
    if found.is_err() {
        span.record("otel.status_code", "ERROR");
    }
    found
}

pub(super) fn failed(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Database;

    #[tokio::test]
    async fn an_answer_that_does_not_come_is_not_waited_for() {
        let Some(database) = provost_test_postgres::database() else { return };
        let pool = Database::connect(database.url()).await.unwrap();
        let mut kept = PinnedConnection::acquire(&pool, Dialect::Postgres).await.unwrap();
        // Time passes as soon as nobody has anything to do but wait.
        tokio::time::pause();
        let asked = kept.rows("SELECT pg_sleep(600), $1", String::new()).await;
        tokio::time::resume();
        let error = StoreError::from(asked.unwrap_err());
        assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        drop(kept);
        let mut kept = PinnedConnection::acquire(&pool, Dialect::Postgres).await.unwrap();
        assert_eq!(kept.rows("SELECT $1", "here".to_owned()).await.unwrap().len(), 1);
    }
}
