//! Lists: the users of a site that satisfy a condition, page by page in the order of their ids.

use super::query::Query;
use super::rows::{user, user_columns};
use super::{Store, StoreError, statements};
use provost_domain::{
    ElementFilter, ElementTest, Filter, SiteId, TextField, TextOperator, User, UserFilter, UserId,
    UserTest,
};
use sea_orm::{ConnectionTrait, DatabaseConnection};

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

/// How many users a site has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Population {
    /// Now.
    pub users: u64,
    /// Grows with everybody who comes or goes, so that two equal ones mean the same users.
    pub turnover: i64,
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
        let rows = self.scanner(filter).query_all_raw(query.into_statement()).await?;
        rows.iter().map(user).collect()
    }

    /// How many users of a site satisfy a condition.
    pub async fn count(
        &self,
        site: SiteId,
        filter: Option<&UserFilter>,
    ) -> Result<u64, StoreError> {
        let Some(_) = filter else { return Ok(self.population(site).await?.users) };
        let statement = self.selection("SELECT count(*)", site, filter).into_statement();
        let row = self.scanner(filter).query_one_raw(statement).await?;
        let count: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
        Ok(count.unsigned_abs())
    }

    /// How many users a site has, and how many came and went until now.
    pub async fn population(&self, site: SiteId) -> Result<Population, StoreError> {
        let statement = self.dialect.statement(&statements::POPULATION, [site.0.into()]);
        let Some(row) = self.lists.query_one_raw(statement).await? else {
            return Ok(Population::default());
        };
        let users: i64 = row.try_get_by_index(0)?;
        Ok(Population { users: users.unsigned_abs(), turnover: row.try_get_by_index(1)? })
    }

    /// Conditions that no index serves have connections of their own: a site that asks for a lot
    /// of work makes only those wait who ask for the same.
    fn scanner(&self, filter: Option<&UserFilter>) -> &DatabaseConnection {
        if filter.is_none_or(is_look_up) { &self.lists } else { &self.scans }
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

/// Whether an index narrows the condition to a few users.
fn is_look_up(filter: &UserFilter) -> bool {
    match filter {
        Filter::All(operands) => operands.iter().any(is_look_up),
        Filter::Is(UserTest::Text(field, TextOperator::Equal, _)) => {
            !matches!(field, TextField::Profile(_))
        }
        Filter::Is(UserTest::Element(list, condition)) => {
            list.as_str() == "emails" && names_value(condition)
        }
        Filter::Any(_) | Filter::Not(_) | Filter::Is(_) => false,
    }
}

fn names_value(condition: &ElementFilter) -> bool {
    match condition {
        Filter::All(operands) => operands.iter().any(names_value),
        Filter::Is(ElementTest::Text(name, TextOperator::Equal, _)) => name.as_str() == "value",
        Filter::Any(_) | Filter::Not(_) | Filter::Is(_) => false,
    }
}
