//! What is shown in the place of a page that can't be shown.
//!
//! Must never show what only the log may tell.

use std::any::Any;
use std::time::Duration;

use askama::Template;
use axum::body::Body;
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use provost_proto::v1::ErrorReason;
use tower_http::catch_panic::ResponseForPanic;

use crate::client::CallFailure;
use crate::failure::{FailedSignIn, PageFailure, sentence};
use crate::frame::Frame;
use crate::{cookie, headers};

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    frame: Frame,
    title: &'static str,
    message: String,
}

impl IntoResponse for PageFailure {
    fn into_response(self) -> Response {
        match self {
            Self::Outside => Redirect::to("/sign-in").into_response(),
            Self::CookieLost => Redirect::to("/sign-in?lost").into_response(),
            Self::Call(CallFailure::NotSignedIn) => {
                let mut response = Redirect::to("/sign-in?ended").into_response();
                response.headers_mut().append(SET_COOKIE, cookie::forgotten());
                response.extensions_mut().insert(FailedSignIn);
                response
            }
            Self::NoSuchPage => shown(
                StatusCode::NOT_FOUND,
                "There is no such page",
                "The address leads nowhere. Begin with the list of sites.",
            ),
            Self::Call(CallFailure::Refused { message, reason, .. }) => {
                let status = match reason {
                    ErrorReason::SiteNotFound
                    | ErrorReason::TokenNotFound
                    | ErrorReason::UserNotFound
                    | ErrorReason::GroupNotFound
                    | ErrorReason::ServiceNotFound => StatusCode::NOT_FOUND,
                    _ => StatusCode::UNPROCESSABLE_ENTITY,
                };
                shown(status, "That was refused", &sentence(&message))
            }
            Self::Call(CallFailure::Unavailable) => shown(
                StatusCode::SERVICE_UNAVAILABLE,
                "The core can't be reached",
                "The core or its database does not answer. Try again in a few seconds; the log tells \
                 the operator why.",
            ),
            Self::Call(CallFailure::TooSlow) => shown(
                StatusCode::GATEWAY_TIMEOUT,
                "The core did not answer in time",
                "Whether it did what was asked is not known. Look before you try again.",
            ),
            Self::Call(CallFailure::Broken) | Self::Broken => shown(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something failed",
                "The log tells the operator why.",
            ),
        }
    }
}

fn shown(status: StatusCode, title: &'static str, message: &str) -> Response {
    let page = FailurePage { frame: Frame::outside(), title, message: message.to_owned() };
    // A page that can't be drawn can't say so otherwise.
    let html = page.render().unwrap_or_else(|_| title.to_owned());
    (status, Html(html)).into_response()
}

/// Tells an address to wait, from which too many tokens came that open nothing. The page stands in front of
/// the console, in the place of an answer with these headers, of which the cookies are kept.
pub fn too_many_sign_ins(wait: Duration, refused: &HeaderMap) -> Response {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let mut response = shown(
        StatusCode::TOO_MANY_REQUESTS,
        "Too many attempts",
        &format!(
            "Too many tokens that are not valid came from this address. Try again in {seconds} s, and \
             copy the token anew."
        ),
    );
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    for cookie in refused.get_all(SET_COOKIE) {
        headers.append(SET_COOKIE, cookie.clone());
    }
    headers::put_headers(headers);
    response
}

/// What is answered to a request from a page of somebody else.
pub fn of_another_origin() -> Response {
    shown(
        StatusCode::FORBIDDEN,
        "That did not come from the console",
        "A page of another origin sent this form, or a proxy in front changes Host. Nothing was done. \
         Open the page anew and try again.",
    )
}

/// Media type and body of what is said to what can't be read as HTTP.
pub fn unreadable(_: StatusCode) -> Option<(&'static str, Vec<u8>)> {
    let words = "The request can't be read as HTTP. Look at the proxy in front.\n";
    Some(("text/plain; charset=utf-8", words.into()))
}

/// What is answered where a handler panicked.
#[derive(Clone)]
pub struct PanickedPage;

impl ResponseForPanic for PanickedPage {
    type ResponseBody = Body;

    fn response_for_panic(&mut self, _: Box<dyn Any + Send + 'static>) -> Response {
        PageFailure::Broken.into_response()
    }
}
