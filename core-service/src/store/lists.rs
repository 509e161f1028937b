//! Lists: the users of a site that satisfy a condition, page by page in the order of their ids.

use super::query::Query;
use super::rows::{user, user_columns};
use super::{Store, StoreError, statements};
use crate::domain::{SiteId, User, UserFilter, UserId};
use sea_orm::ConnectionTrait;

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Only users after this one.
    pub after: Option<UserId>,
    /// How many of those to pass over.
    pub skip: u64,
    /// At most this many.
    pub limit: u64,
}

impl Store {
    /// A page of the users of a site that satisfy a condition, in the order of their ids.
    pub async fn list(
        &self,
        site: SiteId,
        filter: Option<&UserFilter>,
        page: Page,
    ) -> Result<Vec<User>, StoreError> {
        let query = self.page(site, filter, page);
        let rows = self.lists.query_all_raw(query.into_statement()).await?;
        rows.iter().map(user).collect()
    }

    /// How many users of a site satisfy a condition.
    pub async fn count(
        &self,
        site: SiteId,
        filter: Option<&UserFilter>,
    ) -> Result<u64, StoreError> {
        let statement = match filter {
            Some(_) => self.selection("SELECT count(*)", site, filter).into_statement(),
            None => self.dialect.statement(&statements::USER_COUNT, [site.0.into()]),
        };
        let row = self.lists.query_one_raw(statement).await?;
        let count: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
        Ok(count.unsigned_abs())
    }

    pub(super) fn page(&self, site: SiteId, filter: Option<&UserFilter>, page: Page) -> Query {
        let mut query = self.selection(concat!("SELECT ", user_columns!()), site, filter);
        if let Some(UserId(after)) = page.after {
            query.push(" AND u.id > ");
            query.bind(after);
        }
        query.push(" ORDER BY u.id LIMIT ");
        query.bind(row_count(page.limit));
        query.push(" OFFSET ");
        query.bind(row_count(page.skip));
        query
    }

    fn selection(&self, what: &str, site: SiteId, filter: Option<&UserFilter>) -> Query {
        let mut query = Query::new(self.dialect);
        query.push(what);
        query.push(" FROM users AS u WHERE u.site_id = ");
        query.bind(site.0);
        if let Some(filter) = filter {
            query.push(" AND ");
            query.filter(filter);
        }
        query
    }
}

/// No table has more rows than its keys have values.
fn row_count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
