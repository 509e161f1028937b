//! `/Users`: one RPC for each request.

use super::answer::{self, RequestError, empty, identified, json, noticed};
use super::asked_page::{self, AskedPage};
use super::preconditions;
use super::request_context::RequestContext;
use super::write_options;
use crate::client::{CallError, Channel, is_large};
use crate::translate;
use axum::http::StatusCode;
use axum::response::Response;
use provost_proto::v1;
use provost_scim::query::FilterReading;
use provost_scim::{Projection, Query, ResourceData, ScimError, ScimFilter, strict};
use tokio::task::yield_now;

/// `GET /Users`
pub(super) async fn list<T: Channel>(
    context: &RequestContext<T>,
) -> Result<Response, RequestError> {
    answered(context, &Query::read(context.query())?).await
}

/// `POST /Users/.search`
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
    let vocabulary = context.vocabulary();
    let projection = query.projection.read(vocabulary.resource_type);
    let found = found(context, query, translate::shows_groups(vocabulary, &projection)).await?;
    // A page of large users is long work: between its steps others are let go ahead. A usual page goes
    // through at once, because many that are under way together push one another out of the caches.
    let is_long = is_large(&found);
    if is_long {
        yield_now().await;
    }
    let total = found.total();
    let v1::ListUsersResponse { users, next_page_token, .. } = found;
    let resource = |user| translate::resource(vocabulary, user, &context.base);
    let users: Vec<_> = users.iter().map(resource).collect();
    let resources = users.iter().map(|user| user.projected(&projection)).collect();
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
    include_groups: bool,
) -> Result<v1::ListUsersResponse, RequestError> {
    let vocabulary = context.vocabulary();
    let sort = query.sort.as_ref().map(|sort| sort.read(vocabulary.resource_type)).transpose()?;
    let sort = || sort.map(|sort| translate::sort(vocabulary, sort));
    let asked = AskedPage::of(query);
    let Some(text) = &query.filter else {
        return page(context, &asked, None, sort(), include_groups).await;
    };
    let reading = context.filter(text, vocabulary.resource_type)?;
    let FilterReading { filter, alternative } = reading;
    let found = page(context, &asked, Some(&filter), sort(), include_groups).await?;
    match alternative {
        Some(alternative) if found.total() == 0 => {
            page(context, &asked, Some(&alternative), sort(), include_groups).await
        }
        _ => Ok(found),
    }
}

/// A page of users.
pub(super) async fn page<T: Channel>(
    context: &RequestContext<T>,
    asked: &AskedPage,
    filter: Option<&ScimFilter<'_>>,
    sort: Option<v1::Sort>,
    include_groups: bool,
) -> Result<v1::ListUsersResponse, RequestError> {
    let filter = filter.map(|filter| translate::filter(context.vocabulary(), filter));
    if let Some(filter) = &filter {
        translate::check_filter(filter)?;
    }
    let AskedPage { size: page_size, skip, token, count_only } = asked.clone();
    let request = v1::ListUsersRequest {
        on_behalf_of: String::new(),
        site: context.site.clone(),
        filter,
        page_size,
        page_token: token,
        skip,
        count_total: true,
        count_only,
        include_groups,
        sort,
    };
    Ok(context.gateway.core.list_users(context.origin(), request).await?)
}

/// `GET /Users/{id}`
pub(super) async fn get<T: Channel>(
    context: &RequestContext<T>,
    id: &str,
) -> Result<Response, RequestError> {
    let query = Query::read(context.query())?;
    let vocabulary = context.vocabulary();
    let projection = query.projection.read(vocabulary.resource_type);
    let request = v1::GetUserRequest {
        on_behalf_of: String::new(),
        site: context.site.clone(),
        user_id: id.to_owned(),
        include_groups: translate::shows_groups(vocabulary, &projection),
    };
    let answer = context.gateway.core.get_user(context.origin(), request).await?;
    let user = answer.user.ok_or(CallError::Broken)?;
    if !preconditions::expects(&context.parts.headers, user.version) {
        return Err(preconditions::failed());
    }
    if preconditions::is_known(&context.parts.headers, user.version) {
        let resource = translate::resource(vocabulary, &user, &context.base);
        let response = empty(StatusCode::NOT_MODIFIED);
        return Ok(identified(response, resource.version(), resource.location()));
    }
    Ok(written(context, StatusCode::OK, &user, &projection))
}

/// `POST /Users`
pub(super) async fn create<T: Channel>(
    context: &RequestContext<T>,
    body: &[u8],
) -> Result<Response, RequestError> {
    let query = Query::read(context.query())?;
    let vocabulary = context.vocabulary();
    let data = ResourceData::read(body).map_err(ScimError::from)?;
    if context.is_strict {
        strict::resource(vocabulary.resource_type, &data)?;
    }
    let mut request = translate::new_user(vocabulary, context.site.clone(), data)?;
    preconditions::check_collection(&context.parts.headers)?;
    request.options = write_options::of_creation(&context.parts.headers)?;
    let projection = query.projection.read(vocabulary.resource_type);
    request.include_groups = translate::shows_groups(vocabulary, &projection);
    let answer = context.gateway.core.create_user(context.origin(), request).await?;
    // Also where it was linked with a user who was there: of those who create without looking first, some
    // take nothing else (`sdk_create`).
    decided(context, StatusCode::CREATED, answer.decision, &projection)
}

/// `PUT /Users/{id}`
pub(super) async fn replace<T: Channel>(
    context: &RequestContext<T>,
    id: &str,
    body: &[u8],
) -> Result<Response, RequestError> {
    let vocabulary = context.vocabulary();
    let data = ResourceData::read(body).map_err(ScimError::from)?;
    if context.is_strict {
        strict::resource(vocabulary.resource_type, &data)?;
    }
    change(context, id, translate::whole_user(vocabulary, data)?).await
}

/// `PATCH /Users/{id}`
pub(super) async fn patch<T: Channel>(
    context: &RequestContext<T>,
    id: &str,
    body: &[u8],
) -> Result<Response, RequestError> {
    let vocabulary = context.vocabulary();
    let data = ResourceData::read(body).map_err(ScimError::from)?;
    if context.is_strict {
        strict::operations(vocabulary.resource_type, &data)?;
    }
    change(context, id, translate::patched_user(vocabulary, data)?).await
}

async fn change<T: Channel>(
    context: &RequestContext<T>,
    id: &str,
    changes: Vec<v1::Change>,
) -> Result<Response, RequestError> {
    let query = Query::read(context.query())?;
    let vocabulary = context.vocabulary();
    let projection = query.projection.read(vocabulary.resource_type);
    let request = v1::ChangeUserRequest {
        site: context.site.clone(),
        user_id: id.to_owned(),
        changes,
        options: write_options::of_change(&context.parts.headers)?,
        include_groups: translate::shows_groups(vocabulary, &projection),
    };
    let answer = context.gateway.core.change_user(context.origin(), request).await?;
    decided(context, StatusCode::OK, answer.decision, &projection)
}

/// `DELETE /Users/{id}`
pub(super) async fn delete<T: Channel>(
    context: &RequestContext<T>,
    id: &str,
) -> Result<Response, RequestError> {
    let request = v1::DeleteUserRequest {
        site: context.site.clone(),
        user_id: id.to_owned(),
        options: write_options::of_change(&context.parts.headers)?,
    };
    context.gateway.core.delete_user(context.origin(), request).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

fn decided<T>(
    context: &RequestContext<T>,
    status: StatusCode,
    decision: Option<v1::Decision>,
    projection: &Projection<'_>,
) -> Result<Response, RequestError> {
    let v1::Decision { user, notices, .. } = decision.ok_or(CallError::Broken)?;
    let user = user.ok_or(CallError::Broken)?;
    Ok(noticed(written(context, status, &user, projection), &notices))
}

fn written<T>(
    context: &RequestContext<T>,
    status: StatusCode,
    user: &v1::User,
    projection: &Projection<'_>,
) -> Response {
    let resource = translate::resource(context.vocabulary(), user, &context.base);
    let response = json(status, &resource.projected(projection));
    identified(response, resource.version(), resource.location())
}
