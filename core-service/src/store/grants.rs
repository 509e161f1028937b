//! Grants of services.

use super::services::{self, FoundServices};
use super::users::{role, role_code};
use super::{DocumentProblem, StoreError, sites};
use provost_domain::{Grant, GrantScope, Permission, Service, SiteId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ConnectionTrait, DeleteMany, ExprTrait as _, FromQueryResult as _, InsertMany,
    IntoActiveModel as _, QueryResult, QuerySelect as _, QueryTrait as _,
};
use std::collections::BTreeMap;

/// What a service may do in a site, or in all of them, where the key of the site is that of the
/// installation.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub service_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    pub permissions: i64,
    pub highest_role: i16,
    #[sea_orm(belongs_to, from = "site_id", to = "id")]
    pub site: BelongsTo<super::sites::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

/// The grants of services.
pub(super) fn of(services: impl Iterator<Item = i64>) -> Select<Entity> {
    Entity::find().filter(COLUMN.service_id.is_in(services))
}

/// Keeps a grant of a service.
pub(super) fn insert(service: &Service, grant: &Grant) -> InsertMany<ActiveModel> {
    Entity::insert_many([row(service.id, grant).into_active_model()])
}

/// Forgets the grant of a service about these sites.
pub(super) fn delete(service: &Service, scope: GrantScope) -> DeleteMany<Entity> {
    let of = COLUMN.service_id.eq(service.id);
    Entity::delete_many().filter(of.and(COLUMN.site_id.eq(site_of(scope).0)))
}

/// The keys of services with grants about these sites.
pub(super) fn holders<'a>(sites: impl Iterator<Item = &'a SiteId>) -> SelectStatement {
    let keys = Entity::find().select_only().column(Column::ServiceId);
    keys.filter(COLUMN.site_id.is_in(sites.map(|site| site.0))).into_query()
}

const fn site_of(scope: GrantScope) -> SiteId {
    match scope {
        GrantScope::AllSites => SiteId::INSTALLATION,
        GrantScope::Site(site) => site,
    }
}

fn row(service: i64, grant: &Grant) -> Model {
    let Grant { scope, permissions, highest_role } = grant;
    Model {
        service_id: service,
        site_id: site_of(*scope).0,
        permissions: permissions.iter().map(|permission| bit(*permission)).sum(),
        highest_role: role_code(*highest_role),
    }
}

/// A grant of [`of`], and the key of its service.
pub(super) fn read(row: &QueryResult) -> Result<(i64, Grant), StoreError> {
    let row = Model::from_query_result(row, "")?;
    Ok((row.service_id, grant(&row)?))
}

/// The same services with their grants, and the names of the sites that these are about.
pub(super) async fn with_grants(
    connection: &impl ConnectionTrait,
    found: Vec<services::Model>,
) -> Result<FoundServices, StoreError> {
    let ids = found.iter().map(|service| service.id);
    let rows = of(ids).find_also_related(sites::Entity).all(connection).await?;
    let mut site_names = BTreeMap::new();
    let mut of_services = BTreeMap::<i64, Vec<Grant>>::new();
    for (row, site) in rows {
        of_services.entry(row.service_id).or_default().push(grant(&row)?);
        site_names.extend(site.map(|site| (SiteId(site.id), site.name)));
    }
    let services = found.into_iter().map(|row| {
        let grants = of_services.remove(&row.id).unwrap_or_default();
        services::service(row, grants.into_iter().collect())
    });
    Ok((services.collect(), site_names))
}

/// Gives services the grants that were found.
pub(super) fn distribute(services: &mut [Service], found: &[(i64, Grant)]) {
    for service in services {
        let own = found.iter().filter(|(owner, _)| *owner == service.id);
        service.grants = own.map(|(_, grant)| grant.clone()).collect();
    }
}

/// A permission that only a newer core knows is none of those that this one looks at.
fn grant(row: &Model) -> Result<Grant, StoreError> {
    let Model { service_id: _, site_id, permissions, highest_role } = *row;
    let scope = match SiteId(site_id) {
        SiteId::INSTALLATION => GrantScope::AllSites,
        site => GrantScope::Site(site),
    };
    let unknown = |code| StoreError::Document {
        column: "highest_role",
        site: site_id,
        problem: DocumentProblem::Code(code),
    };
    Ok(Grant {
        scope,
        permissions: Permission::all().filter(|it| permissions & bit(*it) != 0).collect(),
        highest_role: role(highest_role).map_err(unknown)?,
    })
}

// Codes in columns are the numbers of the enums in `proto/provost/identity/v1`.

const fn bit(permission: Permission) -> i64 {
    1 << match permission {
        Permission::ReadUsers => 1,
        Permission::RegisterSignIns => 2,
        Permission::CreateUsers => 3,
        Permission::ChangeProfiles => 4,
        Permission::ChangeStatus => 5,
        Permission::PlaceHolds => 6,
        Permission::ChangeRoles => 7,
        Permission::DeleteUsers => 8,
        Permission::ReadLedger => 9,
        Permission::ManageSettings => 10,
        Permission::ManageTokens => 11,
        Permission::ManageAccess => 12,
        Permission::ActForUsers => 13,
        Permission::LiftHolds => 14,
        Permission::ManageGroups => 15,
    }
}
