//! Statements that look through many rows, and end when nobody waits for them any more.
//!
//! PostgreSQL has a time limit for them (`open.rs`). SQLite would go on to the last row on a thread of
//! its own, so it asks now and then whether its caller is still there. Must never know what is looked
//! for.

use super::dialect::Dialect;
use super::pinned_connection::{failed, observed, statement_span};
use super::pool::Pool;
use sea_orm::sqlx::{self, AssertSqlSafe};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, QueryResult, Statement};
use sea_query_sqlx::SqlxValues;
use std::sync::Arc;
use tracing::Instrument as _;

/// After so many of its instructions SQLite asks; they take less than a millisecond.
const STEPS: i32 = 10_000;

/// The rows that a statement finds. Its summary is for traces: operations and tables.
pub(super) async fn rows(
    pool: &Pool,
    dialect: Dialect,
    summary: &'static str,
    statement: Statement,
) -> Result<Vec<QueryResult>, DbErr> {
    let span = statement_span(dialect, summary);
    let found = async {
        match dialect {
            Dialect::Sqlite => interruptible(pool.connections(), statement).await.map_err(failed),
            Dialect::Postgres => pool.connections().query_all_raw(statement).await,
        }
    };
    observed(&span, found.instrument(span.clone()).await)
}

async fn interruptible(
    pool: &DatabaseConnection,
    statement: Statement,
) -> Result<Vec<QueryResult>, sqlx::Error> {
    let mut connection = pool.get_sqlite_connection_pool().acquire().await?;
    // Dropped with this call, whether it ends or is left. All that comes to this connection comes by
    // here, and takes the place of what is left behind.
    let caller = Arc::new(());
    let waits = Arc::downgrade(&caller);
    let is_there = move || waits.strong_count() > 0;
    connection.lock_handle().await?.set_progress_handler(STEPS, is_there);
    let Statement { sql, values, .. } = statement;
    let values = values.unwrap_or_else(|| sea_orm::Values(Vec::new()));
    let query = sqlx::query_with(AssertSqlSafe(sql), SqlxValues(values));
    let rows = query.fetch_all(&mut *connection).await?;
    Ok(rows.into_iter().map(QueryResult::from).collect())
}

#[cfg(test)]
mod tests {
    use super::super::open::DatabaseTarget;
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    const ENDLESS: &str =
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";

    #[tokio::test]
    async fn whoever_leaves_takes_the_statement_with_them() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("provost.db").display());
        let target = DatabaseTarget::parse(&url).unwrap();
        let (_file, scans) = (target.writers().await.unwrap(), target.scanners(1).await.unwrap());
        let pool = Pool::new(scans, Dialect::Sqlite);
        let ask = |sql: &str| {
            let statement = Statement::from_string(Dialect::Sqlite.into(), sql);
            rows(&pool, Dialect::Sqlite, "SELECT n", statement)
        };
        for _ in 0..3 {
            // It has no end, so the caller always leaves.
            assert!(timeout(Duration::from_millis(20), ask(ENDLESS)).await.is_err());
            assert_eq!(ask("SELECT 1").await.unwrap().len(), 1, "the one connection is free");
        }
    }
}
