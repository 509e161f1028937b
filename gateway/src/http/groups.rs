//! `/Groups`: answered sanely before groups exist, because connection tests ask for them even
//! where only users are in use.

use super::answer::{Failure, json};
use super::visit::Visit;
use crate::client::Channel;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use provost_scim::{ListResponse, Query, ScimError};

/// `/Groups`: a query finds none, a write is not implemented.
pub(super) async fn collection<T: Channel>(visit: &Visit<'_, T>) -> Result<Response, Failure> {
    visit.admit().await?;
    match visit.parts.method {
        Method::GET => {
            let query = Query::read(visit.query())?;
            let none: Vec<()> = Vec::new();
            Ok(json(StatusCode::OK, &ListResponse::new(0, query.start_index, none)))
        }
        Method::POST => Err(not_served()),
        ref other => Err(Failure::method_not_allowed(other.as_str(), "GET, HEAD, POST")),
    }
}

/// `/Groups/{id}`: there is none of any id.
pub(super) async fn one<T: Channel>(visit: &Visit<'_, T>) -> Result<Response, Failure> {
    visit.admit().await?;
    match visit.parts.method {
        Method::GET => Err(ScimError::new(404, "There is no such group.").into()),
        Method::PUT | Method::PATCH | Method::DELETE => Err(not_served()),
        ref other => {
            Err(Failure::method_not_allowed(other.as_str(), "GET, HEAD, PUT, PATCH, DELETE"))
        }
    }
}

fn not_served() -> Failure {
    ScimError::new(
        501,
        "Groups are not provisioned here. Switch off group provisioning at the identity provider; \
         users are not affected.",
    )
    .into()
}
