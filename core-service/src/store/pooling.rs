//! Whether connections to PostgreSQL are the server's own for as long as they last. A pooler that lends them
//! for a transaction only would lose what is prepared and set on them.
//!
//! Must never know which pooler it is.

use sea_orm::DatabaseConnection;
use sea_orm::sqlx::{self, PgConnection, Row as _};

/// How often it is looked. Others may come in between and get what was lent before.
const LOOKS: usize = 3;

/// Whether two connections of a pool, which are open at once, were served by one of the server's.
pub(super) async fn are_lent(pool: &DatabaseConnection) -> Result<bool, sqlx::Error> {
    let pool = pool.get_postgres_connection_pool();
    let (mut one, mut other) = (pool.acquire().await?, pool.acquire().await?);
    for _ in 0..LOOKS {
        if server_process(&mut one).await? == server_process(&mut other).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Asked as a text: nothing is prepared.
async fn server_process(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(connection).await?.try_get(0)
}
