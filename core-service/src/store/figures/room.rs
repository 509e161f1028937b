//! How much is left of what the database can't do without: the disk of the file of SQLite, the connections of
//! the server of PostgreSQL, whose disk nobody can see from here.

use crate::StoreError;
use crate::store::Store;
use crate::store::dialect::Dialect;
use sea_orm::{ConnectionTrait as _, Statement};

/// What has a limit, and the share of it that is used, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UsedShare {
    /// `disk` or `connections`.
    pub limit: &'static str,
    /// The share.
    pub used: f64,
}

/// Of all clients of the server. Some connections are kept back for its administrators.
const CONNECTIONS: &str = "SELECT CAST(count(*) AS double precision) / \
    (current_setting('max_connections')::integer \
    - current_setting('superuser_reserved_connections')::integer) \
    FROM pg_stat_activity WHERE backend_type = 'client backend'";

impl Store {
    /// How much of its limit the database has used; none where the system does not say.
    pub async fn used_share(&self) -> Result<Option<UsedShare>, StoreError> {
        if let Some(file) = self.file.clone() {
            // A disk over a network may take its time.
            let used = tokio::task::spawn_blocking(move || file.used_share_of_disk()).await;
            return Ok(used.ok().flatten().map(|used| UsedShare { limit: "disk", used }));
        }
        let find = Statement::from_string(Dialect::Postgres.into(), CONNECTIONS);
        let row = self.counts.query_one_raw(find).await?;
        let used = row.map(|row| row.try_get_by_index(0)).transpose()?;
        Ok(used.map(|used| UsedShare { limit: "connections", used }))
    }
}
