//! Ledgers that are kept for some days only: trimmed a little at a time, so that others who write come in
//! between. The newest event always stays.
//!
//! Must never know how long a ledger is to be kept.

use super::sites::{self, retention};
use super::{Store, StoreError};
use provost_domain::{LedgerRetention, SiteId, Timestamp};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Statement,
};

/// Removes the oldest events of a site up to a revision, 250 at most.
const EVENTS: &str = "DELETE FROM events WHERE (site_id, revision) IN \
    (SELECT site_id, revision FROM events WHERE site_id = $1 AND revision <= $2 \
    ORDER BY revision LIMIT 250)";

/// Removes when those events were passed, 250 of these at most.
const CUT_OFFS: &str = "DELETE FROM cut_offs WHERE (site_id, revision) IN \
    (SELECT site_id, revision FROM cut_offs WHERE site_id = $1 AND revision <= $2 \
    ORDER BY revision LIMIT 250)";

/// What says who had a role before a revision, and nothing of what says who had one then: 250 changes at
/// most that later ones took the place of, or that left somebody Registered. Those of a user go in their
/// order, so that none is left to speak for what came behind it.
macro_rules! outdated_changes {
    () => {
        "SELECT old.site_id, old.user_id, old.revision FROM standing_changes AS old \
            WHERE old.site_id = $1 AND old.revision <= $2 \
            AND (old.role IS NULL OR old.role = 1 OR EXISTS (SELECT 1 FROM standing_changes AS later \
            WHERE later.site_id = $1 AND later.user_id = old.user_id AND later.revision > old.revision \
            AND later.revision <= $2 AND later.role IS NOT NULL)) \
            AND (old.active IS NULL OR EXISTS (SELECT 1 FROM standing_changes AS later \
            WHERE later.site_id = $1 AND later.user_id = old.user_id AND later.revision > old.revision \
            AND later.revision <= $2 AND (later.active IS NOT NULL OR later.role = 1))) \
            ORDER BY old.user_id, old.revision LIMIT 250"
    };
}

const OUTDATED_CHANGES: &str = outdated_changes!();
const REMOVE_CHANGES: &str = concat!(
    "DELETE FROM standing_changes WHERE (site_id, user_id, revision) IN (",
    outdated_changes!(),
    ")"
);

impl Store {
    /// How long the ledger of a site is kept, also of one that was deleted.
    pub async fn ledger_retention(&self, site: SiteId) -> Result<LedgerRetention, StoreError> {
        let days = sites::Entity::find_by_id(site.0).select_only();
        let days = days.column(sites::Column::LedgerRetentionDays).into_tuple::<i32>();
        Ok(days.one(&self.lists).await?.map(retention).unwrap_or_default())
    }

    /// The sites whose ledgers have events that are too old now, or of whose events that went something is
    /// left, because the core stopped or failed in between; and the last revision of those events.
    pub async fn outdated_ledgers(&self, now: Timestamp) -> Result<Vec<(SiteId, i64)>, StoreError> {
        let limited = sites::Entity::find().select_only();
        let limited = limited
            .columns([sites::Column::Id, sites::Column::LedgerRetentionDays])
            .filter(sites::Column::LedgerRetentionDays.gt(0))
            .order_by_asc(sites::Column::Id)
            .into_tuple::<(i64, i32)>();
        let mut outdated = Vec::new();
        for (site, days) in limited.all(&self.lists).await? {
            let site = SiteId(site);
            let Some(oldest_kept) = retention(days).oldest_kept(now) else { continue };
            let Some((oldest, head)) = self.ledger_ends(site).await? else { continue };
            // What they say of roles goes with them, so that is written down first.
            if self.first_unfilled(site).await?.is_some() {
                continue;
            }
            let all = oldest.revision..=head.revision;
            let first_kept = if oldest.at < oldest_kept {
                self.revision_at(site, all, oldest_kept).await?
            } else {
                oldest.revision
            };
            let last = (first_kept - 1).min(head.revision - 1);
            if last >= oldest.revision || self.has_outdated_changes(site, oldest.revision).await? {
                outdated.push((site, last));
            }
        }
        Ok(outdated)
    }

    /// Whether something speaks for the time before the oldest event. Only read, so that whoever writes
    /// need not wait for a look that mostly finds nothing.
    async fn has_outdated_changes(&self, site: SiteId, oldest: i64) -> Result<bool, StoreError> {
        if oldest == 1 {
            return Ok(false);
        }
        let values = [site.0.into(), oldest.into()];
        let find = Statement::from_sql_and_values(self.dialect.into(), OUTDATED_CHANGES, values);
        Ok(self.lists.query_one_raw(find).await?.is_some())
    }

    /// Removes some events of a site up to a revision, and then what only they were behind. Answers
    /// whether there may be more.
    pub async fn trim_ledger(&self, site: SiteId, last: i64) -> Result<bool, StoreError> {
        for sql in [EVENTS, CUT_OFFS] {
            if self.remove(sql, [site.0.into(), last.into()]).await? > 0 {
                return Ok(true);
            }
        }
        // As they were right behind the event that is now the oldest.
        Ok(self.remove(REMOVE_CHANGES, [site.0.into(), (last + 1).into()]).await? > 0)
    }
}
