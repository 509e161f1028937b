//! Cut-offs: when every consumer of a ledger had dealt with what was decided up to a revision.
//!
//! Each is written down once, when it happens, so that nobody who comes later changes it, and goes with the events
//! that it speaks for. There are fewer of them than events. Must never know who asks.

use super::parameter::document;
use super::pinned_connection::{LONGEST_ANSWER, failed, no_answer};
use super::row_sql::Rows;
use super::{Store, StoreError};
use provost_domain::{SiteId, Timestamp};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder as _, QuerySelect as _, Statement};
use serde::Serialize;
use tokio::time::timeout;

/// That all consumers of a ledger have come to a position.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cut_offs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i64,
    pub at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

/// A cut-off, or a part of one, as an object of the parameter of a statement.
#[derive(Serialize)]
struct CutOffRow {
    site_id: SiteId,
    revision: i64,
    at: Timestamp,
}

const COLUMNS: [Column; 3] = [Column::SiteId, Column::Revision, Column::At];

impl Store {
    /// Writes down how far all consumers of these ledgers have come, where that is further than before. The times
    /// are those at which the last of them moved. In a statement behind those by which they did: so of two cores one
    /// sees what both have written.
    pub async fn keep_cut_offs(&self, moved: &[(SiteId, Timestamp)]) -> Result<(), StoreError> {
        let rows = Rows { dialect: self.dialect, parameter: 1 };
        let (site, at) = (rows.value(&Column::SiteId), rows.value(&Column::At));
        let sql = format!(
            "INSERT INTO cut_offs (site_id, revision, at) \
             SELECT {site}, MIN(consumers.revision), MAX({at}) FROM {} CROSS JOIN consumers \
             WHERE consumers.site_id = {site} GROUP BY {site} HAVING MIN(consumers.revision) > \
             COALESCE((SELECT MAX(known.revision) FROM cut_offs AS known \
             WHERE known.site_id = {site}), 0) ON CONFLICT DO NOTHING",
            rows.source(&COLUMNS)
        );
        let row = |&(site_id, at): &(SiteId, Timestamp)| CutOffRow { site_id, revision: 0, at };
        self.write_cut_offs(sql, moved.iter().map(row).collect()).await
    }

    /// Takes back what is behind these positions, to which somebody has gone back: it is to be dealt with once more.
    pub async fn take_back_cut_offs(&self, back: &[(SiteId, i64)]) -> Result<(), StoreError> {
        let rows = Rows { dialect: self.dialect, parameter: 1 };
        let sql = format!(
            "DELETE FROM cut_offs WHERE (site_id, revision) IN \
             (SELECT known.site_id, known.revision FROM {} CROSS JOIN cut_offs AS known \
             WHERE known.site_id = {} AND known.revision > {})",
            rows.source(&COLUMNS),
            rows.value(&Column::SiteId),
            rows.value(&Column::Revision)
        );
        let row = |&(site_id, revision): &(SiteId, i64)| CutOffRow {
            site_id,
            revision,
            at: Timestamp(0),
        };
        self.write_cut_offs(sql, back.iter().map(row).collect()).await
    }

    /// When every consumer of that time had dealt with an event of a ledger, as far as it is written down.
    pub async fn cut_off(
        &self,
        site: SiteId,
        revision: i64,
    ) -> Result<Option<Timestamp>, StoreError> {
        let found = Entity::find()
            .select_only()
            .column(Column::At)
            .filter(COLUMN.site_id.eq(site.0))
            .filter(COLUMN.revision.gte(revision))
            .order_by_asc(COLUMN.revision)
            .into_tuple::<i64>();
        Ok(found.one(&self.lists).await?.map(Timestamp))
    }

    async fn write_cut_offs(&self, sql: String, rows: Vec<CutOffRow>) -> Result<(), StoreError> {
        let values = [document(&rows)?.into()];
        let write = Statement::from_sql_and_values(self.dialect.into(), sql, values);
        // A server that is gone without a word is not waited for.
        let written = timeout(LONGEST_ANSWER, self.writers.execute_raw(write)).await;
        written.unwrap_or_else(|_| Err(failed(no_answer())))?;
        Ok(())
    }
}
