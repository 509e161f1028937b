//! Which site and which resource a URL names.
//!
//! Tolerant as identity providers need it: resource names in any case, slashes too many, and
//! stray signs behind the path.

use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;

/// What a URL names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// The site's name as it stands in the URL, or as the host maps to it.
    pub site: String,
    /// The path in front of the resource.
    pub base: String,
    /// Whether the site was found by the host name.
    pub by_host: bool,
    /// What is named below the base.
    pub endpoint: Endpoint,
}

/// What is named below the base of a site.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Users,
    User(String),
    Groups,
    Group,
    ServiceProviderConfig,
    ResourceTypes(Option<String>),
    Schemas(Option<String>),
    Me,
    Bulk,
    Search,
    Unknown,
}

impl Address {
    /// Reads a path. `None` when it is below no SCIM base.
    pub fn read(path: &str, host: &str, hosts: &BTreeMap<String, String>) -> Option<Self> {
        let path = path.trim_end_matches(['/', '&']);
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        if let ["api", "scim", "v2", rest @ ..] = segments.as_slice() {
            let mapped = hosts.get(&host_name(host));
            return Some(Self {
                site: mapped.cloned().unwrap_or_else(|| "default".to_owned()),
                base: "/api/scim/v2".to_owned(),
                by_host: mapped.is_some(),
                endpoint: endpoint(rest),
            });
        }
        let ["c", site, "auth", "scim", "v2", rest @ ..] = segments.as_slice() else {
            return None;
        };
        let site = site.to_ascii_lowercase();
        let base = format!("/c/{site}/auth/scim/v2");
        Some(Self { site, base, by_host: false, endpoint: endpoint(rest) })
    }
}

/// A host without its port, in lower case.
fn host_name(host: &str) -> String {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.to_ascii_lowercase()
}

fn endpoint(segments: &[&str]) -> Endpoint {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let [name, below @ ..] = segments else { return Endpoint::Unknown };
    match (name.to_ascii_lowercase().as_str(), below) {
        ("users", []) => Endpoint::Users,
        // Older OneLogin connectors end an id with `.json`.
        ("users", [id]) if !id.eq_ignore_ascii_case(".search") => {
            Endpoint::User(decoded(id.strip_suffix(".json").unwrap_or(id)))
        }
        ("groups", []) => Endpoint::Groups,
        ("groups", [id]) if !id.eq_ignore_ascii_case(".search") => Endpoint::Group,
        ("serviceproviderconfig" | "serviceproviderconfigs", []) => Endpoint::ServiceProviderConfig,
        ("resourcetypes", []) => Endpoint::ResourceTypes(None),
        ("resourcetypes", [name]) => Endpoint::ResourceTypes(Some(decoded(name))),
        ("schemas", []) => Endpoint::Schemas(None),
        ("schemas", [urn]) => Endpoint::Schemas(Some(decoded(urn))),
        ("me", _) => Endpoint::Me,
        ("bulk", []) => Endpoint::Bulk,
        (".search", []) | ("users" | "groups", [_]) => Endpoint::Search,
        _ => Endpoint::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, host: &str) -> Option<Address> {
        let hosts = [("acme.example.com".to_owned(), "acme".to_owned())].into();
        Address::read(path, host, &hosts)
    }

    #[test]
    fn sites_are_found_by_path_and_by_host() {
        for (path, host, site) in [
            ("/api/scim/v2/Users", "localhost:8080", "default"),
            ("/api/scim/v2/Users", "Acme.example.com:443", "acme"),
            ("/c/beta/auth/scim/v2/Users", "acme.example.com", "beta"),
            ("/c/Beta/auth/scim/v2/Users", "", "beta"),
        ] {
            assert_eq!(read(path, host).unwrap().site, site, "{path} {host}");
        }
        for path in ["/", "/Users", "/api/scim", "/scim/v2/Users", "/c/auth/scim/v2/Users"] {
            assert_eq!(read(path, ""), None, "{path}");
        }
    }

    #[test]
    fn resources_are_named_in_any_case_and_with_stray_slashes() {
        for (path, endpoint) in [
            ("Users", Endpoint::Users),
            ("users/", Endpoint::Users),
            ("/USERS//", Endpoint::Users),
            ("Users&", Endpoint::Users),
            ("Users/a%20b/&", Endpoint::User("a b".to_owned())),
            ("Users/a-b", Endpoint::User("a-b".to_owned())),
            ("Users/a-b.json", Endpoint::User("a-b".to_owned())),
            ("Users/.search", Endpoint::Search),
            ("Users/a/b", Endpoint::Unknown),
            ("groups/1", Endpoint::Group),
            ("serviceProviderConfig", Endpoint::ServiceProviderConfig),
            ("ResourceTypes/User", Endpoint::ResourceTypes(Some("User".to_owned()))),
            ("Schemas/urn%3Aa", Endpoint::Schemas(Some("urn:a".to_owned()))),
            ("Me", Endpoint::Me),
            ("Bulk", Endpoint::Bulk),
            ("", Endpoint::Unknown),
            ("shoes", Endpoint::Unknown),
        ] {
            let read = read(&format!("/api/scim/v2/{path}"), "").unwrap();
            assert_eq!(read.endpoint, endpoint, "{path}");
        }
    }
}
