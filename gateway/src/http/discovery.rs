//! The base itself, `/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas`: the same for everybody, so no token
//! is asked for (RFC 7644 section 4). Each has a tag, by which clients need not read it again.

use super::answer::{RequestError, document, json};
use axum::http::StatusCode;
use axum::response::Response;
use provost_proto::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE};
use provost_scim::discovery::{BulkLimits, PageSizes};
use provost_scim::limits::MAX_BULK_OPERATIONS;
use provost_scim::{Query, ResourceType, ScimError, discovery};
use serde::Serialize;

/// `GET` of the base itself, which RFC 7644 leaves open: for whoever types it into a browser.
pub(super) fn base(base: &str) -> Response {
    let about = About {
        detail: "This is the SCIM 2.0 base URL of a site of Provost. An identity provider takes it \
                 as it is, together with a token from `provost token create`.",
        read_on: ["ServiceProviderConfig", "ResourceTypes", "Schemas"]
            .map(|name| format!("{base}/{name}")),
    };
    json(StatusCode::OK, &about)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct About {
    detail: &'static str,
    read_on: [String; 3],
}

/// `GET /ServiceProviderConfig`, with the most bytes of a bulk request.
pub(super) fn service_provider_config(base: &str, bytes: usize) -> Response {
    let pages = PageSizes { usual: DEFAULT_PAGE_SIZE.into(), largest: MAX_PAGE_SIZE.into() };
    let bulk = BulkLimits { operations: MAX_BULK_OPERATIONS, bytes };
    document(&discovery::service_provider_config(base, pages, bulk))
}

/// `GET /ResourceTypes`
pub(super) fn resource_types(
    served: &[&ResourceType],
    base: &str,
    query: &str,
) -> Result<Response, RequestError> {
    refuse_filter(query)?;
    Ok(document(&discovery::resource_types(served, base)))
}

/// `GET /ResourceTypes/{id}`
pub(super) fn resource_type(
    served: &[&ResourceType],
    name: &str,
    base: &str,
) -> Result<Response, RequestError> {
    let found = discovery::resource_type(served, name, base).ok_or_else(no_such_document)?;
    Ok(document(&found))
}

/// `GET /Schemas`
pub(super) fn schemas(
    served: &[&ResourceType],
    base: &str,
    query: &str,
) -> Result<Response, RequestError> {
    refuse_filter(query)?;
    Ok(document(&discovery::schemas(served, base)))
}

/// `GET /Schemas/{id}`
pub(super) fn schema(
    served: &[&ResourceType],
    urn: &str,
    base: &str,
) -> Result<Response, RequestError> {
    let found = discovery::schema(served, urn, base).ok_or_else(no_such_document)?;
    Ok(document(&found))
}

/// A filter is refused, so that nobody takes all documents for those that fulfil it; every other
/// parameter is passed over (RFC 7644 section 4).
fn refuse_filter(query: &str) -> Result<(), ScimError> {
    match Query::read(query) {
        Ok(Query { filter: Some(_), .. }) => Err(ScimError::new(
            StatusCode::FORBIDDEN.as_u16(),
            "Discovery documents can't be filtered. Leave the filter out, or ask for one of them \
             by its name or URN.",
        )),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn no_such_document() -> ScimError {
    ScimError::new(
        404,
        "There is no such document. /Schemas and /ResourceTypes list those that there are.",
    )
}
