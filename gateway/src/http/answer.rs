//! Answers: always a SCIM body of the right media type, whatever happened.

use super::body_shares::{BodyShares, Share};
use super::large_answer;
use crate::client::CallError;
use crate::translate;
use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, ETAG, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use provost_proto::v1::{self, ErrorReason};
use provost_scim::{ScimError, ScimType};
use provost_telemetry::{record_reason, trace_id};
use serde::Serialize;
use std::any::Any;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;
use tower_http::catch_panic::ResponseForPanic;

/// RFC 7644 section 3.1.
const MEDIA_TYPE: &str = "application/scim+json";
const SCIM_JSON: HeaderValue = HeaderValue::from_static(MEDIA_TYPE);
/// What was asked and is not in force.
const PROVOST_NOTICE: HeaderName = HeaderName::from_static("provost-notice");
/// Whole seconds, because a date makes Okta wait for five minutes.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");
/// RFC 6750 section 3.1; a caller who showed no token is told the scheme only.
const REJECTED_TOKEN: HeaderValue = HeaderValue::from_static("Bearer error=\"invalid_token\"");
/// What a caller is told where the core said something else in the place of it.
const TOKEN_REJECTED: &str = "the token is not valid for this site; check the base URL and the token, \
    or have a new token made";
/// The most notices of one answer, or of one operation in it; the ledger has them all.
pub(super) const MAX_NOTICES: usize = 10;

/// A failed request.
#[derive(Debug, Clone)]
pub(super) struct RequestError {
    error: ScimError,
    /// Why the core refused, if it did.
    reason: Option<ErrorReason>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Whether this side complains about what was sent, and the core has not been asked.
    pub is_complaint: bool,
}

impl From<ScimError> for RequestError {
    fn from(error: ScimError) -> Self {
        let headers = match error.status {
            401 => vec![(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))],
            429 | 503 | 504 => vec![(RETRY_AFTER, RETRY_AFTER_SECONDS)],
            _ => Vec::new(),
        };
        let is_complaint = matches!(error.status, 400 | 408 | 412 | 413 | 415 | 501);
        Self { error, reason: None, headers, is_complaint }
    }
}

impl From<CallError> for RequestError {
    fn from(error: CallError) -> Self {
        let error = match error {
            CallError::Refused { reason: ErrorReason::TokenInvalid, message } => {
                return Self::token_rejected(&message);
            }
            // The core tells this gateway to wait, for everybody behind it. It has looked at the token
            // before, and whose it is waits by the count of this side.
            CallError::Refused { reason: ErrorReason::TooManyFailedTokens, .. } => {
                return Self::token_rejected(TOKEN_REJECTED);
            }
            CallError::Refused { reason, message } => return Self::refused(reason, &message),
            CallError::TooMuch(exceeded) => return translate::too_much(exceeded).into(),
            CallError::Unavailable => ScimError::new(
                503,
                "The service can't reach its core or database at the moment. Try again in a few \
                 seconds.",
            ),
            CallError::DeadlineExceeded => ScimError::new(
                504,
                "The service took too long. Try again in a few seconds; a repeated request does \
                 no harm.",
            ),
            CallError::Broken => fault(),
        };
        Self { is_complaint: false, ..error.into() }
    }
}

impl RequestError {
    fn refused(reason: ErrorReason, message: &str) -> Self {
        let error = translate::problem(reason, message);
        Self { reason: Some(reason), is_complaint: false, ..error.into() }
    }

    fn token_rejected(message: &str) -> Self {
        let failure = Self::refused(ErrorReason::TokenInvalid, message);
        failure.with_header(WWW_AUTHENTICATE, REJECTED_TOKEN)
    }

    /// Whether the core had let the caller in before it refused.
    pub fn is_of_an_admitted_caller(&self) -> bool {
        use ErrorReason as R;
        let says_nothing = |reason| {
            matches!(
                reason,
                R::TokenMissing
                    | R::TokenInvalid
                    | R::CertificateInvalid
                    | R::TooManyFailedTokens
                    | R::StoreUnavailable
                    | R::Internal
                    | R::Unspecified
            )
        };
        self.reason.is_some_and(|reason| !says_nothing(reason))
    }

    /// What was read has to be read again, and strictly, as the core would say of it.
    pub fn read_leniently() -> Self {
        Self::refused(ErrorReason::StrictReadingRequired, "the request has to be read strictly")
    }

    /// Whether the core has the request read again, and strictly.
    pub fn wants_strict_reading(&self) -> bool {
        self.reason == Some(ErrorReason::StrictReadingRequired)
    }

    /// What people are told who look why requests fail, unless the ledger or nobody is. It tells what
    /// could be done about the request, so neither of waiting nor of tokens.
    pub fn to_note(&self, operation: &str) -> Option<v1::RefusedRequest> {
        let is_noted = match self.reason {
            None => self.is_complaint,
            Some(reason) => self.is_of_an_admitted_caller() && !reason.is_judgement(),
        };
        let ScimError { status, scim_type, detail, without_values } = &self.error;
        let is_of_request = (400..500).contains(status) || *status == 501;
        if !is_noted || !is_of_request || matches!(status, 401 | 429) {
            return None;
        }
        let keyword = scim_type.map(ScimType::keyword);
        let reason = self.reason.map(ErrorReason::name).or(keyword).unwrap_or_default();
        Some(v1::RefusedRequest {
            operation: operation.to_owned(),
            status: i32::from(*status),
            reason: reason.to_owned(),
            sentence: without_values.as_ref().unwrap_or(detail).clone(),
            ..v1::RefusedRequest::default()
        })
    }

    /// The same of a bulk request: that there was too much of it has a keyword there.
    pub fn of_bulk(mut self) -> Self {
        if self.error.status == StatusCode::PAYLOAD_TOO_LARGE.as_u16() {
            self.error.scim_type.get_or_insert(ScimType::TooMany);
        }
        self
    }

    /// The status of the answer.
    pub fn status(&self) -> u16 {
        self.error.status
    }

    /// The error as it is told, where it does not have an answer of its own. The request's line names it.
    pub fn into_told(self) -> ScimError {
        let Self { error, reason, .. } = self;
        match reason {
            Some(reason) => record_reason(reason.name(), reason.is_judgement()),
            None => {
                if let Some(word) = error.scim_type {
                    record_reason(word.keyword(), false);
                }
            }
        }
        traced(error)
    }

    /// The same, with this header in the place of what it had under the name.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.retain(|(own, _)| *own != name);
        self.headers.push((name, value));
        self
    }

    /// 404, with the way to where something is.
    pub fn not_found(path: &str) -> Self {
        let path: String = path.chars().take(100).collect();
        ScimError::new(
            404,
            format!(
                "There is nothing at {path}. The base URL ends in /api/scim/v2 or \
                 /c/SITE/auth/scim/v2, and /Users follows."
            ),
        )
        .into()
    }

    /// 405, with the methods that would do.
    pub fn method_not_allowed(method: &str, allowed: &'static str) -> Self {
        let method: String = method.chars().take(16).collect();
        let error = ScimError::new(
            405,
            format!("{method} is not possible here. The methods are {allowed}."),
        );
        let headers = vec![(ALLOW, HeaderValue::from_static(allowed))];
        Self { error, reason: None, headers, is_complaint: false }
    }
}

/// The media type and body of an answer to what can't be read as HTTP, if its status is one that
/// tells of that.
pub fn unreadable(status: StatusCode) -> Option<(&'static str, Vec<u8>)> {
    let detail = match status {
        StatusCode::BAD_REQUEST => {
            "The request can't be read as HTTP. Look at the client, or at the proxy in front."
        }
        StatusCode::URI_TOO_LONG => "The URL is too long. Ask with a shorter filter.",
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            "URL and headers of the request are too large. Send fewer or shorter ones."
        }
        _ => return None,
    };
    let body = serde_json::to_vec(&traced(ScimError::new(status.as_u16(), detail))).ok()?;
    Some((MEDIA_TYPE, body))
}

/// Tells an address to wait, from which too many tokens came that are not valid.
pub fn too_many_failed_tokens(wait: Duration) -> Response {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let message = format!(
        "too many tokens that are not valid came from this address; check the token and try \
         again in {seconds} seconds"
    );
    let failure = RequestError::refused(ErrorReason::TooManyFailedTokens, &message);
    failure.with_header(RETRY_AFTER, HeaderValue::from(seconds)).into_response()
}

impl IntoResponse for RequestError {
    fn into_response(mut self) -> Response {
        let headers = std::mem::take(&mut self.headers);
        let error = self.into_told();
        let status = StatusCode::from_u16(error.status);
        let mut response = json(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &error);
        response.headers_mut().extend(headers);
        response
    }
}

/// A JSON body, written into one buffer.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match written(body) {
        Ok(buffer) => scim(status, Body::from(buffer)),
        Err(failure) => failure.into_response(),
    }
}

/// The same of a document, with a tag that follows from what it says.
pub(super) fn document(body: &impl Serialize) -> Response {
    let buffer = match written(body) {
        Ok(buffer) => buffer,
        Err(failure) => return failure.into_response(),
    };
    let mut hasher = DefaultHasher::new();
    buffer.hash(&mut hasher);
    let tag = format!("W/\"{:016x}\"", hasher.finish());
    let mut response = scim(StatusCode::OK, Body::from(buffer));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// The same of a page, which may be large.
pub(super) fn page(
    body: &impl Serialize,
    version: Version,
    shares: &BodyShares,
    site: &str,
) -> Result<Response, RequestError> {
    let buffer = written(body)?;
    if !large_answer::is_large(buffer.len(), version) {
        return Ok(scim(StatusCode::OK, Body::from(buffer)));
    }
    let mut share = shares.none_of(site);
    share.grow_to(buffer.len())?;
    let response = scim(StatusCode::OK, Body::empty());
    Ok(large_answer::sent_in_pieces(response, buffer, share))
}

/// The same of what is in force already, and is told in any case. Its share was taken before: where there is more to
/// tell than was reckoned, and no room for that, the rest goes without.
pub(super) fn page_within(
    body: &impl Serialize,
    version: Version,
    mut share: Share,
) -> Result<Response, RequestError> {
    let buffer = written(body)?;
    if !large_answer::is_large(buffer.len(), version) {
        return Ok(scim(StatusCode::OK, Body::from(buffer)));
    }
    let _ = share.grow_to(buffer.len());
    let response = scim(StatusCode::OK, Body::empty());
    Ok(large_answer::sent_in_pieces(response, buffer, share))
}

fn written(body: &impl Serialize) -> Result<Vec<u8>, RequestError> {
    let mut buffer = Vec::with_capacity(1024);
    match serde_json::to_writer(&mut buffer, body) {
        Ok(()) => Ok(buffer),
        Err(error) => {
            tracing::error!(%error, "an answer can't be written");
            Err(fault().into())
        }
    }
}

fn scim(status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, SCIM_JSON);
    response
}

/// No body, and no media type for none.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Adds what identifies this state of a resource.
pub(super) fn identified(mut response: Response, etag: &str, location: &str) -> Response {
    let headers = response.headers_mut();
    for (name, text) in [(ETAG, etag), (LOCATION, location)] {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    }
    response
}

/// Adds what was asked and is not in force.
pub(super) fn noticed(mut response: Response, notices: &[v1::Notice]) -> Response {
    for notice in notices {
        record_reason(notice.reason().name(), notice.reason().is_judgement());
    }
    for notice in notices.iter().take(MAX_NOTICES) {
        if let Ok(value) = HeaderValue::from_str(&translate::notice(notice)) {
            response.headers_mut().append(PROVOST_NOTICE, value);
        }
    }
    response
}

/// The same, with the name of its trace where people read: identity providers show the sentence, and
/// no headers.
fn traced(mut error: ScimError) -> ScimError {
    if let Some(id) = trace_id() {
        // Into a text nothing can go wrong.
        let _ = write!(error.detail, " Trace ID: {id}.");
    }
    error
}

fn fault() -> ScimError {
    ScimError::new(500, "The service failed. Its log tells the operator why.")
}

/// What is answered when a handler panics.
#[derive(Clone, Copy)]
pub(super) struct Panicked;

impl ResponseForPanic for Panicked {
    type ResponseBody = Body;

    fn response_for_panic(&mut self, _: Box<dyn Any + Send>) -> Response {
        // What the panic says may quote a request, so it stays out of the log.
        tracing::error!("a handler panicked");
        RequestError::from(fault()).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    #[tokio::test]
    async fn a_panic_is_answered_in_scim_and_tells_nothing() {
        let response = Panicked.response_for_panic(Box::new("secret"));
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/scim+json");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let text = std::str::from_utf8(&body).unwrap();
        assert!(text.contains("\"status\":\"500\"") && !text.contains("secret"), "{text}");
    }

    #[test]
    fn errors_carry_the_headers_that_belong_to_them() {
        let header = |status, name| {
            let failure = RequestError::from(ScimError::new(status, "x"));
            failure.into_response().headers().get(name).cloned()
        };
        assert_eq!(header(401, WWW_AUTHENTICATE).unwrap(), "Bearer");
        assert_eq!(header(503, RETRY_AFTER).unwrap(), "5");
        assert_eq!(header(504, RETRY_AFTER).unwrap(), "5");
        assert_eq!(header(404, WWW_AUTHENTICATE), None);
        let failure = RequestError::method_not_allowed("TRACE", "GET, POST");
        assert_eq!(failure.into_response().headers()[ALLOW], "GET, POST");
    }
}
