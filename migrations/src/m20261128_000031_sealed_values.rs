//! Values of tokens that may be shown again, sealed (`tokens.sealed_value`). A core from before keeps none and shows
//! none; what it revokes keeps its sealed value, which is not shown all the same.

use sea_orm_migration::prelude::*;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = ColumnDef::new("sealed_value").blob().null().to_owned();
        let table = Table::alter().table("tokens").add_column(column).to_owned();
        manager.alter_table(table).await
    }
}
