//! From messages about groups to what is asked of one and what is listed.

use super::decode_change::{external_id, ignored};
use super::decode_filter::too_much;
use super::decode_group_filter::{group_filter, member_filter};
use super::decode_sort::group_sort;
use super::decode_users::Lister;
use super::{decode, paging};
use crate::page_key::PagedQuestion;
use crate::queries::GroupListing;
use prost::Message as _;
use provost_domain::{
    GroupChange, GroupCreation, GroupId, GroupName, Page, Reason, Refusal, SortPosition, UserId,
    unknown_group, unknown_members,
};
use provost_proto::limits::{
    LimitExceeded, MAX_CHANGES, MAX_MEMBERS_OF_PAGE, check_group_changes, check_members,
};
use provost_proto::v1;
use provost_proto::v1::group_change::Change as Wire;
use uuid::Uuid;

/// What pages of groups are told from others by.
pub(super) const LIST_GROUPS: &str = "ListGroups";
/// The longest part of a text that is told as an id.
const TOLD: usize = 64;

/// A group that has no UUID is none.
pub(super) fn group_id(text: &str) -> Result<GroupId, Refusal> {
    Uuid::try_parse(text).map(GroupId).map_err(|_| unknown_group())
}

/// What is listed in a site, and the request as bytes without what may differ from page to page.
pub(super) fn listing(
    message: v1::ListGroupsRequest,
    lister: &Lister<'_>,
) -> Result<(Vec<u8>, GroupListing), Refusal> {
    let v1::ListGroupsRequest {
        site: _,
        filter,
        page_size,
        page_token,
        skip,
        count_total,
        count_only,
        member_limit: _,
        on_behalf_of: _,
        sort,
    } = message;
    let largest = paging::page_size(page_size)?;
    let skip = paging::skip(skip, &page_token)?;
    let read = filter.as_ref().map(group_filter).transpose()?;
    let order = group_sort(sort.as_ref())?;
    let Lister { site, scope, token, key, now } = *lister;
    let (site, rest) = (site.to_owned(), v1::ListGroupsRequest::default());
    let question = v1::ListGroupsRequest { site, filter, sort, count_only, ..rest };
    let message = question.encode_to_vec();
    let asked = PagedQuestion { rpc: LIST_GROUPS, message: &message };
    let after = paging::keyed_position(key, &page_token, asked, now)?;
    let after = after.map(|SortPosition { id, value }| SortPosition { id: GroupId(id), value });
    let limit = if count_only { 0 } else { largest };
    let page = Page { after, skip, limit };
    let (count, walk) = (count_total || count_only, key.walk(asked, token));
    Ok((message, GroupListing { scope, filter: read, sort: order, page, count, walk }))
}

/// How many members come with groups at most.
pub(super) fn member_limit(asked: i32) -> Result<u64, Refusal> {
    let message = "member_limit counts members and can't be negative; 0 means none";
    let refusal = |_| Refusal::about(Reason::ValueInvalid, "member_limit", message);
    let limit = u64::try_from(asked).map_err(refusal)?;
    Ok(limit.min(MAX_MEMBERS_OF_PAGE.into()))
}

pub(super) fn creation(message: v1::CreateGroupRequest) -> Result<GroupCreation, Refusal> {
    let v1::CreateGroupRequest {
        site: _,
        display_name,
        external_id: id,
        user_ids,
        ignored: rest,
        options: _,
    } = message;
    check_members(user_ids.len()).map_err(too_many)?;
    if rest.len() > MAX_CHANGES {
        return Err(too_many(LimitExceeded::Changes));
    }
    let mut changes = vec![
        GroupChange::SetExternalId(external_id(id)?),
        GroupChange::AddMembers(members(&user_ids)?),
    ];
    for wire in rest {
        changes.push(GroupChange::Ignored(ignored(wire)?));
    }
    Ok(GroupCreation { display_name: GroupName::parse(&display_name)?, changes })
}

/// Reads a list of changes.
pub(super) fn group_changes(changes: Vec<v1::GroupChange>) -> Result<Vec<GroupChange>, Refusal> {
    check_group_changes(&changes).map_err(too_many)?;
    let mut read = Vec::with_capacity(changes.len());
    for wire in changes {
        let wire = decode::some(wire.change, "change")?;
        if let Wire::RemoveMembers(v1::RemoveMembers { user_ids, selected: true }) = &wire {
            read.push(GroupChange::RequireMember(users(user_ids)));
        }
        read.push(change(wire)?);
    }
    Ok(read)
}

fn change(wire: Wire) -> Result<GroupChange, Refusal> {
    match wire {
        Wire::SetDisplayName(v1::SetDisplayName { display_name }) => {
            Ok(GroupChange::SetDisplayName(GroupName::parse(&display_name)?))
        }
        Wire::SetExternalId(v1::SetExternalId { external_id: id }) => {
            Ok(GroupChange::SetExternalId(external_id(id)?))
        }
        Wire::AddMembers(v1::AddMembers { user_ids, selected }) => {
            let read = members(&user_ids);
            if selected {
                // Whether somebody has to be a member already, the law knows.
                return Ok(GroupChange::KeepMembers {
                    users: users(&user_ids),
                    others: read.err(),
                });
            }
            Ok(GroupChange::AddMembers(read?))
        }
        Wire::RemoveMembers(v1::RemoveMembers { user_ids, selected: _ }) => {
            Ok(GroupChange::RemoveMembers(users(&user_ids)))
        }
        Wire::RemoveSelectedMembers(v1::RemoveSelectedMembers { filter }) => {
            let condition = member_filter(&decode::some(filter, "filter")?)?;
            Ok(GroupChange::RemoveSelected(condition))
        }
        Wire::ReplaceMembers(v1::ReplaceMembers { user_ids }) => {
            Ok(GroupChange::ReplaceMembers(members(&user_ids)?))
        }
        Wire::Ignored(wire) => ignored(wire).map(GroupChange::Ignored),
    }
}

fn user(id: &str) -> Option<UserId> {
    Uuid::try_parse(id).ok().map(UserId)
}

/// What is no id is no member's.
fn users(ids: &[String]) -> Vec<UserId> {
    ids.iter().filter_map(|id| user(id)).collect()
}

fn members(ids: &[String]) -> Result<Vec<UserId>, Refusal> {
    let users = users(ids);
    if users.len() == ids.len() {
        return Ok(users);
    }
    let unknown: Vec<_> = ids.iter().filter(|id| user(id).is_none()).collect();
    Err(unknown_members(unknown.iter().map(|id| id.escape_debug().take(TOLD).collect())))
}

fn too_many(exceeded: LimitExceeded) -> Refusal {
    match exceeded {
        LimitExceeded::Members => {
            Refusal { attribute: "user_ids".to_owned(), ..too_much(exceeded) }
        }
        _ => too_much(exceeded),
    }
}
