//! Groups, one by one and in pages, and who is in them.

use super::Turns;
use super::walks::{WalkId, Walks};
use crate::Failure;
use crate::store::Store;
use provost_domain::{
    Group, GroupFilter, GroupId, GroupSort, ListedMember, ListedUserGroup, Page, Site,
    SortPosition, UserId, UserScope, check_sorted, unknown_group,
};
use std::sync::Arc;

/// The bytes of members at which an answer ends: a client that reads no more than the usual 4 MiB reads
/// every page.
const MEMBER_BYTES: usize = 3 << 20;
/// What a member takes besides what is shown of them.
const BYTES_OF_ID: usize = 48;

/// The groups of all sites.
#[derive(Debug)]
pub struct GroupQueries {
    store: Store,
    walks: Walks<SortPosition<GroupId>>,
    scans: Arc<Turns>,
}

/// Which groups are asked for.
#[derive(Debug)]
pub struct GroupListing {
    /// Whom of their members the caller gets to see.
    pub scope: UserScope,
    /// Which; all when absent.
    pub filter: Option<GroupFilter>,
    /// In which order.
    pub sort: GroupSort,
    /// Where the page begins and how long it is.
    pub page: Page<SortPosition<GroupId>>,
    /// Whether all matching groups are counted too.
    pub count: bool,
    /// Who goes through this list.
    pub walk: WalkId,
}

/// A page of groups.
#[derive(Debug)]
pub struct ListedGroups {
    /// In the order that was asked for.
    pub groups: Vec<Group>,
    /// How many match, if that was asked.
    pub total: Option<u64>,
    /// Whether groups follow.
    pub more: bool,
}

/// Members of groups, those of the first group first.
#[derive(Debug, Default)]
pub struct ListedMembers {
    /// Each group's in the order of their ids.
    pub members: Vec<ListedMember>,
    /// Whether members follow.
    pub more: bool,
}

impl GroupQueries {
    /// Reads from the store, in turns with whoever else looks through a lot.
    pub fn new(store: Store, scans: Arc<Turns>) -> Self {
        Self { store, walks: Walks::new(), scans }
    }

    /// One group by id.
    pub async fn get(&self, site: &Site, id: GroupId) -> Result<Group, Failure> {
        Ok(self.store.group(site.id, id).await?.ok_or_else(unknown_group)?)
    }

    /// A page of groups.
    pub async fn list(&self, site: &Site, listing: &GroupListing) -> Result<ListedGroups, Failure> {
        let GroupListing { scope, filter, sort, page, count, walk } = listing;
        let (within, filter, skip) = ((site.id, *scope), filter.as_ref(), page.skip);
        let is_look_up = filter.is_some_and(GroupFilter::is_look_up);
        let sorts_many = !is_look_up && page.limit > 0 && !sort.is_indexed();
        let is_scan = filter.is_some() && !is_look_up;
        let _turn =
            if is_scan || sorts_many { Some(self.scans.take(site.id).await?) } else { None };
        let total = if *count || sorts_many {
            Some(self.store.count_groups(within, filter).await?)
        } else {
            None
        };
        if sorts_many {
            check_sorted(total.unwrap_or_default())?;
        }
        let total = total.filter(|_| *count);
        if page.limit == 0 {
            return Ok(ListedGroups { groups: Vec::new(), total, more: false });
        }
        let by_number = page.after.is_none();
        let known = if by_number { self.walks.behind(site.id, *walk, skip) } else { None };
        let is_known = known.is_some();
        let limit = page.limit + 1;
        let one_more = match known {
            Some(after) => Page { after: Some(after), skip: 0, limit },
            None => Page { limit, ..page.clone() },
        };
        let mut groups = self.store.groups(within, filter, sort, &one_more).await?;
        let more = groups.len() as u64 > page.limit;
        if more {
            groups.pop();
        }
        let end = skip + groups.len() as u64;
        if let Some(last) = groups.last().filter(|_| by_number) {
            self.walks.ended(site.id, *walk, end, sort.position(last));
        }
        let walked = if is_known { end + u64::from(more) } else { 0 };
        Ok(ListedGroups { groups, total: total.map(|total| total.max(walked)), more })
    }

    /// The groups of users, those of the first user first, so many altogether, and one more where there are
    /// more. Where the site has none, nobody looks.
    pub async fn of_users(
        &self,
        site: &Site,
        users: &[UserId],
        limit: u64,
    ) -> Result<Vec<ListedUserGroup>, Failure> {
        if !site.has_groups() || users.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.store.groups_of(site.id, users, limit + 1).await?)
    }

    /// Members of groups, so many altogether; behind one of them where it is one group.
    pub async fn members(
        &self,
        (site, scope): (&Site, UserScope),
        groups: &[GroupId],
        after: Option<UserId>,
        limit: u64,
    ) -> Result<ListedMembers, Failure> {
        if limit == 0 || groups.is_empty() {
            return Ok(ListedMembers::default());
        }
        let mut members = self.store.members(site.id, scope, groups, after, limit + 1).await?;
        let mut bytes = 0;
        let fits = |member: &ListedMember| {
            bytes += BYTES_OF_ID + member.display.len();
            bytes <= MEMBER_BYTES
        };
        let fitting = members.iter().map(fits).take_while(|fits| *fits).count();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let kept = fitting.min(limit).max(1);
        let more = members.len() > kept;
        members.truncate(kept);
        Ok(ListedMembers { members, more })
    }
}
