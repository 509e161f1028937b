//! Sites and what connections may do in them.

use super::dialect::Sql;
use super::{DocumentProblem, Store, StoreError};
use provost_domain::{
    ConnectionPolicy, CreationPolicy, DeletionPolicy, RefusalPolicy, Saved, Site, SiteId, SiteName,
    Timestamp, UserId,
};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QueryResult};
use serde::Serialize;
use std::collections::BTreeMap;

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
    pub user_turnover: i64,
    pub enabled: bool,
    pub allow_moderator_promotion: bool,
    pub allow_admin_promotion: bool,
    pub creation: i16,
    pub deletion: i16,
    pub refusals: i16,
    pub protected_user_names: String,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

/// The names of sites among these.
pub(super) const NAMES: Sql = Sql {
    sqlite: "SELECT name FROM sites WHERE name IN (SELECT value FROM json_each($1))",
    postgres: "SELECT name FROM sites \
        WHERE name = ANY (ARRAY(SELECT json_array_elements_text($1::json)))",
};

/// The key of the next site. The only element of the parameter is a key that none has.
pub(super) const NEXT: Sql = Sql {
    sqlite: "SELECT coalesce(max(id), 0) + 1 FROM sites WHERE id > ($1 ->> 0)",
    postgres: "SELECT coalesce(max(id), 0) + 1 FROM sites \
        WHERE id > CAST($1::json ->> 0 AS bigint)",
};

/// Keeps new sites.
pub(super) const INSERT: Sql = Sql {
    sqlite: "INSERT INTO sites (id, name, revision, user_count, user_turnover, enabled, \
        allow_moderator_promotion, allow_admin_promotion, creation, deletion, refusals, \
        protected_user_names, created_at) \
        SELECT value ->> 'id', value ->> 'name', 0, 0, 0, value ->> 'enabled', \
        value ->> 'allow_moderator_promotion', value ->> 'allow_admin_promotion', \
        value ->> 'creation', value ->> 'deletion', value ->> 'refusals', \
        value ->> 'protected_user_names', value ->> 'created_at' FROM jsonb_each($1)",
    postgres: "INSERT INTO sites (id, name, revision, user_count, user_turnover, enabled, \
        allow_moderator_promotion, allow_admin_promotion, creation, deletion, refusals, \
        protected_user_names, created_at) \
        SELECT id, name, 0, 0, 0, enabled, allow_moderator_promotion, allow_admin_promotion, \
        creation, deletion, refusals, protected_user_names, created_at \
        FROM json_to_recordset($1::json) AS r(id bigint, name text, enabled boolean, \
        allow_moderator_promotion boolean, allow_admin_promotion boolean, creation smallint, \
        deletion smallint, refusals smallint, protected_user_names text, created_at bigint)",
};

/// Keeps what connections may do in sites.
pub(super) const UPDATE: Sql = Sql {
    sqlite: "UPDATE sites SET enabled = r.value ->> 'enabled', \
        allow_moderator_promotion = r.value ->> 'allow_moderator_promotion', \
        allow_admin_promotion = r.value ->> 'allow_admin_promotion', \
        creation = r.value ->> 'creation', deletion = r.value ->> 'deletion', \
        refusals = r.value ->> 'refusals', \
        protected_user_names = r.value ->> 'protected_user_names' \
        FROM jsonb_each($1) AS r WHERE sites.id = r.value ->> 'id'",
    postgres: "UPDATE sites SET enabled = r.enabled, \
        allow_moderator_promotion = r.allow_moderator_promotion, \
        allow_admin_promotion = r.allow_admin_promotion, creation = r.creation, \
        deletion = r.deletion, refusals = r.refusals, \
        protected_user_names = r.protected_user_names \
        FROM json_to_recordset($1::json) AS r(id bigint, enabled boolean, \
        allow_moderator_promotion boolean, allow_admin_promotion boolean, creation smallint, \
        deletion smallint, refusals smallint, protected_user_names text) \
        WHERE sites.id = r.id",
};

/// A site as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct SiteRow<'a> {
    id: SiteId,
    name: &'a str,
    enabled: bool,
    allow_moderator_promotion: bool,
    allow_admin_promotion: bool,
    creation: i16,
    deletion: i16,
    refusals: i16,
    protected_user_names: &'a [String],
    created_at: Timestamp,
}

impl<'a> From<&'a Site> for SiteRow<'a> {
    fn from(site: &'a Site) -> Self {
        let Site { id, name, revision: _, policy, created_at } = site;
        let ConnectionPolicy {
            enabled,
            allow_moderator_promotion,
            allow_admin_promotion,
            creation,
            deletion,
            refusals,
            protected,
        } = policy;
        Self {
            id: *id,
            name,
            enabled: *enabled,
            allow_moderator_promotion: *allow_moderator_promotion,
            allow_admin_promotion: *allow_admin_promotion,
            creation: creation_code(*creation),
            deletion: deletion_code(*deletion),
            refusals: refusal_code(*refusals),
            protected_user_names: protected,
            created_at: *created_at,
        }
    }
}

/// Who came to each site and who went; sites where nobody did are left out.
pub(super) fn membership_version(
    saved: &[Saved],
    deleted: &[(SiteId, UserId)],
) -> Vec<MembershipRow> {
    let came = saved.iter().filter(|saved| saved.before.is_none());
    let came = came.map(|saved| (saved.after.site, 1));
    let went = deleted.iter().map(|(site, _)| (*site, -1));
    let mut sites = BTreeMap::<SiteId, (i64, i64)>::new();
    for (site, by) in came.chain(went) {
        let (growth, membership_version) = sites.entry(site).or_default();
        *growth += by;
        *membership_version += 1;
    }
    let row = |(site_id, (growth, membership_version))| MembershipRow {
        site_id,
        growth,
        membership_version,
    };
    sites.into_iter().map(row).collect()
}

/// How a site has grown and turned over, as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct MembershipRow {
    site_id: SiteId,
    growth: i64,
    membership_version: i64,
}

/// The revision of a site as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct RevisionRow {
    site_id: SiteId,
    revision: i64,
}

impl From<&(SiteId, i64)> for RevisionRow {
    fn from((site, revision): &(SiteId, i64)) -> Self {
        Self { site_id: *site, revision: *revision }
    }
}

impl Store {
    /// The site of this name.
    pub async fn site_named(&self, name: &SiteName) -> Result<Option<Site>, StoreError> {
        let found = Entity::find().filter(COLUMN.name.eq(name.as_str())).one(&self.door).await?;
        found.map(site).transpose()
    }

    /// All sites, in the order of their names.
    pub async fn sites(&self) -> Result<Vec<Site>, StoreError> {
        let found = Entity::find().order_by_asc(COLUMN.name).all(&self.lists).await?;
        found.into_iter().map(site).collect()
    }
}

/// A name of [`NAMES`].
pub(super) fn name(row: &QueryResult) -> Result<SiteName, StoreError> {
    Ok(SiteName::as_stored(row.try_get_by_index(0)?))
}

/// A site from its row.
pub(super) fn site(row: Model) -> Result<Site, StoreError> {
    let Model {
        id,
        name,
        revision,
        user_count: _,
        user_turnover: _,
        enabled,
        allow_moderator_promotion,
        allow_admin_promotion,
        creation,
        deletion,
        refusals,
        protected_user_names,
        created_at,
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
    };
    Ok(Site { id: SiteId(id), name, revision, policy, created_at: Timestamp(created_at) })
}

// Codes in columns are the numbers of the enums in `proto/provost/identity/v1`.

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
