//! What `standing_changes` lacks: of events from before there was that table, and of a core that does not
//! know it. They name no previous one, and an index has them in the order of the ledger. How far they were
//! gone through is kept for each site.
//!
//! Must never know what an event changed.

use super::events::{self, recorded_event};
use super::pinned_connection::{LONGEST_ANSWER, failed, no_answer};
use super::users::{role, role_code};
use super::{DocumentProblem, Store, StoreError, standing_changes};
use provost_domain::{LedgerEnd, RecordedEvent, SiteId, StandingChange, Timestamp, UserId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, Condition, IntoActiveModel as _, QueryOrder as _, QuerySelect as _,
    Statement, TransactionTrait as _,
};
use std::collections::BTreeSet;
use tokio::time::timeout;

/// How far the ledger of a site was gone through.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "standing_fills")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

/// So many events are gone through at once.
const PIECE: u64 = 250;

/// Which events are in the index of those that name none before them. The text matches it.
const UNCHAINED: &str = "user_id IS NOT NULL AND previous_revision IS NULL";

/// The sites of which there is such an event behind what was gone through.
pub(super) const UNFILLED: &str = "SELECT sites.id FROM sites \
    LEFT JOIN standing_fills AS fill ON fill.site_id = sites.id \
    WHERE EXISTS (SELECT 1 FROM events WHERE events.site_id = sites.id \
    AND events.revision > coalesce(fill.revision, 0) \
    AND user_id IS NOT NULL AND previous_revision IS NULL) ORDER BY sites.id";

/// The first such event of a site.
pub(super) const FIRST: &str = "SELECT revision, at FROM events WHERE site_id = $1 \
    AND revision > (SELECT coalesce(max(revision), 0) FROM standing_fills WHERE site_id = $1) \
    AND user_id IS NOT NULL AND previous_revision IS NULL ORDER BY revision LIMIT 1";

/// What of a ledger was not gone through yet, as far as it is gone through at once.
#[derive(Debug)]
pub struct UnfilledPiece {
    /// The revision with which it ends.
    pub last: i64,
    /// The events that may have changed a role or a status, in their order.
    pub events: Vec<RecordedEvent>,
    /// What is known of those whom they are about, until that revision and in the order of the ledger.
    pub known: Vec<(UserId, i64, StandingChange)>,
}

impl Store {
    /// The sites of whose ledgers something is to be gone through.
    pub async fn unfilled_sites(&self) -> Result<Vec<SiteId>, StoreError> {
        let statement = Statement::from_string(self.dialect.into(), UNFILLED);
        let rows = self.lists.query_all_raw(statement).await?;
        rows.iter().map(|row| Ok(SiteId(row.try_get_by_index(0)?))).collect()
    }

    /// The first event of a site that is to be gone through.
    pub async fn first_unfilled(&self, site: SiteId) -> Result<Option<LedgerEnd>, StoreError> {
        let statement = Statement::from_sql_and_values(self.dialect.into(), FIRST, [site.0.into()]);
        let Some(row) = self.lists.query_one_raw(statement).await? else { return Ok(None) };
        let (revision, at) = (row.try_get_by_index(0)?, Timestamp(row.try_get_by_index(1)?));
        Ok(Some(LedgerEnd { revision, at }))
    }

    /// What of a site is to be gone through next.
    pub async fn unfilled_piece(&self, site: SiteId) -> Result<Option<UnfilledPiece>, StoreError> {
        let Some(first) = self.first_unfilled(site).await? else { return Ok(None) };
        let unchained = |last: i64| {
            events::lists::within(site, first.revision..=last)
                .filter(Expr::cust(UNCHAINED))
                .order_by_asc(events::Column::Revision)
        };
        let revisions = unchained(i64::MAX).select_only().column(events::Column::Revision);
        let revisions: Vec<i64> = revisions.limit(PIECE).into_tuple().all(&self.lists).await?;
        let last = revisions.last().copied().unwrap_or(first.revision);
        let may_matter = ["%\"role\":\"Moderator\"%", "%\"role\":\"Admin\"%", "%\"active\":%"]
            .into_iter()
            .fold(Condition::any(), |any, told| any.add(events::Column::Body.like(told)))
            .add(events::Column::Kind.eq("user_deleted"));
        let rows = unchained(last).filter(may_matter).all(&self.lists).await?;
        let found = rows.into_iter().map(|row| recorded_event(self.profile, row));
        let events = found.collect::<Result<Vec<_>, _>>()?;
        let known = self.known_standings(site, &events, last).await?;
        Ok(Some(UnfilledPiece { last, events, known }))
    }

    async fn known_standings(
        &self,
        site: SiteId,
        events: &[RecordedEvent],
        last: i64,
    ) -> Result<Vec<(UserId, i64, StandingChange)>, StoreError> {
        let users: BTreeSet<Uuid> =
            events.iter().filter_map(|event| event.user).map(|user| user.0).collect();
        let rows = standing_changes::Entity::find()
            .filter(standing_changes::Column::SiteId.eq(site.0))
            .filter(standing_changes::Column::UserId.is_in(users))
            .filter(standing_changes::Column::Revision.lte(last))
            .order_by_asc(standing_changes::Column::Revision)
            .all(&self.lists)
            .await?;
        let read = |row: standing_changes::Model| {
            let role = row.role.map(role).transpose().map_err(|code| {
                let problem = DocumentProblem::Code(code);
                StoreError::Document { column: "role", site: site.0, problem }
            })?;
            let change = StandingChange { user_name: row.user_name, role, active: row.active };
            Ok((UserId(row.user_id), row.revision, change))
        };
        rows.into_iter().map(read).collect()
    }

    /// Keeps what events of a piece changed, and that the ledger was gone through until its end. Both or
    /// nothing, and what another core has kept meanwhile is the same.
    pub async fn save_filled(
        &self,
        site: SiteId,
        last: i64,
        changes: &[(&RecordedEvent, StandingChange)],
    ) -> Result<(), StoreError> {
        let progress = Model { site_id: site.0, revision: last }.into_active_model();
        let further = OnConflict::column(Column::SiteId)
            .update_column(Column::Revision)
            .action_and_where(Expr::cust("excluded.revision > standing_fills.revision"))
            .to_owned();
        let rows = changes.iter().filter_map(|(event, change)| row(event, change));
        let rows: Vec<_> = rows.collect();
        let saved = timeout(LONGEST_ANSWER, async {
            let transaction = self.writers.connections().begin().await?;
            let progress = Entity::insert(progress).on_conflict(further);
            progress.exec_without_returning(&transaction).await?;
            if !rows.is_empty() {
                let known = OnConflict::new().do_nothing().to_owned();
                let rows = standing_changes::Entity::insert_many(rows).on_conflict(known);
                rows.exec_without_returning(&transaction).await?;
            }
            transaction.commit().await
        });
        // Nobody waits for this, so nobody would stop waiting.
        Ok(saved.await.unwrap_or_else(|_| Err(failed(no_answer())))?)
    }
}

/// None for an event about nobody.
fn row(event: &RecordedEvent, change: &StandingChange) -> Option<standing_changes::ActiveModel> {
    let StandingChange { user_name, role, active } = change;
    Some(standing_changes::ActiveModel {
        site_id: Set(event.site.0),
        user_id: Set(event.user?.0),
        revision: Set(event.revision),
        at: Set(event.at.0),
        role: Set(role.map(role_code)),
        active: Set(*active),
        caller: Set(event.caller.clone()),
        on_behalf_of: Set(event.on_behalf_of.map(|user| user.0)),
        user_name: Set(user_name.clone()),
    })
}
