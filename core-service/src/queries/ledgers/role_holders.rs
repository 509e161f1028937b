//! Who had a role at a time. Must never know how that is stored.

use super::{CLOCK_SKEW, LedgerQueries};
use crate::Failure;
use provost_domain::{Reason, Refusal, Role, RoleHolder, SiteId, Timestamp, UserId};

/// How many users one statement looks at, and how many one page. Nobody is looked at who never was more
/// than Registered.
const LOOKED_AT: (u64, u64) = (1_000, 10_000);

impl LedgerQueries {
    /// Those who had a role at a time, behind one of them by id, and behind whom the next page begins; none
    /// on the last one.
    pub async fn role_holders(
        &self,
        site: SiteId,
        role: Role,
        at: Timestamp,
        behind: UserId,
        limit: u64,
    ) -> Result<(Vec<RoleHolder>, Option<UserId>), Failure> {
        self.look_whether_kept(site, at).await?;
        self.look_whether_filled(site, at).await?;
        let _turn = self.scans.take(site).await?;
        let page = self.page_of_holders(site, role, at, behind, limit).await?;
        // The ledger may have been trimmed meanwhile: events first, then what speaks for their time.
        self.look_whether_kept(site, at).await?;
        Ok(page)
    }

    async fn look_whether_kept(&self, site: SiteId, at: Timestamp) -> Result<(), Failure> {
        let ends = self.store.ledger_ends(site).await?;
        if ends.is_some_and(|(oldest, _)| oldest.revision > 1 && at < oldest.at) {
            return Err(not_kept().into());
        }
        Ok(())
    }

    /// What was decided by then may still have to be taken from the ledger.
    async fn look_whether_filled(&self, site: SiteId, at: Timestamp) -> Result<(), Failure> {
        let missing = self.store.first_unfilled(site).await?;
        if missing.is_some_and(|first| first.at.0 <= at.0.saturating_add(CLOCK_SKEW)) {
            self.standings_missed.notify_one();
            return Err(Failure::StandingsPending);
        }
        Ok(())
    }

    async fn page_of_holders(
        &self,
        site: SiteId,
        role: Role,
        at: Timestamp,
        behind: UserId,
        limit: u64,
    ) -> Result<(Vec<RoleHolder>, Option<UserId>), Failure> {
        let (mut holders, mut last, mut looked) = (Vec::new(), behind, 0);
        loop {
            let found = self.store.role_holders(site, at, last, LOOKED_AT.0).await?;
            let is_end = (found.len() as u64) < LOOKED_AT.0;
            looked += found.len() as u64;
            for (user, holder) in found {
                if holders.len() as u64 == limit {
                    return Ok((holders, Some(last)));
                }
                last = user;
                holders.extend(holder.filter(|holder| holder.role == role));
            }
            if is_end || looked >= LOOKED_AT.1 {
                return Ok((holders, (!is_end).then_some(last)));
            }
        }
    }
}

fn not_kept() -> Refusal {
    Refusal::about(
        Reason::ValueInvalid,
        "as_of_time",
        "what was decided until then is not kept any longer; GetLedger says since when it is, so ask \
         for that time or a later one",
    )
}
