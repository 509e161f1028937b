//! Entity tags: `If-Match` and `If-None-Match` (RFC 7644 section 3.14, RFC 9110 section 13).

use axum::http::HeaderMap;
use axum::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};

/// A version that no user has.
const NOBODYS: i64 = -1;

/// The version that a write expects. A tag that was never given out fits no version; of several
/// tags the newest counts, because an older one can't be the current.
pub(super) fn expected_version(headers: &HeaderMap) -> Option<i64> {
    let tags = tags(headers, &IF_MATCH)?;
    if tags.contains(&"*") {
        return None;
    }
    tags.into_iter().map(|tag| version(tag).unwrap_or(NOBODYS)).max()
}

/// Whether the reader already has what is current.
pub(super) fn is_known(headers: &HeaderMap, current: i64) -> bool {
    tags(headers, &IF_NONE_MATCH)
        .is_some_and(|tags| tags.into_iter().any(|tag| tag == "*" || version(tag) == Some(current)))
}

fn tags<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<Vec<&'h str>> {
    let Ok(text) = headers.get(name)?.to_str() else {
        // Somebody set a condition that can't be read: a tag that was never given out.
        return Some(vec![""]);
    };
    let tags: Vec<_> = text.split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect();
    (!tags.is_empty()).then_some(tags)
}

/// `W/"7"`, or `"7"` from a client that dropped the weakness.
fn version(tag: &str) -> Option<i64> {
    let quoted = tag.strip_prefix("W/").unwrap_or(tag);
    quoted.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn if_match_names_a_version() {
        for (value, expected) in [
            ("W/\"7\"", Some(7)),
            ("\"7\"", Some(7)),
            ("*", None),
            ("", None),
            ("\"seven\"", Some(NOBODYS)),
            ("W/\"3\", W/\"4\"", Some(4)),
        ] {
            assert_eq!(expected_version(&headers(IF_MATCH, value)), expected, "{value}");
        }
        assert_eq!(expected_version(&HeaderMap::new()), None);
    }

    /// A condition that can't be read is not one that was never set.
    #[test]
    fn what_is_no_text_fits_no_version() {
        for bytes in [&b"W/\"7\xff\""[..], b"\xfc", b"*\x80"] {
            let value = || HeaderValue::from_bytes(bytes).unwrap();
            let headers = HeaderMap::from_iter([(IF_MATCH, value()), (IF_NONE_MATCH, value())]);
            assert_eq!(expected_version(&headers), Some(NOBODYS), "{bytes:?}");
            assert!(!is_known(&headers, 7), "{bytes:?}");
        }
    }

    #[test]
    fn if_none_match_is_weak() {
        for (value, known) in [("W/\"7\"", true), ("\"7\"", true), ("*", true), ("W/\"6\"", false)]
        {
            assert_eq!(is_known(&headers(IF_NONE_MATCH, value), 7), known, "{value}");
        }
        assert!(!is_known(&HeaderMap::new(), 7));
    }
}
