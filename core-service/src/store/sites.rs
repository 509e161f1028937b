//! Sites and what connections may do in them.

#![expect(clippy::struct_excessive_bools, reason = "each is a switch that people know by its name")]

pub(super) mod rows;

pub(super) use rows::{GroupCountRow, HEAD, MEMBERS, heads, membership_version};

use super::parameter::document;
use super::{DocumentProblem, Store, StoreError};
use provost_domain::{
    AssertionName, ConnectionPolicy, CreationPolicy, DeletionPolicy, GroupRules, KnownUserPolicy,
    LedgerRetention, NameHolder, RefusalPolicy, Site, SiteId, SiteName, StatusAuthority, Timestamp,
};
use sea_orm::entity::prelude::*;
use sea_orm::{
    ActiveValue::Set, InsertMany, IntoActiveModel as _, QueryOrder, QueryResult, QuerySelect as _,
    QueryTrait as _, UpdateMany,
};

/// A site and what connections may do in it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sites")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(unique)]
    pub name: String,
    pub revision: i64,
    pub user_count: i64,
    pub deleted_user_count: i64,
    pub user_turnover: i64,
    pub enabled: bool,
    pub allow_moderator_promotion: bool,
    pub allow_admin_promotion: bool,
    pub creation: i16,
    pub deletion: i16,
    pub refusals: i16,
    pub protected_user_names: String,
    pub created_at: i64,
    pub version: i64,
    /// Of a deleted site, of which only this row and the ledger stay.
    pub deleted_at: Option<i64>,
    pub status_authority: i16,
    pub single_sign_on: bool,
    pub user_name_assertion: String,
    pub last_event_at: Option<i64>,
    pub ledger_retention_days: i32,
    pub group_count: i64,
    pub group_rules: String,
    pub known_users: i16,
}

impl ActiveModelBehavior for ActiveModel {}

/// The names of sites among these, and of sites that were deleted.
pub(super) fn taken_names<'a>(names: impl Iterator<Item = &'a SiteName>) -> Select<Entity> {
    let names = names.map(SiteName::as_str);
    let columns = [Column::Name, Column::DeletedAt];
    Entity::find().select_only().columns(columns).filter(COLUMN.name.is_in(names))
}

/// The ids and names of sites.
pub(super) fn names<'a>(ids: impl Iterator<Item = &'a SiteId>) -> Select<Entity> {
    let columns = [Column::Id, Column::Name];
    Entity::find().select_only().columns(columns).filter(COLUMN.id.is_in(ids.map(|id| id.0)))
}

/// The largest key of a site.
pub(super) fn last_key() -> Select<Entity> {
    Entity::find().select_only().expr(COLUMN.id.max())
}

/// Keeps new sites.
pub(super) fn insert(sites: &[Site]) -> Result<InsertMany<ActiveModel>, StoreError> {
    let rows = sites.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    Ok(Entity::insert_many(rows.into_iter().map(Model::into_active_model)))
}

/// Keeps what connections may do in a site, and which groups give roles.
pub(super) fn update(site: &Site) -> Result<UpdateMany<Entity>, StoreError> {
    let mut changed = row(site)?.into_active_model().reset_all();
    for other in [
        Column::Id,
        Column::Name,
        Column::Revision,
        Column::UserCount,
        Column::DeletedUserCount,
        Column::UserTurnover,
        Column::CreatedAt,
        Column::DeletedAt,
        Column::LastEventAt,
        Column::GroupCount,
    ] {
        changed.not_set(other);
    }
    Ok(Entity::update_many().set(changed).filter(COLUMN.id.eq(site.id.0)))
}

/// Keeps that a site is deleted, and forgets whom it protected.
pub(super) fn delete(site: SiteId, at: Timestamp) -> UpdateMany<Entity> {
    let changed = ActiveModel {
        deleted_at: Set(Some(at.0)),
        protected_user_names: Set("[]".to_owned()),
        ..Default::default()
    };
    Entity::update_many().set(changed).filter(COLUMN.id.eq(site.0))
}

/// The row of a site in which nothing has happened yet.
fn row(site: &Site) -> Result<Model, StoreError> {
    let Site {
        id,
        name,
        revision: _,
        last_event_at: _,
        version,
        policy,
        group_rules,
        created_at,
        group_count: _,
    } = site;
    let ConnectionPolicy {
        enabled,
        allow_moderator_promotion,
        allow_admin_promotion,
        creation,
        deletion,
        refusals,
        protected,
        status_authority,
        single_sign_on,
        user_name_assertion,
        ledger_retention,
        known_users,
    } = policy;
    Ok(Model {
        id: id.0,
        name: name.clone(),
        revision: 0,
        user_count: 0,
        deleted_user_count: 0,
        user_turnover: 0,
        enabled: *enabled,
        allow_moderator_promotion: *allow_moderator_promotion,
        allow_admin_promotion: *allow_admin_promotion,
        creation: creation_code(*creation),
        deletion: deletion_code(*deletion),
        refusals: refusal_code(*refusals),
        protected_user_names: document(protected)?,
        created_at: created_at.0,
        version: *version,
        deleted_at: None,
        status_authority: authority_code(*status_authority),
        single_sign_on: *single_sign_on,
        user_name_assertion: user_name_assertion.as_str().to_owned(),
        last_event_at: None,
        ledger_retention_days: i32::try_from(ledger_retention.days()).unwrap_or(i32::MAX),
        group_count: 0,
        group_rules: document(group_rules)?,
        known_users: known_user_code(*known_users),
    })
}

impl Store {
    /// The site of this name.
    pub async fn site_named(&self, name: &SiteName) -> Result<Option<Site>, StoreError> {
        let named = Entity::find().filter(COLUMN.name.eq(name.as_str()));
        let found = named.filter(COLUMN.deleted_at.is_null()).one(&self.door).await?;
        found.map(site).transpose()
    }

    /// The site of this id, unless it was deleted.
    pub async fn site(&self, id: SiteId) -> Result<Option<Site>, StoreError> {
        let known = Entity::find_by_id(id.0).filter(COLUMN.deleted_at.is_null());
        known.one(&self.door).await?.map(site).transpose()
    }

    /// The site that has this name or had it when it was deleted.
    pub async fn site_ever_named(&self, name: &SiteName) -> Result<Option<SiteId>, StoreError> {
        let named = Entity::find().filter(COLUMN.name.eq(name.as_str()));
        let found = named.select_only().column(Column::Id).into_tuple::<i64>();
        Ok(found.one(&self.lists).await?.map(SiteId))
    }

    /// Sites in the order of their names, behind one of them, so many at most.
    pub async fn sites(&self, after: Option<&str>, limit: u64) -> Result<Vec<Site>, StoreError> {
        let sites = Entity::find()
            .filter(COLUMN.deleted_at.is_null())
            .filter(COLUMN.id.ne(SiteId::INSTALLATION.0));
        let sites = sites.order_by_asc(COLUMN.name).limit(limit);
        let sites = sites.apply_if(after, |sites, name| sites.filter(COLUMN.name.gt(name)));
        sites.all(&self.lists).await?.into_iter().map(site).collect()
    }
}

/// A name of [`taken_names`].
pub(super) fn name(row: &QueryResult) -> Result<(SiteName, NameHolder), StoreError> {
    let deleted_at: Option<i64> = row.try_get_by_index(1)?;
    let holder = deleted_at.map_or(NameHolder::Site, |_| NameHolder::DeletedSite);
    Ok((SiteName::as_stored(row.try_get_by_index(0)?), holder))
}

/// A site of [`names`].
pub(super) fn id_and_name(row: &QueryResult) -> Result<(SiteId, String), StoreError> {
    Ok((SiteId(row.try_get_by_index(0)?), row.try_get_by_index(1)?))
}

/// A site from its row.
pub(super) fn site(row: Model) -> Result<Site, StoreError> {
    let Model {
        id,
        name,
        revision,
        user_count: _,
        deleted_user_count: _,
        user_turnover: _,
        enabled,
        allow_moderator_promotion,
        allow_admin_promotion,
        creation,
        deletion,
        refusals,
        protected_user_names,
        created_at,
        version,
        deleted_at: _,
        status_authority,
        single_sign_on,
        user_name_assertion,
        last_event_at,
        ledger_retention_days,
        group_count,
        group_rules,
        known_users,
    } = row;
    let broken = |column, problem| StoreError::Document { column, site: id, problem };
    let unknown = |column| move |code| broken(column, DocumentProblem::Code(code));
    let policy = ConnectionPolicy {
        enabled,
        allow_moderator_promotion,
        allow_admin_promotion,
        creation: creation_policy(creation).map_err(unknown("creation"))?,
        deletion: deletion_policy(deletion).map_err(unknown("deletion"))?,
        refusals: refusal_policy(refusals).map_err(unknown("refusals"))?,
        protected: serde_json::from_str(&protected_user_names)
            .map_err(|error| broken("protected_user_names", (&error).into()))?,
        status_authority: authority(status_authority).map_err(unknown("status_authority"))?,
        single_sign_on,
        user_name_assertion: AssertionName::as_stored(user_name_assertion),
        ledger_retention: retention(ledger_retention_days),
        known_users: known_user_policy(known_users).map_err(unknown("known_users"))?,
    };
    let (id, created_at) = (SiteId(id), Timestamp(created_at));
    let last_event_at = last_event_at.map(Timestamp);
    let group_rules =
        rules(&group_rules).map_err(|error| broken("group_rules", (&error).into()))?;
    Ok(Site {
        id,
        name,
        revision,
        last_event_at,
        version,
        policy,
        group_rules,
        created_at,
        group_count,
    })
}

/// None in most sites, and then there is nothing to read.
fn rules(document: &str) -> Result<GroupRules, serde_json::Error> {
    if document == "[]" { Ok(GroupRules::default()) } else { serde_json::from_str(document) }
}

/// How long a ledger is kept, from its column.
pub(super) fn retention(days: i32) -> LedgerRetention {
    LedgerRetention::as_stored(u32::try_from(days).unwrap_or_default())
}

// Codes in columns are the numbers of the enums in `proto/provost/identity/v1`. They are not derived:
// sea-orm's `DeriveActiveEnum` belongs on the enum, which is the law's and can't name sea-orm, so each
// would stand here a second time, with conversions both ways, to save one of these tables.

const fn creation_code(policy: CreationPolicy) -> i16 {
    match policy {
        CreationPolicy::Refuse => 1,
        CreationPolicy::Create => 2,
    }
}

fn creation_policy(code: i16) -> Result<CreationPolicy, i16> {
    match code {
        1 => Ok(CreationPolicy::Refuse),
        2 => Ok(CreationPolicy::Create),
        unknown => Err(unknown),
    }
}

const fn known_user_code(policy: KnownUserPolicy) -> i16 {
    match policy {
        KnownUserPolicy::Refuse => 1,
        KnownUserPolicy::Link => 2,
    }
}

fn known_user_policy(code: i16) -> Result<KnownUserPolicy, i16> {
    match code {
        1 => Ok(KnownUserPolicy::Refuse),
        2 => Ok(KnownUserPolicy::Link),
        unknown => Err(unknown),
    }
}

const fn deletion_code(policy: DeletionPolicy) -> i16 {
    match policy {
        DeletionPolicy::Refuse => 1,
        DeletionPolicy::Deactivate => 2,
        DeletionPolicy::Delete => 3,
    }
}

fn deletion_policy(code: i16) -> Result<DeletionPolicy, i16> {
    match code {
        1 => Ok(DeletionPolicy::Refuse),
        2 => Ok(DeletionPolicy::Deactivate),
        3 => Ok(DeletionPolicy::Delete),
        unknown => Err(unknown),
    }
}

const fn refusal_code(policy: RefusalPolicy) -> i16 {
    match policy {
        RefusalPolicy::Notice => 1,
        RefusalPolicy::Reject => 2,
    }
}

fn refusal_policy(code: i16) -> Result<RefusalPolicy, i16> {
    match code {
        1 => Ok(RefusalPolicy::Notice),
        2 => Ok(RefusalPolicy::Reject),
        unknown => Err(unknown),
    }
}

const fn authority_code(authority: StatusAuthority) -> i16 {
    match authority {
        StatusAuthority::Both => 1,
        StatusAuthority::Directory => 2,
        StatusAuthority::Local => 3,
    }
}

fn authority(code: i16) -> Result<StatusAuthority, i16> {
    match code {
        1 => Ok(StatusAuthority::Both),
        2 => Ok(StatusAuthority::Directory),
        3 => Ok(StatusAuthority::Local),
        unknown => Err(unknown),
    }
}
