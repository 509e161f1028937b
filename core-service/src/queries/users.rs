//! Users, one by one and in pages.

use super::offset_cache::OffsetCache;
use crate::Failure;
use crate::store::Store;
use provost_domain::{
    LookUp, Page, Population, Reason, Refusal, Site, User, UserFilter, UserId, UserNameKey,
};
use std::sync::Arc;

/// The users of all sites.
#[derive(Debug)]
pub struct Users {
    store: Store,
    offsets: OffsetCache,
}

/// Which users are asked for.
#[derive(Debug)]
pub struct Listing {
    /// Which; all when absent.
    pub filter: Option<UserFilter>,
    /// Where the page begins and how long it is.
    pub page: Page,
    /// Whether all matching users are counted too.
    pub count: bool,
}

/// A page of users.
#[derive(Debug)]
pub struct Listed {
    /// In the order of their ids.
    pub users: Vec<Arc<User>>,
    /// How many match, if that was asked.
    pub total: Option<u64>,
    /// Whether users follow.
    pub more: bool,
}

impl Users {
    /// Reads from the store.
    pub fn new(store: Store) -> Self {
        Self { store, offsets: OffsetCache::new() }
    }

    /// One user by id.
    pub async fn get(&self, site: &Site, id: UserId) -> Result<Arc<User>, Failure> {
        Ok(self.store.user(site.id, id).await?.ok_or_else(unknown)?)
    }

    /// One user by user name.
    pub async fn named(&self, site: &Site, key: &UserNameKey) -> Result<Arc<User>, Failure> {
        Ok(self.store.user_named(site.id, key).await?.ok_or_else(unknown)?)
    }

    /// One user by external id.
    pub async fn with_external_id(&self, site: &Site, id: &str) -> Result<Arc<User>, Failure> {
        Ok(self.store.user_with_external_id(site.id, id).await?.ok_or_else(unknown)?)
    }

    /// A page of users.
    pub async fn list(&self, site: &Site, listing: &Listing) -> Result<Listed, Failure> {
        if let Some(key) = looked_up(listing) {
            let found: Vec<_> = self.store.user_named(site.id, &key).await?.into_iter().collect();
            let total = listing.count.then_some(found.len() as u64);
            let users = if listing.page.limit == 0 { Vec::new() } else { found };
            return Ok(Listed { users, total, more: false });
        }
        let Page { after, skip, limit } = listing.page;
        if listing.filter.is_none() && after.is_none() {
            return self.list_all(site, listing, skip, limit).await;
        }
        let filter = listing.filter.as_ref();
        let total =
            if listing.count { Some(self.store.count(site.id, filter).await?) } else { None };
        if limit == 0 {
            return Ok(Listed { users: Vec::new(), total, more: false });
        }
        // One more than asked tells whether users follow.
        let page = Page { after, skip, limit: limit + 1 };
        let mut users = self.store.list(site.id, filter, page).await?;
        let more = beyond(&mut users, limit).is_some();
        Ok(Listed { users: users.into_iter().map(Arc::new).collect(), total, more })
    }

    /// A page of all users by its position, found by its anchor where there is one.
    async fn list_all(
        &self,
        site: &Site,
        listing: &Listing,
        skip: u64,
        limit: u64,
    ) -> Result<Listed, Failure> {
        let Population { users: population, membership_version } =
            self.store.population(site.id).await?;
        let total = listing.count.then_some(population);
        if limit == 0 || skip >= population {
            return Ok(Listed { users: Vec::new(), total, more: false });
        }
        let page = Page { after: None, skip, limit: limit + 1 };
        let page = self.offsets.anchored(site.id, membership_version, page);
        let mut users = self.store.list(site.id, None, page).await?;
        if let Some(first) = users.first() {
            self.offsets.remember(site.id, membership_version, skip, first.id);
        }
        let next = beyond(&mut users, limit);
        if let Some(next) = &next {
            self.offsets.remember(site.id, membership_version, skip + limit, next.id);
        }
        let users = users.into_iter().map(Arc::new).collect();
        Ok(Listed { users, total, more: next.is_some() })
    }
}

/// Takes the user behind a page off its end.
fn beyond(users: &mut Vec<User>, limit: u64) -> Option<User> {
    if users.len() as u64 > limit { users.pop() } else { None }
}

/// The user name that a listing from the first page on asks for and nothing else: what identity
/// providers do before every change, so it takes the way of the point reads.
fn looked_up(listing: &Listing) -> Option<UserNameKey> {
    let Page { after: None, skip: 0, limit: _ } = listing.page else { return None };
    match listing.filter.as_ref()?.look_up() {
        LookUp::UserName(name) => Some(UserNameKey::of(name)),
        LookUp::Key(_) | LookUp::Email(_) | LookUp::Scan => None,
    }
}

fn unknown() -> Refusal {
    Refusal::new(Reason::UserNotFound, "there is no such user in this site")
}
