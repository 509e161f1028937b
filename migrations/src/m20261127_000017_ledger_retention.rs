//! For how many days the ledger of a site is kept (`sites.ledger_retention_days`); 0, as for the sites
//! that exist, for ever. A core of the version before leaves it alone, and trims nothing.

use sea_orm_migration::prelude::*;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let days =
            ColumnDef::new("ledger_retention_days").integer().not_null().default(0).to_owned();
        let table = Table::alter().table("sites").add_column(days).to_owned();
        manager.alter_table(table).await
    }
}
