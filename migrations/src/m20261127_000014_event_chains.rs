//! How the events about one user are found: each names the one before it
//! (`events.previous_revision`), and the user's row the last one (`users.last_event`), so that no
//! index by user taxes every write.
//!
//! Events that name none are in an index: those of before this step, and of a core of the version
//! before while it works beside a newer one. So are deletions, because no row leads to them.

use sea_orm_migration::prelude::*;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let previous = ColumnDef::new("previous_revision").big_integer().null().to_owned();
        let last = ColumnDef::new("last_event").big_integer().not_null().default(0).to_owned();
        for (table, column) in [("events", previous), ("users", last)] {
            let alter = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        let is_loose = Expr::cust(
            "user_id IS NOT NULL AND (previous_revision IS NULL OR kind = 'user_deleted')",
        );
        let index = Index::create()
            .name("events_loose_idx")
            .table("events")
            .col("site_id")
            .col("user_id")
            .col("revision")
            .and_where(is_loose)
            .to_owned();
        manager.create_index(index).await
    }
}
