//! Signing in, by the operator's token or by a link that is good once, and signing out. How an Admin of a
//! site signs in is `admin_sign_in.rs`'s.
//!
//! A browser that is signed in gets a session of its own each time it signs in, so that a token that was
//! in it before is worth nothing afterwards.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Redirect, Response};
use provost_proto::v1::{CreateSessionRequest, DeleteSessionRequest, ErrorReason};
use serde::Deserialize;

use crate::client::CallFailure;
use crate::failure::{FailedSignIn, PageFailure};
use crate::frame::{Frame, page};
use crate::signed_in::{AFTER_SIGN_IN, SignedIn};
use crate::{Console, cookie};

/// The page on which one signs in.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    pub frame: Frame,
    /// Of the link by which somebody came; empty where they came without.
    pub code: String,
    pub note: &'static str,
    /// With what was shown of the operator.
    pub problem: &'static str,
    /// Where an Admin signs in, as it was typed.
    pub site: String,
    /// With that.
    pub site_problem: String,
}

impl Default for SignInPage {
    fn default() -> Self {
        Self {
            frame: Frame::outside(),
            code: String::new(),
            note: "",
            problem: "",
            site: String::new(),
            site_problem: String::new(),
        }
    }
}

/// Why somebody comes to the page.
#[derive(Deserialize)]
pub struct Arrival {
    #[serde(default)]
    code: String,
    ended: Option<String>,
    lost: Option<String>,
}

/// What somebody signs in by.
#[derive(Deserialize)]
pub struct SignInForm {
    #[serde(default)]
    token: String,
    #[serde(default)]
    code: String,
}

/// The page. A link is not used up by opening it, because programs do that too.
pub async fn show(Query(arrival): Query<Arrival>) -> Result<Response, PageFailure> {
    let Arrival { code, ended, lost } = arrival;
    let note = match (ended, lost) {
        (_, Some(_)) => {
            "Your browser did not keep the session. It does so over https, and over http on the \
             machine where Provost runs, at 127.0.0.1 or localhost."
        }
        (Some(_), None) => "Your session has ended. What was not saved is lost; sign in again.",
        (None, None) => "",
    };
    page(StatusCode::OK, &SignInPage { code, note, ..SignInPage::default() })
}

/// Exchanges what was typed for a session.
pub async fn sign_in(
    State(console): State<Arc<Console>>,
    before: Option<SignedIn>,
    Form(form): Form<SignInForm>,
) -> Result<Response, PageFailure> {
    let is_by_code = !form.code.is_empty();
    let shown = if is_by_code { form.code } else { form.token };
    let made = match console.core.shown(shown.trim()) {
        Ok(core) => {
            let mut sessions = core.sessions();
            core.answer(sessions.create_session(CreateSessionRequest { options: None })).await
        }
        Err(failure) => Err(failure),
    };
    match made {
        Ok(made) => {
            if let Some(before) = before {
                end(&before).await;
            }
            let kept = cookie::kept(&made.token).ok_or(PageFailure::Broken)?;
            let mut response = Redirect::to(&format!("/sites?{AFTER_SIGN_IN}")).into_response();
            response.headers_mut().append(SET_COOKIE, kept);
            Ok(response)
        }
        // Good for something else, and not for this.
        Err(
            CallFailure::NotSignedIn
            | CallFailure::Refused { reason: ErrorReason::CallerNotPermitted, .. },
        ) => failed(is_by_code),
        Err(failure) => Err(failure.into()),
    }
}

fn failed(is_by_code: bool) -> Result<Response, PageFailure> {
    let problem = if is_by_code {
        "This link was used already, or is older than an hour. Sign in with the operator's token."
    } else {
        "This is not the operator's token. Copy it again from its file, without spaces."
    };
    let sign_in = SignInPage { problem, ..SignInPage::default() };
    let mut response = page(StatusCode::FORBIDDEN, &sign_in)?;
    response.extensions_mut().insert(FailedSignIn);
    Ok(response)
}

/// Ends the session, wherever its token may be.
pub async fn sign_out(signed_in: Option<SignedIn>) -> Response {
    if let Some(signed_in) = signed_in {
        end(&signed_in).await;
    }
    let mut response = Redirect::to("/sign-in").into_response();
    response.headers_mut().append(SET_COOKIE, cookie::forgotten());
    response
}

/// One that is over already is no trouble, and one that can't be ended now ends by itself.
async fn end(SignedIn { core }: &SignedIn) {
    let mut sessions = core.sessions();
    let ended = core.answer(sessions.delete_session(DeleteSessionRequest::default())).await;
    if let Err(error) = ended
        && !matches!(error, CallFailure::NotSignedIn)
    {
        tracing::warn!(%error, "a session could not be ended, and ends by itself");
    }
}
