//! From messages about users to what is created and what is listed.

use super::decode_change::{external_id, ignored};
use super::decode_filter::{too_much, user_filter};
use super::decode_sort::user_sort;
use super::{decode, paging};
use crate::page_key::{PageKey, PagedQuestion};
use crate::queries::Listing;
use prost::Message as _;
use provost_domain::{
    Change, Creation, DirectoryStatus, Page, ProfileSchema, Refusal, Replacement, SortPosition,
    Timestamp, TokenId, UserId, UserName, UserScope,
};
use provost_proto::limits::{LimitExceeded, MAX_CHANGES};
use provost_proto::v1;

/// What pages of users are told from others by.
pub(super) const LIST_USERS: &str = "ListUsers";

/// Who lists, in which site.
pub(super) struct Lister<'a> {
    pub site: &'a str,
    pub scope: UserScope,
    pub token: Option<TokenId>,
    pub key: &'a PageKey,
    pub now: Timestamp,
}

/// What is listed in a site, and the request as bytes without what may differ from page to page.
pub(super) fn listing(
    schema: ProfileSchema,
    message: v1::ListUsersRequest,
    lister: &Lister<'_>,
) -> Result<(Vec<u8>, Listing), Refusal> {
    let v1::ListUsersRequest {
        site: _,
        filter,
        page_size,
        page_token,
        skip,
        count_total,
        count_only,
        on_behalf_of: _,
        include_groups: _,
        sort,
    } = message;
    let largest = paging::page_size(page_size)?;
    let skip = paging::skip(skip, &page_token)?;
    let read = filter.as_ref().map(|filter| user_filter(schema, filter));
    let read = read.transpose()?;
    let order = sort.as_ref().map(|sort| user_sort(schema, sort)).transpose()?;
    let Lister { site, scope, token, key, now } = *lister;
    let (site, rest) = (site.to_owned(), v1::ListUsersRequest::default());
    let question = v1::ListUsersRequest { site, filter, sort, count_only, ..rest };
    let message = question.encode_to_vec();
    let asked = PagedQuestion { rpc: LIST_USERS, message: &message };
    let after = paging::keyed_position(key, &page_token, asked, now)?;
    let after = after.map(|SortPosition { id, value }| SortPosition { id: UserId(id), value });
    let limit = if count_only { 0 } else { largest };
    let page = Page { after, skip, limit };
    let (count, walk) = (count_total || count_only, key.walk(asked, token));
    Ok((message, Listing { scope, filter: read, sort: order, page, count, walk }))
}

/// A creation is a newcomer to whom the rest is applied as one replacement, so that the same law
/// rules both.
pub(super) fn creation(
    schema: ProfileSchema,
    message: v1::CreateUserRequest,
) -> Result<Creation, Refusal> {
    let v1::CreateUserRequest {
        site: _,
        user_name,
        external_id: id,
        active,
        role,
        profile,
        ignored: rest,
        options: _,
        include_groups: _,
    } = message;
    let replacement = Replacement {
        user_name: None,
        external_id: external_id(id)?,
        directory_status: active.map(DirectoryStatus::from),
        role: decode::role(role)?,
        profile: decode::profile(schema, profile)?,
    };
    if rest.len() > MAX_CHANGES {
        return Err(too_much(LimitExceeded::Changes));
    }
    let mut changes = vec![Change::Replace(Box::new(replacement))];
    for wire in rest {
        changes.push(Change::Ignored(ignored(wire)?));
    }
    Ok(Creation { user_name: UserName::parse(&user_name)?, changes })
}
