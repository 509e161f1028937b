//! From groups and their members to messages.

use super::encode::{notice, time};
use super::paging;
use crate::Failure;
use crate::queries::ListedMembers;
use provost_domain::{Answer, Decision, ExternalId, Group, ListedMember};
use provost_proto::v1;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What pages of members are told from others by.
pub(super) const LIST_MEMBERS: &str = "ListGroupMembers";

pub(super) fn group(group: Group, site: &str) -> v1::Group {
    let Group { site: _, id, display_name, external_id, version, created_at, updated_at } = group;
    v1::Group {
        id: id.0.to_string(),
        site: site.to_owned(),
        display_name: display_name.into_string(),
        external_id: external_id.map(ExternalId::into_string),
        version,
        create_time: Some(time(created_at)),
        update_time: Some(time(updated_at)),
        members: Vec::new(),
        next_member_page_token: String::new(),
    }
}

/// Groups with their members, as far as these were read.
pub(super) fn groups(groups: Vec<Group>, site: &str, listed: ListedMembers) -> Vec<v1::Group> {
    let ListedMembers { members, more } = listed;
    let last = members.last().map(|last| last.group);
    let mut of_groups = BTreeMap::<_, Vec<ListedMember>>::new();
    for member in members {
        of_groups.entry(member.group).or_default().push(member);
    }
    let with_members = |one: Group| {
        let id = one.id;
        let members = of_groups.remove(&id).unwrap_or_default();
        let is_cut = more && last.is_none_or(|last| last <= id);
        let behind = members.last().map_or(Uuid::nil(), |last| last.user.0);
        let group = group(one, site);
        let next_member_page_token = if is_cut {
            paging::token(behind.as_bytes(), LIST_MEMBERS, &question(site, &group.id))
        } else {
            String::new()
        };
        let members = members.into_iter().map(member).collect();
        v1::Group { members, next_member_page_token, ..group }
    };
    groups.into_iter().map(with_members).collect()
}

/// A request for members of a group with nothing in it that may differ from page to page.
pub(super) fn question(site: &str, group: &str) -> v1::ListGroupMembersRequest {
    v1::ListGroupMembersRequest {
        site: site.to_owned(),
        group_id: group.to_owned(),
        ..v1::ListGroupMembersRequest::default()
    }
}

pub(super) fn member(member: ListedMember) -> v1::GroupMember {
    let ListedMember { group: _, user, display } = member;
    v1::GroupMember { user_id: user.0.to_string(), display }
}

pub(super) fn decision(decision: Decision, site: &str) -> Result<v1::GroupDecision, Failure> {
    let Decision { answer, changed, notices, revision } = decision;
    let Answer::Group { group: decided, created: _ } = answer else {
        return Err(Failure::OtherAnswer);
    };
    Ok(v1::GroupDecision {
        group: Some(group(decided, site)),
        changed,
        notices: notices.into_iter().map(notice).collect(),
        revision,
    })
}
