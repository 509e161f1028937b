//! Request bodies: their media type, their size and their time.

use super::answer::Failure;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use provost_scim::ScimError;
use std::error::Error;
use std::time::Duration;
use tower_http::timeout::{TimeoutBody, TimeoutError};

/// How long a body may pause. Whoever stops in the middle would hold a connection for ever.
const PATIENCE: Duration = Duration::from_secs(15);

/// Reads a body of JSON of at most `limit` bytes.
pub(super) async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Failure> {
    check_media_type(headers)?;
    let body = Limited::new(TimeoutBody::new(PATIENCE, body), limit);
    let collected = body.collect().await.map_err(|error| broken(&*error, limit))?;
    Ok(collected.to_bytes())
}

fn broken(error: &(dyn Error + Send + Sync + 'static), limit: usize) -> ScimError {
    if error.is::<LengthLimitError>() {
        return ScimError::new(
            413,
            format!("The request body is larger than {limit} bytes. Send less at once."),
        );
    }
    if error.is::<TimeoutError>() {
        return ScimError::new(408, "The request body took too long. Send the request again.");
    }
    ScimError::new(400, "The request body broke off. Send the request again.")
}

/// `application/scim+json`, `application/json` and `text/json` with any parameters, or nothing.
fn check_media_type(headers: &HeaderMap) -> Result<(), ScimError> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let text = value.to_str().unwrap_or_default();
    let media_type = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media_type.as_str() {
        "" | "application/scim+json" | "application/json" | "text/json" => Ok(()),
        _ => Err(ScimError::new(
            415,
            "The body is not JSON by its Content-Type. Send it as application/scim+json.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn json_is_known_by_all_its_names() {
        for (value, good) in [
            ("application/scim+json; charset=utf-8", true),
            ("Application/JSON", true),
            ("text/json", true),
            ("", true),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(value))]);
            assert_eq!(check_media_type(&headers).is_ok(), good, "{value}");
        }
        assert!(check_media_type(&HeaderMap::new()).is_ok());
    }
}
