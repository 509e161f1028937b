//! How far consumers are behind their ledgers, and which deactivation the slowest of each has yet to pass.
//!
//! Must never read a name of a person, nor what anybody has passed before.

use crate::StoreError;
use crate::store::consumers::PositionRow;
use crate::store::dialect::Dialect;
use crate::store::parameter::document;
use crate::store::row_sql::Rows;
use crate::store::{Store, events};
use provost_domain::{SiteId, Timestamp};
use sea_orm::{ConnectionTrait as _, DbErr, QueryResult, Statement};

/// The consumers of one name of a caller, as far behind as the one that is furthest in its ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerFigure {
    /// Whose they are.
    pub caller: String,
    /// Their name.
    pub name: String,
    /// In how many ledgers there is one.
    pub ledgers: u64,
    /// How many events the furthest has not acknowledged.
    pub pending: u64,
    /// When the oldest of all these was decided, as far as it is kept.
    pub oldest_pending: Option<Timestamp>,
}

/// The ledger of a site that has consumers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumedLedger {
    /// Whose.
    pub site: SiteId,
    /// The name of the site; empty where it was deleted, since another one may have it.
    pub name: String,
    /// The revision of its newest event.
    pub head: i64,
    /// What all consumers have acknowledged.
    pub passed: i64,
}

const CONSUMERS: &str = "SELECT consumers.caller, consumers.name, count(*), \
    max(sites.revision - consumers.revision), min(behind.at) FROM consumers \
    JOIN sites ON sites.id = consumers.site_id \
    LEFT JOIN events AS behind ON behind.site_id = consumers.site_id AND behind.revision = \
    (SELECT revision FROM events WHERE events.site_id = consumers.site_id \
    AND events.revision > consumers.revision ORDER BY revision LIMIT 1) \
    GROUP BY consumers.caller, consumers.name ORDER BY consumers.caller, consumers.name";

const LEDGERS: &str = "SELECT sites.id, CASE WHEN sites.deleted_at IS NULL THEN sites.name ELSE '' END, \
    sites.revision, min(consumers.revision) FROM consumers \
    JOIN sites ON sites.id = consumers.site_id WHERE sites.id > 0 \
    GROUP BY sites.id, sites.name, sites.deleted_at, sites.revision ORDER BY sites.id";

/// Whether an event puts somebody out who may have been in, in both ways of writing it.
const fn puts_somebody_out(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => {
            "CASE kind WHEN 'user_changed' THEN json_extract(body, '$.after.active') = 0 \
             WHEN 'user_deleted' THEN json_extract(body, '$.before.active') = 1 \
             ELSE kind = 'site_deleted' END"
        }
        Dialect::Postgres => {
            "CASE kind WHEN 'user_changed' THEN body::json #>> '{after,active}' = 'false' \
             WHEN 'user_deleted' THEN body::json #>> '{before,active}' = 'true' \
             ELSE kind = 'site_deleted' END"
        }
    }
}

/// The first such event behind each position of the parameter. It ends at that event, however long the
/// ledger is.
pub(in crate::store) fn first_behind(dialect: Dialect) -> String {
    let rows = Rows { dialect, parameter: 1 };
    let [site, revision] = [events::Column::SiteId, events::Column::Revision];
    let (source, out) = (rows.source(&[site, revision]), puts_somebody_out(dialect));
    let (site, revision) = (rows.value(&site), rows.value(&revision));
    // The order of the cross join makes SQLite start at the parameter.
    format!(
        "SELECT found.site_id, found.revision, found.at FROM {source} \
         CROSS JOIN events AS found WHERE found.site_id = {site} AND found.revision = \
         (SELECT events.revision FROM events WHERE events.site_id = {site} \
         AND events.revision > {revision} AND {out} ORDER BY events.revision LIMIT 1)"
    )
}

impl Store {
    /// The consumers of all ledgers, by caller and name.
    pub async fn consumer_figures(&self) -> Result<Vec<ConsumerFigure>, StoreError> {
        let find = Statement::from_string(self.dialect.into(), CONSUMERS);
        let found = self.counts.query_all_raw(find).await?;
        Ok(found.iter().map(consumer).collect::<Result<_, _>>()?)
    }

    /// The ledgers of sites that have consumers, by site.
    pub async fn consumed_ledgers(&self) -> Result<Vec<ConsumedLedger>, StoreError> {
        let find = Statement::from_string(self.dialect.into(), LEDGERS);
        let found = self.counts.query_all_raw(find).await?;
        Ok(found.iter().map(ledger).collect::<Result<_, _>>()?)
    }

    /// The first event behind each of these positions that put somebody out: a deactivation, a deletion, or
    /// that of the site.
    pub async fn first_put_out(
        &self,
        positions: &[(SiteId, i64)],
    ) -> Result<Vec<(SiteId, i64, Timestamp)>, StoreError> {
        let rows = positions.iter().map(PositionRow::from);
        let rows = document(&rows.collect::<Vec<_>>())?;
        let (backend, sql) = (self.dialect.into(), first_behind(self.dialect));
        let find = Statement::from_sql_and_values(backend, sql, [rows.into()]);
        let found = self.counts.query_all_raw(find).await?;
        let event = |row: &QueryResult| {
            let (site, revision) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            Ok::<_, DbErr>((SiteId(site), revision, Timestamp(row.try_get_by_index(2)?)))
        };
        Ok(found.iter().map(event).collect::<Result<_, _>>()?)
    }
}

fn consumer(row: &QueryResult) -> Result<ConsumerFigure, DbErr> {
    let number = |index| row.try_get_by_index::<i64>(index);
    let oldest_pending: Option<i64> = row.try_get_by_index(4)?;
    Ok(ConsumerFigure {
        caller: row.try_get_by_index(0)?,
        name: row.try_get_by_index(1)?,
        ledgers: number(2)?.unsigned_abs(),
        // Behind a restore it may be ahead of its ledger.
        pending: number(3)?.max(0).unsigned_abs(),
        oldest_pending: oldest_pending.map(Timestamp),
    })
}

fn ledger(row: &QueryResult) -> Result<ConsumedLedger, DbErr> {
    Ok(ConsumedLedger {
        site: SiteId(row.try_get_by_index(0)?),
        name: row.try_get_by_index(1)?,
        head: row.try_get_by_index(2)?,
        passed: row.try_get_by_index(3)?,
    })
}
