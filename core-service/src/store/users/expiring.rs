//! Holds that end by themselves: whose are next. Must never know what becomes of them.

use super::{COLUMN, Column, Entity};
use crate::store::{Store, StoreError};
use provost_domain::{ExpiringHold, SiteId, Timestamp, UserId};
use sea_orm::prelude::Uuid;
use sea_orm::{EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select};

impl Store {
    /// The first holds to end of those that do, so many users at most. Of all sites: they are for
    /// the core itself, and nobody who asks sees them.
    pub async fn expiring_holds(&self, limit: u64) -> Result<Vec<ExpiringHold>, StoreError> {
        let found: Vec<(i64, i64, Uuid)> =
            expiring_holds(limit).into_tuple().all(&self.lists).await?;
        let read = |(at, site, user)| ExpiringHold {
            at: Timestamp(at),
            site: SiteId(site),
            user: UserId(user),
        };
        Ok(found.into_iter().map(read).collect())
    }
}

pub(in crate::store) fn expiring_holds(limit: u64) -> Select<Entity> {
    Entity::find()
        .select_only()
        .columns([Column::NextHoldExpiry, Column::SiteId, Column::Id])
        .filter(COLUMN.next_hold_expiry.is_not_null())
        .order_by_asc(COLUMN.next_hold_expiry)
        .limit(limit)
}
