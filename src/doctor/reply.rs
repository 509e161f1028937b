//! What was answered over HTTP, and what can be read in it without knowing what was asked.
//!
//! Must never know who asked, nor over what kind of connection.

use serde_json::Value;

/// An answer of HTTP.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The header lines.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }

    /// What Provost says that it didn't do, and why.
    pub fn notices(&self) -> Vec<String> {
        let is_notice = |name: &str| name.eq_ignore_ascii_case("provost-notice");
        let notices = self.headers.iter().filter(|(name, _)| is_notice(name));
        notices.map(|(_, notice)| notice.clone()).collect()
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Whether it says to be SCIM or plain JSON (RFC 7644 section 3.1).
    pub fn has_scim_media_type(&self) -> bool {
        let media_type = self.header("content-type").unwrap_or_default();
        ["application/scim+json", "application/json"].iter().any(|one| media_type.starts_with(one))
    }

    /// Whether the body is JSON, which an HTML page of a proxy isn't.
    pub fn is_json(&self) -> bool {
        serde_json::from_slice::<serde::de::IgnoredAny>(&self.body).is_ok()
    }

    /// The sentence of a SCIM error (RFC 7644 section 3.12).
    pub fn detail(&self) -> Option<String> {
        Some(self.json().get("detail")?.as_str()?.to_owned())
    }

    /// The same without this token, to be spoken of: what is cut off can't be found any more.
    #[must_use]
    pub fn masked(&self, token: &str) -> Self {
        let text = String::from_utf8_lossy(&self.body);
        let has_token = !token.is_empty() && text.contains(token);
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.clone(), masked(value, token))).collect();
        let body = if has_token { masked(&text, token).into_bytes() } else { self.body.clone() };
        Self { status: self.status, headers, body }
    }

    /// The status and what was said with it, in one line.
    pub fn said(&self) -> String {
        let said = match self.detail() {
            Some(detail) => detail,
            None if self.body.is_empty() => "without a body".to_owned(),
            None => {
                let text = String::from_utf8_lossy(&self.body);
                let words: Vec<&str> = text.split_whitespace().collect();
                format!("\"{}\"", words.join(" ").chars().take(160).collect::<String>())
            }
        };
        format!("{} ({})", self.status, said.trim_end_matches('.'))
    }
}

/// The text without this token.
pub fn masked(text: &str, token: &str) -> String {
    if token.is_empty() { text.to_owned() } else { text.replace(token, "TOKEN") }
}

#[cfg(test)]
mod tests {
    use super::Reply;

    #[test]
    fn a_token_is_gone_before_the_text_is_cut() {
        let body = format!("{} s3cret-token", "x".repeat(150)).into_bytes();
        let headers = vec![("location".to_owned(), "/?s3cret-token".to_owned())];
        let reply = Reply { status: 500, headers, body };
        let masked = reply.masked("s3cret-token");
        assert!(reply.said().contains("s3cret"), "{}", reply.said());
        assert!(masked.said().contains("x TOKEN"), "{}", masked.said());
        assert_eq!(masked.header("location"), Some("/?TOKEN"));
        assert_eq!(reply.masked("").said(), reply.said());
    }
}
