//! An HTTP answer as it came over the wire, and what tests ask of it.

use serde_json::Value;

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Every header of this name, joined.
    pub fn all(&self, name: &str) -> String {
        let values: Vec<&str> = self
            .headers
            .iter()
            .filter(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect();
        values.join("\n")
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("no JSON ({error}): {}", self.text()),
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body of an answer that went well.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        if self.body.is_empty() {
            return Value::Null;
        }
        self.json()
    }

    /// The `detail` of a SCIM error of this status (RFC 7644 section 3.12), without the name of its
    /// trace.
    #[track_caller]
    pub fn refusal(&self, status: u16) -> String {
        let error = self.expect(status);
        let media_type = self.header("content-type").unwrap_or_default();
        assert!(media_type.starts_with("application/scim+json"), "media type {media_type:?}");
        assert_eq!(
            error["schemas"],
            serde_json::json!(["urn:ietf:params:scim:api:messages:2.0:Error"])
        );
        assert_eq!(error["status"], status.to_string(), "a text in SCIM");
        let told = error["detail"].as_str().unwrap_or_default();
        let (detail, trace) = told.split_once(" Trace ID: ").unwrap_or_else(|| panic!("{error}"));
        let header = self.header("traceresponse").unwrap_or_default();
        assert!(header.contains(trace.trim_end_matches('.')), "{header}: {error}");
        assert!(!detail.is_empty(), "an error without a sentence: {error}");
        detail.to_owned()
    }
}
