//! `/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas`: the same for everybody, so no token
//! is asked for (RFC 7644 section 4).

use super::address::Endpoint;
use super::answer::{Failure, json};
use axum::http::StatusCode;
use axum::response::Response;
use provost_proto::MAX_PAGE_SIZE;
use provost_scim::{ScimError, discovery};

/// The document at an endpoint.
pub(super) fn document(base: &str, endpoint: &Endpoint) -> Result<Response, Failure> {
    let found = match endpoint {
        Endpoint::ServiceProviderConfig => {
            let document = discovery::service_provider_config(base, MAX_PAGE_SIZE.into());
            Some(json(StatusCode::OK, &document))
        }
        Endpoint::ResourceTypes(None) => {
            Some(json(StatusCode::OK, &discovery::resource_types(base)))
        }
        Endpoint::ResourceTypes(Some(name)) => {
            discovery::resource_type(name, base).map(|document| json(StatusCode::OK, &document))
        }
        Endpoint::Schemas(None) => Some(json(StatusCode::OK, &discovery::schemas(base))),
        Endpoint::Schemas(Some(urn)) => {
            discovery::schema(urn, base).map(|document| json(StatusCode::OK, &document))
        }
        Endpoint::Users
        | Endpoint::User(_)
        | Endpoint::Groups
        | Endpoint::Group
        | Endpoint::Me
        | Endpoint::Bulk
        | Endpoint::Search
        | Endpoint::Unknown => None,
    };
    found.ok_or_else(|| ScimError::new(404, "There is no such document.").into())
}
