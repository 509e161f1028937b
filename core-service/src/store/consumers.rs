//! Consumers of ledgers, and how far they have come.
//!
//! What they acknowledge is written outside of any group and looks at no site's row. Must never know whether
//! a position is good.

use super::parameter::document;
use super::pinned_connection::{LONGEST_ANSWER, failed, no_answer};
use super::row_sql::Rows;
use super::{DocumentProblem, Store, StoreError, events};
use provost_domain::{
    Acknowledgement, Caller, Consumer, ConsumerLag, ConsumerName, EventIdentity, ReachedLedger,
    Service, SiteId, Timestamp, UserId,
};
use sea_orm::entity::prelude::*;
use sea_orm::{
    DeleteMany, QueryOrder as _, QueryResult, QuerySelect as _, QueryTrait as _, Select, Statement,
};
use serde::Serialize;
use tokio::time::timeout;

/// A consumer of one ledger.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consumers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub caller: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub revision: i64,
    pub since: i64,
    pub passed: String,
}

impl ActiveModelBehavior for ActiveModel {}

/// A consumer as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct ConsumerRow<'a> {
    site_id: SiteId,
    caller: &'a str,
    name: &'a str,
    revision: i64,
    since: i64,
    passed: &'a [Acknowledgement],
}

impl<'a> From<&'a Consumer> for ConsumerRow<'a> {
    fn from(consumer: &'a Consumer) -> Self {
        let Consumer { site, caller, name, since, passed } = consumer;
        let (site_id, name, revision) = (*site, name.as_str(), consumer.revision());
        Self { site_id, caller, name, revision, since: *since, passed }
    }
}

/// A position as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct PositionRow {
    site_id: SiteId,
    revision: i64,
}

impl From<&(SiteId, i64)> for PositionRow {
    fn from((site_id, revision): &(SiteId, i64)) -> Self {
        Self { site_id: *site_id, revision: *revision }
    }
}

/// What makes consumers go on. They don't go back, also where another core knows them to be further.
const GOES_ON: &str = " WHERE consumers.revision < excluded.revision";

/// Consumers with what is behind them in their ledgers.
const LAGS: &str = "SELECT consumers.site_id, consumers.caller, consumers.name, consumers.passed, \
    sites.name, sites.revision, behind.at, consumers.since FROM consumers \
    JOIN sites ON sites.id = consumers.site_id \
    LEFT JOIN events AS behind ON behind.site_id = consumers.site_id \
    AND behind.revision = consumers.revision + 1";
const IN_ORDER: &str = " ORDER BY consumers.site_id, consumers.caller, consumers.name";

/// Those of services that there are no longer, whose last acknowledgement came too late to go with them.
macro_rules! ownerless {
    ($verb:literal) => {
        concat!(
            $verb,
            " FROM consumers WHERE caller LIKE 'service:%' AND NOT EXISTS (SELECT 1 FROM services \
             WHERE services.name = substr(consumers.caller, 9) AND services.deleted_at IS NULL)"
        )
    };
}

impl Store {
    /// Where positions are in their ledgers, of those that there are, and how far a consumer has come in
    /// these, where it moves to a position, or to the beginning. What it has passed is read of no others.
    pub async fn reached_ledgers(
        &self,
        (caller, name): (&str, &ConsumerName),
        positions: &[(SiteId, i64)],
        (to_beginning, may_go_back): (bool, bool),
    ) -> Result<Vec<ReachedLedger>, StoreError> {
        let rows = Rows { dialect: self.dialect, parameter: 1 };
        let (site, revision) =
            (rows.value(&events::Column::SiteId), rows.value(&events::Column::Revision));
        let source = rows.source(&[events::Column::SiteId, events::Column::Revision]);
        let moves = if may_go_back { "<>" } else { "<" };
        let target = if to_beginning { "0" } else { &revision };
        // The order of the cross join makes SQLite start at the parameter.
        let sql = format!(
            "SELECT sites.id, sites.name, sites.deleted_at, sites.revision, reached.revision, \
             reached.at, reached.caller, reached.user_id, consumers.since, \
             CASE WHEN consumers.revision {moves} {target} THEN consumers.passed END \
             FROM {source} CROSS JOIN sites \
             LEFT JOIN events AS reached ON reached.site_id = sites.id \
             AND reached.revision = {revision} \
             LEFT JOIN consumers ON consumers.site_id = sites.id \
             AND consumers.caller = $2 AND consumers.name = $3 WHERE sites.id = {site}"
        );
        let positions = positions.iter().map(PositionRow::from);
        let positions = document(&positions.collect::<Vec<_>>())?;
        let values = [positions.into(), caller.into(), name.as_str().into()];
        let find = Statement::from_sql_and_values(self.dialect.into(), sql, values);
        let found = timeout(LONGEST_ANSWER, self.watches.query_all_raw(find)).await;
        let found = found.unwrap_or_else(|_| Err(failed(no_answer())))?;
        found.iter().map(|row| reached_ledger(row, caller, name)).collect()
    }

    /// Where a consumer has not come to the end of ledgers of sites that were deleted, up to this site, and how far
    /// these go. It begins at the deleted ones, which are few.
    pub async fn unfinished_ledgers(
        &self,
        (caller, name): (&str, &ConsumerName),
        newest: SiteId,
    ) -> Result<Vec<(Consumer, i64)>, StoreError> {
        const FIND: &str = "SELECT consumers.site_id, consumers.since, consumers.passed, sites.revision \
            FROM sites CROSS JOIN consumers WHERE sites.deleted_at IS NOT NULL AND sites.id <= $3 \
            AND consumers.site_id = sites.id AND consumers.caller = $1 AND consumers.name = $2 \
            AND consumers.revision < sites.revision";
        let values = [caller.into(), name.as_str().into(), newest.0.into()];
        let find = Statement::from_sql_and_values(self.dialect.into(), FIND, values);
        let found = timeout(LONGEST_ANSWER, self.watches.query_all_raw(find)).await;
        let found = found.unwrap_or_else(|_| Err(failed(no_answer())))?;
        let unfinished = |row: &QueryResult| {
            let key = (SiteId(row.try_get_by_index(0)?), caller.to_owned(), name.clone());
            let passed: String = row.try_get_by_index(2)?;
            Ok((consumer(key, row.try_get_by_index(1)?, &passed)?, row.try_get_by_index(3)?))
        };
        found.iter().map(unfinished).collect()
    }

    /// Whether one of these ledgers has so many consumers beside this one, of all callers or of its own.
    pub async fn has_consumers(
        &self,
        sites: &[SiteId],
        (caller, name): (&str, &ConsumerName),
        of_caller: bool,
        number: usize,
    ) -> Result<bool, StoreError> {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let full = Entity::find()
            .select_only()
            .column(Column::SiteId)
            .filter(COLUMN.site_id.is_in(sites.iter().map(|site| site.0)))
            .filter(sea_orm::ExprTrait::or(COLUMN.caller.ne(caller), COLUMN.name.ne(name.as_str())))
            .apply_if(of_caller.then_some(caller), |all, caller| {
                all.filter(COLUMN.caller.eq(caller))
            })
            .group_by(COLUMN.site_id)
            .having(sea_orm::ExprTrait::gte(COLUMN.site_id.count(), number))
            .into_tuple::<i64>();
        let found = timeout(LONGEST_ANSWER, full.one(&self.watches)).await;
        Ok(found.unwrap_or_else(|_| Err(failed(no_answer())))?.is_some())
    }

    /// Keeps how far consumers have come: all in one statement, which looks at no other table.
    pub async fn keep_consumers(
        &self,
        consumers: &[Consumer],
        may_go_back: bool,
    ) -> Result<(), StoreError> {
        let columns = [
            Column::SiteId,
            Column::Caller,
            Column::Name,
            Column::Revision,
            Column::Since,
            Column::Passed,
        ];
        let rows = Rows { dialect: self.dialect, parameter: 1 };
        // SQLite takes ON for a part of the selection where it has no condition.
        let sql = format!(
            "{} WHERE true ON CONFLICT (site_id, caller, name) DO UPDATE SET \
             revision = excluded.revision, passed = excluded.passed{}",
            rows.insert::<Entity>(&columns),
            if may_go_back { "" } else { GOES_ON }
        );
        let document = document(&consumers.iter().map(ConsumerRow::from).collect::<Vec<_>>())?;
        let keep = Statement::from_sql_and_values(self.dialect.into(), sql, [document.into()]);
        // A server that is gone without a word is not waited for.
        let kept = timeout(LONGEST_ANSWER, self.writers.execute_raw(keep)).await;
        kept.unwrap_or_else(|_| Err(failed(no_answer())))?;
        Ok(())
    }

    /// The consumers of a ledger, or of all, by site, caller and name, with what is behind them: one
    /// statement, however many there are.
    pub async fn consumers(&self, site: Option<SiteId>) -> Result<Vec<ConsumerLag>, StoreError> {
        let of_one = if site.is_some() { " WHERE consumers.site_id = $1" } else { "" };
        let sql = format!("{LAGS}{of_one}{IN_ORDER}");
        let values = site.map(|site| Value::from(site.0));
        let find = Statement::from_sql_and_values(self.dialect.into(), sql, values);
        self.lists.query_all_raw(find).await?.iter().map(lag).collect()
    }

    /// Removes a consumer of a ledger, and answers whether there was one.
    pub async fn remove_consumer(
        &self,
        site: SiteId,
        caller: &str,
        name: &ConsumerName,
    ) -> Result<bool, StoreError> {
        const REMOVE: &str =
            "DELETE FROM consumers WHERE site_id = $1 AND caller = $2 AND name = $3";
        let key = [site.0.into(), caller.into(), name.as_str().into()];
        Ok(self.remove(REMOVE, key).await? > 0)
    }

    /// Removes the consumers of services that there are no longer.
    pub async fn remove_ownerless_consumers(&self) -> Result<(), StoreError> {
        // Only read, so that whoever writes need not wait for a look that mostly finds nothing.
        let find = Statement::from_string(self.dialect.into(), ownerless!("SELECT 1"));
        if self.lists.query_one_raw(find).await?.is_some() {
            self.remove(ownerless!("DELETE"), []).await?;
        }
        Ok(())
    }
}

/// Holds every consumer of a service, in the order in which they are kept: in another, two that hold some would
/// wait for each other.
pub(super) fn hold_of(service: &Service) -> Select<Entity> {
    let caller = Caller::Service { name: service.name.clone() };
    Entity::find()
        .select_only()
        .column(Column::SiteId)
        .filter(COLUMN.caller.eq(caller.to_string()))
        .order_by_asc(COLUMN.site_id)
        .order_by_asc(COLUMN.name)
        .lock_exclusive()
}

/// Forgets every consumer of a service.
pub(super) fn delete_of(service: &Service) -> DeleteMany<Entity> {
    let caller = Caller::Service { name: service.name.clone() };
    Entity::delete_many().filter(COLUMN.caller.eq(caller.to_string()))
}

fn reached_ledger(
    row: &QueryResult,
    caller: &str,
    name: &ConsumerName,
) -> Result<ReachedLedger, StoreError> {
    let site = SiteId(row.try_get_by_index(0)?);
    let deleted_at: Option<i64> = row.try_get_by_index(2)?;
    let revision: Option<i64> = row.try_get_by_index(4)?;
    let event = match revision {
        Some(revision) => Some(EventIdentity {
            site,
            revision,
            at: Timestamp(row.try_get_by_index(5)?),
            caller: row.try_get_by_index(6)?,
            user: row.try_get_by_index::<Option<Uuid>>(7)?.map(UserId),
        }),
        None => None,
    };
    let since: Option<i64> = row.try_get_by_index(8)?;
    let passed: Option<String> = row.try_get_by_index(9)?;
    let consumer = since
        .zip(passed)
        .map(|(since, passed)| consumer((site, caller.to_owned(), name.clone()), since, &passed))
        .transpose()?;
    Ok(ReachedLedger {
        site,
        name: row.try_get_by_index(1)?,
        is_deleted: deleted_at.is_some(),
        head: row.try_get_by_index(3)?,
        event,
        has_consumer: since.is_some(),
        consumer,
    })
}

fn lag(row: &QueryResult) -> Result<ConsumerLag, StoreError> {
    let site = SiteId(row.try_get_by_index(0)?);
    let name = ConsumerName::as_stored(row.try_get_by_index(2)?);
    let passed: String = row.try_get_by_index(3)?;
    let since = row.try_get_by_index(7)?;
    let consumer = consumer((site, row.try_get_by_index(1)?, name), since, &passed)?;
    let (head, oldest_pending): (i64, Option<i64>) =
        (row.try_get_by_index(5)?, row.try_get_by_index(6)?);
    Ok(ConsumerLag {
        pending: (head - consumer.revision()).max(0),
        oldest_pending: oldest_pending.map(Timestamp),
        site_name: row.try_get_by_index(4)?,
        consumer,
    })
}

fn consumer(
    (site, caller, name): (SiteId, String, ConsumerName),
    since: i64,
    passed: &str,
) -> Result<Consumer, StoreError> {
    let passed = serde_json::from_str(passed).map_err(|error| StoreError::Document {
        column: "passed",
        site: site.0,
        problem: DocumentProblem::from(&error),
    })?;
    Ok(Consumer { site, caller, name, since, passed })
}
