//! Whom the directory deleted is told from whom it deactivated (`users.directory_deleted`), and
//! counted beside all users of a site (`sites.deleted_user_count`).
//!
//! Nobody is so yet: until now a deletion that kept the user was a deactivation.

use sea_orm_migration::prelude::*;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let deleted =
            ColumnDef::new("directory_deleted").boolean().not_null().default(false).to_owned();
        let table = Table::alter().table("users").add_column(deleted).to_owned();
        manager.alter_table(table).await?;
        let count =
            ColumnDef::new("deleted_user_count").big_integer().not_null().default(0).to_owned();
        let table = Table::alter().table("sites").add_column(count).to_owned();
        manager.alter_table(table).await
    }
}
