//! One request, as its handler sees it.

use super::answer::Failure;
use super::{Gateway, body, preconditions};
use crate::client::{CallError, Channel};
use axum::body::Body;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use provost_proto::v1;
use std::sync::Arc;

/// One request, as its handler sees it.
pub(super) struct RequestContext<T> {
    pub gateway: Arc<Gateway<T>>,
    /// The name of the site.
    pub site: String,
    /// The URL below which the site's resources lie.
    pub base: String,
    pub parts: Parts,
}

impl<T> RequestContext<T> {
    /// The credential: with the word `Bearer`, or bare, as admins type it into the field for a
    /// header.
    pub fn token(&self) -> Option<&str> {
        let text = self.parts.headers.get(AUTHORIZATION)?.to_str().ok()?.trim();
        match text.split_once(' ') {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => Some(rest.trim()),
            _ => Some(text),
        }
        .filter(|token| !token.is_empty())
    }

    /// The URL of the users.
    pub fn users_url(&self) -> String {
        format!("{}/Users", self.base)
    }

    /// What follows the `?`.
    pub fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    /// The version that the writer expects.
    pub fn expected_version(&self) -> Option<i64> {
        preconditions::expected_version(&self.parts.headers)
    }

    /// Why its method is not possible here.
    pub fn not_allowed(&self, allowed: &'static str) -> Failure {
        Failure::method_not_allowed(self.parts.method.as_str(), allowed)
    }
}

impl<T: Channel> RequestContext<T> {
    /// Has the core look at the token, by the cheapest question there is.
    pub async fn admit(&self) -> Result<(), CallError> {
        let request = v1::ListUsersRequest {
            site: self.site.clone(),
            count_only: true,
            ..v1::ListUsersRequest::default()
        };
        self.gateway.core.list_users(self.token(), request).await?;
        Ok(())
    }

    /// Reads the body, though not for a caller without a token: the core tells them so first.
    pub async fn read(&self, body: Body) -> Result<Bytes, Failure> {
        if self.token().is_none() {
            self.admit().await?;
        }
        body::read(&self.parts.headers, body, self.gateway.settings.body_limit).await
    }

    /// What is answered. What is wrong with the token is told before what is wrong with the rest:
    /// who has none is not taught how to write filters, and a connection test with SCIM switched
    /// off hears just that.
    pub async fn conclude(&self, outcome: Result<Response, Failure>) -> Response {
        match outcome {
            Ok(response) => response,
            Err(complaint) if complaint.is_complaint => match self.admit().await {
                Err(refusal @ CallError::Refused { .. }) => Failure::from(refusal).into_response(),
                Ok(()) | Err(_) => complaint.into_response(),
            },
            Err(failure) => failure.into_response(),
        }
    }
}
