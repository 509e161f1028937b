//! The groups of a site: all of them page by page, or those that somebody looks for; and a new one.
//!
//! What is typed is a display name, an external id or an id, each of which an index finds. Beginnings of names
//! no index finds: they are looked for where that is asked for.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use provost_proto::v1::{
    CreateGroupRequest, ErrorReason, Filter, Group, ListGroupsRequest, ListGroupsResponse,
    Operator, WriteOptions,
};
use serde::Deserialize;
use uuid::Uuid;

use super::group::by_id;
use super::people::compared;
use super::tokens::fresh_id;
use crate::client::{CallFailure, OwnCore};
use crate::failure::{PageFailure, sentence};
use crate::frame::{Frame, page};
use crate::moment::Moment;
use crate::signed_in::SignedIn;

/// How many groups a page has.
const PAGE: i32 = 50;

#[derive(Template)]
#[template(path = "groups.html")]
struct GroupsPage {
    frame: Frame,
    site: String,
    sought: String,
    /// Whether beginnings of names were looked for.
    is_beginning: bool,
    groups: Vec<GroupLine>,
    /// Of the next page; empty on the last one.
    next: String,
}

/// A group in a list.
struct GroupLine {
    id: String,
    display_name: String,
    external_id: String,
    updated: Option<Moment>,
}

impl GroupLine {
    fn of(group: Group) -> Self {
        let Group { id, display_name, external_id, update_time, .. } = group;
        let updated = update_time.and_then(Moment::of);
        Self { id, display_name, external_id: external_id.unwrap_or_default(), updated }
    }
}

/// Which groups are looked for.
#[derive(Deserialize)]
pub struct GroupsView {
    #[serde(default)]
    q: String,
    begins: Option<String>,
    #[serde(default)]
    page: String,
}

/// The groups that are looked for, or all.
pub async fn show(
    SignedIn { core }: SignedIn,
    Path(site): Path<String>,
    Query(view): Query<GroupsView>,
) -> Result<Response, PageFailure> {
    let sought = view.q.trim().to_owned();
    let is_beginning = view.begins.is_some() && !sought.is_empty();
    let found = if sought.is_empty() {
        list(&core, &site, None, view.page).await?
    } else if is_beginning {
        let begins = compared("display_name", Operator::StartsWith, &sought);
        list(&core, &site, Some(begins), view.page).await?
    } else {
        let groups = exactly(&core, &site, &sought).await?;
        ListGroupsResponse { groups, ..ListGroupsResponse::default() }
    };
    let frame = Frame::of_site(&site, "groups");
    let groups = found.groups.into_iter().map(GroupLine::of).collect();
    let next = found.next_page_token;
    page(StatusCode::OK, &GroupsPage { frame, site, sought, is_beginning, groups, next })
}

async fn list(
    core: &OwnCore,
    site: &str,
    filter: Option<Filter>,
    page_token: String,
) -> Result<ListGroupsResponse, CallFailure> {
    let request = ListGroupsRequest {
        site: site.to_owned(),
        filter,
        page_size: PAGE,
        page_token,
        ..ListGroupsRequest::default()
    };
    core.answer(core.groups().list_groups(request)).await
}

/// Every group that is called or known exactly so, each once. Asked for one by one: so each time an index
/// serves.
pub async fn exactly(core: &OwnCore, site: &str, sought: &str) -> Result<Vec<Group>, CallFailure> {
    let mut found = BTreeMap::new();
    for attribute in ["display_name", "external_id"] {
        let filter = compared(attribute, Operator::Equal, sought);
        let groups = list(core, site, Some(filter), String::new()).await?.groups;
        found.extend(groups.into_iter().map(|group| (group.id.clone(), group)));
    }
    if Uuid::try_parse(sought).is_ok()
        && let Some(group) = by_id(core, site, sought).await?
    {
        found.insert(group.id.clone(), group);
    }
    Ok(found.into_values().collect())
}

/// What the form of a new group says.
#[derive(Deserialize)]
pub struct NewGroupForm {
    #[serde(default)]
    request_id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    external_id: String,
}

#[derive(Template)]
#[template(path = "group_form.html")]
struct NewGroupPage {
    frame: Frame,
    site: String,
    form: NewGroupForm,
    problem: String,
}

/// The form of a new group.
pub async fn begin(
    SignedIn { core }: SignedIn,
    Path(site): Path<String>,
) -> Result<Response, PageFailure> {
    // Where there is no such site, nothing can be made in it.
    list(&core, &site, None, String::new()).await?;
    let form =
        NewGroupForm { request_id: fresh_id(), name: String::new(), external_id: String::new() };
    let frame = Frame::of_site(&site, "groups");
    page(StatusCode::OK, &NewGroupPage { frame, site, form, problem: String::new() })
}

/// Makes it.
pub async fn create(
    SignedIn { core }: SignedIn,
    Path(site): Path<String>,
    Form(form): Form<NewGroupForm>,
) -> Result<Response, PageFailure> {
    let external_id = form.external_id.trim().to_owned();
    let options =
        Some(WriteOptions { request_id: form.request_id.clone(), ..WriteOptions::default() });
    let request = CreateGroupRequest {
        site: site.clone(),
        display_name: form.name.trim().to_owned(),
        external_id: Some(external_id).filter(|id| !id.is_empty()),
        options,
        ..CreateGroupRequest::default()
    };
    match core.answer(core.groups().create_group(request)).await {
        Ok(made) => {
            let group = made.decision.and_then(|decision| decision.group).unwrap_or_default();
            let way = format!("/sites/{site}/groups/{}?done", group.id);
            Ok(Redirect::to(&way).into_response())
        }
        Err(CallFailure::Refused { message, reason, .. })
            if reason != ErrorReason::SiteNotFound =>
        {
            let form = NewGroupForm { request_id: fresh_id(), ..form };
            let frame = Frame::of_site(&site, "groups");
            let problem = sentence(&message);
            let shown = NewGroupPage { frame, site, form, problem };
            page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(failure) => Err(failure.into()),
    }
}
