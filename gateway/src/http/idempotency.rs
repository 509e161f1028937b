//! `Idempotency-Key`: the same write that is sent again with its key has no second effect
//! (draft-ietf-httpapi-idempotency-key-header-07). The core remembers; here the header is read.

use super::answer::RequestError;
use axum::http::{HeaderMap, HeaderName};
use provost_scim::ScimError;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The longest key, which is that of the contract's `request_id`.
const MAX_KEY: usize = 64;

/// The key of a write; empty where it has none.
pub(super) fn key(headers: &HeaderMap) -> Result<String, RequestError> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(String::new()) };
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    let key = text.and_then(|text| unquoted(text.trim()));
    key.filter(|key| is_key(key)).ok_or_else(unreadable)
}

/// Refuses the key of a request that is several. Its parts are decided each by itself, so that one key can't say of all
/// of them whether they were done.
pub(super) fn check_none(headers: &HeaderMap) -> Result<(), RequestError> {
    if !headers.contains_key(IDEMPOTENCY_KEY) {
        return Ok(());
    }
    let message = "A bulk request has no Idempotency-Key, because each of its operations is done by \
                   itself. Leave it out, and send again what was not answered, or send the version of \
                   each resource.";
    Err(ScimError::new(400, message).into())
}

/// A string of RFC 9651, or what clients send that leave out the quotation marks.
fn unquoted(text: &str) -> Option<String> {
    let Some(rest) = text.strip_prefix('"') else {
        return Some(text.to_owned());
    };
    let mut letters = rest.strip_suffix('"')?.chars();
    let mut key = String::with_capacity(rest.len());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => key.push(letters.next().filter(|letter| ['"', '\\'].contains(letter))?),
            '"' => return None,
            letter => key.push(letter),
        }
    }
    Some(key)
}

fn is_key(key: &str) -> bool {
    (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
}

fn unreadable() -> RequestError {
    let message = format!(
        "The Idempotency-Key can't be read. Send one key of 1 to {MAX_KEY} visible characters of \
         ASCII between quotation marks, such as a new UUID."
    );
    ScimError::new(400, message).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn read(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IDEMPOTENCY_KEY, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        key(&headers).ok()
    }

    #[test]
    fn a_key_is_a_string_with_or_without_quotation_marks() {
        let longest = "x".repeat(64);
        for (value, key) in [
            ("\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
            ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
            (r#""a\"b\\c""#, r#"a"b\c"#),
            (&longest, &longest),
            (&format!("\"{longest}\""), &longest),
        ] {
            assert_eq!(read(&[value]).as_deref(), Some(key), "{value}");
        }
        assert_eq!(read(&[]).as_deref(), Some(""));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let long = "x".repeat(65);
        for values in [
            &[""][..],
            &["\"\""],
            &["\""],
            &["\"a"],
            &["\"a\"b\""],
            &[r#""a\""#],
            &[r#""a\b""#],
            &["\"a b\""],
            &["a b"],
            &["é"],
            &[&long],
            &["\"a\"", "\"a\""],
        ] {
            assert_eq!(read(values), None, "{values:?}");
        }
    }
}
