//! Whether the caller of a watch may still follow its ledgers. It is looked at again and again while the
//! watch lasts.

use super::Follower;
use super::ledger::FollowedLedger;
use crate::Failure;
use crate::authenticator::{Bearer, SiteReach};
use crate::watches::WatchScope;
use provost_domain::{Permission, Refusal, SiteId};
use std::collections::BTreeSet;

impl Follower {
    /// Looks at the token and at the grants anew. What was deleted is followed to its last event, although
    /// the grants for it are gone with it.
    pub(super) async fn look_at_caller(&mut self) -> Result<(), Failure> {
        let renewed = self.state.authenticator.renew(&self.bearer).await?;
        let before = std::mem::replace(&mut self.bearer, renewed);
        match self.scope {
            WatchScope::Installation => Ok(self.bearer.admit_operator()?),
            WatchScope::Named => self.look_at_named(&before).await,
            WatchScope::AllSites => self.look_at_reach(&before).await,
        }
    }

    async fn look_at_named(&mut self, before: &Bearer) -> Result<(), Failure> {
        let lost = self.ledgers.iter();
        let lost = lost.filter_map(|(site, ledger)| Some((*site, self.refused(&ledger.name)?)));
        for (site, refusal) in lost.collect::<Vec<_>>() {
            if self.has_lost_all_sites(before) {
                return Err(refusal.into());
            }
            if self.is_told_to_its_end(site, &refusal).await? {
                return Err(refusal.into());
            }
        }
        Ok(())
    }

    async fn look_at_reach(&mut self, before: &Bearer) -> Result<(), Failure> {
        let (reach, refusal) = match self.bearer.reach(self.needs()) {
            Ok(reach) => (reach, None),
            Err(refusal) => (SiteReach::Sites(BTreeSet::new()), Some(refusal)),
        };
        // What is told to its end leaves by itself.
        let is_lost = |(site, ledger): &(&SiteId, &FollowedLedger)| {
            !reach.covers(**site) && !ledger.is_over()
        };
        let lost: Vec<_> = self.ledgers.iter().filter(is_lost).map(|(site, _)| *site).collect();
        for site in lost {
            let ledger = self.ledgers.get(&site);
            let Some(refusal) = ledger.and_then(|ledger| self.refused(&ledger.name)) else {
                continue;
            };
            if self.has_lost_all_sites(before) {
                return Err(refusal.into());
            }
            self.is_told_to_its_end(site, &refusal).await?;
        }
        let is_over = || self.ledgers.values().all(FollowedLedger::is_over);
        if let Some(refusal) = refusal.filter(|_| is_over()) {
            return Err(refusal.into());
        }
        if reach != self.reach {
            self.reach = reach;
            // What is newly reached has not moved.
            self.seen = 0;
        }
        Ok(())
    }

    /// What the caller is told who may not follow the ledger of the site of this name.
    fn refused(&self, name: &str) -> Option<Refusal> {
        let mut needed = self.needs().iter();
        needed.find_map(|one| self.bearer.clone().with(*one).admit_by_name(name).err())
    }

    /// Whether everything was told of a ledger that the caller may not follow any more. Where its site was
    /// not deleted, the watch ends at once.
    async fn is_told_to_its_end(
        &mut self,
        site: SiteId,
        refusal: &Refusal,
    ) -> Result<bool, Failure> {
        match self.watched.look_at(site).await? {
            Some(head) if head.is_deleted || head.is_gone => {
                self.move_on(site, head).await?;
                Ok(self.ledgers.get(&site).is_none_or(|ledger| !ledger.has_more()))
            }
            _ => Err(refusal.clone().into()),
        }
    }

    /// Whether a grant for all sites was taken away. That does not go with a deleted site, so it was meant,
    /// also for the ledgers of those.
    fn has_lost_all_sites(&self, before: &Bearer) -> bool {
        let is_all = |bearer: &Bearer, one: Permission| {
            matches!(bearer.reach(&[one]), Ok(SiteReach::AllSites))
        };
        self.needs().iter().any(|one| is_all(before, *one) && !is_all(&self.bearer, *one))
    }

    const fn needs(&self) -> &'static [Permission] {
        match self.snapshot {
            Some(_) => &[Permission::ReadLedger, Permission::ReadUsers],
            None => &[Permission::ReadLedger],
        }
    }
}
