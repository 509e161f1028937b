//! The page of a group: what it is called, where it came from, and who is in it.

mod action;
mod decided;
mod renamed_roles;

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use prost_types::Timestamp;
use provost_proto::v1::event_state::State;
use provost_proto::v1::{
    ErrorReason, Event, EventState, GetGroupRequest, Group, GroupMember, ListEventsRequest,
    ListGroupMembersRequest,
};
use serde::Deserialize;

use super::log_line::caller;
use super::rule_line::{self, RuleLine};
use crate::client::{CallFailure, OwnCore};
use crate::failure::PageFailure;
use crate::frame::{Frame, page};
use crate::moment::Moment;
use crate::signed_in::SignedIn;

pub use action::{act, confirm};

/// How many members a page has.
const PAGE: i32 = 50;
const NANOS_OF_MICRO: i32 = 1_000;
const NANOS_OF_SECOND: i32 = 1_000_000_000;

#[derive(Template)]
#[template(path = "group.html")]
struct GroupPage {
    frame: Frame,
    site: String,
    id: String,
    display_name: String,
    external_id: String,
    /// Who made it; empty where the ledger doesn't tell of it any more.
    maker: String,
    created: Option<Moment>,
    updated: Option<Moment>,
    /// Those about it; none for who manages no rules.
    rules: Option<Vec<RuleLine>>,
    /// The roles that a group can give.
    roles: Vec<&'static str>,
    members: Vec<GroupMember>,
    /// Whether these are the first ones.
    is_beginning: bool,
    next: String,
    /// Whether something was just done.
    is_done: bool,
}

/// Which part of the members.
#[derive(Deserialize)]
pub struct MembersView {
    #[serde(default)]
    page: String,
    done: Option<String>,
}

/// A group with some of its members.
pub async fn show(
    SignedIn { core }: SignedIn,
    Path((site, id)): Path<(String, String)>,
    Query(view): Query<MembersView>,
) -> Result<Response, PageFailure> {
    let group = by_id(&core, &site, &id).await?.ok_or(PageFailure::NoSuchPage)?;
    let is_beginning = view.page.is_empty();
    let request = ListGroupMembersRequest {
        site: site.clone(),
        group_id: group.id.clone(),
        page_size: PAGE,
        page_token: view.page,
        on_behalf_of: String::new(),
    };
    let listed = core.answer(core.groups().list_group_members(request)).await?;
    let shown = GroupPage {
        frame: Frame::of_site(&site, "groups"),
        maker: maker(&core, &site, &group).await?,
        created: group.create_time.and_then(Moment::of),
        updated: group.update_time.and_then(Moment::of),
        rules: rules_about(&core, &site, &group.id).await?,
        roles: rule_line::given_roles().collect(),
        id: group.id,
        display_name: group.display_name,
        external_id: group.external_id.unwrap_or_default(),
        members: listed.members,
        is_beginning,
        next: listed.next_page_token,
        is_done: view.done.is_some(),
        site,
    };
    page(StatusCode::OK, &shown)
}

/// A group by its id, without its members; none where there is none.
pub async fn by_id(core: &OwnCore, site: &str, id: &str) -> Result<Option<Group>, CallFailure> {
    let (site, group_id) = (site.to_owned(), id.to_owned());
    let request = GetGroupRequest { site, group_id, ..GetGroupRequest::default() };
    match core.answer(core.groups().get_group(request)).await {
        Ok(found) => Ok(found.group),
        Err(CallFailure::Refused { reason: ErrorReason::GroupNotFound, .. }) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The rules about a group; none for who manages no rules.
async fn rules_about(
    core: &OwnCore,
    site: &str,
    group_id: &str,
) -> Result<Option<Vec<RuleLine>>, CallFailure> {
    let rules = rule_line::managed(core, site).await?;
    let about = |rules: Vec<_>| {
        let lines = rules.into_iter().filter_map(RuleLine::of);
        lines.filter(|rule| rule.group_id == group_id).collect()
    };
    Ok(rules.map(about))
}

/// Who made a group, as the ledger tells at the time when it was made.
async fn maker(core: &OwnCore, site: &str, group: &Group) -> Result<String, CallFailure> {
    let Some(start) = group.create_time else { return Ok(String::new()) };
    let request = ListEventsRequest {
        site: site.to_owned(),
        kind: "group_created".to_owned(),
        start_time: Some(start),
        end_time: Some(a_micro_later(start)),
        ..ListEventsRequest::default()
    };
    let found = core.answer(core.ledgers().list_events(request)).await?.events;
    let is_of_group = |event: &Event| match &event.after {
        Some(EventState { state: Some(State::Group(made)) }) => made.id == group.id,
        _ => false,
    };
    Ok(found
        .iter()
        .find(|event| is_of_group(event))
        .map_or_else(String::new, |it| caller(&it.caller)))
}

const fn a_micro_later(Timestamp { seconds, nanos }: Timestamp) -> Timestamp {
    match nanos + NANOS_OF_MICRO {
        nanos if nanos < NANOS_OF_SECOND => Timestamp { seconds, nanos },
        nanos => Timestamp { seconds: seconds + 1, nanos: nanos - NANOS_OF_SECOND },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_ends_with_its_last_micro() {
        let at = |seconds, nanos| Timestamp { seconds, nanos };
        assert_eq!(a_micro_later(at(7, 0)), at(7, 1_000));
        assert_eq!(a_micro_later(at(7, 999_999_000)), at(8, 0));
    }
}
