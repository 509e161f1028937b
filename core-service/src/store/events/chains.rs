//! The events about one user: each names the one before it, and the user's row the last one. So they are
//! found without an index by user, which every write would pay for.
//!
//! Must never know which of them are asked for.

use super::lists::{sorted, within};
use super::{COLUMN, Column, Entity};
use crate::StoreError;
use crate::store::{Store, scan, users};
use provost_domain::{EventOrder, Outcome, SiteId, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{
    EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _, Select,
    Statement,
};
use std::ops::RangeInclusive;

/// Which events are in the index of those that no other event or row leads to. The text matches it.
const LOOSE: &str = "user_id IS NOT NULL AND (previous_revision IS NULL OR kind = 'user_deleted')";

/// From one event to the one before it, and so on while they are beyond a revision, so many at most.
const CHAIN: &str = "WITH RECURSIVE chain(revision, previous, place) AS (\
    SELECT revision, previous_revision, 1 FROM events WHERE site_id = $1 AND revision = $2 \
    UNION ALL SELECT events.revision, events.previous_revision, place + 1 FROM chain \
    CROSS JOIN events WHERE events.site_id = $1 AND events.revision = chain.previous \
    AND chain.previous > $3 AND place < $4) \
    SELECT revision, coalesce(previous, 0) FROM chain ORDER BY place";

impl Store {
    /// The revision of the last event about a user that names the one before, 0 where there is no such
    /// event. None where it isn't known: of nobody, and of users whose row went without an event or by
    /// a core that names no events.
    pub async fn last_event(&self, site: SiteId, user: UserId) -> Result<Option<i64>, StoreError> {
        let row = users::Entity::find_by_id((site.0, user.0)).select_only();
        let row = row.column(users::Column::LastEvent).into_tuple::<i64>();
        if let Some(last) = row.one(&self.lists).await? {
            return Ok(Some(last));
        }
        let last = loose(site, user, 0..=i64::MAX).order_by_desc(Column::Revision).select_only();
        let last = last.columns([Column::Revision, Column::PreviousRevision, Column::Outcome]);
        let last = last.into_tuple::<(i64, Option<i64>, String)>().one(&self.lists).await?;
        let deletion = last.filter(|(_, previous, outcome)| {
            previous.is_some() && outcome == super::lists::word(Outcome::Accepted)
        });
        Ok(deletion.map(|(revision, ..)| revision))
    }

    /// The events that lead from one to the next, backwards from one of them and as long as they are
    /// beyond a revision, so many at most: each with the one that it names.
    pub async fn chain(
        &self,
        site: SiteId,
        from: i64,
        beyond: i64,
        limit: u64,
    ) -> Result<Vec<(i64, i64)>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = [site.0, from, beyond, limit].map(Into::into);
        let statement = Statement::from_sql_and_values(self.dialect.into(), CHAIN, values);
        let rows = scan::rows(&self.scans, self.dialect, "SELECT events", statement).await?;
        let read = rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)));
        read.collect()
    }

    /// The events about a user that name none before them, of these revisions and so many at most.
    pub async fn unchained(
        &self,
        site: SiteId,
        user: UserId,
        revisions: RangeInclusive<i64>,
        order: EventOrder,
        limit: u64,
    ) -> Result<Vec<i64>, StoreError> {
        let events = loose(site, user, revisions).filter(COLUMN.previous_revision.is_null());
        let events = events.order_by(Column::Revision, sorted(order)).limit(limit);
        let statement = events.select_only().column(Column::Revision).build(self.dialect.into());
        let rows = scan::rows(&self.scans, self.dialect, "SELECT events", statement).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }
}

/// The events about a user that the index has.
pub(in crate::store) fn loose(
    site: SiteId,
    user: UserId,
    revisions: RangeInclusive<i64>,
) -> Select<Entity> {
    within(site, revisions).filter(COLUMN.user_id.eq(user.0)).filter(Expr::cust(LOOSE))
}
