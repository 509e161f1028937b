//! `/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas`: the same for everybody, so no token
//! is asked for (RFC 7644 section 4).

use super::address::Endpoint;
use super::answer::{Failure, json};
use axum::http::StatusCode;
use axum::response::Response;
use provost_scim::{ScimError, discovery, user};

/// The document at an endpoint.
pub(super) fn document(base: &str, endpoint: &Endpoint) -> Result<Response, Failure> {
    let served = [user()];
    let found = match endpoint {
        Endpoint::ServiceProviderConfig => {
            Some(json(StatusCode::OK, &discovery::service_provider_config(base)))
        }
        Endpoint::ResourceTypes(None) => {
            Some(json(StatusCode::OK, &discovery::resource_types(&served, base)))
        }
        Endpoint::ResourceTypes(Some(name)) => discovery::resource_type(&served, name, base)
            .map(|document| json(StatusCode::OK, &document)),
        Endpoint::Schemas(None) => Some(json(StatusCode::OK, &discovery::schemas(&served, base))),
        Endpoint::Schemas(Some(urn)) => {
            discovery::schema(&served, urn, base).map(|document| json(StatusCode::OK, &document))
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
