//! Which site a URL names, and its path below that site's base.
//!
//! Tolerant as identity providers need it: resource names in any case, slashes too many, and
//! stray signs behind the path.

use super::host;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::collections::BTreeMap;

/// The path of the base itself.
pub(super) const BASE: &str = "/";
/// A path at which there is nothing.
pub(super) const NOTHING: &str = "/-";

/// Resources as RFC 7644 spells them.
const NAMES: [&str; 8] =
    ["Users", "Groups", "ServiceProviderConfig", "ResourceTypes", "Schemas", "Me", "Bulk", SEARCH];
const SEARCH: &str = ".search";

/// What a URL names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// The site's name as it stands in the URL, or as the host maps to it.
    pub site: String,
    /// The path in front of the resource.
    pub base: String,
    /// Whether the site was found by the host name.
    pub by_host: bool,
    /// What is named below the base, as RFC 7644 spells it.
    pub path: String,
}

impl Address {
    /// Reads a path. `None` when it is below no SCIM base.
    pub fn read(path: &str, host: &str, hosts: &BTreeMap<String, String>) -> Option<Self> {
        let path = path.trim_end_matches(['/', '&']);
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        if let ["api", "scim", "v2", rest @ ..] = segments.as_slice() {
            let mapped = hosts.get(&host::name(host));
            return Some(Self {
                site: mapped.cloned().unwrap_or_else(|| provost_proto::DEFAULT_SITE.to_owned()),
                base: "/api/scim/v2".to_owned(),
                by_host: mapped.is_some(),
                path: normalized(rest),
            });
        }
        let ["c", site, "auth", "scim", "v2", rest @ ..] = segments.as_slice() else {
            return None;
        };
        let site = site.to_ascii_lowercase();
        let base = format!("/c/{site}/auth/scim/v2");
        Some(Self { site, base, by_host: false, path: normalized(rest) })
    }
}

/// What a path below a base names, as RFC 7644 spells it.
pub(super) fn below_base(path: &str) -> String {
    let path = path.trim_end_matches(['/', '&']);
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    normalized(&segments)
}

fn normalized(segments: &[&str]) -> String {
    let [name, below @ ..] = segments else { return BASE.to_owned() };
    let Some(name) = name_of(name) else { return NOTHING.to_owned() };
    let mut path = format!("/{name}");
    for segment in below {
        path.push('/');
        match (name, below) {
            ("Users" | "Groups", _) if segment.eq_ignore_ascii_case(SEARCH) => {
                path.push_str(SEARCH);
            }
            ("Users" | "Groups", [id]) => push_readable(&mut path, without_ending(id)),
            _ => push_readable(&mut path, segment),
        }
    }
    path
}

fn name_of(text: &str) -> Option<&'static str> {
    // Some ask for it in the plural.
    if text.eq_ignore_ascii_case("ServiceProviderConfigs") {
        return Some("ServiceProviderConfig");
    }
    NAMES.into_iter().find(|name| name.eq_ignore_ascii_case(text))
}

/// Older OneLogin connectors end an id with `.json`.
fn without_ending(id: &str) -> &str {
    id.strip_suffix(".json").filter(|id| !id.is_empty()).unwrap_or(id)
}

/// Signs that are no UTF-8 name nobody, and the router would refuse them.
fn push_readable(path: &mut String, segment: &str) {
    let decoded = percent_decode_str(segment);
    match decoded.clone().decode_utf8() {
        Ok(_) => path.push_str(segment),
        Err(_) => path.extend(utf8_percent_encode(&decoded.decode_utf8_lossy(), NON_ALPHANUMERIC)),
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
        for (path, normalized) in [
            ("Users", "/Users"),
            ("users/", "/Users"),
            ("/USERS//", "/Users"),
            ("Users&", "/Users"),
            ("Users/a%20b/&", "/Users/a%20b"),
            ("Users/a-b", "/Users/a-b"),
            ("Users/a-b.json", "/Users/a-b"),
            ("Users/%ff", "/Users/%EF%BF%BD"),
            ("Users/.search", "/Users/.search"),
            ("users/.SEARCH", "/Users/.search"),
            ("Users/a/b", "/Users/a/b"),
            ("groups/1", "/Groups/1"),
            ("serviceProviderConfig", "/ServiceProviderConfig"),
            ("serviceproviderconfigs", "/ServiceProviderConfig"),
            ("ResourceTypes/User", "/ResourceTypes/User"),
            ("Schemas/urn%3Aa", "/Schemas/urn%3Aa"),
            ("Me", "/Me"),
            ("Bulk", "/Bulk"),
            ("", BASE),
            ("//", BASE),
            ("shoes", NOTHING),
            ("-", NOTHING),
        ] {
            let read = read(&format!("/api/scim/v2/{path}"), "").unwrap();
            assert_eq!(read.path, normalized, "{path}");
        }
    }
}
