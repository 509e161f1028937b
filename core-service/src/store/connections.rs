//! Connections: a site's links to identity providers.

use super::{Store, StoreError};
use provost_domain::{Connection, ConnectionName, SiteId, Timestamp};
use sea_orm::entity::prelude::*;
use sea_orm::{
    Condition, DeleteMany, ExprTrait as _, FromQueryResult as _, InsertMany, IntoActiveModel as _,
    QueryOrder, QueryResult, QuerySelect as _, QueryTrait as _,
};

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
pub(super) fn named<'a>(
    names: impl Iterator<Item = &'a (SiteId, ConnectionName)>,
) -> Select<Entity> {
    let one = |(site, name): &(SiteId, ConnectionName)| {
        COLUMN.site_id.eq(site.0).and(COLUMN.name.eq(name.as_str()))
    };
    Entity::find().filter(names.map(one).fold(Condition::any(), Condition::add))
}

/// The largest key of a connection.
pub(super) fn last_key() -> Select<Entity> {
    Entity::find().select_only().expr(COLUMN.id.max())
}

/// Keeps new connections.
pub(super) fn insert(connections: &[Connection]) -> InsertMany<ActiveModel> {
    Entity::insert_many(connections.iter().map(|connection| row(connection).into_active_model()))
}

/// Deletes connections, of which there are no tokens any more.
pub(super) fn delete(keys: &[i64]) -> DeleteMany<Entity> {
    Entity::delete_many().filter(COLUMN.id.is_in(keys.iter().copied()))
}

fn row(connection: &Connection) -> Model {
    let Connection { id, site, name, created_at } = connection;
    Model { id: *id, site_id: site.0, name: name.as_str().to_owned(), created_at: created_at.0 }
}

impl Store {
    /// The connections of a site in the order of their names, behind one of them, so many at most.
    pub async fn connections(
        &self,
        site: SiteId,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Vec<Connection>, StoreError> {
        let found = Entity::find()
            .filter(COLUMN.site_id.eq(site.0))
            .apply_if(after, |found, name| found.filter(COLUMN.name.gt(name)))
            .order_by_asc(COLUMN.name)
            .limit(limit)
            .all(&self.lists)
            .await?;
        Ok(found.into_iter().map(connection).collect())
    }
}

/// A connection of [`named`].
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
