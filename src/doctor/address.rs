//! The base URL of SCIM, as an admin pastes it.

use http::Uri;

/// A base URL that can be dialled.
#[derive(Debug, Clone)]
pub struct BaseUrl {
    /// All of it.
    pub uri: Uri,
    /// Its path, without a slash at the end.
    pub path: String,
}

impl BaseUrl {
    /// Reads what was pasted. What Entra ID's admins write behind a question mark is not part of it.
    pub fn parse(text: &str) -> Result<Self, String> {
        // A password is not repeated, wherever it ends.
        let shown = if text.contains('@') { "This".to_owned() } else { format!("\"{text}\"") };
        let wrong = |why: &str| {
            format!(
                "{shown} is no base URL of SCIM ({why}): paste one such as https://id.example.com/api/scim/v2."
            )
        };
        let uri: Uri = text.trim().parse().map_err(|_| wrong("it can't be read"))?;
        match uri.scheme_str() {
            Some("http" | "https") => {}
            _ => return Err(wrong("it begins with neither https:// nor http://")),
        }
        let names_somebody = uri.authority().is_some_and(|it| !it.as_str().contains('@'));
        if !names_somebody {
            return Err(wrong("a user or password stands in it"));
        }
        let path = uri.path().trim_end_matches('/').to_owned();
        Ok(Self { uri, path })
    }

    /// Whether it is dialled over TLS.
    pub fn is_https(&self) -> bool {
        self.uri.scheme_str() == Some("https")
    }

    /// Host and port, as in the header `Host`.
    pub fn authority(&self) -> &str {
        self.uri.authority().map_or("", |authority| authority.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::BaseUrl;

    #[test]
    fn what_is_pasted_is_read() {
        for (text, path) in [
            ("https://id.example.com/api/scim/v2", "/api/scim/v2"),
            (" https://id.example.com:8443/scim/ ", "/scim"),
            ("http://[::1]:80", ""),
            ("https://id.example.com/scim?aadOptscim062020", "/scim"),
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap().path, path, "{text}");
        }
        for text in [
            "",
            "id.example.com/scim",
            "ftp://x/",
            "https://u:s3cret@x/",
            "https://u:s3cret@a b/",
            "u:s3cret@x",
            "https://a b/",
        ] {
            let sentence = BaseUrl::parse(text).unwrap_err();
            assert!(sentence.ends_with("scim/v2."), "{sentence}");
            assert!(!sentence.contains("s3cret"), "{sentence}");
        }
    }
}
