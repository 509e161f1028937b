//! How connections are understood: `connections.dialect`, with the version that grows when that changes. Those that
//! exist are understood as before. A core of the version before leaves the columns alone, and understands every
//! connection in that way.

use sea_orm_migration::prelude::*;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let dialect = ColumnDef::new("dialect").small_integer().not_null().default(1).to_owned();
        let version = ColumnDef::new("version").big_integer().not_null().default(1).to_owned();
        for column in [dialect, version] {
            let table = Table::alter().table("connections").add_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}
