//! The envelope of lists (RFC 7644 section 3.4.2).

use serde::Serialize;

/// A page of resources. Numbers are numbers, because Okta stops without a word when they are
/// texts (`okta_strindex`), and `Resources` is there even when it is empty.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListResponse<T> {
    schemas: [&'static str; 1],
    total_results: u64,
    start_index: u64,
    items_per_page: usize,
    #[serde(rename = "Resources")]
    resources: Vec<T>,
}

impl<T> ListResponse<T> {
    /// A page that begins at `start_index`, counted from 1, of `total_results` in all.
    pub fn new(total_results: u64, start_index: u64, resources: Vec<T>) -> Self {
        Self {
            schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            total_results,
            start_index,
            items_per_page: resources.len(),
            resources,
        }
    }

    /// A list that fits one page.
    pub fn whole(resources: Vec<T>) -> Self {
        Self::new(resources.len() as u64, 1, resources)
    }
}
