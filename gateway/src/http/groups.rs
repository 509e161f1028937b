//! `/Groups`: answered sanely before groups exist, because connection tests ask for them even
//! where only users are in use.

use super::answer::{RequestError, json};
use super::request_context::RequestContext;
use crate::client::Channel;
use axum::http::StatusCode;
use axum::response::Response;
use provost_scim::{ListResponse, Query, ScimError};

/// `GET /Groups`: there is none.
pub(super) async fn list<T: Channel>(
    context: &RequestContext<T>,
) -> Result<Response, RequestError> {
    context.admit().await?;
    let query = Query::read(context.query())?;
    let none: Vec<()> = Vec::new();
    Ok(json(StatusCode::OK, &ListResponse::new(0, query.start_index, none)))
}

/// `GET /Groups/{id}`: there is none of any id.
pub(super) async fn get<T: Channel>(context: &RequestContext<T>) -> Result<Response, RequestError> {
    context.admit().await?;
    Err(ScimError::new(404, "There is no such group.").into())
}

/// Why a write is not implemented.
pub(super) fn not_served() -> RequestError {
    ScimError::new(
        501,
        "Groups are not provisioned here. Switch off group provisioning at the identity provider; \
         users are not affected.",
    )
    .into()
}
