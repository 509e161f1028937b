//! Who is in which group, a row for each: what a change costs depends on whom it names. Must never know
//! why somebody is a member.

#![expect(clippy::struct_field_names, reason = "each is the name of a column")]

use super::dialect::Dialect;
use super::parameter::{hex, hex_or_null};
use super::row_sql::{Rows, keys, listed};
use super::users::Column as UserColumn;
use super::{Store, StoreError, groups, users};
use provost_domain::{
    FoundMember, GroupId, ListedMember, ListedUserGroup, Membership, Presence, SiteId, Timestamp,
    UserId, UserScope,
};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{JoinType, Order, Query, SelectStatement};
use sea_orm::{ExprTrait as _, Iterable as _, QueryResult};
use serde::Serialize;

/// How many groups are read at a time for users who are asked about one by one, all of them together. More would keep
/// look-ups of users waiting, which go the same way.
pub(super) const MOST_TOGETHER: usize = 1_000;

/// That a user is a member of a group.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "group_members")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub group_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}

/// A member as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct MemberRow {
    site_id: SiteId,
    #[serde(serialize_with = "hex_or_null")]
    group_id: Option<Uuid>,
    #[serde(serialize_with = "hex")]
    user_id: Uuid,
}

impl From<&Membership> for MemberRow {
    fn from(Membership { site, group, user }: &Membership) -> Self {
        Self { site_id: *site, group_id: Some(group.0), user_id: user.0 }
    }
}

impl From<&(SiteId, Option<GroupId>, UserId)> for MemberRow {
    fn from((site, group, user): &(SiteId, Option<GroupId>, UserId)) -> Self {
        Self { site_id: *site, group_id: group.map(|group| group.0), user_id: user.0 }
    }
}

/// A group of which all members are asked for, as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct MembersOfRow {
    site_id: SiteId,
    #[serde(serialize_with = "hex")]
    group_id: Uuid,
}

impl From<&(SiteId, GroupId)> for MembersOfRow {
    fn from((site, group): &(SiteId, GroupId)) -> Self {
        Self { site_id: *site, group_id: group.0 }
    }
}

/// A user, or a group, of those between which memberships are asked for, as an object of the parameter of a
/// statement.
#[derive(Serialize)]
pub(super) struct BetweenRow {
    site_id: SiteId,
    #[serde(serialize_with = "hex_or_null")]
    group_id: Option<Uuid>,
    #[serde(serialize_with = "hex_or_null")]
    user_id: Option<Uuid>,
}

impl From<&(SiteId, UserId)> for BetweenRow {
    fn from((site, user): &(SiteId, UserId)) -> Self {
        Self { site_id: *site, group_id: None, user_id: Some(user.0) }
    }
}

impl From<&(SiteId, GroupId)> for BetweenRow {
    fn from((site, group): &(SiteId, GroupId)) -> Self {
        Self { site_id: *site, group_id: Some(group.0), user_id: None }
    }
}

/// A user who is gone, as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct LeaverRow {
    site_id: SiteId,
    #[serde(serialize_with = "hex")]
    id: Uuid,
    updated_at: Timestamp,
}

impl From<&(SiteId, UserId, Timestamp)> for LeaverRow {
    fn from((site, user, at): &(SiteId, UserId, Timestamp)) -> Self {
        Self { site_id: *site, id: user.0, updated_at: *at }
    }
}

/// Gives the groups of users who come or go the next version, once for each time.
pub(super) fn leave(rows: Rows) -> String {
    // The columns of a user by which it is told who goes, and when.
    let columns = [UserColumn::SiteId, UserColumn::Id, UserColumn::UpdatedAt];
    let [site, user, at] = columns.map(|column| rows.value(&column));
    format!(
        "UPDATE groups SET version = groups.version + changed.times, updated_at = changed.at FROM \
         (SELECT group_members.site_id, group_members.group_id, max({at}) AS at, count(*) AS times \
         FROM {} CROSS JOIN group_members \
         WHERE group_members.site_id = {site} AND group_members.user_id = {user} \
         GROUP BY group_members.site_id, group_members.group_id) AS changed \
         WHERE groups.site_id = changed.site_id AND groups.id = changed.group_id",
        rows.source(&columns)
    )
}

/// Users who are named as members, as far as there are any, and whether they are.
pub(super) fn named(rows: Rows) -> String {
    let columns: Vec<_> = Column::iter().collect();
    let [site, group, user] =
        [Column::SiteId, Column::GroupId, Column::UserId].map(|column| rows.value(&column));
    format!(
        "SELECT users.site_id, {group} AS group_id, users.id, users.directory_deleted, \
         group_members.user_id IS NOT NULL AS is_member \
         FROM {} CROSS JOIN users LEFT JOIN group_members ON group_members.site_id = users.site_id \
         AND group_members.group_id = {group} AND group_members.user_id = users.id \
         WHERE users.site_id = {site} AND users.id = {user}",
        rows.source(&columns)
    )
}

/// All members of groups.
pub(super) fn of(rows: Rows) -> String {
    let of = rows
        .select::<Entity>(&listed::<Entity>(Column::iter()), &[Column::SiteId, Column::GroupId]);
    // As `named`, so that both are read alike.
    format!(
        "SELECT m.site_id, m.group_id, users.id, users.directory_deleted, TRUE AS is_member \
         FROM ({of}) AS m CROSS JOIN users WHERE users.site_id = m.site_id AND users.id = m.user_id"
    )
}

/// The groups of users, so many of all together that none of them is missed among [`MOST_TOGETHER`].
pub(super) fn of_users(rows: Rows) -> String {
    let columns = [Column::SiteId, Column::UserId];
    let [site, user] = columns.map(|column| rows.value(&column));
    format!(
        "SELECT group_members.site_id, group_members.user_id, group_members.group_id, groups.display_name \
         FROM {} CROSS JOIN group_members CROSS JOIN groups \
         WHERE group_members.site_id = {site} AND group_members.user_id = {user} \
         AND groups.site_id = group_members.site_id AND groups.id = group_members.group_id LIMIT {}",
        rows.source(&columns),
        MOST_TOGETHER + 1
    )
}

/// A row of [`of_users`].
pub(super) fn of_user(row: &QueryResult) -> Result<(SiteId, ListedUserGroup), DbErr> {
    let listed = ListedUserGroup {
        user: UserId(row.try_get_by_index(1)?),
        group: GroupId(row.try_get_by_index(2)?),
        display_name: row.try_get_by_index(3)?,
    };
    Ok((SiteId(row.try_get_by_index(0)?), listed))
}

/// Which of these users are in which of these groups. A row without a user is found for none, and one without
/// a group names none.
pub(super) fn between(rows: Rows) -> String {
    let of_users =
        rows.select::<Entity>(&listed::<Entity>(Column::iter()), &[Column::SiteId, Column::UserId]);
    let (group, groups) = (rows.value(&Column::GroupId), rows.source(&[Column::GroupId]));
    format!("{of_users} AND group_members.group_id IN (SELECT {group} FROM {groups})")
}

/// A row of [`between`].
pub(super) fn membership(row: &QueryResult) -> Result<Membership, DbErr> {
    Ok(Membership {
        site: SiteId(row.try_get_by_index(0)?),
        group: GroupId(row.try_get_by_index(1)?),
        user: UserId(row.try_get_by_index(2)?),
    })
}

pub(super) fn insert(rows: Rows) -> String {
    rows.insert::<Entity>(&keys::<Entity>())
}

pub(super) fn delete(rows: Rows) -> String {
    rows.delete::<Entity>(&keys::<Entity>())
}

/// A row of [`named`] or [`of`].
pub(super) fn found(row: &QueryResult) -> Result<FoundMember, DbErr> {
    let (site, user, is_deleted) =
        (row.try_get_by_index(0)?, row.try_get_by_index(2)?, row.try_get_by_index(3)?);
    Ok(FoundMember {
        site: SiteId(site),
        group: row.try_get_by_index::<Option<Uuid>>(1)?.map(GroupId),
        user: UserId(user),
        presence: if is_deleted { Presence::Deleted } else { Presence::Present },
        is_member: row.try_get_by_index(4)?,
    })
}

impl Store {
    /// Members of groups, those of the first group first and each group's in the order of their ids, so
    /// many altogether; behind one of them where it is one group.
    pub async fn members(
        &self,
        site: SiteId,
        scope: UserScope,
        groups: &[GroupId],
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<ListedMember>, StoreError> {
        let statement = members(self.dialect, (site, scope), groups, after, limit);
        let rows = self.lists.query_all(&statement).await?;
        let read = |row: &QueryResult| {
            Ok(ListedMember {
                group: GroupId(row.try_get_by_index(0)?),
                user: UserId(row.try_get_by_index(1)?),
                display: row.try_get_by_index(2)?,
            })
        };
        rows.iter().map(read).collect()
    }
}

impl Store {
    /// The groups of users, those of the first user first and each user's in the order of their ids, so many
    /// altogether.
    pub async fn groups_of(
        &self,
        site: SiteId,
        users: &[UserId],
        limit: u64,
    ) -> Result<Vec<ListedUserGroup>, StoreError> {
        if let [user] = users
            && let Some(few) = self.points.groups_of(site, *user).await?
        {
            let most = usize::try_from(limit).unwrap_or(usize::MAX);
            return Ok(few.iter().take(most).cloned().collect());
        }
        let statement = groups_of(site, users, limit);
        let rows = self.lists.query_all(&statement).await?;
        let read = |row: &QueryResult| {
            Ok(ListedUserGroup {
                user: UserId(row.try_get_by_index(0)?),
                group: GroupId(row.try_get_by_index(1)?),
                display_name: row.try_get_by_index(2)?,
            })
        };
        rows.iter().map(read).collect()
    }
}

pub(super) fn groups_of(site: SiteId, users: &[UserId], limit: u64) -> SelectStatement {
    let member = |column: Column| Expr::col((Entity, column));
    Query::select()
        .columns([(Entity, Column::UserId), (Entity, Column::GroupId)])
        .column((groups::Entity, groups::Column::DisplayName))
        .from(Entity)
        .join(JoinType::InnerJoin, groups::Entity, is_group())
        .and_where(member(Column::SiteId).eq(site.0))
        .and_where(member(Column::UserId).is_in(users.iter().map(|user| user.0)))
        .order_by((Entity, Column::UserId), Order::Asc)
        .order_by((Entity, Column::GroupId), Order::Asc)
        .limit(limit)
        .to_owned()
}

/// What the members of one group of several are called in a subquery.
const OF_GROUP: &str = "of_group";
const SHOWN: &str = "shown";

pub(super) fn members(
    dialect: Dialect,
    (site, scope): (SiteId, UserScope),
    groups: &[GroupId],
    after: Option<UserId>,
    limit: u64,
) -> SelectStatement {
    let member = |column: Column| Expr::col((Entity, column));
    let ids = || groups.iter().map(|group| group.0);
    let mut members = Query::select()
        .columns([(Entity, Column::GroupId), (Entity, Column::UserId)])
        .expr_as(dialect.shown_name(), SHOWN)
        .from(Entity)
        .join(JoinType::InnerJoin, users::Entity, is_user())
        .and_where(member(Column::SiteId).eq(site.0))
        .limit(limit)
        .to_owned();
    if let Some(UserId(after)) = after {
        members.and_where(member(Column::UserId).gt(after));
    }
    if scope == UserScope::NotDeleted {
        members.and_where(not_deleted());
    }
    if groups.len() < 2 || !dialect.has_lateral() {
        return members
            .and_where(member(Column::GroupId).is_in(ids()))
            .order_by((Entity, Column::GroupId), Order::Asc)
            .order_by((Entity, Column::UserId), Order::Asc)
            .to_owned();
    }
    // PostgreSQL before 17 reads no index in order for several keys, and would sort all members of all
    // groups. So it reads those of each group in order, and ends where there are enough.
    let group = |column: groups::Column| Expr::col((groups::Entity, column));
    members
        .and_where(member(Column::GroupId).eq(group(groups::Column::Id)))
        .order_by((Entity, Column::UserId), Order::Asc);
    Query::select()
        .column((groups::Entity, groups::Column::Id))
        .column((OF_GROUP, Column::UserId))
        .column((OF_GROUP, SHOWN))
        .from(groups::Entity)
        .join_lateral(JoinType::InnerJoin, members, OF_GROUP, Expr::cust("TRUE"))
        .and_where(group(groups::Column::SiteId).eq(site.0))
        .and_where(group(groups::Column::Id).is_in(ids()))
        .order_by((groups::Entity, groups::Column::Id), Order::Asc)
        .order_by((OF_GROUP, Column::UserId), Order::Asc)
        .limit(limit)
        .to_owned()
}

/// Whether a row of groups is the one that somebody is in.
pub(super) fn is_group() -> Expr {
    let group = |column: groups::Column| Expr::col((groups::Entity, column));
    let of_site = group(groups::Column::SiteId).eq(Expr::col((Entity, Column::SiteId)));
    of_site.and(group(groups::Column::Id).eq(Expr::col((Entity, Column::GroupId))))
}

/// Whether a row of users is that of a member.
pub(super) fn is_user() -> Expr {
    let user = |column: UserColumn| Expr::col((users::Entity, column));
    let of_site = user(UserColumn::SiteId).eq(Expr::col((Entity, Column::SiteId)));
    of_site.and(user(UserColumn::Id).eq(Expr::col((Entity, Column::UserId))))
}

/// Whether a row of users is of somebody whom the directory has.
pub(super) fn not_deleted() -> Expr {
    Expr::col((users::Entity, UserColumn::DirectoryDeleted)).eq(false)
}
