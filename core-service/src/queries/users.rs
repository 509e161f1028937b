//! Users, one by one and in pages.

mod by_ids;

use super::turns::{TurnPermit, Turns};
use super::walks::{WalkId, Walks};
use crate::Failure;
use crate::store::Store;
use provost_domain::{
    LookUp, Page, Reason, Refusal, RefusedUser, Site, SiteId, SortPosition, User, UserFilter,
    UserId, UserNameKey, UserScope, UserSort, check_sorted,
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
    walks: Walks<SortPosition>,
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
    /// In which order; in that of their ids when absent.
    pub sort: Option<UserSort>,
    /// Where the page begins and how long it is.
    pub page: Page<SortPosition>,
    /// Whether all matching users are counted too.
    pub count: bool,
    /// Who goes through this list.
    pub walk: WalkId,
}

impl Listing {
    /// Where a user stands in this list.
    pub fn position(&self, user: &User) -> SortPosition {
        position(self.sort.as_ref(), user)
    }
}

/// A page of users.
#[derive(Debug)]
pub struct Listed {
    /// In the order that was asked for.
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
    /// Whether users follow.
    more: bool,
    /// What is left of the turn, if they are large.
    turn: Option<TurnPermit>,
}

impl UserQueries {
    /// Reads from the store, in turns with whoever else looks through a lot.
    pub fn new(store: Store, scans: Arc<Turns>) -> Self {
        Self { store, walks: Walks::new(), pages: Turns::new(PAGES.0, PAGES.1), scans }
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
        let Listing { scope, filter, sort, page, count, walk } = listing;
        let (filter, skip) = (filter.as_ref(), page.skip);
        let is_scan = filter.is_some_and(|filter| filter.look_up() == LookUp::Scan);
        let is_of_many = filter.is_none() || is_scan;
        let is_ordered = page.limit > 0 && sort.as_ref().is_some_and(|sort| !sort.is_indexed());
        let sorts_many = is_of_many && is_ordered;
        let _turn =
            if is_scan || sorts_many { Some(self.scans.take(site.id).await?) } else { None };
        let by_number = page.after.is_none();
        let (total, scope) = match filter {
            None if by_number || *count || sorts_many => {
                let population = self.store.population(site.id).await?;
                // Nobody has to be looked at where nobody would be passed over.
                let scope = if population.deleted == 0 { UserScope::All } else { *scope };
                (Some(population.within(scope)), scope)
            }
            Some(_) if *count || sorts_many => {
                (Some(self.store.count(site.id, *scope, filter).await?), *scope)
            }
            _ => (None, *scope),
        };
        if sorts_many {
            check_sorted(total.unwrap_or_default())?;
        }
        let known = if by_number { self.walks.behind(site.id, *walk, skip) } else { None };
        let is_beyond =
            known.is_none() && filter.is_none() && total.is_some_and(|total| skip >= total);
        if page.limit == 0 || by_number && is_beyond {
            let total = total.filter(|_| *count);
            return Ok(Listed { users: Vec::new(), total, more: false, turn: None });
        }
        let is_known = known.is_some();
        let asked = match known {
            Some(after) => Page { after: Some(after), skip: 0, limit: page.limit },
            None => page.clone(),
        };
        let order = sort.as_ref();
        let Stretch { users, more, turn } = self.read((site, scope), filter, order, asked).await?;
        let end = skip + users.len() as u64;
        if let Some(last) = users.last().filter(|_| by_number) {
            self.walks.ended(site.id, *walk, end, position(order, last));
        }
        // Who walks goes on as long as more are told of than there were before.
        let walked = if is_known { end + u64::from(more) } else { 0 };
        let total = total.filter(|_| *count).map(|total| total.max(walked));
        Ok(Listed { users, total, more, turn })
    }

    /// The users of a page. It ends early where the users are large.
    async fn read(
        &self,
        (site, scope): (&Site, UserScope),
        filter: Option<&UserFilter>,
        order: Option<&UserSort>,
        page: Page<SortPosition>,
    ) -> Result<Stretch, Failure> {
        let turn = self.turn(site.id, filter, page.limit).await?;
        let stretch = self.stretch((site, scope), filter, order, page, turn).await?;
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
        order: Option<&UserSort>,
        page: Page<SortPosition>,
        turn: Option<TurnPermit>,
    ) -> Result<Stretch, Failure> {
        let (mut users, mut bytes): (Vec<Arc<User>>, _) = (Vec::new(), 0);
        let stretch = |users, more, bytes| {
            let turn = turn.filter(|_| bytes > SMALL_PAGE_BYTES);
            Ok(Stretch { users, more, turn })
        };
        let limit = page.limit;
        // One more than asked tells whether users follow.
        let mut rows = Page { limit: ROWS_AT_ONCE.min(limit + 1), ..page };
        loop {
            let found = if let Some(sort) = order {
                self.store.sorted((site.id, scope), filter, sort, &rows).await?
            } else {
                let after = rows.after.as_ref().map(|position| position.id);
                let Page { skip, limit, .. } = rows;
                self.store.list(site.id, scope, filter, Page { after, skip, limit }).await?
            };
            let is_last = (found.len() as u64) < rows.limit;
            for user in found {
                let with_user = bytes + user.size();
                let is_full = users.len() as u64 == limit;
                if is_full || (with_user > PAGE_BYTES && !users.is_empty()) {
                    return stretch(users, true, bytes);
                }
                bytes = with_user;
                users.push(Arc::new(user));
            }
            let Some(last) = users.last().filter(|_| !is_last) else {
                return stretch(users, false, bytes);
            };
            let missing = limit + 1 - users.len() as u64;
            let after = Some(position(order, last));
            rows = Page { after, skip: 0, limit: ROWS_AT_ONCE.min(missing) };
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
    let Page { after: None, skip: 0, limit: _ } = &listing.page else { return None };
    match listing.filter.as_ref()?.look_up() {
        LookUp::UserName(name) => Some(UserNameKey::of(name)),
        LookUp::Key(_) | LookUp::Email(_) | LookUp::Scan => None,
    }
}

/// Where a user stands in a list of this order.
fn position(order: Option<&UserSort>, user: &User) -> SortPosition {
    match order {
        Some(sort) => sort.position(user),
        None => SortPosition { id: user.id, value: None },
    }
}

/// A user that was found, for a caller who gets to see it.
fn seen(found: Option<Arc<User>>, scope: UserScope) -> Result<Arc<User>, Failure> {
    Ok(found.filter(|user| scope.shows(user)).ok_or_else(unknown)?)
}

fn unknown() -> Refusal {
    Refusal::new(Reason::UserNotFound, "there is no such user in this site")
}
