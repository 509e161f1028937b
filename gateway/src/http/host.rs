//! The host that a request names, and the trailing dot and port that make no other host of it.
//!
//! Must never know which sites there are.

use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, Version};
use provost_scim::ScimError;

/// The host that was asked, with its port. A URL that names one wins over the header (RFC 9112
/// section 3.2.2); HTTP/2 names it in the URL, where the header may only repeat it (RFC 9113
/// section 8.3.1).
pub(super) fn asked<'r>(
    version: Version,
    headers: &'r HeaderMap,
    uri: &'r Uri,
) -> Result<&'r str, ScimError> {
    let mut named = headers.get_all(HOST).iter();
    let (header, further) = (named.next(), named.next());
    if further.is_some() {
        return Err(malformed("The request has more than one Host header. Send one."));
    }
    if header.is_some_and(|value| !value.to_str().is_ok_and(is_host)) {
        return Err(malformed("The Host header names no host. Send a name and a port."));
    }
    let header = header.and_then(|value| value.to_str().ok());
    let authority = uri.authority().map(Authority::as_str);
    // Before HTTP/1.1 there was no such header; since HTTP/2 the URL may name the host instead.
    let is_needed =
        version == Version::HTTP_11 || (version > Version::HTTP_11 && authority.is_none());
    if header.is_none() && is_needed {
        return Err(malformed("The request names no host. Send a Host header."));
    }
    let contradicts = |header: &str| authority.is_some_and(|url| !url.eq_ignore_ascii_case(header));
    if version > Version::HTTP_11 && header.is_some_and(contradicts) {
        return Err(malformed("The Host header contradicts :authority. Send one of them."));
    }
    Ok(authority.or(header).unwrap_or_default())
}

/// A host without its port and its trailing dot, in lower case.
pub(super) fn name(host: &str) -> String {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// `uri-host [ ":" port ]`, where the host may be empty.
fn is_host(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let Ok(authority) = text.parse::<Authority>() else { return false };
    let port =
        text.strip_prefix(authority.host()).map(|rest| rest.strip_prefix(':').unwrap_or(rest));
    port.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

fn malformed(detail: &str) -> ScimError {
    ScimError::new(400, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn ask(version: Version, hosts: &[&str], uri: &str) -> Result<String, u16> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, HeaderValue::from_str(host).unwrap());
        }
        let uri = uri.parse().unwrap();
        asked(version, &headers, &uri).map(str::to_owned).map_err(|error| error.status)
    }

    #[test]
    fn one_host_is_named_and_no_more() {
        for (version, hosts, uri, host) in [
            (Version::HTTP_11, &["a:80"][..], "/x", Ok("a:80")),
            (Version::HTTP_11, &[""], "/x", Ok("")),
            (Version::HTTP_11, &["[::1]:80"], "/x", Ok("[::1]:80")),
            (Version::HTTP_11, &["a"], "http://b/x", Ok("b")),
            (Version::HTTP_11, &[], "/x", Err(400)),
            (Version::HTTP_11, &[], "http://b/x", Err(400)),
            (Version::HTTP_11, &["a", "a"], "/x", Err(400)),
            (Version::HTTP_11, &["a", "b"], "http://b/x", Err(400)),
            (Version::HTTP_11, &["a b"], "/x", Err(400)),
            (Version::HTTP_11, &["me@a"], "/x", Err(400)),
            (Version::HTTP_11, &["a:b"], "/x", Err(400)),
            (Version::HTTP_11, &["a/b"], "/x", Err(400)),
            (Version::HTTP_10, &[], "/x", Ok("")),
            (Version::HTTP_10, &["a", "b"], "/x", Err(400)),
            (Version::HTTP_2, &[], "https://b/x", Ok("b")),
            (Version::HTTP_2, &["B"], "https://b/x", Ok("b")),
            (Version::HTTP_2, &["a"], "https://b/x", Err(400)),
            (Version::HTTP_2, &["a"], "/x", Ok("a")),
            (Version::HTTP_2, &[], "/x", Err(400)),
        ] {
            let host = host.map(str::to_owned);
            assert_eq!(ask(version, hosts, uri), host, "{version:?} {hosts:?} {uri}");
        }
    }

    #[test]
    fn a_name_has_no_port_no_case_and_no_trailing_dot() {
        for host in ["Acme.Example.com", "acme.example.com.", "acme.example.com.:8443"] {
            assert_eq!(name(host), "acme.example.com");
        }
        assert_eq!(name("."), "");
    }
}
