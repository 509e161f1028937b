//! A connection that is kept from statement to statement.
//!
//! A pool tests every connection that comes back, and lends it to nobody before that is done: for
//! small statements, one behind the other, that takes as long as they do.

use super::StoreError;
use super::dialect::Dialect;
use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::{self, Postgres, Sqlite};
use sea_orm::{DatabaseConnection, DbErr, QueryResult, RuntimeErr};
use std::sync::Arc;

/// A connection out of a pool, to which it goes back when this is dropped.
pub(super) enum Kept {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Kept {
    /// Takes a connection out of a pool.
    pub(super) async fn out_of(
        pool: &DatabaseConnection,
        dialect: Dialect,
    ) -> Result<Self, StoreError> {
        match dialect {
            Dialect::Sqlite => pool.get_sqlite_connection_pool().acquire().await.map(Self::Sqlite),
            Dialect::Postgres => {
                pool.get_postgres_connection_pool().acquire().await.map(Self::Postgres)
            }
        }
        .map_err(failed)
    }

    /// The rows that a statement finds, which has one document as its parameter.
    pub(super) async fn rows(
        &mut self,
        sql: &'static str,
        document: String,
    ) -> Result<Vec<QueryResult>, StoreError> {
        match self {
            Self::Sqlite(connection) => {
                let rows = sqlx::query(sql).bind(document).fetch_all(&mut **connection).await;
                rows.map(|rows| rows.into_iter().map(QueryResult::from).collect())
            }
            Self::Postgres(connection) => {
                let rows = sqlx::query(sql).bind(document).fetch_all(&mut **connection).await;
                rows.map(|rows| rows.into_iter().map(QueryResult::from).collect())
            }
        }
        .map_err(failed)
    }
}

fn failed(error: sqlx::Error) -> StoreError {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error))).into()
}
