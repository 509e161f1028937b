//! Which page of a list a query asks for, in the contract's numbers.

use provost_proto::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE};
use provost_scim::Query;

/// A page of a list.
pub(super) struct AskedPage {
    /// How many resources at most.
    pub size: i32,
    /// How many come before it.
    pub skip: i64,
    /// Whether they are only counted.
    pub count_only: bool,
}

impl AskedPage {
    /// The page that a query asks for.
    pub fn of(query: &Query) -> Self {
        let count = query.count.unwrap_or(DEFAULT_PAGE_SIZE.into()).min(MAX_PAGE_SIZE.into());
        Self {
            size: i32::try_from(count).unwrap_or_default(),
            skip: i64::try_from(query.start_index - 1).unwrap_or(i64::MAX),
            count_only: count == 0,
        }
    }
}
