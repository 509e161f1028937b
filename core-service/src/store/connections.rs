//! Connections: a site's links to identity providers.

use super::{DocumentProblem, Store, StoreError};
use provost_domain::{
    Connection, ConnectionDialect, ConnectionName, ConnectionSettings, SiteId, Timestamp,
};
use sea_orm::entity::prelude::*;
use sea_orm::{
    ActiveValue::Set, Condition, DeleteMany, ExprTrait as _, FromQueryResult as _, InsertMany,
    IntoActiveModel as _, QueryOrder, QueryResult, QuerySelect as _, QueryTrait as _, UpdateMany,
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
    pub dialect: i16,
    pub version: i64,
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

/// Keeps how a connection is understood.
pub(super) fn update(connection: &Connection) -> UpdateMany<Entity> {
    let Model { id, dialect, version, .. } = row(connection);
    let changed =
        ActiveModel { dialect: Set(dialect), version: Set(version), ..Default::default() };
    Entity::update_many().set(changed).filter(COLUMN.id.eq(id))
}

/// Deletes connections, of which there are no tokens any more.
pub(super) fn delete(keys: &[i64]) -> DeleteMany<Entity> {
    Entity::delete_many().filter(COLUMN.id.is_in(keys.iter().copied()))
}

fn row(connection: &Connection) -> Model {
    let Connection { id, site, name, settings, version, created_at } = connection;
    let ConnectionSettings { dialect } = settings;
    let dialect = match dialect {
        ConnectionDialect::Auto => 1,
        ConnectionDialect::Strict => 2,
    };
    Model {
        id: *id,
        site_id: site.0,
        name: name.as_str().to_owned(),
        created_at: created_at.0,
        dialect,
        version: *version,
    }
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
        found.into_iter().map(connection).collect()
    }
}

/// A connection of [`named`].
pub(super) fn read(row: &QueryResult) -> Result<Connection, StoreError> {
    connection(Model::from_query_result(row, "")?)
}

fn connection(row: Model) -> Result<Connection, StoreError> {
    let settings = settings(&row)?;
    let Model { id, site_id, name, created_at, dialect: _, version } = row;
    Ok(Connection {
        id,
        site: SiteId(site_id),
        name: ConnectionName::as_stored(name),
        settings,
        version,
        created_at: Timestamp(created_at),
    })
}

/// How a connection is understood.
pub(super) fn settings(row: &Model) -> Result<ConnectionSettings, StoreError> {
    let dialect = match row.dialect {
        1 => ConnectionDialect::Auto,
        2 => ConnectionDialect::Strict,
        code => {
            let problem = DocumentProblem::Code(code);
            return Err(StoreError::Document { column: "dialect", site: row.site_id, problem });
        }
    };
    Ok(ConnectionSettings { dialect })
}
