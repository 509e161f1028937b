//! Who is signed in: the token of their session, and the core as it is open to them.
//!
//! Whether the token is good only the core knows, which is asked with the first call of a page.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use std::convert::Infallible;

use crate::client::OwnCore;
use crate::failure::PageFailure;
use crate::{Console, cookie};

/// Somebody whose browser sent a token.
pub struct SignedIn {
    /// The core as it is open to them.
    pub core: OwnCore,
}

impl FromRequestParts<Arc<Console>> for SignedIn {
    type Rejection = PageFailure;

    async fn from_request_parts(
        parts: &mut Parts,
        console: &Arc<Console>,
    ) -> Result<Self, PageFailure> {
        let came_from_sign_in = parts.uri.query() == Some(AFTER_SIGN_IN);
        let lost =
            || if came_from_sign_in { PageFailure::CookieLost } else { PageFailure::Outside };
        let token = cookie::token(&parts.headers).ok_or_else(lost)?;
        Ok(Self { core: console.core.shown(token)? })
    }
}

impl OptionalFromRequestParts<Arc<Console>> for SignedIn {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        console: &Arc<Console>,
    ) -> Result<Option<Self>, Infallible> {
        let core = cookie::token(&parts.headers).and_then(|token| console.core.shown(token).ok());
        Ok(core.map(|core| Self { core }))
    }
}

/// The query of the page that a browser is sent to once it is signed in: a browser that comes there without the cookie
/// did not keep it.
pub const AFTER_SIGN_IN: &str = "signed-in";
