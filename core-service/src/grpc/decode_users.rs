//! From messages about users to what is created and what is listed.

use super::decode_change::{external_id, ignored};
use super::decode_filter::{too_much, user_filter};
use super::{decode, paging};
use crate::queries::Listing;
use provost_domain::{
    Change, Creation, DirectoryStatus, Page, ProfileSchema, Refusal, Replacement, UserId, UserName,
    UserScope,
};
use provost_proto::limits::{LimitExceeded, MAX_CHANGES};
use provost_proto::v1;
use uuid::Uuid;

/// What pages of users are told from others by.
pub(super) const LIST_USERS: &str = "ListUsers";

/// What is listed in a site, and the request without what may differ from page to page.
pub(super) fn listing(
    schema: ProfileSchema,
    message: v1::ListUsersRequest,
    site: &str,
    scope: UserScope,
) -> Result<(v1::ListUsersRequest, Listing), Refusal> {
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
    } = message;
    let largest = paging::page_size(page_size)?;
    let skip = paging::skip(skip, &page_token)?;
    let read = filter.as_ref().map(|filter| user_filter(schema, filter));
    let read = read.transpose()?;
    let (site, rest) = (site.to_owned(), v1::ListUsersRequest::default());
    let question = v1::ListUsersRequest { site, filter, count_only, ..rest };
    let after = paging::position(&page_token, LIST_USERS, &question)?;
    let after = after.map(|id| UserId(Uuid::from_bytes(id)));
    let limit = if count_only { 0 } else { largest };
    let page = Page { after, skip, limit };
    Ok((question, Listing { scope, filter: read, page, count: count_total || count_only }))
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
