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
