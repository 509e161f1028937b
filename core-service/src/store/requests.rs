//! Requests with ids that were decided, and how long they are kept.

use super::{Store, StoreError};
use provost_domain::{KeptRequest, RequestId, RequestKey, RequestOutcome, SiteId, Timestamp};
use sea_orm::entity::prelude::*;
use sea_orm::{FromQueryResult as _, QueryResult, Statement};
use serde::Serialize;

/// A request that was decided.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "request_ids")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub caller: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub fingerprint: String,
    pub outcome: String,
    pub decided_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

/// Who has requests behind this site and caller, and when their oldest one was decided: one look into the
/// index, however many there are.
pub(super) const NEXT_CALLER: &str = "SELECT site_id, caller, decided_at FROM request_ids \
    WHERE (site_id, caller) > ($1, $2) ORDER BY site_id, caller, decided_at LIMIT 1";

/// When the request of a caller was decided that is so many behind the newest one in the site.
const NTH_NEWEST: &str = "SELECT decided_at FROM request_ids WHERE site_id = $1 AND caller = $2 \
    ORDER BY decided_at DESC LIMIT 1 OFFSET $3";

/// How many are removed in one transaction.
const AT_ONCE: i64 = 500;

/// Removes requests of a caller in a site that were decided until then, the oldest first, so many at
/// most.
const REMOVE: &str = "DELETE FROM request_ids WHERE (site_id, caller, id) IN \
    (SELECT site_id, caller, id FROM request_ids WHERE site_id = $1 AND caller = $2 \
    AND decided_at <= $3 ORDER BY decided_at LIMIT $4)";

/// The key of a request as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct RequestKeyRow<'a> {
    site_id: SiteId,
    caller: &'a str,
    id: &'a str,
}

impl<'a> From<&'a RequestKey> for RequestKeyRow<'a> {
    fn from(key: &'a RequestKey) -> Self {
        let RequestKey { site, caller, id } = key;
        Self { site_id: *site, caller, id: id.as_str() }
    }
}

/// A request as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct RequestRow<'a> {
    site_id: SiteId,
    caller: &'a str,
    id: &'a str,
    fingerprint: &'a str,
    outcome: &'a RequestOutcome,
    decided_at: Timestamp,
}

impl<'a> From<&'a KeptRequest> for RequestRow<'a> {
    fn from(request: &'a KeptRequest) -> Self {
        let KeptRequest { key, fingerprint, outcome, decided_at } = request;
        let RequestKey { site, caller, id } = key;
        let (site_id, id) = (*site, id.as_str());
        Self { site_id, caller, id, fingerprint, outcome, decided_at: *decided_at }
    }
}

/// A request from its row.
pub(super) fn read(row: &QueryResult) -> Result<KeptRequest, StoreError> {
    let Model { site_id, caller, id, fingerprint, outcome, decided_at } =
        Model::from_query_result(row, "")?;
    // Whoever else is in the group is not held up by what another version wrote.
    let outcome = serde_json::from_str(&outcome).unwrap_or(RequestOutcome::Unreadable);
    Ok(KeptRequest {
        key: RequestKey { site: SiteId(site_id), caller, id: RequestId::as_stored(id) },
        fingerprint,
        outcome,
        decided_at: Timestamp(decided_at),
    })
}

impl Store {
    /// Who has requests in which site, and when the oldest one of each was decided.
    pub async fn requests_by_caller(&self) -> Result<Vec<(SiteId, String, Timestamp)>, StoreError> {
        let (mut found, mut behind) = (Vec::new(), (i64::MIN, String::new()));
        loop {
            let parameters = [behind.0.into(), behind.1.into()];
            let next = Statement::from_sql_and_values(self.dialect.into(), NEXT_CALLER, parameters);
            let Some(row) = self.lists.query_one_raw(next).await? else { return Ok(found) };
            let (site, caller): (i64, String) =
                (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            found.push((SiteId(site), caller.clone(), Timestamp(row.try_get_by_index(2)?)));
            behind = (site, caller);
        }
    }

    /// Until when a caller's requests in a site were decided that are more than so many, if there are.
    pub async fn surplus_requests(
        &self,
        site: SiteId,
        caller: &str,
        most: i64,
    ) -> Result<Option<Timestamp>, StoreError> {
        let parameters = [site.0.into(), caller.into(), most.into()];
        let find = Statement::from_sql_and_values(self.dialect.into(), NTH_NEWEST, parameters);
        let found = self.lists.query_one_raw(find).await?;
        let decided_at: Option<i64> = found.map(|row| row.try_get_by_index(0)).transpose()?;
        Ok(decided_at.map(Timestamp))
    }

    /// Removes some requests of a caller in a site that were decided until then, and answers whether
    /// there may be more of them.
    pub async fn remove_requests(
        &self,
        site: SiteId,
        caller: &str,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let parameters = [site.0.into(), caller.into(), until.0.into(), AT_ONCE.into()];
        Ok(self.remove(REMOVE, parameters).await? >= AT_ONCE.unsigned_abs())
    }
}
