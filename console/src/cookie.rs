//! The cookie by which a browser says who is signed in: the token of a session, and nothing else.
//!
//! Its prefix has browsers refuse it from other hosts, other paths and without `Secure`
//! (draft-ietf-httpbis-rfc6265bis section 4.1.3), so nobody can set one for somebody else. Browsers take
//! it over plain HTTP from the machine that they run on, and from nowhere else. Must never be logged.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

const NAME: &str = "__Host-provost-session";
/// How the tokens of sessions begin: no other token has any business in a browser.
const PREFIX: &str = "provost_ses_";
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

/// The token in the cookie, if there is one.
pub fn token(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim() == NAME)?;
    Some(value.trim()).filter(|value| value.starts_with(PREFIX))
}

/// What has a browser keep a token until it is closed. None for one that could not stand in a cookie.
pub fn kept(token: &str) -> Option<HeaderValue> {
    let is_plain = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_fit = is_plain && token.starts_with(PREFIX);
    let line = is_fit.then(|| format!("{NAME}={token}; {ATTRIBUTES}"))?;
    let mut value = HeaderValue::try_from(line).ok()?;
    value.set_sensitive(true);
    Some(value)
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
