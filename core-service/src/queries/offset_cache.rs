//! Where pages begin: so that walking a million users page by page does not count from the first
//! one again for every page.
//!
//! An anchor is the user with whom a page at some position begins. It holds as long as nobody
//! came to the site or went, for all or for the directory, here or by another core, and then that position is counted anew.

use moka::sync::Cache;
use provost_domain::{Page, SiteId, UserId, UserScope};
use std::time::Duration;
use uuid::Uuid;

/// How long a walk may pause between two pages and still find its anchor.
const MEMORY: Duration = Duration::from_mins(5);
const REMEMBERED: u64 = 100_000;

/// What is known of the beginnings of pages over all users of a site that are in a scope.
#[derive(Debug)]
pub(super) struct OffsetCache(Cache<(SiteId, UserScope, MembershipVersion, u64), UserId>);

/// How many users came and went, from [`provost_domain::Population`].
type MembershipVersion = i64;

impl OffsetCache {
    pub fn new() -> Self {
        Self(Cache::builder().max_capacity(REMEMBERED).time_to_live(MEMORY).build())
    }

    /// The same page by its anchor instead of its position, if there is one.
    pub fn anchored(
        &self,
        (site, scope): (SiteId, UserScope),
        membership_version: MembershipVersion,
        page: Page,
    ) -> Page {
        let known = (page.skip > 0)
            .then(|| self.0.get(&(site, scope, membership_version, page.skip)))
            .flatten();
        match known {
            Some(first) => Page { after: just_before(first), skip: 0, limit: page.limit },
            None => page,
        }
    }

    /// Remembers with whom the page at a position begins.
    pub fn remember(
        &self,
        (site, scope): (SiteId, UserScope),
        membership_version: MembershipVersion,
        position: u64,
        first: UserId,
    ) {
        self.0.insert((site, scope, membership_version, position), first);
    }
}

/// The id in front of an id: no user can lie between the two.
fn just_before(id: UserId) -> Option<UserId> {
    id.0.as_u128().checked_sub(1).map(|before| UserId(Uuid::from_u128(before)))
}
