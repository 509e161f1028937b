//! Sites and what connections may do in them.

use super::entities::sites::{ActiveModel, COLUMN, Entity, Model};
use super::{DocumentProblem, Store, StoreError, WriteTransaction, connections};
use provost_domain::{
    ConnectionPolicy, CreationPolicy, DeletionPolicy, FIRST_CONNECTION, RefusalPolicy, Site,
    SiteId, SiteName, Timestamp,
};
use sea_orm::ActiveValue::{NotSet, Set, Unchanged};
use sea_orm::{ActiveModelTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

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

impl WriteTransaction {
    /// Sites as they are now, in the order of their ids, and held until the transaction ends:
    /// the writers of a site take turns on its row, so whatever is read after this stays as it
    /// is and the revisions that follow are ours. Call it first, once, with every site that
    /// the transaction is about.
    pub async fn sites(&mut self, ids: &[SiteId]) -> Result<Vec<Site>, StoreError> {
        let found = Entity::find()
            .filter(COLUMN.id.is_in(ids.iter().map(|id| id.0)))
            .order_by_asc(COLUMN.id)
            .lock_exclusive()
            .all(&self.transaction)
            .await?;
        found.into_iter().map(site).collect()
    }

    /// Makes a site with its first connection.
    pub async fn create_site(
        &mut self,
        name: &SiteName,
        policy: &ConnectionPolicy,
        at: Timestamp,
    ) -> Result<Site, StoreError> {
        let row = ActiveModel {
            id: NotSet,
            name: Set(name.as_str().to_owned()),
            revision: Set(0),
            user_count: Set(0),
            user_turnover: Set(0),
            created_at: Set(at.0),
            ..policy_columns(policy)?
        };
        let created = row
            .insert(&self.transaction)
            .await
            .map_err(|error| StoreError::or_taken(error, "sites", StoreError::SiteExists))?;
        let site = site(created)?;
        connections::create(&self.transaction, site.id, FIRST_CONNECTION, at).await?;
        Ok(site)
    }

    /// Replaces what connections may do in a site.
    pub async fn save_policy(
        &mut self,
        id: SiteId,
        policy: &ConnectionPolicy,
    ) -> Result<(), StoreError> {
        let row = ActiveModel { id: Unchanged(id.0), ..policy_columns(policy)? };
        row.update(&self.transaction).await?;
        Ok(())
    }
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

/// The columns that hold a policy; the others are not set.
fn policy_columns(policy: &ConnectionPolicy) -> Result<ActiveModel, StoreError> {
    let ConnectionPolicy {
        enabled,
        allow_moderator_promotion,
        allow_admin_promotion,
        creation,
        deletion,
        refusals,
        protected,
    } = policy;
    Ok(ActiveModel {
        enabled: Set(*enabled),
        allow_moderator_promotion: Set(*allow_moderator_promotion),
        allow_admin_promotion: Set(*allow_admin_promotion),
        creation: Set(creation_code(*creation)),
        deletion: Set(deletion_code(*deletion)),
        refusals: Set(refusal_code(*refusals)),
        protected_user_names: Set(super::rows::document(protected)?),
        ..<ActiveModel as Default>::default()
    })
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
