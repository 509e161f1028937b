//! `/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas`: the same for everybody, so no token
//! is asked for (RFC 7644 section 4).

use super::address::Resource;
use super::answer::{Failure, json};
use crate::scim::{ScimError, discovery};
use axum::http::StatusCode;
use axum::response::Response;

/// The document that a resource names.
pub(super) fn document(base: &str, resource: &Resource) -> Result<Response, Failure> {
    let found = match resource {
        Resource::ServiceProviderConfig => {
            Some(json(StatusCode::OK, &discovery::service_provider_config(base)))
        }
        Resource::ResourceTypes(None) => {
            Some(json(StatusCode::OK, &discovery::resource_types(base)))
        }
        Resource::ResourceTypes(Some(name)) => {
            discovery::resource_type(name, base).map(|document| json(StatusCode::OK, &document))
        }
        Resource::Schemas(None) => Some(json(StatusCode::OK, &discovery::schemas(base))),
        Resource::Schemas(Some(urn)) => {
            discovery::schema(urn, base).map(|document| json(StatusCode::OK, &document))
        }
        Resource::Users
        | Resource::User(_)
        | Resource::Groups
        | Resource::Group
        | Resource::Me
        | Resource::Bulk
        | Resource::Search
        | Resource::Unknown => None,
    };
    found.ok_or_else(|| ScimError::new(404, "There is no such document.").into())
}
