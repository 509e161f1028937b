//! Lists: one group, and the groups of a site that satisfy a condition, page by page in the order of their
//! ids or in another one.

use super::filter_sql::GroupFilterSql;
use super::{COLUMN, Column, Entity, read, sort_sql};
use crate::store::users::sort_sql::parameter;
use crate::store::{Store, StoreError, scan, sites};
use provost_domain::{
    Group, GroupFilter, GroupId, GroupName, GroupNameKey, GroupSort, Page, SiteId, SortPosition,
    UserScope,
};
use sea_orm::sea_query::{Asterisk, Expr, Func};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QueryResult,
    QuerySelect as _, QueryTrait, Select,
};

/// How many keys are looked up with one statement.
const KEYS_AT_ONCE: usize = 1000;

impl Store {
    /// The group of this id, if the site has it.
    pub async fn group(&self, site: SiteId, id: GroupId) -> Result<Option<Group>, StoreError> {
        let group = Entity::find_by_id((site.0, id.0)).build(self.dialect.into());
        let row = self.lists.query_one_raw(group).await?;
        Ok(row.as_ref().map(read).transpose()?)
    }

    /// The id of the group of this name, if the site has it.
    pub async fn group_named(
        &self,
        site: SiteId,
        name: &GroupName,
    ) -> Result<Option<GroupId>, StoreError> {
        let named = Entity::find().select_only().column(Column::Id);
        let named = named.filter(COLUMN.site_id.eq(site.0));
        let named = named.filter(COLUMN.display_name_key.eq(name.key().as_str()));
        Ok(named.into_tuple().one(&self.lists).await?.map(GroupId))
    }

    /// The groups of these ids and those of these names, as far as the site has them.
    pub async fn groups_known_by(
        &self,
        site: SiteId,
        ids: &[GroupId],
        names: &[GroupNameKey],
    ) -> Result<Vec<Group>, StoreError> {
        let of_ids = ids.chunks(KEYS_AT_ONCE);
        let of_ids = of_ids.map(|ids| Column::Id.is_in(ids.iter().map(|id| id.0)));
        let of_names = names.chunks(KEYS_AT_ONCE);
        let of_names = of_names
            .map(|names| Column::DisplayNameKey.is_in(names.iter().map(GroupNameKey::as_str)));
        let mut groups = Vec::new();
        for condition in of_ids.chain(of_names) {
            let known = Entity::find().filter(COLUMN.site_id.eq(site.0)).filter(condition);
            let rows = self.lists.query_all_raw(known.build(self.dialect.into())).await?;
            groups.extend(rows.iter().map(read).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(groups)
    }

    /// A page of the groups of a site that satisfy a condition, in an order. What the condition says of
    /// members is about those in this scope.
    pub async fn groups(
        &self,
        (site, scope): (SiteId, UserScope),
        filter: Option<&GroupFilter>,
        sort: &GroupSort,
        page: &Page<SortPosition<GroupId>>,
    ) -> Result<Vec<Group>, StoreError> {
        let groups = self.page_of_groups((site, scope), filter, sort, page);
        let is_served = finds_few(filter) || filter.is_none() && sort.is_indexed();
        let rows = self.found_groups(is_served, &groups).await?;
        Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
    }

    /// How many groups of a site satisfy a condition. How many there are altogether is kept.
    pub async fn count_groups(
        &self,
        (site, scope): (SiteId, UserScope),
        filter: Option<&GroupFilter>,
    ) -> Result<u64, StoreError> {
        let row = if let Some(found) = filter {
            let groups = self.selected_groups((site, scope), filter).select_only();
            let count = groups.expr(Func::count(Expr::col(Asterisk)));
            self.found_groups(found.is_look_up(), &count).await?.pop()
        } else {
            let kept = sites::Entity::find_by_id(site.0).select_only();
            let kept = kept.column(sites::Column::GroupCount).build(self.dialect.into());
            self.lists.query_one_raw(kept).await?
        };
        let count: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
        Ok(count.unsigned_abs())
    }

    /// What no index serves has connections of its own.
    async fn found_groups(
        &self,
        is_served: bool,
        groups: &Select<Entity>,
    ) -> Result<Vec<QueryResult>, StoreError> {
        let statement = groups.build(self.dialect.into());
        if is_served {
            return Ok(self.lists.query_all_raw(statement).await?);
        }
        Ok(scan::rows(&self.scans, self.dialect, "SELECT groups", statement).await?)
    }

    pub(in crate::store) fn page_of_groups(
        &self,
        scope: (SiteId, UserScope),
        filter: Option<&GroupFilter>,
        sort: &GroupSort,
        page: &Page<SortPosition<GroupId>>,
    ) -> Select<Entity> {
        let order = || {
            let order = sort_sql::order(self.dialect, sort);
            if finds_few(filter) { order.of_few(self.dialect) } else { order }
        };
        let mut groups = self.selected_groups(scope, filter);
        if let Some(SortPosition { id, value }) = &page.after {
            let value = value.as_ref().map(parameter);
            groups = groups.filter(order().behind(id.0, value));
        }
        order().apply(QueryTrait::query(&mut groups));
        let [limit, skip] = [page.limit, page.skip].map(|count| count.min(i64::MAX.unsigned_abs()));
        groups.limit(limit).offset(skip)
    }

    fn selected_groups(
        &self,
        (site, scope): (SiteId, UserScope),
        filter: Option<&GroupFilter>,
    ) -> Select<Entity> {
        let sql = GroupFilterSql { dialect: self.dialect, site, scope };
        let groups = Entity::find().filter(COLUMN.site_id.eq(site.0));
        groups.apply_if(filter, |groups, filter| groups.filter(sql.condition(filter)))
    }
}

/// Whether there is a condition that an index serves.
fn finds_few(filter: Option<&GroupFilter>) -> bool {
    filter.is_some_and(GroupFilter::is_look_up)
}
