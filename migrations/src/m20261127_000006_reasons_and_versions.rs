//! Why a write was asked, beside each event, and how often the settings of a site were changed.
//!
//! A core of the version before leaves both alone: it gives no reason, and what it changes in
//! settings does not count.

use sea_orm_migration::prelude::*;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let reason = ColumnDef::new("reason").text().null().to_owned();
        let version = ColumnDef::new("version").big_integer().not_null().default(1).to_owned();
        for (table, column) in [("events", reason), ("sites", version)] {
            let alter = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        Ok(())
    }
}
