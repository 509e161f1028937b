//! Pages that ask for themselves again, by a header and so without script, while somebody looks who wished it.

use axum::http::HeaderValue;
use axum::http::header::REFRESH;
use axum::response::Response;

/// For how long, in seconds: shorter than a session lasts that nobody uses, which is used by that.
const LONGEST: u64 = 25 * 60;

/// Since when a page asks for itself again, as its link says it in seconds since the Unix epoch; none where
/// that is over.
pub fn since(said: &str, now: i64) -> Option<i64> {
    said.parse().ok().filter(|since: &i64| now.abs_diff(*since) < LONGEST)
}

/// Has the browser ask for the page again in five seconds.
pub fn ask_again(response: &mut Response) {
    response.headers_mut().insert(REFRESH, HeaderValue::from_static("5"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_by_itself() {
        let now = 1_900_000_000;
        for (said, expected) in [
            ("1900000000", Some(now)),
            ("1899998501", Some(now - 1499)),
            ("1899998500", None),
            ("0", None),
            ("-9223372036854775808", None),
            ("9223372036854775807", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(since(said, now), expected, "{said}");
        }
    }
}
