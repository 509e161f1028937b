//! Groups, one by one and in pages, and who is in them.

use super::Turns;
use crate::Failure;
use crate::store::Store;
use provost_domain::{
    Group, GroupFilter, GroupId, ListedMember, ListedUserGroup, Page, Site, UserId, UserScope,
    unknown_group,
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
    scans: Arc<Turns>,
}

/// Which groups are asked for.
#[derive(Debug)]
pub struct GroupListing {
    /// Whom of their members the caller gets to see.
    pub scope: UserScope,
    /// Which; all when absent.
    pub filter: Option<GroupFilter>,
    /// Where the page begins and how long it is.
    pub page: Page<GroupId>,
    /// Whether all matching groups are counted too.
    pub count: bool,
}

/// A page of groups.
#[derive(Debug)]
pub struct ListedGroups {
    /// In the order of their ids.
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
    pub const fn new(store: Store, scans: Arc<Turns>) -> Self {
        Self { store, scans }
    }

    /// One group by id.
    pub async fn get(&self, site: &Site, id: GroupId) -> Result<Group, Failure> {
        Ok(self.store.group(site.id, id).await?.ok_or_else(unknown_group)?)
    }

    /// A page of groups.
    pub async fn list(&self, site: &Site, listing: &GroupListing) -> Result<ListedGroups, Failure> {
        let GroupListing { scope, filter, page, count } = listing;
        let (within, filter) = ((site.id, *scope), filter.as_ref());
        let _turn = match filter {
            Some(filter) if !filter.is_look_up() => Some(self.scans.take(site.id).await?),
            _ => None,
        };
        let total =
            if *count { Some(self.store.count_groups(within, filter).await?) } else { None };
        if page.limit == 0 {
            return Ok(ListedGroups { groups: Vec::new(), total, more: false });
        }
        let one_more = Page { limit: page.limit + 1, ..*page };
        let mut groups = self.store.groups(within, filter, one_more).await?;
        let more = groups.len() as u64 > page.limit;
        if more {
            groups.pop();
        }
        Ok(ListedGroups { groups, total, more })
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
