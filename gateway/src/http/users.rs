//! `/Users`: one RPC for each request.

use super::answer::{self, RequestError, empty, identified, json, noticed};
use super::asked_page::AskedPage;
use super::preconditions;
use super::request_context::RequestContext;
use super::write_options;
use crate::client::{CallError, Channel, is_large};
use crate::translate;
use axum::http::StatusCode;
use axum::response::Response;
use provost_proto::v1;
use provost_scim::query::FilterReading;
use provost_scim::{ListResponse, ProjectionText, Query, ScimError, input, patch};
use tokio::task::yield_now;

/// `GET /Users`
pub(super) async fn list<T: Channel>(
    context: &RequestContext<T>,
) -> Result<Response, RequestError> {
    let vocabulary = context.vocabulary();
    let query = Query::read(context.query())?;
    let found = match &query.filter {
        None => page(context, &query, None).await?,
        Some(text) => {
            let reading = text.read(vocabulary.resource_type).map_err(ScimError::from)?;
            found(context, &query, reading).await?
        }
    };
    // A page of large users is long work: between its steps others are let go ahead. A usual page goes
    // through at once, because many that are under way together push one another out of the caches.
    let is_long = is_large(&found);
    if is_long {
        yield_now().await;
    }
    let users_url = context.users_url();
    let users: Vec<_> =
        found.users.iter().map(|user| translate::resource(vocabulary, user, &users_url)).collect();
    let projection = query.projection.read(vocabulary.resource_type);
    let resources = users.iter().map(|user| user.projected(&projection)).collect();
    let total = found.total().unsigned_abs();
    let page = ListResponse::new(total, query.start_index, resources);
    if is_long {
        yield_now().await;
    }
    answer::page(&page, context.parts.version, &context.gateway.answer_shares, &context.site)
}

/// What a filter finds; when that is nothing, what its sender means if they encoded twice.
async fn found<T: Channel>(
    context: &RequestContext<T>,
    query: &Query,
    FilterReading { filter, alternative }: FilterReading<'_>,
) -> Result<v1::ListUsersResponse, RequestError> {
    let translated = |filter| Some(translate::filter(context.vocabulary(), filter));
    let found = page(context, query, translated(&filter)).await?;
    if found.total() > 0 {
        return Ok(found);
    }
    match alternative {
        Some(alternative) => page(context, query, translated(&alternative)).await,
        None => Ok(found),
    }
}

async fn page<T: Channel>(
    context: &RequestContext<T>,
    query: &Query,
    filter: Option<v1::Filter>,
) -> Result<v1::ListUsersResponse, RequestError> {
    if let Some(filter) = &filter {
        translate::check_filter(filter)?;
    }
    let AskedPage { size: page_size, skip, count_only } = AskedPage::of(query);
    let request = v1::ListUsersRequest {
        on_behalf_of: String::new(),
        site: context.site.clone(),
        filter,
        page_size,
        page_token: String::new(),
        skip,
        count_total: true,
        count_only,
        include_groups: false,
        sort: None,
    };
    Ok(context.gateway.core.list_users(context.authorization(), request).await?)
}

/// `GET /Users/{id}`
pub(super) async fn get<T: Channel>(
    context: &RequestContext<T>,
    id: &str,
) -> Result<Response, RequestError> {
    let query = Query::read(context.query())?;
    let request = v1::GetUserRequest {
        on_behalf_of: String::new(),
        site: context.site.clone(),
        user_id: id.to_owned(),
        include_groups: false,
    };
    let answer = context.gateway.core.get_user(context.authorization(), request).await?;
    let user = answer.user.ok_or(CallError::Broken)?;
    if !preconditions::expects(&context.parts.headers, user.version) {
        return Err(preconditions::failed());
    }
    if preconditions::is_known(&context.parts.headers, user.version) {
        let resource = translate::resource(context.vocabulary(), &user, &context.users_url());
        let response = empty(StatusCode::NOT_MODIFIED);
        return Ok(identified(response, resource.version(), resource.location()));
    }
    Ok(written(context, StatusCode::OK, &user, &query.projection))
}

/// `POST /Users`
pub(super) async fn create<T: Channel>(
    context: &RequestContext<T>,
    body: &[u8],
) -> Result<Response, RequestError> {
    let query = Query::read(context.query())?;
    let vocabulary = context.vocabulary();
    let edits = input::create(vocabulary.resource_type, body).map_err(ScimError::from)?;
    preconditions::check_collection(&context.parts.headers)?;
    let mut request = translate::creation(vocabulary, context.site.clone(), edits);
    translate::check_creation(&request)?;
    request.options = write_options::of_creation(&context.parts.headers)?;
    let answer = context.gateway.core.create_user(context.authorization(), request).await?;
    decided(context, StatusCode::CREATED, answer.decision, &query.projection)
}

/// `PUT /Users/{id}`
pub(super) async fn replace<T: Channel>(
    context: &RequestContext<T>,
    id: &str,
    body: &[u8],
) -> Result<Response, RequestError> {
    let vocabulary = context.vocabulary();
    let edits = input::replace(vocabulary.resource_type, body).map_err(ScimError::from)?;
    change(context, id, translate::replacement(vocabulary, edits)).await
}

/// `PATCH /Users/{id}`
pub(super) async fn patch<T: Channel>(
    context: &RequestContext<T>,
    id: &str,
    body: &[u8],
) -> Result<Response, RequestError> {
    let vocabulary = context.vocabulary();
    let edits = patch::read(vocabulary.resource_type, body).map_err(ScimError::from)?;
    change(context, id, translate::changes(vocabulary, edits)).await
}

async fn change<T: Channel>(
    context: &RequestContext<T>,
    id: &str,
    changes: Vec<v1::Change>,
) -> Result<Response, RequestError> {
    translate::check_changes(&changes)?;
    let query = Query::read(context.query())?;
    let request = v1::ChangeUserRequest {
        site: context.site.clone(),
        user_id: id.to_owned(),
        changes,
        options: write_options::of_change(&context.parts.headers)?,
        include_groups: false,
    };
    let answer = context.gateway.core.change_user(context.authorization(), request).await?;
    decided(context, StatusCode::OK, answer.decision, &query.projection)
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
    context.gateway.core.delete_user(context.authorization(), request).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

fn decided<T>(
    context: &RequestContext<T>,
    status: StatusCode,
    decision: Option<v1::Decision>,
    projection: &ProjectionText,
) -> Result<Response, RequestError> {
    let v1::Decision { user, notices, .. } = decision.ok_or(CallError::Broken)?;
    let user = user.ok_or(CallError::Broken)?;
    Ok(noticed(written(context, status, &user, projection), &notices))
}

fn written<T>(
    context: &RequestContext<T>,
    status: StatusCode,
    user: &v1::User,
    projection: &ProjectionText,
) -> Response {
    let vocabulary = context.vocabulary();
    let resource = translate::resource(vocabulary, user, &context.users_url());
    let projection = projection.read(vocabulary.resource_type);
    let response = json(status, &resource.projected(&projection));
    identified(response, resource.version(), resource.location())
}
