//! One request, as its handler sees it.

use super::{Gateway, preconditions};
use crate::client::{CallError, Channel};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use provost_proto::v1;

/// One request, as its handler sees it.
pub(super) struct Visit<'a, T> {
    pub gateway: &'a Gateway<T>,
    pub site: &'a str,
    /// The URL below which the site's resources lie.
    pub base: String,
    pub parts: &'a Parts,
}

impl<T> Visit<'_, T> {
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

    /// Has the core look at the token, by the cheapest question there is.
    pub async fn admit(&self) -> Result<(), CallError>
    where
        T: Channel,
    {
        let request = v1::ListUsersRequest {
            site: self.site.to_owned(),
            count_only: true,
            ..v1::ListUsersRequest::default()
        };
        self.gateway.core.list_users(self.token(), request).await?;
        Ok(())
    }

    /// What follows the `?`.
    pub fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    /// The version that the writer expects.
    pub fn expected_version(&self) -> Option<i64> {
        preconditions::expected_version(&self.parts.headers)
    }
}
