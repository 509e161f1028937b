//! When a site was deleted: `sites.deleted_at`, which is null for all others. The row stays, because
//! the ledger is under its key, and so that nobody else gets its name.

use sea_orm_migration::prelude::*;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = ColumnDef::new("deleted_at").big_integer().null().to_owned();
        let table = Table::alter().table("sites").add_column(column).to_owned();
        manager.alter_table(table).await
    }
}
