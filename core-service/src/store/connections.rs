//! Connections: a site's links to identity providers.

use super::dialect::Sql;
use super::{Store, StoreError};
use provost_domain::{Connection, ConnectionName, SiteId, Timestamp};
use sea_orm::entity::prelude::*;
use sea_orm::{FromQueryResult as _, QueryOrder, QueryResult};
use serde::Serialize;

/// An identity provider's link to a site.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "connections")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub site_id: i64,
    pub name: String,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

/// Connections by site and name.
pub(super) const BY_NAME: Sql = Sql {
    sqlite: "SELECT c.id, c.site_id, c.name, c.created_at \
        FROM jsonb_each($1) AS k CROSS JOIN connections AS c \
        WHERE c.site_id = k.value ->> 'site_id' AND c.name = k.value ->> 'key'",
    postgres: "SELECT c.id, c.site_id, c.name, c.created_at \
        FROM json_to_recordset($1::json) AS k(site_id bigint, key text) \
        JOIN connections AS c ON c.site_id = k.site_id AND c.name = k.key",
};

/// The key of the next connection. The only element of the parameter is a key that none has.
pub(super) const NEXT: Sql = Sql {
    sqlite: "SELECT coalesce(max(id), 0) + 1 FROM connections WHERE id > ($1 ->> 0)",
    postgres: "SELECT coalesce(max(id), 0) + 1 FROM connections \
        WHERE id > CAST($1::json ->> 0 AS bigint)",
};

/// Keeps new connections.
pub(super) const INSERT: Sql = Sql {
    sqlite: "INSERT INTO connections (id, site_id, name, created_at) \
        SELECT value ->> 'id', value ->> 'site_id', value ->> 'name', value ->> 'created_at' \
        FROM jsonb_each($1)",
    postgres: "INSERT INTO connections (id, site_id, name, created_at) \
        SELECT id, site_id, name, created_at FROM json_to_recordset($1::json) \
        AS r(id bigint, site_id bigint, name text, created_at bigint)",
};

/// A connection as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct ConnectionRow<'a> {
    id: i64,
    site_id: SiteId,
    name: &'a str,
    created_at: Timestamp,
}

impl<'a> From<&'a Connection> for ConnectionRow<'a> {
    fn from(connection: &'a Connection) -> Self {
        let Connection { id, site, name, created_at } = connection;
        Self { id: *id, site_id: *site, name: name.as_str(), created_at: *created_at }
    }
}

impl Store {
    /// The connections of a site, in the order of their names.
    pub async fn connections(&self, site: SiteId) -> Result<Vec<Connection>, StoreError> {
        let found = Entity::find()
            .filter(COLUMN.site_id.eq(site.0))
            .order_by_asc(COLUMN.name)
            .all(&self.lists)
            .await?;
        Ok(found.into_iter().map(connection).collect())
    }
}

/// A connection of [`BY_NAME`].
pub(super) fn read(row: &QueryResult) -> Result<Connection, StoreError> {
    Ok(connection(Model::from_query_result(row, "")?))
}

fn connection(row: Model) -> Connection {
    let Model { id, site_id, name, created_at } = row;
    Connection {
        id,
        site: SiteId(site_id),
        name: ConnectionName::as_stored(name),
        created_at: Timestamp(created_at),
    }
}
