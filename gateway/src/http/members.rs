//! Members of groups, as far as an answer tells of them: the core's pages of them put together.

use super::answer::RequestError;
use super::request_context::RequestContext;
use crate::client::{CallError, Channel};
use crate::translate::{self, Vocabulary};
use provost_proto::limits::{MAX_MEMBERS, MAX_MEMBERS_OF_PAGE};
use provost_proto::v1;
use provost_proto::v1::ErrorReason;
use provost_scim::{Projection, Query, ScimError, ScimType};

/// How many members the core is asked for along with groups: none where none are told of.
pub(super) fn limit(vocabulary: &Vocabulary<'_>, projection: &Projection<'_>) -> i32 {
    let is_told = translate::shows_members(vocabulary, projection);
    if is_told { MAX_MEMBERS_OF_PAGE.into() } else { 0 }
}

/// Reads the members that did not come along with a group. An answer never has a part of them: who
/// imports groups would take it for all.
pub(super) async fn complete<T: Channel>(
    context: &RequestContext<T>,
    group: &mut v1::Group,
) -> Result<(), RequestError> {
    let mut known = group.members.len();
    if fill(context, group, &mut known).await? { Ok(()) } else { Err(too_many()) }
}

/// The same for a page of groups. It ends before a group with which it would have too many members, so
/// that whoever reads on by numbers begins there. A cursor goes on behind the whole page, so that one is
/// refused.
pub(super) async fn complete_page<T: Channel>(
    context: &RequestContext<T>,
    query: &Query,
    groups: &mut Vec<v1::Group>,
) -> Result<(), RequestError> {
    let mut known = groups.iter().map(|group| group.members.len()).sum();
    let mut whole = 0;
    for group in &mut *groups {
        if !fill(context, group, &mut known).await? {
            break;
        }
        whole += 1;
    }
    if whole < groups.len() && (whole == 0 || query.cursor.is_some()) {
        return Err(too_many());
    }
    groups.truncate(whole);
    Ok(())
}

/// Answers whether all members of a group are there now, or would be more than an answer has. That many are
/// known already, of this group and those before it.
async fn fill<T: Channel>(
    context: &RequestContext<T>,
    group: &mut v1::Group,
    known: &mut usize,
) -> Result<bool, RequestError> {
    while !group.next_member_page_token.is_empty() {
        if *known >= MAX_MEMBERS {
            return Ok(false);
        }
        let request = v1::ListGroupMembersRequest {
            site: context.site.clone(),
            group_id: group.id.clone(),
            page_size: MAX_MEMBERS_OF_PAGE.into(),
            page_token: std::mem::take(&mut group.next_member_page_token),
            on_behalf_of: String::new(),
        };
        let core = &context.gateway.core;
        let page = core.list_group_members(context.origin(), request).await?;
        *known += page.members.len();
        group.members.extend(page.members);
        group.next_member_page_token = page.next_page_token;
    }
    Ok(true)
}

/// Reads a group with all its members.
pub(super) async fn read<T: Channel>(
    context: &RequestContext<T>,
    group_id: String,
) -> Result<v1::Group, RequestError> {
    let request = v1::GetGroupRequest {
        site: context.site.clone(),
        group_id,
        member_limit: MAX_MEMBERS_OF_PAGE.into(),
        on_behalf_of: String::new(),
    };
    let answer = context.gateway.core.get_group(context.origin(), request).await?;
    let mut group = answer.group.ok_or(CallError::Broken)?;
    complete(context, &mut group).await?;
    Ok(group)
}

/// What is told where the members of a group are not, after a write.
pub(super) fn left_out() -> v1::Notice {
    v1::Notice {
        reason: ErrorReason::LimitExceeded.into(),
        attribute: "members".to_owned(),
        message: format!(
            "the write is in force; its answer leaves the members out, because they are more than \
             {MAX_MEMBERS} or could not be read just now"
        ),
        ..v1::Notice::default()
    }
}

fn too_many() -> RequestError {
    ScimError::new(
        413,
        format!(
            "The answer would have more than {MAX_MEMBERS} members. Ask with \
             excludedAttributes=members, or for fewer groups at once by count."
        ),
    )
    .with_type(ScimType::TooMany)
    .into()
}
