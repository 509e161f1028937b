//! Which page of a list a query asks for, in the contract's numbers, and the envelope it is answered in.

use provost_proto::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE};
use provost_scim::{ListResponse, Query};

/// A page of a list.
#[derive(Debug, Clone)]
pub(super) struct AskedPage {
    /// How many resources at most.
    pub size: i32,
    /// How many come before it.
    pub skip: i64,
    /// The token that the page before gave; empty for the first page, and for pages by number.
    pub token: String,
    /// Whether they are only counted.
    pub count_only: bool,
}

impl AskedPage {
    /// The page that a query asks for.
    pub fn of(query: &Query) -> Self {
        let count = query.count.unwrap_or(DEFAULT_PAGE_SIZE.into()).min(MAX_PAGE_SIZE.into());
        let count_only = count == 0;
        let token = query.cursor.clone().filter(|_| !count_only);
        Self {
            size: i32::try_from(count).unwrap_or_default(),
            skip: i64::try_from(query.start_index - 1).unwrap_or(i64::MAX),
            token: token.unwrap_or_default(),
            count_only,
        }
    }

    /// No page: how many there are.
    pub fn only_counted() -> Self {
        Self { size: 0, skip: 0, token: String::new(), count_only: true }
    }
}

/// The page that a query asked for, with the token of the next one, empty on the last.
pub(super) fn page<T>(
    query: &Query,
    total: i64,
    next_token: String,
    resources: Vec<T>,
) -> ListResponse<T> {
    let total = total.unsigned_abs();
    if query.cursor.is_none() {
        return ListResponse::new(total, query.start_index, resources);
    }
    let next = (!next_token.is_empty()).then_some(next_token);
    ListResponse::by_cursor(total, next, resources)
}
