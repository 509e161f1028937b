//! Lists: the events of a site between two revisions that satisfy conditions. Nothing but their key is
//! indexed, so whoever asks says between which revisions is looked.

use super::{COLUMN, Column, Entity, Model, recorded_event};
use crate::StoreError;
use crate::store::parameter::document;
use crate::store::{Store, scan, sites};
use provost_domain::{
    EventFilter, EventIdentity, EventOrder, LedgerEnd, Outcome, RecordedEvent, RecordedReason,
    SiteId, Timestamp, UserId, WatchedLedger,
};
use sea_orm::sea_query::{Expr, ExprTrait as _, LikeExpr};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, FromQueryResult as _, JoinType, Order, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _, Select,
};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use uuid::Uuid;

impl Store {
    /// The events of a site with one of these revisions for which a filter holds, so many at most.
    pub async fn events(
        &self,
        site: SiteId,
        revisions: RangeInclusive<i64>,
        filter: &EventFilter,
        order: EventOrder,
        limit: u64,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.found(within(site, revisions).limit(limit), filter, order).await
    }

    /// Those of these events of a site for which a filter holds.
    pub async fn events_among(
        &self,
        site: SiteId,
        revisions: &[i64],
        filter: &EventFilter,
        order: EventOrder,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let events = Entity::find().filter(COLUMN.site_id.eq(site.0));
        let events = events.filter(COLUMN.revision.is_in(revisions.iter().copied()));
        self.found(events, filter, order).await
    }

    async fn found(
        &self,
        events: Select<Entity>,
        filter: &EventFilter,
        order: EventOrder,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let events = events.filter(condition(filter)?).order_by(Column::Revision, sorted(order));
        let statement = events.build(self.dialect.into());
        let rows = scan::rows(&self.scans, self.dialect, "SELECT events", statement).await?;
        let event = |row| recorded_event(self.profile, Model::from_query_result(row, "")?);
        rows.iter().map(event).collect()
    }

    /// The event of a site with a revision, as far as it is kept, and so many behind it at most.
    pub async fn events_from(
        &self,
        site: SiteId,
        revision: i64,
        limit: u64,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let events = within(site, revision..=i64::MAX).order_by(Column::Revision, Order::Asc);
        let found = events.limit(limit).all(&self.watches).await?;
        found.into_iter().map(|row| recorded_event(self.profile, row)).collect()
    }

    /// How far the ledgers of these sites are, or of all sites and the installation.
    pub async fn watched_ledgers(
        &self,
        sites: Option<&BTreeSet<SiteId>>,
        deleted_since: Option<Timestamp>,
    ) -> Result<Vec<WatchedLedger>, StoreError> {
        let last_line = sites::Entity::belongs_to(Entity)
            .from((sites::Column::Id, sites::Column::Revision))
            .to((Column::SiteId, Column::Revision));
        let ledgers = sites::Entity::find()
            .select_only()
            .columns([sites::Column::Id, sites::Column::Revision])
            .columns([sites::Column::Name])
            .columns([sites::Column::DeletedAt])
            .columns([Column::At])
            .columns([Column::Caller])
            .columns([Column::UserId])
            .join(JoinType::LeftJoin, last_line.into());
        let ledgers = ledgers.apply_if(sites, |ledgers, sites| {
            ledgers.filter(sites::Column::Id.is_in(sites.iter().map(|site| site.0)))
        });
        let ledgers = ledgers.apply_if(deleted_since, |ledgers, since| {
            let lately = sites::Column::DeletedAt.gte(since.0);
            ledgers.filter(sites::Column::DeletedAt.is_null().or(lately))
        });
        let found = ledgers.into_tuple::<LedgerTuple>().all(&self.watches).await?;
        Ok(found.into_iter().map(watched_ledger).collect())
    }

    /// One event of a site.
    pub async fn event(
        &self,
        site: SiteId,
        revision: i64,
    ) -> Result<Option<RecordedEvent>, StoreError> {
        let found = Entity::find_by_id((site.0, revision)).one(&self.lists).await?;
        found.map(|row| recorded_event(self.profile, row)).transpose()
    }

    /// The oldest and the newest event of a site; none in an empty ledger.
    pub async fn ledger_ends(
        &self,
        site: SiteId,
    ) -> Result<Option<(LedgerEnd, LedgerEnd)>, StoreError> {
        let mut ends = [None; 2];
        for (end, order) in ends.iter_mut().zip([Order::Asc, Order::Desc]) {
            let found = Entity::find()
                .select_only()
                .columns([Column::Revision, Column::At])
                .filter(COLUMN.site_id.eq(site.0))
                .order_by(Column::Revision, order)
                .into_tuple::<(i64, i64)>();
            let found = found.one(&self.lists).await?;
            *end = found.map(|(revision, at)| LedgerEnd { revision, at: Timestamp(at) });
        }
        let [oldest, head] = ends;
        Ok(oldest.zip(head))
    }

    /// The first of these revisions that was decided at a time or later; the one behind them where
    /// none was. Looks at a few events only, because a ledger is in the order of time.
    pub async fn revision_at(
        &self,
        site: SiteId,
        revisions: RangeInclusive<i64>,
        Timestamp(time): Timestamp,
    ) -> Result<i64, StoreError> {
        let (mut first, mut behind) = (*revisions.start(), revisions.end() + 1);
        while first < behind {
            let middle = first + (behind - first) / 2;
            let at = Entity::find_by_id((site.0, middle))
                .select_only()
                .column(Column::At)
                .into_tuple::<i64>();
            // One that is gone meanwhile was older.
            if at.one(&self.lists).await?.is_none_or(|at| at < time) {
                first = middle + 1;
            } else {
                behind = middle;
            }
        }
        Ok(first)
    }
}

/// The same order in words of SQL.
pub(super) const fn sorted(order: EventOrder) -> Order {
    match order {
        EventOrder::NewestFirst => Order::Desc,
        EventOrder::OldestFirst => Order::Asc,
    }
}

/// Id, revision, name and time of deletion of a site; time, caller and user of its newest event.
type LedgerTuple = (i64, i64, String, Option<i64>, Option<i64>, Option<String>, Option<Uuid>);

fn watched_ledger(row: LedgerTuple) -> WatchedLedger {
    let (site, revision, name, deleted_at, at, caller, user) = row;
    let site = SiteId(site);
    let head = at.zip(caller).map(|(at, caller)| EventIdentity {
        site,
        revision,
        at: Timestamp(at),
        caller,
        user: user.map(UserId),
    });
    WatchedLedger { site, name, is_deleted: deleted_at.is_some(), revision, head }
}

/// The events with one of these revisions.
pub(in crate::store) fn within(site: SiteId, revisions: RangeInclusive<i64>) -> Select<Entity> {
    let (first, last) = revisions.into_inner();
    Entity::find()
        .filter(COLUMN.site_id.eq(site.0))
        .filter(COLUMN.revision.gte(first))
        .filter(COLUMN.revision.lte(last))
}

fn condition(filter: &EventFilter) -> Result<Expr, StoreError> {
    let EventFilter { user, caller, kind, outcome, reason, from, until } = filter;
    let conditions = [
        user.map(|user| Column::UserId.eq(user.0)),
        caller.as_deref().map(|caller| Column::Caller.eq(caller)),
        kind.as_deref().map(|kind| Column::Kind.eq(kind)),
        outcome.map(|outcome| Column::Outcome.eq(word(outcome))),
        reason.as_ref().map(is_noticed).transpose()?,
        from.map(|from| Column::At.gte(from.0)),
        until.map(|until| Column::At.lt(until.0)),
    ];
    let all = conditions.into_iter().flatten();
    Ok(all.reduce(Expr::and).unwrap_or_else(|| Expr::value(true)))
}

/// Whether a notice has a reason. Within the texts of notices quotes are escaped, so that nothing
/// else reads like this.
fn is_noticed(reason: &RecordedReason) -> Result<Expr, StoreError> {
    let member = format!("\"reason\":{}", document(reason)?);
    let escaped = member.replace('|', "||").replace('%', "|%").replace('_', "|_");
    Ok(Column::Notices.like(LikeExpr::new(format!("%{escaped}%")).escape('|')))
}

/// An outcome as its column has it.
pub(super) const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "accepted",
        Outcome::PartlyAccepted => "partly_accepted",
        Outcome::Refused => "refused",
    }
}
