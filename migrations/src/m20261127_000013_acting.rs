//! On whose behalf a decision was asked (`events.on_behalf_of`), null where it was on nobody's.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut user = ColumnDef::new("on_behalf_of");
        // As the ids of users.
        if manager.get_database_backend() == DbBackend::Postgres {
            user.uuid();
        } else {
            user.blob();
        }
        let table = Table::alter().table("events").add_column(user.null()).to_owned();
        manager.alter_table(table).await
    }
}
