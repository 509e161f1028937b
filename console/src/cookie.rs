//! The cookies: the token of a session, by which a browser says who is signed in, and for the time of a
//! sign-in at an identity provider the secret of that.
//!
//! Their prefix has browsers refuse it from other hosts, other paths and without `Secure`
//! (draft-ietf-httpbis-rfc6265bis section 4.1.3), so nobody can set one for somebody else. Browsers take
//! it over plain HTTP from the machine that they run on, and from nowhere else. Must never be logged.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

const NAME: &str = "__Host-provost-session";
/// How the tokens of sessions begin: no other token has any business in a browser.
const PREFIX: &str = "provost_ses_";
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

const ATTEMPT: &str = "__Host-provost-attempt";
/// It comes back with a browser that another site sends, and not after ten minutes.
const ATTEMPT_ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600";

/// The token in the cookie, if there is one.
pub fn token(headers: &HeaderMap) -> Option<&str> {
    value(headers, NAME).filter(|value| value.starts_with(PREFIX))
}

/// The secret of the sign-in that this browser began, if it did.
pub fn attempt(headers: &HeaderMap) -> Option<&str> {
    value(headers, ATTEMPT).filter(|value| !value.is_empty())
}

fn value<'h>(headers: &'h HeaderMap, wanted: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim() == wanted)?;
    Some(value.trim())
}

/// What has a browser keep a token until it is closed. None for one that could not stand in a cookie.
pub fn kept(token: &str) -> Option<HeaderValue> {
    let is_fit = is_plain(token) && token.starts_with(PREFIX);
    line(is_fit.then(|| format!("{NAME}={token}; {ATTRIBUTES}"))?)
}

/// What has a browser keep the secret of a sign-in. None for one that could not stand in a cookie.
pub fn attempt_kept(secret: &str) -> Option<HeaderValue> {
    let is_fit = is_plain(secret) && !secret.is_empty();
    line(is_fit.then(|| format!("{ATTEMPT}={secret}; {ATTEMPT_ATTRIBUTES}"))?)
}

fn is_plain(secret: &str) -> bool {
    secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn line(line: String) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(line).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// What has a browser forget the secret of a sign-in.
pub fn attempt_forgotten() -> HeaderValue {
    HeaderValue::from_static(
        "__Host-provost-attempt=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
    )
}

/// What has a browser forget it.
pub fn forgotten() -> HeaderValue {
    HeaderValue::from_static(
        "__Host-provost-session=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others_and_under_its_whole_name_only() {
        for (lines, found) in [
            (&["__Host-provost-session=provost_ses_1"][..], Some("provost_ses_1")),
            (&["a=b; __Host-provost-session=provost_ses_2 ; c=d"], Some("provost_ses_2")),
            (&["a=b", "__Host-provost-session=provost_ses_3"], Some("provost_ses_3")),
            (&["__Host-provost-session=provost_op_1"], None),
            (&["provost-session=provost_ses_1"], None),
            (&["__Host-provost-session="], None),
            (&["x__Host-provost-session=provost_ses_1"], None),
            (&[], None),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(COOKIE, line.parse().unwrap());
            }
            assert_eq!(token(&headers), found, "{lines:?}");
        }
    }

    #[test]
    fn the_secret_of_a_sign_in_comes_back_from_another_site_for_ten_minutes() {
        let kept = attempt_kept("0a1b").unwrap();
        assert!(kept.is_sensitive());
        let kept = kept.to_str().unwrap();
        assert!(kept.contains("HttpOnly; SameSite=Lax; Max-Age=600"), "{kept}");
        let pair = kept.split(';').next().unwrap();
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, pair.parse().unwrap());
        assert_eq!((attempt(&headers), token(&headers)), (Some("0a1b"), None));
        assert_eq!((attempt_kept(""), attempt_kept("a; b")), (None, None));
    }

    #[test]
    fn only_what_can_be_a_token_is_kept_and_it_is_forgotten_as_it_is_kept() {
        assert_eq!(kept("provost_ses_1; Domain=example.com"), None);
        assert_eq!(kept("provost_op_1"), None);
        let kept = kept("provost_ses_1").unwrap();
        assert!(kept.is_sensitive());
        let forgotten = forgotten();
        let forgotten = forgotten.to_str().unwrap().strip_suffix("; Max-Age=0").unwrap();
        assert_eq!(kept.to_str().unwrap().replace("provost_ses_1", ""), forgotten);
    }
}
