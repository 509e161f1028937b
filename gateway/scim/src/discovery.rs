//! The discovery documents (RFC 7643 sections 5 to 7): what is implemented today, and no more.

mod schemas;

use serde::Serialize;

pub use schemas::{SchemaResource, schema, schemas};

use super::list_response::ListResponse;
use super::schema::ResourceType;

/// How many resources a page has.
#[derive(Debug, Clone, Copy)]
pub struct PageSizes {
    /// Where nobody says how many.
    pub usual: u64,
    /// At most.
    pub largest: u64,
}

/// How much a bulk request may ask for.
#[derive(Debug, Clone, Copy)]
pub struct BulkLimits {
    /// Operations.
    pub operations: usize,
    /// Bytes of its body.
    pub bytes: usize,
}

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
    pagination: Pagination,
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
    max_operations: usize,
    max_payload_size: usize,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct FilterSupport {
    supported: bool,
    max_results: u64,
}

/// How lists are read page by page (RFC 9865 section 4).
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pagination {
    cursor: bool,
    index: bool,
    default_pagination_method: &'static str,
    default_page_size: u64,
    max_page_size: u64,
    cursor_timeout: u32,
}

/// How long a cursor is good, in seconds: a day.
const CURSOR_TIMEOUT: u32 = 24 * 60 * 60;

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

/// The document at `{base}/ServiceProviderConfig`, with the usual and the largest number of resources in
/// a page, and what a bulk request may ask for.
pub fn service_provider_config(
    base: &str,
    pages: PageSizes,
    bulk: BulkLimits,
) -> ServiceProviderConfig {
    let PageSizes { usual, largest } = pages;
    let BulkLimits { operations, bytes } = bulk;
    ServiceProviderConfig {
        schemas: ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        patch: Supported { supported: true },
        bulk: Bulk { supported: true, max_operations: operations, max_payload_size: bytes },
        filter: FilterSupport { supported: true, max_results: largest },
        change_password: Supported { supported: false },
        sort: Supported { supported: true },
        etag: Supported { supported: true },
        pagination: Pagination {
            cursor: true,
            index: true,
            default_pagination_method: "index",
            default_page_size: usual,
            max_page_size: largest,
            cursor_timeout: CURSOR_TIMEOUT,
        },
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

/// A `ResourceType` (RFC 7643 section 6)
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceTypeDocument<'s> {
    schemas: [&'static str; 1],
    id: &'s str,
    name: &'s str,
    description: &'s str,
    endpoint: &'s str,
    schema: &'s str,
    schema_extensions: Vec<SchemaExtension<'s>>,
    meta: DocumentMeta,
}

#[derive(Debug, Clone, Serialize)]
struct SchemaExtension<'s> {
    schema: &'s str,
    required: bool,
}

/// The document at `{base}/ResourceTypes`.
pub fn resource_types<'s>(
    served: &[&'s ResourceType],
    base: &str,
) -> ListResponse<ResourceTypeDocument<'s>> {
    ListResponse::whole(served.iter().map(|served| document(served, base)).collect())
}

/// The document at `{base}/ResourceTypes/{name}`, if there is such a type.
pub fn resource_type<'s>(
    served: &[&'s ResourceType],
    name: &str,
    base: &str,
) -> Option<ResourceTypeDocument<'s>> {
    let found = served.iter().find(|served| served.name().eq_ignore_ascii_case(name))?;
    Some(document(found, base))
}

fn document<'s>(resource_type: &'s ResourceType, base: &str) -> ResourceTypeDocument<'s> {
    let name = resource_type.name();
    let extensions = resource_type.extensions().iter();
    ResourceTypeDocument {
        schemas: ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        id: name,
        name,
        description: &resource_type.core().description,
        endpoint: resource_type.endpoint(),
        schema: &resource_type.core().urn,
        schema_extensions: extensions
            .map(|schema| SchemaExtension { schema: &schema.urn, required: false })
            .collect(),
        meta: DocumentMeta {
            resource_type: "ResourceType",
            location: format!("{base}/ResourceTypes/{name}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{ENTERPRISE_USER, GROUP, PROVOST_USER, USER, group, user};

    const BASE: &str = "https://provost.example.com/api/scim/v2";
    const PAGES: PageSizes = PageSizes { usual: 100, largest: 1000 };
    const BULK: BulkLimits = BulkLimits { operations: 1000, bytes: 8 << 20 };

    #[test]
    fn the_documents_are_as_published() {
        insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
            insta::assert_json_snapshot!("service_provider_config", service_provider_config(BASE, PAGES, BULK));
            insta::assert_json_snapshot!("resource_types", resource_types(&[user(), group()], BASE));
            insta::assert_json_snapshot!("schemas", schemas(&[user(), group()], BASE));
        });
    }

    /// Entra can't read nulls in schema documents (`ms_use`).
    #[test]
    fn the_documents_hold_no_nulls() {
        for text in [
            serde_json::to_string(&service_provider_config(BASE, PAGES, BULK)).unwrap(),
            serde_json::to_string(&resource_types(&[user(), group()], BASE)).unwrap(),
            serde_json::to_string(&schemas(&[user(), group()], BASE)).unwrap(),
        ] {
            assert!(!text.contains("null"), "{text}");
        }
    }

    /// `SailPoint` and `CyberArk` ask for single documents (`sp_forum`, `cyber`).
    #[test]
    fn single_documents_are_found_in_any_case() {
        assert!(resource_type(&[user(), group()], "user", BASE).is_some());
        assert!(resource_type(&[user(), group()], "GROUP", BASE).is_some());
        assert!(resource_type(&[user(), group()], "Shoe", BASE).is_none());
        for urn in [USER, GROUP, ENTERPRISE_USER, PROVOST_USER] {
            let document = serde_json::to_string(
                &schema(&[user(), group()], &urn.to_uppercase(), BASE).unwrap(),
            )
            .unwrap();
            assert!(document.contains(&format!("\"id\":\"{urn}\"")));
        }
        assert!(
            schema(&[user(), group()], "urn:ietf:params:scim:schemas:core:2.0:Shoe", BASE)
                .is_none()
        );
    }
}
