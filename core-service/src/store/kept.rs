//! A connection that is kept from statement to statement.
//!
//! A pool tests every connection that comes back, and lends it to nobody before that is done: for
//! small statements, one behind the other, that takes as long as they do.

use super::StoreError;
use super::dialect::{Dialect, Script};
use futures::TryStreamExt as _;
use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::{self, Either, Executor as _, Postgres, Sqlite};
use sea_orm::{DatabaseConnection, DbErr, QueryResult, RuntimeErr};
use std::sync::Arc;
use tracing::{Instrument as _, Span, field, info_span};

/// A connection out of a pool, to which it goes back when this is dropped. Dropped in the middle
/// of a transaction it ends, and the transaction with it; the pool makes a new one.
#[derive(Debug)]
pub(super) struct Kept {
    connection: Connection,
    /// Whether a transaction has begun and not ended. Whoever runs such a script says so.
    pub in_transaction: bool,
}

#[derive(Debug)]
enum Connection {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Kept {
    /// Takes a connection out of a pool.
    pub(super) async fn out_of(
        pool: &DatabaseConnection,
        dialect: Dialect,
    ) -> Result<Self, StoreError> {
        let connection = match dialect {
            Dialect::Sqlite => {
                pool.get_sqlite_connection_pool().acquire().await.map(Connection::Sqlite)
            }
            Dialect::Postgres => {
                pool.get_postgres_connection_pool().acquire().await.map(Connection::Postgres)
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
            Connection::Sqlite(connection) => {
                let rows = sqlx::query(sql).bind(document).fetch_all(&mut **connection).await;
                rows.map(|rows| rows.into_iter().map(QueryResult::from).collect())
            }
            Connection::Postgres(connection) => {
                let rows = sqlx::query(sql).bind(document).fetch_all(&mut **connection).await;
                rows.map(|rows| rows.into_iter().map(QueryResult::from).collect())
            }
        }
        .map_err(failed)
    }

    /// What each statement of a script finds, in their order. Of a script that fails, the
    /// statements before the one at fault have been run.
    pub(super) async fn run<const N: usize>(
        &mut self,
        script: &Script,
        documents: [String; N],
    ) -> Result<Vec<Vec<QueryResult>>, DbErr> {
        let span = self.span(script);
        let found = self.run_each(script, documents).instrument(span.clone()).await;
        if found.is_err() {
            span.record("otel.status_code", "ERROR");
        }
        found.map_err(failed)
    }

    async fn run_each<const N: usize>(
        &mut self,
        script: &Script,
        documents: [String; N],
    ) -> Result<Vec<Vec<QueryResult>>, sqlx::Error> {
        let mut found = Vec::new();
        let mut documents = documents.into_iter();
        match &mut self.connection {
            Connection::Sqlite(connection) => {
                let query = documents.fold(sqlx::query(script.sqlite), sqlx::query::Query::bind);
                let mut results = connection.fetch_many(query);
                let mut rows = Vec::new();
                while let Some(result) = results.try_next().await? {
                    match result {
                        Either::Right(row) => rows.push(row.into()),
                        Either::Left(_) => found.push(std::mem::take(&mut rows)),
                    }
                }
            }
            Connection::Postgres(connection) => {
                for &(sql, parameters) in script.postgres {
                    let own = documents.by_ref().take(parameters);
                    let query = own.fold(sqlx::query(sql), sqlx::query::Query::bind);
                    let rows = connection.fetch_all(query).await?;
                    found.push(rows.into_iter().map(QueryResult::from).collect());
                }
            }
        }
        Ok(found)
    }

    /// None where nobody would see it: outside a span.
    fn span(&self, script: &Script) -> Span {
        if Span::current().is_disabled() {
            return Span::none();
        }
        info_span!(
            "sql",
            otel.name = script.summary,
            otel.kind = "client",
            otel.status_code = field::Empty,
            db.system.name = self.dialect().system_name(),
            db.query.summary = script.summary,
        )
    }

    fn dialect(&self) -> Dialect {
        match self.connection {
            Connection::Sqlite(_) => Dialect::Sqlite,
            Connection::Postgres(_) => Dialect::Postgres,
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if self.in_transaction {
            match &mut self.connection {
                Connection::Sqlite(connection) => connection.close_on_drop(),
                Connection::Postgres(connection) => connection.close_on_drop(),
            }
        }
    }
}

fn failed(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}
