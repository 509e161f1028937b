//! Signing in as an Admin of a site: to its identity provider, and back.
//!
//! Neither way is a redirect of a form, which the policy of pages keeps on this side, nor one into a page,
//! for which browsers would withhold a cookie that is `SameSite=Strict`: both lead on by a page of their own.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use provost_proto::v1::{CreateAdminSessionRequest, ErrorReason, GetAuthorizationUrlRequest};
use serde::Deserialize;

use super::sign_in::SignInPage;
use crate::client::CallFailure;
use crate::failure::{FailedSignIn, PageFailure, sentence};
use crate::frame::{Frame, page};
use crate::signed_in::AFTER_SIGN_IN;
use crate::{Console, cookie};

#[derive(Template)]
#[template(path = "leading_on.html")]
struct LeadingOnPage {
    frame: Frame,
    title: &'static str,
    /// Where to, at once.
    url: String,
    link: &'static str,
}

/// Where somebody wants to sign in.
#[derive(Deserialize)]
pub struct WantedSite {
    site: String,
}

/// What the identity provider sent the browser back with.
#[derive(Deserialize)]
pub struct WayBack {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    iss: String,
    #[serde(default)]
    error: String,
}

/// Leads to the identity provider of a site.
pub async fn begin(
    State(console): State<Arc<Console>>,
    Query(WantedSite { site }): Query<WantedSite>,
) -> Result<Response, PageFailure> {
    let core = console.core.nobody();
    let site = site.trim().to_owned();
    let redirect_uri = redirect_uri(&console, &site);
    let request = GetAuthorizationUrlRequest { site: site.clone(), redirect_uri };
    let found = core.answer(core.sessions().get_authorization_url(request)).await;
    let found = match found {
        Ok(found) => found,
        Err(failure) => return told(failure, site),
    };
    let kept = cookie::attempt_kept(&found.attempt).ok_or(PageFailure::Broken)?;
    let mut response = page(
        StatusCode::OK,
        &LeadingOnPage {
            frame: Frame::outside(),
            title: "On to the identity provider",
            url: found.url,
            link: "Go on to the identity provider",
        },
    )?;
    response.headers_mut().append(SET_COOKIE, kept);
    Ok(response)
}

/// Exchanges what the browser comes back with for a session.
pub async fn complete(
    State(console): State<Arc<Console>>,
    Path(site): Path<String>,
    Query(WayBack { code, state, iss, error }): Query<WayBack>,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    if !error.is_empty() {
        return refused(site, denied(&error));
    }
    let Some(attempt) = cookie::attempt(&headers) else {
        let console = &console.settings.own_url;
        let problem = format!(
            "This browser did not begin the sign-in, or did so more than ten minutes ago, or under another \
             address than {console}. Sign in again from there."
        );
        return refused(site, problem);
    };
    let core = console.core.nobody();
    let request = CreateAdminSessionRequest {
        redirect_uri: redirect_uri(&console, &site),
        site: site.clone(),
        attempt: attempt.to_owned(),
        code,
        state,
        issuer: iss,
    };
    let made = match core.answer(core.sessions().create_admin_session(request)).await {
        Ok(made) => made,
        Err(failure) => return told(failure, site),
    };
    let kept = cookie::kept(&made.token).ok_or(PageFailure::Broken)?;
    let mut response = page(
        StatusCode::OK,
        &LeadingOnPage {
            frame: Frame::outside(),
            title: "You are signed in",
            url: format!("/sites?{AFTER_SIGN_IN}"),
            link: "Go on to the site",
        },
    )?;
    response.headers_mut().append(SET_COOKIE, kept);
    response.headers_mut().append(SET_COOKIE, cookie::attempt_forgotten());
    Ok(response)
}

/// Where the identity provider of a site sends browsers back to, as it is registered there.
fn redirect_uri(console: &Console, site: &str) -> String {
    format!("{}/sign-in/{site}/callback", console.settings.own_url)
}

/// What a provider says for why it let nobody in (RFC 6749 section 4.1.2.1), as far as that is a word: anybody can write it
/// into a link.
fn denied(error: &str) -> String {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    let word = if error.len() <= 40 && error.bytes().all(is_word) { error } else { "an error" };
    format!(
        "The identity provider did not let you in: it says {word}. Sign in again, or ask who runs it."
    )
}

/// What is refused is told on the page where one signs in again.
fn told(failure: CallFailure, site: String) -> Result<Response, PageFailure> {
    match failure {
        CallFailure::Refused { reason: ErrorReason::IdentityProviderFailed, message, .. } => {
            again(StatusCode::BAD_GATEWAY, site, sentence(&message))
        }
        CallFailure::Refused { message, .. } => refused(site, sentence(&message)),
        failure => Err(failure.into()),
    }
}

fn refused(site: String, problem: String) -> Result<Response, PageFailure> {
    let mut response = again(StatusCode::FORBIDDEN, site, problem)?;
    response.extensions_mut().insert(FailedSignIn);
    Ok(response)
}

fn again(status: StatusCode, site: String, site_problem: String) -> Result<Response, PageFailure> {
    let shown = SignInPage { site, site_problem, ..SignInPage::default() };
    let mut response = page(status, &shown)?;
    response.headers_mut().append(SET_COOKIE, cookie::attempt_forgotten());
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_word_of_a_provider_is_told() {
        assert!(denied("access_denied").contains("it says access_denied."));
        for crafted in ["Call 555-0100", "<b>", "ACCESS", &"x".repeat(41)] {
            assert!(denied(crafted).contains("it says an error."), "{crafted}");
        }
    }
}
