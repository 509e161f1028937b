//! Who is signed in to the console, and codes by which people sign in (`sessions`). A core from before
//! knows nothing of them, and lets nobody in by them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut id = ColumnDef::new("id");
        // As in the first step.
        if manager.get_database_backend() == DbBackend::Sqlite {
            id.blob();
        } else {
            id.uuid();
        }
        let number = |column| ColumnDef::new(column).big_integer().not_null().to_owned();
        let table = Table::create()
            .table("sessions")
            .col(id.not_null().primary_key())
            .col(ColumnDef::new("is_code").boolean().not_null())
            .col(ColumnDef::new("hash").blob().not_null().unique_key())
            .col(number("created_at"))
            .col(number("expires_at"))
            .col(number("last_used_at"))
            .to_owned();
        manager.create_table(table).await
    }
}
