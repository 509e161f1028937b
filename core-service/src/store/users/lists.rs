//! Lists: the users of a site that satisfy a condition, page by page in the order of their ids or in
//! another one.

use super::filter_sql::FilterSql;
use super::rows::UserKeyRow;
use super::sort_sql;
use super::{Column, Entity, read_columns, user};
use crate::store::parameter::document;
use crate::store::{Store, StoreError, scan, sites};
use provost_domain::{
    LookUp, Page, Population, SiteId, SortPosition, User, UserFilter, UserId, UserScope, UserSort,
};
use sea_orm::sea_query::{Asterisk, Expr, Func};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QueryResult, QuerySelect as _, QueryTrait, Select, Statement,
};

impl Store {
    /// A page of the users of a site that satisfy a condition, in the order of their ids.
    pub async fn list(
        &self,
        site: SiteId,
        scope: UserScope,
        filter: Option<&UserFilter>,
        page: Page,
    ) -> Result<Vec<User>, StoreError> {
        let page = self.page(site, scope, filter, page).build(self.dialect.into());
        let rows = match filter {
            Some(filter) if is_looked_through(filter) => self.scanned(page).await?,
            _ => self.lists.query_all_raw(page).await?,
        };
        rows.iter().map(|row| user(self.profile, row)).collect()
    }

    /// The same in another order.
    pub async fn sorted(
        &self,
        (site, scope): (SiteId, UserScope),
        filter: Option<&UserFilter>,
        sort: &UserSort,
        page: &Page<SortPosition>,
    ) -> Result<Vec<User>, StoreError> {
        let is_served = finds_few(filter) || filter.is_none() && sort.is_indexed();
        let page = self.sorted_page((site, scope), filter, sort, page).build(self.dialect.into());
        let rows = if is_served {
            self.lists.query_all_raw(page).await?
        } else {
            self.scanned(page).await?
        };
        rows.iter().map(|row| user(self.profile, row)).collect()
    }

    /// So many users of a site behind one of them, in the order of their ids, for whoever follows its ledger.
    pub async fn users_behind(
        &self,
        site: SiteId,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<User>, StoreError> {
        let page = Page { after, skip: 0, limit };
        let page = self.page(site, UserScope::All, None, page).build(self.dialect.into());
        let rows = self.watches.query_all_raw(page).await?;
        rows.iter().map(|row| user(self.profile, row)).collect()
    }

    /// The users of these ids, as far as the site has them, in no order.
    pub async fn users(&self, site: SiteId, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        let keys: Vec<_> = ids.iter().map(|id| (site, *id)).collect();
        let keys: Vec<_> = keys.iter().map(UserKeyRow::id).collect();
        let sql = self.dialect.statements().users_by_id.as_str();
        let keys = [document(&keys)?.into()];
        let statement = Statement::from_sql_and_values(self.dialect.into(), sql, keys);
        let rows = self.lists.query_all_raw(statement).await?;
        rows.iter().map(|row| user(self.profile, row)).collect()
    }

    /// How many users of a site satisfy a condition.
    pub async fn count(
        &self,
        site: SiteId,
        scope: UserScope,
        filter: Option<&UserFilter>,
    ) -> Result<u64, StoreError> {
        let Some(asked) = filter else { return Ok(self.population(site).await?.within(scope)) };
        let count = self.selection(site, scope, filter).expr(Func::count(Expr::col(Asterisk)));
        let count = count.build(self.dialect.into());
        let row = if is_looked_through(asked) {
            self.scanned(count).await?.pop()
        } else {
            self.lists.query_one_raw(count).await?
        };
        let count: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
        Ok(count.unsigned_abs())
    }

    /// How many users a site has, and how many came and went until now.
    pub async fn population(&self, site: SiteId) -> Result<Population, StoreError> {
        let members = sites::Entity::find_by_id(site.0)
            .select_only()
            .columns(sites::MEMBERS)
            .into_tuple::<(i64, i64, i64)>();
        let (users, deleted, membership_version) =
            members.one(&self.lists).await?.unwrap_or_default();
        let [users, deleted] = [users, deleted].map(i64::unsigned_abs);
        Ok(Population { users, deleted, membership_version })
    }

    /// Conditions that no index serves have connections of their own: a site that asks for a lot
    /// of work makes only those wait who ask for the same.
    async fn scanned(&self, statement: Statement) -> Result<Vec<QueryResult>, StoreError> {
        Ok(scan::rows(&self.scans, self.dialect, "SELECT users", statement).await?)
    }

    pub(in crate::store) fn page(
        &self,
        site: SiteId,
        scope: UserScope,
        filter: Option<&UserFilter>,
        page: Page,
    ) -> Select<Entity> {
        let users = self.selection(site, scope, filter).columns(read_columns());
        let users = match page.after {
            Some(UserId(after)) => users.filter(Column::Id.gt(after)),
            None => users,
        };
        users.order_by_asc(Column::Id).limit(row_count(page.limit)).offset(row_count(page.skip))
    }

    pub(in crate::store) fn sorted_page(
        &self,
        (site, scope): (SiteId, UserScope),
        filter: Option<&UserFilter>,
        sort: &UserSort,
        page: &Page<SortPosition>,
    ) -> Select<Entity> {
        let order = || {
            let order = sort_sql::order(FilterSql { dialect: self.dialect, site }, sort);
            if finds_few(filter) { order.of_few(self.dialect) } else { order }
        };
        let mut users = self.selection(site, scope, filter).columns(read_columns());
        if let Some(SortPosition { id, value }) = &page.after {
            let value = value.as_ref().map(sort_sql::parameter);
            users = users.filter(order().behind(id.0, value));
        }
        order().apply(QueryTrait::query(&mut users));
        users.limit(row_count(page.limit)).offset(row_count(page.skip))
    }

    /// The users of a site that satisfy a condition, without any column.
    fn selection(
        &self,
        site: SiteId,
        scope: UserScope,
        filter: Option<&UserFilter>,
    ) -> Select<Entity> {
        let users = Entity::find().select_only().filter(Column::SiteId.eq(site.0));
        let users = match scope {
            UserScope::All => users,
            UserScope::NotDeleted => users.filter(Column::DirectoryDeleted.eq(false)),
        };
        let sql = FilterSql { dialect: self.dialect, site };
        match filter {
            Some(filter) => users.filter(sql.condition(filter)),
            None => users,
        }
    }
}

/// Whether there is a condition that an index serves.
fn finds_few(filter: Option<&UserFilter>) -> bool {
    filter.is_some_and(|filter| !is_looked_through(filter))
}

/// Whether no index serves a condition.
fn is_looked_through(filter: &UserFilter) -> bool {
    match filter.look_up() {
        LookUp::Scan => true,
        LookUp::UserName(_) | LookUp::Key(_) | LookUp::Email(_) => false,
    }
}

/// No table has more rows than its keys have values.
fn row_count(count: u64) -> u64 {
    count.min(i64::MAX.unsigned_abs())
}
