//! `/Users`: one RPC for each request.

use super::answer::{Failure, empty, identified, json, noticed};
use super::preconditions;
use super::visit::Visit;
use crate::client::{CallError, Channel};
use crate::translate;
use axum::http::StatusCode;
use axum::response::Response;
use provost_proto::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, v1};
use provost_scim::query::FilterReading;
use provost_scim::{ListResponse, Projection, Query, ScimError, input, patch};

/// `GET /Users`
pub(super) async fn list<T: Channel>(visit: &Visit<'_, T>) -> Result<Response, Failure> {
    let query = Query::read(visit.query())?;
    let found = match &query.filter {
        None => page(visit, &query, None).await?,
        Some(text) => found(visit, &query, text.read().map_err(ScimError::from)?).await?,
    };
    let users_url = visit.users_url();
    let users: Vec<_> =
        found.users.iter().map(|user| translate::resource(user, &users_url)).collect();
    let resources = users.iter().map(|user| user.projected(&query.projection)).collect();
    let total = found.total().unsigned_abs();
    Ok(json(StatusCode::OK, &ListResponse::new(total, query.start_index, resources)))
}

/// What a filter finds; when that is nothing, what its sender means if they encoded twice.
async fn found<T: Channel>(
    visit: &Visit<'_, T>,
    query: &Query,
    FilterReading { filter, alternative }: FilterReading,
) -> Result<v1::ListUsersResponse, Failure> {
    let found = page(visit, query, Some(translate::filter(&filter)?)).await?;
    if found.total() > 0 {
        return Ok(found);
    }
    match alternative {
        Some(alternative) => page(visit, query, Some(translate::filter(&alternative)?)).await,
        None => Ok(found),
    }
}

async fn page<T: Channel>(
    visit: &Visit<'_, T>,
    query: &Query,
    filter: Option<v1::Filter>,
) -> Result<v1::ListUsersResponse, Failure> {
    let count = query.count.unwrap_or(DEFAULT_PAGE_SIZE.into()).min(MAX_PAGE_SIZE.into());
    let request = v1::ListUsersRequest {
        site: visit.site.to_owned(),
        filter,
        page_size: i32::try_from(count).unwrap_or_default(),
        page_token: String::new(),
        skip: i64::try_from(query.start_index - 1).unwrap_or(i64::MAX),
        count_total: true,
        count_only: count == 0,
    };
    Ok(visit.gateway.core.list_users(visit.token(), request).await?)
}

/// `GET /Users/{id}`
pub(super) async fn get<T: Channel>(visit: &Visit<'_, T>, id: &str) -> Result<Response, Failure> {
    let query = Query::read(visit.query())?;
    let request = v1::GetUserRequest { site: visit.site.to_owned(), user_id: id.to_owned() };
    let answer = visit.gateway.core.get_user(visit.token(), request).await?;
    let user = answer.user.ok_or(CallError::Broken)?;
    if preconditions::is_known(&visit.parts.headers, user.version) {
        let resource = translate::resource(&user, &visit.users_url());
        let response = empty(StatusCode::NOT_MODIFIED);
        return Ok(identified(response, &resource.meta.version, &resource.meta.location));
    }
    Ok(written(visit, StatusCode::OK, &user, &query.projection))
}

/// `POST /Users`
pub(super) async fn create<T: Channel>(
    visit: &Visit<'_, T>,
    body: &[u8],
) -> Result<Response, Failure> {
    let query = Query::read(visit.query())?;
    let edits = input::create(body).map_err(ScimError::from)?;
    let request = translate::creation(visit.site.to_owned(), edits);
    let answer = visit.gateway.core.create_user(visit.token(), request).await?;
    decided(visit, StatusCode::CREATED, answer.decision, &query.projection)
}

/// `PUT /Users/{id}`
pub(super) async fn replace<T: Channel>(
    visit: &Visit<'_, T>,
    id: &str,
    body: &[u8],
) -> Result<Response, Failure> {
    let edits = input::replace(body).map_err(ScimError::from)?;
    change(visit, id, translate::replacement(edits)).await
}

/// `PATCH /Users/{id}`
pub(super) async fn patch<T: Channel>(
    visit: &Visit<'_, T>,
    id: &str,
    body: &[u8],
) -> Result<Response, Failure> {
    let edits = patch::read(body).map_err(ScimError::from)?;
    change(visit, id, translate::changes(edits)).await
}

async fn change<T: Channel>(
    visit: &Visit<'_, T>,
    id: &str,
    changes: Vec<v1::Change>,
) -> Result<Response, Failure> {
    let query = Query::read(visit.query())?;
    let request = v1::ChangeUserRequest {
        site: visit.site.to_owned(),
        user_id: id.to_owned(),
        changes,
        options: options(visit),
    };
    let answer = visit.gateway.core.change_user(visit.token(), request).await?;
    decided(visit, StatusCode::OK, answer.decision, &query.projection)
}

/// `DELETE /Users/{id}`
pub(super) async fn delete<T: Channel>(
    visit: &Visit<'_, T>,
    id: &str,
) -> Result<Response, Failure> {
    let request = v1::DeleteUserRequest {
        site: visit.site.to_owned(),
        user_id: id.to_owned(),
        options: options(visit),
    };
    visit.gateway.core.delete_user(visit.token(), request).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

fn options<T>(visit: &Visit<'_, T>) -> Option<v1::WriteOptions> {
    let expected_version = visit.expected_version()?;
    Some(v1::WriteOptions { expected_version: Some(expected_version), validate_only: false })
}

fn decided<T>(
    visit: &Visit<'_, T>,
    status: StatusCode,
    decision: Option<v1::Decision>,
    projection: &Projection,
) -> Result<Response, Failure> {
    let v1::Decision { user, notices, .. } = decision.ok_or(CallError::Broken)?;
    let user = user.ok_or(CallError::Broken)?;
    Ok(noticed(written(visit, status, &user, projection), &notices))
}

fn written<T>(
    visit: &Visit<'_, T>,
    status: StatusCode,
    user: &v1::User,
    projection: &Projection,
) -> Response {
    let resource = translate::resource(user, &visit.users_url());
    let response = json(status, &resource.projected(projection));
    identified(response, &resource.meta.version, &resource.meta.location)
}
