//! The envelope of lists (RFC 7644 section 3.4.2, RFC 9865).

use serde::Serialize;

/// A page of resources. Numbers are numbers, because Okta stops without a word when they are
/// texts (`okta_strindex`), and `Resources` is there even when it is empty.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListResponse<T> {
    schemas: [&'static str; 1],
    total_results: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_index: Option<u64>,
    items_per_page: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    #[serde(rename = "Resources")]
    resources: Vec<T>,
}

impl<T> ListResponse<T> {
    /// A page that begins at `start_index`, counted from 1, of `total_results` in all.
    pub fn new(total_results: u64, start_index: u64, resources: Vec<T>) -> Self {
        Self {
            schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            total_results,
            start_index: Some(start_index),
            items_per_page: resources.len(),
            next_cursor: None,
            resources,
        }
    }

    /// A page that was asked for by its cursor, with that of the next one; the last page has none.
    pub fn by_cursor(total_results: u64, next_cursor: Option<String>, resources: Vec<T>) -> Self {
        Self { start_index: None, next_cursor, ..Self::new(total_results, 1, resources) }
    }

    /// A list that fits one page.
    pub fn whole(resources: Vec<T>) -> Self {
        Self::new(resources.len() as u64, 1, resources)
    }
}
