//! `/Groups`: one RPC for each write. Only reads may take more of them, for members that don't fit one
//! answer of the core.

use super::answer::{self, RequestError, empty, identified, noticed};
use super::asked_page::{self, AskedPage};
use super::body::{Complete, taken_apart};
use super::members;
use super::preconditions;
use super::request_context::RequestContext;
use super::write_options;
use crate::client::{CallError, Channel, is_large};
use crate::translate;
use axum::http::StatusCode;
use axum::response::Response;
use provost_proto::v1;
use provost_scim::query::FilterReading;
use provost_scim::{Projection, ProjectionText, Query, ResourceData, ScimFilter, strict};
use tokio::task::yield_now;

/// `GET /Groups`
pub(super) async fn list<T: Channel>(
    context: &RequestContext<T>,
) -> Result<Response, RequestError> {
    answered(context, &Query::read(context.query())?).await
}

/// `POST /Groups/.search`
pub(super) async fn search<T: Channel>(
    context: &RequestContext<T>,
    body: &[u8],
) -> Result<Response, RequestError> {
    if context.is_strict {
        strict::search(body)?;
    }
    answered(context, &Query::read_body(body)?).await
}

async fn answered<T: Channel>(
    context: &RequestContext<T>,
    query: &Query,
) -> Result<Response, RequestError> {
    let vocabulary = context.group_vocabulary();
    let projection = query.projection.read(vocabulary.resource_type);
    let member_limit = members::limit(vocabulary, &projection);
    let mut found = found(context, query, member_limit).await?;
    members::complete_page(context, query, &mut found.groups).await?;
    let is_long = is_large(&found);
    if is_long {
        yield_now().await;
    }
    let total = found.total();
    let v1::ListGroupsResponse { groups, next_page_token, .. } = found;
    let (groups_url, users_url) = (context.groups_url(), context.users_url());
    let resource = |group| translate::group_resource(vocabulary, group, &groups_url, &users_url);
    let groups: Vec<_> = groups.iter().map(resource).collect();
    let resources = groups.iter().map(|group| group.projected(&projection)).collect();
    let page = asked_page::page(query, total, next_page_token, resources);
    if is_long {
        yield_now().await;
    }
    answer::page(&page, context.parts.version, &context.gateway.answer_shares, &context.site)
}

/// What a filter finds; when that is nothing, what its sender means if they encoded twice.
async fn found<T: Channel>(
    context: &RequestContext<T>,
    query: &Query,
    member_limit: i32,
) -> Result<v1::ListGroupsResponse, RequestError> {
    let vocabulary = context.group_vocabulary();
    let sort = query.sort.as_ref().map(|sort| sort.read(vocabulary.resource_type)).transpose()?;
    let sort = || sort.map(|sort| translate::sort(vocabulary, sort));
    let asked = AskedPage::of(query);
    let Some(text) = &query.filter else {
        return page(context, &asked, None, sort(), member_limit).await;
    };
    let reading = context.filter(text, vocabulary.resource_type)?;
    let FilterReading { filter, alternative } = reading;
    let found = page(context, &asked, Some(&filter), sort(), member_limit).await?;
    match alternative {
        Some(alternative) if found.total() == 0 => {
            page(context, &asked, Some(&alternative), sort(), member_limit).await
        }
        _ => Ok(found),
    }
}

/// A page of groups.
pub(super) async fn page<T: Channel>(
    context: &RequestContext<T>,
    asked: &AskedPage,
    filter: Option<&ScimFilter<'_>>,
    sort: Option<v1::Sort>,
    member_limit: i32,
) -> Result<v1::ListGroupsResponse, RequestError> {
    let filter = filter.map(|filter| translate::filter(context.group_vocabulary(), filter));
    if let Some(filter) = &filter {
        translate::check_filter(filter)?;
    }
    let AskedPage { size: page_size, skip, token, count_only } = asked.clone();
    let request = v1::ListGroupsRequest {
        site: context.site.clone(),
        filter,
        page_size,
        page_token: token,
        skip,
        count_total: true,
        count_only,
        member_limit,
        on_behalf_of: String::new(),
        sort,
    };
    Ok(context.gateway.core.list_groups(context.origin(), request).await?)
}

/// `GET /Groups/{id}`
pub(super) async fn get<T: Channel>(
    context: &RequestContext<T>,
    id: &str,
) -> Result<Response, RequestError> {
    let query = Query::read(context.query())?;
    let vocabulary = context.group_vocabulary();
    let projection = query.projection.read(vocabulary.resource_type);
    let member_limit = members::limit(vocabulary, &projection);
    let request = v1::GetGroupRequest {
        site: context.site.clone(),
        group_id: id.to_owned(),
        member_limit,
        on_behalf_of: String::new(),
    };
    let answer = context.gateway.core.get_group(context.origin(), request).await?;
    let mut group = answer.group.ok_or(CallError::Broken)?;
    if !preconditions::expects(&context.parts.headers, group.version) {
        return Err(preconditions::failed());
    }
    if preconditions::is_known(&context.parts.headers, group.version) {
        group.members.clear();
        return Ok(tagged(context, empty(StatusCode::NOT_MODIFIED), &group));
    }
    members::complete(context, &mut group).await?;
    written(context, StatusCode::OK, &group, &projection)
}

/// `POST /Groups`
pub(super) async fn create<T: Channel>(
    context: &RequestContext<T>,
    body: Complete,
) -> Result<Response, RequestError> {
    let query = Query::read(context.query())?;
    let vocabulary = context.group_vocabulary();
    let (site, is_strict) = (context.site.clone(), context.is_strict);
    let read = taken_apart(body, move |body| {
        let data = ResourceData::read(body)?;
        if is_strict {
            strict::resource(vocabulary.resource_type, &data)?;
        }
        let request = translate::new_group(vocabulary, site, data)?;
        let members = translate::named_members(&request.user_ids);
        Ok((request, members))
    });
    let (mut request, members) = read.await?;
    preconditions::check_collection(&context.parts.headers)?;
    request.options = write_options::of_creation(&context.parts.headers)?;
    let answer = context.gateway.core.create_group(context.origin(), request).await?;
    let projection = query.projection.read(vocabulary.resource_type);
    decided(context, StatusCode::CREATED, answer.decision, members, &projection).await
}

/// `PUT /Groups/{id}`
pub(super) async fn replace<T: Channel>(
    context: &RequestContext<T>,
    id: &str,
    body: Complete,
) -> Result<Response, RequestError> {
    let query = Query::read(context.query())?;
    let (vocabulary, is_strict) = (context.group_vocabulary(), context.is_strict);
    let read = taken_apart(body, move |body| {
        let data = ResourceData::read(body)?;
        if is_strict {
            strict::resource(vocabulary.resource_type, &data)?;
        }
        let changes = translate::whole_group(vocabulary, data)?;
        let members = translate::replaced_members(&changes).and_then(translate::named_members);
        Ok((changes, members))
    });
    let (changes, members) = read.await?;
    let decision = change(context, id, changes).await?;
    let projection = query.projection.read(vocabulary.resource_type);
    decided(context, StatusCode::OK, decision, members, &projection).await
}

/// `PATCH /Groups/{id}`: answered without a body, so that nobody reads the other members, unless the
/// client asks for one (RFC 7644 section 3.5.2).
pub(super) async fn patch<T: Channel>(
    context: &RequestContext<T>,
    id: &str,
    body: Complete,
) -> Result<Response, RequestError> {
    let query = Query::read(context.query())?;
    let (vocabulary, is_strict) = (context.group_vocabulary(), context.is_strict);
    let read = taken_apart(body, move |body| {
        let data = ResourceData::read(body)?;
        if is_strict {
            strict::operations(vocabulary.resource_type, &data)?;
        }
        translate::patched_group(vocabulary, data)
    });
    let decision = change(context, id, read.await?).await?;
    if query.projection != ProjectionText::All {
        let projection = query.projection.read(vocabulary.resource_type);
        return decided(context, StatusCode::OK, decision, None, &projection).await;
    }
    let v1::GroupDecision { group, notices, .. } = decision.ok_or(CallError::Broken)?;
    let group = group.ok_or(CallError::Broken)?;
    Ok(noticed(tagged(context, empty(StatusCode::NO_CONTENT), &group), &notices))
}

async fn change<T: Channel>(
    context: &RequestContext<T>,
    id: &str,
    changes: Vec<v1::GroupChange>,
) -> Result<Option<v1::GroupDecision>, RequestError> {
    let request = v1::ChangeGroupRequest {
        site: context.site.clone(),
        group_id: id.to_owned(),
        changes,
        options: write_options::of_change(&context.parts.headers)?,
    };
    let answer = context.gateway.core.change_group(context.origin(), request).await?;
    Ok(answer.decision)
}

/// `DELETE /Groups/{id}`
pub(super) async fn delete<T: Channel>(
    context: &RequestContext<T>,
    id: &str,
) -> Result<Response, RequestError> {
    let request = v1::DeleteGroupRequest {
        site: context.site.clone(),
        group_id: id.to_owned(),
        options: write_options::of_change(&context.parts.headers)?,
    };
    context.gateway.core.delete_group(context.origin(), request).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// What a write is answered. Members are told where they are asked for: as they were sent, or, where
/// not all of them were, as they are now read. What is in force is never answered with an error: where the
/// members can't be told, they are left out with a notice.
async fn decided<T: Channel>(
    context: &RequestContext<T>,
    status: StatusCode,
    decision: Option<v1::GroupDecision>,
    members: Option<Vec<v1::GroupMember>>,
    projection: &Projection<'_>,
) -> Result<Response, RequestError> {
    let v1::GroupDecision { group, mut notices, .. } = decision.ok_or(CallError::Broken)?;
    let mut group = group.ok_or(CallError::Broken)?;
    let whole = match members {
        Some(members) => Ok(v1::Group { members, ..group.clone() }),
        None if translate::shows_members(context.group_vocabulary(), projection) => {
            members::read(context, group.id.clone()).await
        }
        None => Ok(group.clone()),
    };
    let answer = whole.and_then(|whole| written(context, status, &whole, projection));
    if let Ok(answer) = answer {
        return Ok(noticed(answer, &notices));
    }
    group.members.clear();
    notices.push(members::left_out());
    Ok(noticed(written(context, status, &group, projection)?, &notices))
}

fn written<T>(
    context: &RequestContext<T>,
    status: StatusCode,
    group: &v1::Group,
    projection: &Projection<'_>,
) -> Result<Response, RequestError> {
    let vocabulary = context.group_vocabulary();
    let (groups_url, users_url) = (context.groups_url(), context.users_url());
    let resource = translate::group_resource(vocabulary, group, &groups_url, &users_url);
    let shares = &context.gateway.answer_shares;
    let mut response = answer::page(
        &resource.projected(projection),
        context.parts.version,
        shares,
        &context.site,
    )?;
    *response.status_mut() = status;
    Ok(identified(response, resource.version(), resource.location()))
}

/// An answer with what identifies this state of a group, and nothing more of it.
fn tagged<T>(context: &RequestContext<T>, response: Response, group: &v1::Group) -> Response {
    let (groups_url, users_url) = (context.groups_url(), context.users_url());
    let vocabulary = context.group_vocabulary();
    let resource = translate::group_resource(vocabulary, group, &groups_url, &users_url);
    identified(response, resource.version(), resource.location())
}
