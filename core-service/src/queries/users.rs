//! Users, one by one and in pages.

mod by_ids;

use super::offset_cache::OffsetCache;
use super::turns::{TurnPermit, Turns};
use crate::Failure;
use crate::store::Store;
use provost_domain::{
    LookUp, Page, Population, Reason, Refusal, RefusedUser, Site, SiteId, User, UserFilter, UserId,
    UserNameKey, UserScope,
};
use std::sync::Arc;
use tokio::task::yield_now;

/// So many users are read at once, however large they are.
const ROWS_AT_ONCE: u64 = 256;
/// The bytes of users at which a page ends, as [`User::size`] counts them: a client that reads no more
/// than the usual 4 MiB reads every page. A single user who is larger is a page alone.
const PAGE_BYTES: usize = 3 << 20;
/// The bytes of users up to which a page is a small one. A hundred usual users are fewer.
const SMALL_PAGE_BYTES: usize = 256 * 1024;
/// Fewer users make a small page, or one that is not much larger.
const FEW_ROWS: u64 = 8;
/// How many pages of more users are under way at once, of all sites and of one. Fewer are read at
/// once: the store has two connections for them.
const PAGES: (usize, usize) = (16, 2);

/// The users of all sites.
#[derive(Debug)]
pub struct UserQueries {
    store: Store,
    offsets: OffsetCache,
    pages: Turns,
    scans: Arc<Turns>,
}

/// Which users are asked for.
#[derive(Debug)]
pub struct Listing {
    /// Whom the caller gets to see.
    pub scope: UserScope,
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
    /// The turn at which a large page was read. The next one is read when this one is sent.
    pub turn: Option<TurnPermit>,
}

/// Users in a row.
struct Stretch {
    users: Vec<Arc<User>>,
    /// With whom the next page begins.
    next: Option<UserId>,
    /// What is left of the turn, if they are large.
    turn: Option<TurnPermit>,
}

impl UserQueries {
    /// Reads from the store, in turns with whoever else looks through a lot.
    pub fn new(store: Store, scans: Arc<Turns>) -> Self {
        Self { store, offsets: OffsetCache::new(), pages: Turns::new(PAGES.0, PAGES.1), scans }
    }

    /// One user by id.
    pub async fn get(
        &self,
        site: &Site,
        scope: UserScope,
        id: UserId,
    ) -> Result<Arc<User>, Failure> {
        seen(self.store.user(site.id, id).await?, scope)
    }

    /// Those of a site of whom something was asked and not done, so many at most, and whether there are more.
    pub async fn refused(
        &self,
        site: &Site,
        limit: usize,
    ) -> Result<(Vec<RefusedUser>, bool), Failure> {
        let mut found = self.store.refused_users(site.id, limit as u64 + 1).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        Ok((found, more))
    }

    /// One user by user name.
    pub async fn named(
        &self,
        site: &Site,
        scope: UserScope,
        key: &UserNameKey,
    ) -> Result<Arc<User>, Failure> {
        seen(self.store.user_named(site.id, key).await?, scope)
    }

    /// One user by external id.
    pub async fn with_external_id(
        &self,
        site: &Site,
        scope: UserScope,
        id: &str,
    ) -> Result<Arc<User>, Failure> {
        seen(self.store.user_with_external_id(site.id, id).await?, scope)
    }

    /// So many users of a site behind one of them, in the order of their ids, with those whom the directory
    /// deleted, for a watch.
    pub async fn behind(
        &self,
        site: SiteId,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<User>, Failure> {
        Ok(self.store.users_behind(site, after, limit).await?)
    }

    /// A page of users.
    pub async fn list(&self, site: &Site, listing: &Listing) -> Result<Listed, Failure> {
        if let Some(key) = looked_up(listing) {
            let found = self.store.user_named(site.id, &key).await?;
            let found: Vec<_> =
                found.into_iter().filter(|user| listing.scope.shows(user)).collect();
            let total = listing.count.then_some(found.len() as u64);
            let users = if listing.page.limit == 0 { Vec::new() } else { found };
            return Ok(Listed { users, total, more: false, turn: None });
        }
        // Large, so it has a box of its own: a look-up would carry it too.
        Box::pin(self.page(site, listing)).await
    }

    async fn page(&self, site: &Site, listing: &Listing) -> Result<Listed, Failure> {
        let Page { after, skip, limit } = listing.page;
        if listing.filter.is_none() && after.is_none() {
            return self.list_all(site, listing, skip, limit).await;
        }
        let filter = listing.filter.as_ref();
        let _turn = match filter.map(UserFilter::look_up) {
            Some(LookUp::Scan) => Some(self.scans.take(site.id).await?),
            None | Some(LookUp::UserName(_) | LookUp::Key(_) | LookUp::Email(_)) => None,
        };
        let total = if listing.count {
            Some(self.store.count(site.id, listing.scope, filter).await?)
        } else {
            None
        };
        if limit == 0 {
            return Ok(Listed { users: Vec::new(), total, more: false, turn: None });
        }
        let Stretch { users, next, turn } =
            self.read((site, listing.scope), filter, Page { after, skip, limit }).await?;
        Ok(Listed { users, total, more: next.is_some(), turn })
    }

    /// A page of all users by its position, found by its anchor where there is one.
    async fn list_all(
        &self,
        site: &Site,
        listing: &Listing,
        skip: u64,
        limit: u64,
    ) -> Result<Listed, Failure> {
        let population = self.store.population(site.id).await?;
        let Population { deleted, membership_version, .. } = population;
        // Nobody has to be looked at where nobody would be passed over.
        let scope = if deleted == 0 { UserScope::All } else { listing.scope };
        let population = population.within(scope);
        let total = listing.count.then_some(population);
        if limit == 0 || skip >= population {
            return Ok(Listed { users: Vec::new(), total, more: false, turn: None });
        }
        let page = Page { after: None, skip, limit };
        let page = self.offsets.anchored((site.id, scope), membership_version, page);
        let Stretch { users, next, turn } = self.read((site, scope), None, page).await?;
        if let Some(first) = users.first() {
            self.offsets.remember((site.id, scope), membership_version, skip, first.id);
        }
        if let Some(next) = next {
            let position = skip + users.len() as u64;
            self.offsets.remember((site.id, scope), membership_version, position, next);
        }
        Ok(Listed { users, total, more: next.is_some(), turn })
    }

    /// The users of a page. It ends early where the users are large.
    async fn read(
        &self,
        (site, scope): (&Site, UserScope),
        filter: Option<&UserFilter>,
        page: Page,
    ) -> Result<Stretch, Failure> {
        let turn = self.turn(site.id, filter, page.limit).await?;
        let stretch = self.stretch((site, scope), filter, page, turn).await?;
        if stretch.turn.is_some() {
            // Large users take long to read and to encode: between the two others are let go ahead.
            yield_now().await;
        }
        Ok(stretch)
    }

    async fn stretch(
        &self,
        (site, scope): (&Site, UserScope),
        filter: Option<&UserFilter>,
        page: Page,
        turn: Option<TurnPermit>,
    ) -> Result<Stretch, Failure> {
        let (mut users, mut bytes) = (Vec::new(), 0);
        let stretch = |users, next, bytes| {
            let turn = turn.filter(|_| bytes > SMALL_PAGE_BYTES);
            Ok(Stretch { users, next, turn })
        };
        // One more than asked tells whether users follow.
        let mut rows = Page { limit: ROWS_AT_ONCE.min(page.limit + 1), ..page };
        loop {
            let found = self.store.list(site.id, scope, filter, rows).await?;
            let is_last = (found.len() as u64) < rows.limit;
            for user in found {
                let with_user = bytes + user.size();
                let is_full = users.len() as u64 == page.limit;
                if is_full || (with_user > PAGE_BYTES && !users.is_empty()) {
                    return stretch(users, Some(user.id), bytes);
                }
                bytes = with_user;
                users.push(Arc::new(user));
            }
            let Some(last) = users.last().filter(|_| !is_last) else {
                return stretch(users, None, bytes);
            };
            let missing = page.limit + 1 - users.len() as u64;
            rows = Page { after: Some(last.id), skip: 0, limit: ROWS_AT_ONCE.min(missing) };
        }
    }

    /// Waits for the turn of a page that may turn out large: what many large users take in memory,
    /// few may ask for at once.
    async fn turn(
        &self,
        site: SiteId,
        filter: Option<&UserFilter>,
        limit: u64,
    ) -> Result<Option<TurnPermit>, Failure> {
        let is_of_few = match filter.map(UserFilter::look_up) {
            Some(LookUp::UserName(_) | LookUp::Key(_)) => true,
            None | Some(LookUp::Email(_) | LookUp::Scan) => limit < FEW_ROWS,
        };
        if is_of_few {
            return Ok(None);
        }
        self.pages.take(site).await.map(Some)
    }
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

/// A user that was found, for a caller who gets to see it.
fn seen(found: Option<Arc<User>>, scope: UserScope) -> Result<Arc<User>, Failure> {
    Ok(found.filter(|user| scope.shows(user)).ok_or_else(unknown)?)
}

fn unknown() -> Refusal {
    Refusal::new(Reason::UserNotFound, "there is no such user in this site")
}
