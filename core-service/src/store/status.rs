//! How the database is, and what it says of connections and tokens, for whoever is on call.
//!
//! Must never know who is told.

use super::dialect::Dialect;
use super::{Store, StoreError};
use provost_domain::{ConnectionActivity, ExpiringToken, Timestamp, TokenOwner};
use sea_orm::{ConnectionTrait as _, DbErr, QueryResult, Statement, Value};
use std::ops::Range;

/// How the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreStatus {
    /// What OpenTelemetry's conventions call it.
    pub system: &'static str,
    /// How large it is, in bytes.
    pub size: i64,
    /// The newest step of its schema.
    pub schema_version: String,
    /// The steps that this version needs and the schema does not have, oldest first.
    pub pending_migrations: Vec<String>,
}

/// Each connection with its last use and its last refused request, the last refused first. Of the latter a
/// site has a thousand at most.
const CONNECTIONS: &str = "SELECT s.name AS site, c.name AS connection, s.enabled AS enabled, \
    (SELECT max(t.last_used_at) FROM tokens t WHERE t.connection_id = c.id) AS last_request_at, \
    r.at AS last_refused_at, r.reason AS last_refused_reason \
    FROM connections c JOIN sites s ON s.id = c.site_id AND s.deleted_at IS NULL \
    LEFT JOIN refused_requests r ON r.site_id = c.site_id AND r.id = \
    (SELECT q.id FROM refused_requests q WHERE q.site_id = c.site_id \
    AND q.caller = 'connection:' || c.name ORDER BY q.id DESC LIMIT 1) \
    ORDER BY r.at IS NULL, r.at DESC, s.name, c.name LIMIT $1";

const CONNECTION_COUNT: &str = "SELECT count(*) AS found FROM connections c \
    JOIN sites s ON s.id = c.site_id AND s.deleted_at IS NULL";

/// Tokens of both kinds that were not revoked and expire in a span of time, the earliest first.
const EXPIRING: &str = "SELECT s.name AS site, c.name AS owner, t.name AS name, \
    t.expires_at AS expires_at, t.last_used_at AS last_used_at \
    FROM tokens t JOIN connections c ON c.id = t.connection_id JOIN sites s ON s.id = t.site_id \
    WHERE t.revoked_at IS NULL AND t.expires_at >= $1 AND t.expires_at < $2 \
    UNION ALL SELECT NULL, v.name, t.name, t.expires_at, t.last_used_at \
    FROM service_tokens t JOIN services v ON v.id = t.service_id \
    WHERE t.revoked_at IS NULL AND t.certificate IS NULL \
    AND t.expires_at >= $1 AND t.expires_at < $2 \
    ORDER BY expires_at LIMIT $3";

impl Store {
    /// How the database is.
    pub async fn status(&self) -> Result<StoreStatus, StoreError> {
        let size = self.number(size(self.dialect)).await?;
        let (schema_version, pending_migrations) =
            provost_migrations::progress(self.lists.connections()).await?;
        let system = self.dialect.system_name();
        Ok(StoreStatus { system, size, schema_version, pending_migrations })
    }

    /// How connections of all sites do, the last refused first, so many at most, and how many there are.
    pub async fn connection_activity(
        &self,
        limit: u64,
    ) -> Result<(Vec<ConnectionActivity>, i64), StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.told(CONNECTIONS, [limit.into()]).await?;
        let found = rows.iter().map(connection).collect::<Result<_, _>>()?;
        Ok((found, self.number(CONNECTION_COUNT).await?))
    }

    /// The tokens that expire within a span of time, the earliest first, so many at most.
    pub async fn expiring_tokens(
        &self,
        within: Range<Timestamp>,
        limit: u64,
    ) -> Result<Vec<ExpiringToken>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = [within.start.0.into(), within.end.0.into(), limit.into()];
        let rows = self.told(EXPIRING, values).await?;
        Ok(rows.iter().map(expiring).collect::<Result<_, _>>()?)
    }

    async fn told(
        &self,
        sql: &'static str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let statement = Statement::from_sql_and_values(self.dialect.into(), sql, values);
        self.lists.query_all_raw(statement).await
    }

    async fn number(&self, sql: &'static str) -> Result<i64, DbErr> {
        let rows = self.told(sql, []).await?;
        rows.first().map_or(Ok(0), |row| row.try_get("", "found"))
    }
}

/// How large the database is, in bytes.
pub(super) const fn size(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => {
            "SELECT page_count * page_size AS found FROM pragma_page_count(), pragma_page_size()"
        }
        Dialect::Postgres => "SELECT pg_database_size(current_database()) AS found",
    }
}

fn connection(row: &QueryResult) -> Result<ConnectionActivity, DbErr> {
    let time = |column| Ok::<_, DbErr>(row.try_get::<Option<i64>>("", column)?.map(Timestamp));
    Ok(ConnectionActivity {
        site: row.try_get("", "site")?,
        connection: row.try_get("", "connection")?,
        enabled: row.try_get("", "enabled")?,
        last_request_at: time("last_request_at")?,
        last_refused_at: time("last_refused_at")?,
        last_refused_reason: row.try_get("", "last_refused_reason")?,
    })
}

fn expiring(row: &QueryResult) -> Result<ExpiringToken, DbErr> {
    let name = row.try_get("", "owner")?;
    let owner = match row.try_get("", "site")? {
        Some(site) => TokenOwner::Connection { site, connection: name },
        None => TokenOwner::Service { name },
    };
    Ok(ExpiringToken {
        owner,
        name: row.try_get("", "name")?,
        expires_at: Timestamp(row.try_get("", "expires_at")?),
        last_used_at: row.try_get::<Option<i64>>("", "last_used_at")?.map(Timestamp),
    })
}
