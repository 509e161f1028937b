//! Entity tags: `If-Match` and `If-None-Match` (RFC 7644 section 3.14, RFC 9110 section 13).
//!
//! SCIM's tags are weak and stand in `If-Match` all the same, so weakness is not looked at. What has
//! no tag, such as a list, exists all the same: `*` fits it, and no tag does.

use super::answer::{RequestError, empty};
use axum::http::header::{ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use provost_scim::ScimError;

/// A version that no user has.
const NOBODYS: i64 = -1;

/// What a write expects of the version that it finds. Empty, it expects nothing.
#[derive(Debug, PartialEq, Eq, Default)]
pub(super) struct Preconditions {
    /// One of these.
    pub any_of: Vec<i64>,
    /// None of these.
    pub none_of: Vec<i64>,
}

impl Preconditions {
    /// Of a write to a user. Conditions of somebody who is not there are never asked for.
    pub fn of_write(headers: &HeaderMap) -> Self {
        let mut found = Self::default();
        if let Some(Tags::Listed(versions)) = tags(headers, &IF_MATCH) {
            found.any_of = versions;
            if found.any_of.is_empty() {
                found.any_of.push(NOBODYS);
            }
        }
        match tags(headers, &IF_NONE_MATCH) {
            Some(Tags::Any) => found.any_of = vec![NOBODYS],
            Some(Tags::Listed(versions)) => found.none_of = versions,
            None => {}
        }
        found
    }
}

/// The versions that a list as in `If-Match` names; none where it fits all.
pub(super) fn versions_in(list: &str) -> Vec<i64> {
    let mut versions = Vec::new();
    if is_any(list, version_or_nobodys, &mut versions) {
        return Vec::new();
    }
    if versions.is_empty() {
        versions.push(NOBODYS);
    }
    versions
}

/// Whether a reader expects this version.
pub(super) fn expects(headers: &HeaderMap, current: i64) -> bool {
    tags(headers, &IF_MATCH).is_none_or(|tags| tags.fit(&current))
}

/// Whether a reader already has what is current.
pub(super) fn is_known(headers: &HeaderMap, current: i64) -> bool {
    tags(headers, &IF_NONE_MATCH).is_some_and(|tags| tags.fit(&current))
}

/// Refuses to add to a collection that is not as expected.
pub(super) fn check_collection(headers: &HeaderMap) -> Result<(), RequestError> {
    let is_expected = !matches!(tags(headers, &IF_MATCH), Some(Tags::Listed(_)));
    let may_exist = !matches!(tags(headers, &IF_NONE_MATCH), Some(Tags::Any));
    if is_expected && may_exist { Ok(()) } else { Err(failed()) }
}

/// What a reader is answered of something without a tag.
pub(super) fn untagged(headers: &HeaderMap, response: Response) -> Result<Response, RequestError> {
    if !response.status().is_success() {
        return Ok(response);
    }
    match (tags(headers, &IF_MATCH), tags(headers, &IF_NONE_MATCH)) {
        (Some(Tags::Listed(_)), _) => Err(failed()),
        (_, Some(Tags::Any)) => Ok(empty(StatusCode::NOT_MODIFIED)),
        _ => Ok(response),
    }
}

/// What a reader is answered of a document, which has its tag with it.
pub(super) fn of_document(
    headers: &HeaderMap,
    response: Response,
) -> Result<Response, RequestError> {
    let Some(tag) = response.headers().get(ETAG).cloned() else {
        return untagged(headers, response);
    };
    let said = |tag: &str| opaque(tag).map(str::to_owned);
    let current = tag.to_str().ok().and_then(said);
    if listed(headers, &IF_MATCH, said).is_some_and(|tags| !tags.fit(&current)) {
        return Err(failed());
    }
    if listed(headers, &IF_NONE_MATCH, said).is_some_and(|tags| tags.fit(&current)) {
        let mut known = empty(StatusCode::NOT_MODIFIED);
        known.headers_mut().insert(ETAG, tag);
        return Ok(known);
    }
    Ok(response)
}

/// 412, where the gateway itself finds that something is not as expected.
pub(super) fn failed() -> RequestError {
    ScimError::new(
        412,
        "What was asked for is not as If-Match or If-None-Match expects. Read it again and repeat \
         the request.",
    )
    .into()
}

/// What a header lists.
#[derive(Debug, PartialEq, Eq)]
enum Tags<T> {
    /// `*`
    Any,
    /// What they say.
    Listed(Vec<T>),
}

impl<T: PartialEq> Tags<T> {
    fn fit(&self, current: &T) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(tags) => tags.contains(current),
        }
    }
}

/// The versions that tags name; one that was never given out is nobody's.
fn tags(headers: &HeaderMap, name: &HeaderName) -> Option<Tags<i64>> {
    listed(headers, name, version_or_nobodys)
}

/// All headers of the name are one list (RFC 9110 section 5.3).
fn listed<T>(headers: &HeaderMap, name: &HeaderName, read: fn(&str) -> T) -> Option<Tags<T>> {
    if !headers.contains_key(name) {
        return None;
    }
    let mut found = Vec::new();
    for value in headers.get_all(name) {
        // Somebody set a condition that can't be read: a tag that was never given out.
        match value.to_str() {
            Ok(list) if is_any(list, read, &mut found) => return Some(Tags::Any),
            Ok(_) => {}
            Err(_) => found.push(read("")),
        }
    }
    Some(Tags::Listed(found))
}

/// Whether a list fits whatever there is; otherwise what its tags say is added.
fn is_any<T>(mut list: &str, read: fn(&str) -> T, found: &mut Vec<T>) -> bool {
    while let Some((tag, behind)) = next(list) {
        if tag == "*" {
            return true;
        }
        found.push(read(tag));
        list = behind;
    }
    false
}

/// The next element of a list, and what follows it. A comma between quotation marks belongs to the
/// tag; empty elements don't count (RFC 9110 section 5.6.1).
fn next(list: &str) -> Option<(&str, &str)> {
    let list = list.trim_start_matches([',', ' ', '\t']);
    if list.is_empty() {
        return None;
    }
    let mut quoted = false;
    let end = list.find(|letter| {
        quoted ^= letter == '"';
        letter == ',' && !quoted
    });
    let (tag, behind) = list.split_at(end.unwrap_or(list.len()));
    Some((tag.trim(), behind))
}

/// `W/"7"`, or `"7"` from a client that dropped the weakness. Other spellings of the number are
/// other tags.
fn version(tag: &str) -> Option<i64> {
    let digits = opaque(tag)?;
    digits.parse().ok().filter(|version: &i64| version.to_string() == digits)
}

fn version_or_nobodys(tag: &str) -> i64 {
    version(tag).unwrap_or(NOBODYS)
}

/// What a tag says, weak or not (RFC 9110 section 8.8.3.2).
fn opaque(tag: &str) -> Option<&str> {
    tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::HeaderValue;
    use axum::response::IntoResponse as _;

    fn headers(name: &HeaderName, values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn if_match_names_versions() {
        for (values, versions) in [
            (&["W/\"7\""][..], vec![7]),
            (&["\"7\""], vec![7]),
            (&["*"], vec![]),
            (&[""], vec![NOBODYS]),
            (&[" , ,"], vec![NOBODYS]),
            (&["\"seven\""], vec![NOBODYS]),
            (&["\"07\""], vec![NOBODYS]),
            (&["\"+7\""], vec![NOBODYS]),
            (&["w/\"7\""], vec![NOBODYS]),
            (&["7"], vec![NOBODYS]),
            (&["W/\"3\", ,W/\"4\""], vec![3, 4]),
            (&["\"a,7\", \"4\""], vec![NOBODYS, 4]),
            (&["W/\"3\"", "W/\"4\""], vec![3, 4]),
            (&["W/\"3\"", "*"], vec![]),
        ] {
            let found = Preconditions::of_write(&headers(&IF_MATCH, values));
            assert_eq!(found, Preconditions { any_of: versions, none_of: vec![] }, "{values:?}");
        }
        assert_eq!(Preconditions::of_write(&HeaderMap::new()), Preconditions::default());
    }

    #[test]
    fn an_operation_names_versions_as_a_header_does() {
        for (list, versions) in [
            ("W/\"7\"", vec![7]),
            ("\"3\", W/\"4\"", vec![3, 4]),
            ("*", vec![]),
            ("", vec![NOBODYS]),
            ("7", vec![NOBODYS]),
        ] {
            assert_eq!(versions_in(list), versions, "{list}");
        }
    }

    #[test]
    fn if_none_match_excludes_versions() {
        for (values, any_of, none_of) in [
            (&["W/\"7\", \"8\""][..], vec![], vec![7, 8]),
            (&["*"], vec![NOBODYS], vec![]),
            (&[""], vec![], vec![]),
        ] {
            let found = Preconditions::of_write(&headers(&IF_NONE_MATCH, values));
            assert_eq!(found, Preconditions { any_of, none_of }, "{values:?}");
        }
    }

    /// A condition that can't be read is not one that was never set.
    #[test]
    fn what_is_no_text_fits_no_version() {
        for bytes in [&b"W/\"7\xff\""[..], b"\xfc", b"*\x80"] {
            let value = || HeaderValue::from_bytes(bytes).unwrap();
            let headers = HeaderMap::from_iter([(IF_MATCH, value()), (IF_NONE_MATCH, value())]);
            assert_eq!(Preconditions::of_write(&headers).any_of, [NOBODYS], "{bytes:?}");
            assert!(!is_known(&headers, 7) && !expects(&headers, 7), "{bytes:?}");
        }
    }

    #[test]
    fn a_reader_has_what_one_of_the_tags_names() {
        for (values, known) in [
            (&["W/\"7\""][..], true),
            (&["\"7\""], true),
            (&["*"], true),
            (&["W/\"6\""], false),
            (&["W/\"6\"", "W/\"7\""], true),
            (&[""], false),
        ] {
            assert_eq!(is_known(&headers(&IF_NONE_MATCH, values), 7), known, "{values:?}");
            assert_eq!(expects(&headers(&IF_MATCH, values), 7), known, "{values:?}");
        }
        assert!(!is_known(&HeaderMap::new(), 7) && expects(&HeaderMap::new(), 7));
    }
    #[test]
    fn a_document_has_its_tag_with_it() {
        let answered = |name: &HeaderName, values: &[&'static str]| {
            let mut response = Response::new(Body::empty());
            response.headers_mut().insert(ETAG, HeaderValue::from_static("W/\"ab,c\""));
            match of_document(&headers(name, values), response) {
                Ok(response) => (response.status().as_u16(), response.headers().contains_key(ETAG)),
                Err(failure) => (failure.into_response().status().as_u16(), true),
            }
        };
        for (values, fits) in [
            (&["W/\"ab,c\""][..], true),
            (&["\"ab,c\""], true),
            (&["\"x\", \"ab,c\""], true),
            (&["*"], true),
            (&["ab,c"], false),
            (&["\"AB,C\""], false),
            (&["w/\"ab,c\""], false),
            (&[""], false),
        ] {
            let read = if fits { 200 } else { 412 };
            assert_eq!(answered(&IF_MATCH, values), (read, true), "{values:?}");
            let read = if fits { 304 } else { 200 };
            assert_eq!(answered(&IF_NONE_MATCH, values), (read, true), "{values:?}");
        }
    }
}
