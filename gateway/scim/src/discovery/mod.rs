//! The discovery documents (RFC 7643 sections 5 to 7): what is implemented today, and no more.

mod schemas;

use serde::Serialize;

pub use schemas::{SchemaResource, schema, schemas};

use super::list_response::ListResponse;
use super::schema::{ENTERPRISE_USER, PROVOST_USER, USER};

/// What a discovery document says about itself.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DocumentMeta {
    resource_type: &'static str,
    location: String,
}

/// `ServiceProviderConfig`
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceProviderConfig {
    schemas: [&'static str; 1],
    patch: Supported,
    bulk: Bulk,
    filter: FilterSupport,
    change_password: Supported,
    sort: Supported,
    etag: Supported,
    authentication_schemes: [AuthenticationScheme; 1],
    meta: DocumentMeta,
}

#[derive(Debug, Clone, Serialize)]
struct Supported {
    supported: bool,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Bulk {
    supported: bool,
    max_operations: u32,
    max_payload_size: u32,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct FilterSupport {
    supported: bool,
    max_results: u64,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthenticationScheme {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'static str,
    description: &'static str,
    spec_uri: &'static str,
    primary: bool,
}

/// The document at `{base}/ServiceProviderConfig`, with the largest number of resources in a page.
pub fn service_provider_config(base: &str, max_results: u64) -> ServiceProviderConfig {
    ServiceProviderConfig {
        schemas: ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        patch: Supported { supported: true },
        bulk: Bulk { supported: false, max_operations: 0, max_payload_size: 0 },
        filter: FilterSupport { supported: true, max_results },
        change_password: Supported { supported: false },
        sort: Supported { supported: false },
        etag: Supported { supported: true },
        authentication_schemes: [AuthenticationScheme {
            kind: "oauthbearertoken",
            name: "OAuth Bearer Token",
            description: "A token of the site's SCIM connection, in the Authorization header.",
            spec_uri: "https://www.rfc-editor.org/info/rfc6750",
            primary: true,
        }],
        meta: DocumentMeta {
            resource_type: "ServiceProviderConfig",
            location: format!("{base}/ServiceProviderConfig"),
        },
    }
}

/// A `ResourceType`
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceType {
    schemas: [&'static str; 1],
    id: &'static str,
    name: &'static str,
    description: &'static str,
    endpoint: &'static str,
    schema: &'static str,
    schema_extensions: [SchemaExtension; 2],
    meta: DocumentMeta,
}

#[derive(Debug, Clone, Serialize)]
struct SchemaExtension {
    schema: &'static str,
    required: bool,
}

/// The document at `{base}/ResourceTypes`.
pub fn resource_types(base: &str) -> ListResponse<ResourceType> {
    ListResponse::whole(vec![user_type(base)])
}

/// The document at `{base}/ResourceTypes/{name}`, if there is such a type.
pub fn resource_type(name: &str, base: &str) -> Option<ResourceType> {
    name.eq_ignore_ascii_case("User").then(|| user_type(base))
}

fn user_type(base: &str) -> ResourceType {
    ResourceType {
        schemas: ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        id: "User",
        name: "User",
        description: "A user account.",
        endpoint: "/Users",
        schema: USER,
        schema_extensions: [ENTERPRISE_USER, PROVOST_USER]
            .map(|schema| SchemaExtension { schema, required: false }),
        meta: DocumentMeta {
            resource_type: "ResourceType",
            location: format!("{base}/ResourceTypes/User"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://provost.example.com/api/scim/v2";

    #[test]
    fn the_documents_are_as_published() {
        insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
            insta::assert_json_snapshot!("service_provider_config", service_provider_config(BASE, 1000));
            insta::assert_json_snapshot!("resource_types", resource_types(BASE));
            insta::assert_json_snapshot!("schemas", schemas(BASE));
        });
    }

    /// Entra can't read nulls in schema documents (`ms_use`).
    #[test]
    fn the_documents_hold_no_nulls() {
        for text in [
            serde_json::to_string(&service_provider_config(BASE, 1000)).unwrap(),
            serde_json::to_string(&resource_types(BASE)).unwrap(),
            serde_json::to_string(&schemas(BASE)).unwrap(),
        ] {
            assert!(!text.contains("null"), "{text}");
        }
    }

    /// `SailPoint` and `CyberArk` ask for single documents (`sp_forum`, `cyber`).
    #[test]
    fn single_documents_are_found_in_any_case() {
        assert!(resource_type("user", BASE).is_some());
        assert!(resource_type("Group", BASE).is_none());
        for urn in [USER, ENTERPRISE_USER, PROVOST_USER] {
            let document =
                serde_json::to_string(&schema(&urn.to_uppercase(), BASE).unwrap()).unwrap();
            assert!(document.contains(&format!("\"id\":\"{urn}\"")));
        }
        assert!(schema("urn:ietf:params:scim:schemas:core:2.0:Group", BASE).is_none());
    }
}
