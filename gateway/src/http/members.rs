//! Members of groups, as far as an answer tells of them: the core's pages of them put together.

use super::answer::RequestError;
use super::request_context::RequestContext;
use crate::client::{CallError, Channel};
use crate::translate::{self, Vocabulary};
use provost_proto::limits::{MAX_MEMBERS, MAX_MEMBERS_OF_PAGE};
use provost_proto::v1;
use provost_scim::{Projection, ScimError, ScimType};

/// How many members the core is asked for along with groups: none where none are told of.
pub(super) fn limit(vocabulary: &Vocabulary<'_>, projection: &Projection<'_>) -> i32 {
    let is_told = translate::shows_members(vocabulary, projection);
    if is_told { MAX_MEMBERS_OF_PAGE.into() } else { 0 }
}

/// Reads the members that did not come along with groups. An answer is never a part of them: who
/// imports groups would take it for all.
pub(super) async fn complete<T: Channel>(
    context: &RequestContext<T>,
    groups: &mut [v1::Group],
) -> Result<(), RequestError> {
    let mut known: usize = groups.iter().map(|group| group.members.len()).sum();
    for group in groups {
        while !group.next_member_page_token.is_empty() {
            if known >= MAX_MEMBERS {
                return Err(too_many());
            }
            let request = v1::ListGroupMembersRequest {
                site: context.site.clone(),
                group_id: group.id.clone(),
                page_size: MAX_MEMBERS_OF_PAGE.into(),
                page_token: std::mem::take(&mut group.next_member_page_token),
                on_behalf_of: String::new(),
            };
            let core = &context.gateway.core;
            let page = core.list_group_members(context.authorization(), request).await?;
            known += page.members.len();
            group.members.extend(page.members);
            group.next_member_page_token = page.next_page_token;
        }
    }
    Ok(())
}

/// Reads a group again, with all its members.
pub(super) async fn read<T: Channel>(
    context: &RequestContext<T>,
    group: &mut v1::Group,
) -> Result<(), RequestError> {
    let request = v1::GetGroupRequest {
        site: context.site.clone(),
        group_id: group.id.clone(),
        member_limit: MAX_MEMBERS_OF_PAGE.into(),
        on_behalf_of: String::new(),
    };
    let answer = context.gateway.core.get_group(context.authorization(), request).await?;
    *group = answer.group.ok_or(CallError::Broken)?;
    complete(context, std::slice::from_mut(group)).await
}

fn too_many() -> RequestError {
    ScimError::new(
        413,
        format!(
            "The answer would have more than {MAX_MEMBERS} members. Ask with \
             excludedAttributes=members, or for fewer groups at a time."
        ),
    )
    .with_type(ScimType::TooMany)
    .into()
}
