//! Requests with ids that were decided, and how long they are kept.

use super::{DocumentProblem, Store, StoreError};
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

/// How many requests each caller has in each site, and when the oldest was decided: by the index
/// alone.
const SUMMARY: &str = "SELECT site_id, caller, count(*), min(decided_at) FROM request_ids \
    GROUP BY site_id, caller ORDER BY site_id, caller";

/// When a request of a caller was decided, by its place among those in the site, oldest first.
const NTH_OLDEST: &str = "SELECT decided_at FROM request_ids WHERE site_id = $1 AND caller = $2 \
    ORDER BY decided_at LIMIT 1 OFFSET $3";

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
    #[serde(flatten)]
    key: RequestKeyRow<'a>,
    fingerprint: &'a str,
    outcome: &'a RequestOutcome,
    decided_at: Timestamp,
}

impl<'a> From<&'a KeptRequest> for RequestRow<'a> {
    fn from(request: &'a KeptRequest) -> Self {
        let KeptRequest { key, fingerprint, outcome, decided_at } = request;
        Self { key: key.into(), fingerprint, outcome, decided_at: *decided_at }
    }
}

/// A request from its row.
pub(super) fn read(row: &QueryResult) -> Result<KeptRequest, StoreError> {
    let Model { site_id, caller, id, fingerprint, outcome, decided_at } =
        Model::from_query_result(row, "")?;
    let outcome = serde_json::from_str(&outcome).map_err(|error| StoreError::Document {
        column: "outcome",
        site: site_id,
        problem: DocumentProblem::from(&error),
    })?;
    Ok(KeptRequest {
        key: RequestKey { site: SiteId(site_id), caller, id: RequestId::as_stored(id) },
        fingerprint,
        outcome,
        decided_at: Timestamp(decided_at),
    })
}

impl Store {
    /// The sites and callers that have requests which were decided until then, or more than so many, and
    /// until when those were decided that are not kept any longer. One caller's requests leave those of
    /// others alone.
    pub async fn outdated_requests(
        &self,
        until: Timestamp,
        most: u64,
    ) -> Result<Vec<(SiteId, String, Timestamp)>, StoreError> {
        let summary = Statement::from_string(self.dialect.into(), SUMMARY);
        let mut outdated = Vec::new();
        for row in self.lists.query_all_raw(summary).await? {
            let (site, caller): (i64, String) =
                (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let (number, oldest): (i64, i64) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
            let surplus = number.saturating_sub_unsigned(most);
            if surplus > 0 {
                let last = self.nth_oldest(site, &caller, surplus - 1).await?;
                outdated.push((SiteId(site), caller, until.max(last)));
            } else if oldest <= until.0 {
                outdated.push((SiteId(site), caller, until));
            }
        }
        Ok(outdated)
    }

    async fn nth_oldest(
        &self,
        site: i64,
        caller: &str,
        number: i64,
    ) -> Result<Timestamp, StoreError> {
        let parameters = [site.into(), caller.into(), number.into()];
        let find = Statement::from_sql_and_values(self.dialect.into(), NTH_OLDEST, parameters);
        let found = self.lists.query_one_raw(find).await?;
        let decided_at: Option<i64> = found.map(|row| row.try_get_by_index(0)).transpose()?;
        Ok(Timestamp(decided_at.unwrap_or(i64::MIN)))
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
