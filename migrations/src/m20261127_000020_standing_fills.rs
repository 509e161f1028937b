//! How far each ledger was gone through for what `standing_changes` lacks (`standing_fills`): what was
//! decided before there was that table, or by a core that does not know it.
//!
//! Such events name no previous one, and an index has them in the order of the ledger. Ordinary writes put
//! nothing in it.

use sea_orm_migration::prelude::*;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let number = |column| ColumnDef::new(column).big_integer().not_null().to_owned();
        let fills = Table::create()
            .table("standing_fills")
            .col(number("site_id").primary_key())
            .col(number("revision"))
            .to_owned();
        manager.create_table(fills).await?;
        let is_unchained = Expr::cust("user_id IS NOT NULL AND previous_revision IS NULL");
        let index = Index::create()
            .name("events_unchained_idx")
            .table("events")
            .col("site_id")
            .col("revision")
            .and_where(is_unchained)
            .to_owned();
        manager.create_index(index).await
    }
}
