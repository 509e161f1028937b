//! Connections: a site's links to identity providers.

use super::entities::connections::{ActiveModel, COLUMN, Entity, Model};
use super::{Store, StoreError, WriteTransaction};
use provost_domain::{SiteId, Timestamp};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ActiveModelTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder};

/// One identity provider's link to a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its key here.
    pub id: i64,
    /// The site it belongs to.
    pub site: SiteId,
    /// Unique in its site.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
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

    /// The connection of this name.
    pub async fn connection_named(
        &self,
        site: SiteId,
        name: &str,
    ) -> Result<Option<Connection>, StoreError> {
        let found = Entity::find()
            .filter(COLUMN.site_id.eq(site.0))
            .filter(COLUMN.name.eq(name))
            .one(&self.lists)
            .await?;
        Ok(found.map(connection))
    }
}

impl WriteTransaction {
    /// Makes a connection.
    pub async fn create_connection(
        &mut self,
        site: SiteId,
        name: &str,
        at: Timestamp,
    ) -> Result<Connection, StoreError> {
        create(&self.transaction, site, name, at).await
    }
}

pub(super) async fn create(
    transaction: &DatabaseTransaction,
    site: SiteId,
    name: &str,
    at: Timestamp,
) -> Result<Connection, StoreError> {
    let row = ActiveModel {
        id: NotSet,
        site_id: Set(site.0),
        name: Set(name.to_owned()),
        created_at: Set(at.0),
    };
    let created = row.insert(transaction).await.map_err(|error| {
        StoreError::or_taken(error, "connections", StoreError::ConnectionExists)
    })?;
    Ok(connection(created))
}

fn connection(row: Model) -> Connection {
    let Model { id, site_id, name, created_at } = row;
    Connection { id, site: SiteId(site_id), name, created_at: Timestamp(created_at) }
}
