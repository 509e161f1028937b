//! Refused requests: the newest of each site, for some days.
//!
//! Must never know which requests are kept.

use super::pinned_connection::{LONGEST_ANSWER, failed, no_answer};
use super::{Store, StoreError};
use provost_domain::{RefusedRequest, SiteId, Timestamp};
use sea_orm::entity::prelude::*;
use sea_orm::{IntoActiveModel as _, QueryOrder as _, QuerySelect as _};
use tokio::time::timeout;

/// A request that was refused.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refused_requests")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub at: i64,
    pub caller: String,
    pub operation: String,
    pub status: i32,
    pub reason: String,
    pub sentence: String,
    pub trace_id: Option<String>,
    pub left_out: i64,
}

impl ActiveModelBehavior for ActiveModel {}

/// Removes what of a site's connections, or of its services, is behind the newest, so many of them.
const SURPLUS: &str = "DELETE FROM refused_requests \
    WHERE site_id = $1 AND (caller LIKE 'service:%') = $2 AND id <= \
    (SELECT id FROM refused_requests WHERE site_id = $1 AND (caller LIKE 'service:%') = $2 \
    ORDER BY id DESC LIMIT 1 OFFSET $3)";

/// Removes what is older than this, 250 at most.
const OLD: &str = "DELETE FROM refused_requests WHERE (site_id, id) IN \
    (SELECT site_id, id FROM refused_requests WHERE at < $1 ORDER BY at LIMIT 250)";

impl Store {
    /// Keeps some requests, all or none.
    pub async fn keep_refused_requests(
        &self,
        requests: Vec<RefusedRequest>,
    ) -> Result<(), StoreError> {
        let rows = requests.into_iter().map(|request| row(request).into_active_model());
        let insert = Entity::insert_many(rows).exec_without_returning(&self.writers);
        // Nobody waits for this, so nobody would stop waiting.
        let kept = timeout(LONGEST_ANSWER, insert).await;
        kept.unwrap_or_else(|_| Err(failed(no_answer())))?;
        Ok(())
    }

    /// Keeps the newest of a site's connections, or of its services, so many, and removes the others.
    pub async fn keep_newest_refused_requests(
        &self,
        site: SiteId,
        of_services: bool,
        most: u64,
    ) -> Result<(), StoreError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.remove(SURPLUS, [site.0.into(), of_services.into(), most.into()]).await?;
        Ok(())
    }

    /// Removes some that are older than this, and answers whether there may be more.
    pub async fn trim_refused_requests(&self, before: Timestamp) -> Result<bool, StoreError> {
        Ok(self.remove(OLD, [before.0.into()]).await? > 0)
    }

    /// Those of a site, the newest first, behind one of them and so many at most.
    pub async fn refused_requests(
        &self,
        site: SiteId,
        behind: Option<Uuid>,
        limit: u64,
    ) -> Result<Vec<RefusedRequest>, StoreError> {
        let mut found = Entity::find().filter(COLUMN.site_id.eq(site.0));
        if let Some(behind) = behind {
            found = found.filter(COLUMN.id.lt(behind));
        }
        let rows = found.order_by_desc(Column::Id).limit(limit).all(&self.lists).await?;
        Ok(rows.into_iter().map(refused_request).collect())
    }
}

fn row(request: RefusedRequest) -> Model {
    let RefusedRequest {
        id,
        site,
        at,
        caller,
        operation,
        status,
        reason,
        sentence,
        trace_id,
        left_out,
    } = request;
    let (site_id, at) = (site.0, at.0);
    Model { site_id, id, at, caller, operation, status, reason, sentence, trace_id, left_out }
}

fn refused_request(row: Model) -> RefusedRequest {
    let Model { site_id, id, at, caller, operation, status, reason, sentence, trace_id, left_out } =
        row;
    let (site, at) = (SiteId(site_id), Timestamp(at));
    RefusedRequest { id, site, at, caller, operation, status, reason, sentence, trace_id, left_out }
}
