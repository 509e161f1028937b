//! Requests that were refused beside the ledger. Must never know how they are stored.

use super::LedgerQueries;
use crate::Failure;
use provost_domain::{RefusedRequest, SiteId};
use uuid::Uuid;

impl LedgerQueries {
    /// A page of those of a site, the newest first, and behind which one the next page begins; none on the
    /// last one.
    pub async fn refused_requests(
        &self,
        site: SiteId,
        behind: Option<Uuid>,
        limit: u64,
    ) -> Result<(Vec<RefusedRequest>, Option<Uuid>), Failure> {
        let mut found = self.store.refused_requests(site, behind, limit + 1).await?;
        let is_last = found.len() as u64 <= limit;
        if !is_last {
            found.pop();
        }
        let last = found.last().map(|request| request.id);
        Ok((found, last.filter(|_| !is_last)))
    }
}
