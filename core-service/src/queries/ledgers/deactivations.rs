//! Deactivations: by which decision a user is out.

use super::LedgerQueries;
use crate::Failure;
use provost_domain::{EventBody, EventFilter, EventOrder, SiteId, Timestamp, UserId};

/// So many events about a user are read at once, and looked through in all.
const LOOKED_THROUGH: (u64, usize) = (100, 10_000);

/// By which decision a user was deactivated or deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deactivation {
    /// The revision of its event.
    pub revision: i64,
    /// When it was decided.
    pub at: Timestamp,
    /// Whether a later one has made the user active.
    pub is_over: bool,
}

impl LedgerQueries {
    /// The last decision by which a user was deactivated or deleted, with the site too; none where there is
    /// none among the newest events about the user that are kept.
    pub async fn last_deactivation(
        &self,
        site: SiteId,
        user: UserId,
    ) -> Result<Option<Deactivation>, Failure> {
        let filter = EventFilter { user: Some(user), ..EventFilter::default() };
        let deletion = self.deletion_of_site(site).await?;
        let (mut place, mut looked, mut is_over) = (None, 0, false);
        loop {
            let order = EventOrder::NewestFirst;
            let page = self.list(site, &filter, order, place, LOOKED_THROUGH.0).await?;
            looked += page.events.len();
            for event in page.events {
                match event.leaves_active() {
                    Some(true) if deletion.is_some() => return Ok(deletion),
                    Some(true) => is_over = true,
                    Some(false) => {
                        let (revision, at) = (event.revision, event.at);
                        return Ok(Some(Deactivation { revision, at, is_over }));
                    }
                    None => {}
                }
            }
            place = page.next;
            if place.is_none() || looked >= LOOKED_THROUGH.1 {
                return Ok(deletion.filter(|_| looked > 0));
            }
        }
    }

    /// The decision that deleted a site. Nothing comes behind it.
    async fn deletion_of_site(&self, site: SiteId) -> Result<Option<Deactivation>, Failure> {
        let Some((_, head)) = self.ends(site).await? else { return Ok(None) };
        let last = self.event(site, head.revision).await?;
        let is_deletion = last.is_some_and(|it| matches!(it.body, EventBody::SiteDeleted { .. }));
        let (revision, at) = (head.revision, head.at);
        Ok(is_deletion.then_some(Deactivation { revision, at, is_over: false }))
    }
}
