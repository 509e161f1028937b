//! Internal services.

use super::{Store, StoreError, grants};
use provost_domain::{Grants, Service, ServiceName, SiteId, Timestamp};
use sea_orm::entity::prelude::*;
use sea_orm::{
    ActiveValue::Set, FromQueryResult as _, InsertMany, IntoActiveModel as _, QueryOrder,
    QueryResult, QuerySelect as _, QueryTrait as _, UpdateMany,
};
use std::collections::BTreeMap;

/// An internal service.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "services")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    #[sea_orm(unique)]
    pub name: String,
    pub version: i64,
    pub created_at: i64,
    pub deleted_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}

/// Services by name, also those that are deleted.
pub(super) fn named<'a>(names: impl Iterator<Item = &'a ServiceName>) -> Select<Entity> {
    Entity::find().filter(COLUMN.name.is_in(names.map(ServiceName::as_str)))
}

/// Services with grants about these sites.
pub(super) fn granted<'a>(sites: impl Iterator<Item = &'a SiteId>) -> Select<Entity> {
    Entity::find().filter(COLUMN.id.in_subquery(grants::holders(sites)))
}

/// The largest key of a service.
pub(super) fn last_key() -> Select<Entity> {
    Entity::find().select_only().expr(COLUMN.id.max())
}

/// How many there are.
pub(super) fn number_of_living() -> Select<Entity> {
    living().select_only().expr(COLUMN.id.count())
}

/// Keeps a new service.
pub(super) fn insert(service: &Service) -> InsertMany<ActiveModel> {
    Entity::insert_many([row(service).into_active_model()])
}

/// Keeps the version of a service, and whether it is deleted. Whoever asks as this service is waited for,
/// and sees it from then on.
pub(super) fn update(service: &Service) -> UpdateMany<Entity> {
    let changed = ActiveModel {
        version: Set(service.version),
        deleted_at: Set(service.deleted_at.map(|at| at.0)),
        ..Default::default()
    };
    Entity::update_many().set(changed).filter(COLUMN.id.eq(service.id))
}

fn row(service: &Service) -> Model {
    let Service { id, name, version, created_at, grants: _, deleted_at } = service;
    Model {
        id: *id,
        name: name.as_str().to_owned(),
        version: *version,
        created_at: created_at.0,
        deleted_at: deleted_at.map(|at| at.0),
    }
}

/// A service of [`named`], whose grants are to follow.
pub(super) fn read(row: &QueryResult) -> Result<Service, StoreError> {
    Ok(service(Model::from_query_result(row, "")?, Grants::default()))
}

/// A service with its grants.
pub(super) fn service(row: Model, grants: Grants) -> Service {
    let Model { id, name, version, created_at, deleted_at } = row;
    let (created_at, deleted_at) = (Timestamp(created_at), deleted_at.map(Timestamp));
    Service { id, name: ServiceName::as_stored(name), version, created_at, grants, deleted_at }
}

fn living() -> Select<Entity> {
    Entity::find().filter(COLUMN.deleted_at.is_null())
}

/// Services, and the names of the sites that their grants are about.
pub(super) type FoundServices = (Vec<Service>, BTreeMap<SiteId, String>);

impl Store {
    /// Services in the order of their names, behind one of them, so many at most.
    pub async fn services(
        &self,
        after: Option<&str>,
        limit: u64,
    ) -> Result<FoundServices, StoreError> {
        let services = living().order_by_asc(COLUMN.name).limit(limit);
        let services = services.apply_if(after, |found, name| found.filter(COLUMN.name.gt(name)));
        let found = services.all(&self.lists).await?;
        grants::with_grants(&self.lists, found).await
    }

    /// Services with a grant about a site in the order of their names, behind one of them, so many at most.
    pub async fn services_granted(
        &self,
        site: SiteId,
        after: Option<&str>,
        limit: u64,
    ) -> Result<FoundServices, StoreError> {
        let services = granted(std::iter::once(&site)).order_by_asc(COLUMN.name).limit(limit);
        let services = services.apply_if(after, |found, name| found.filter(COLUMN.name.gt(name)));
        let found = services.all(&self.lists).await?;
        grants::with_grants(&self.lists, found).await
    }

    /// The service of this name.
    pub async fn service_named(&self, name: &ServiceName) -> Result<FoundServices, StoreError> {
        let found = living().filter(COLUMN.name.eq(name.as_str())).all(&self.lists).await?;
        grants::with_grants(&self.lists, found).await
    }
}
