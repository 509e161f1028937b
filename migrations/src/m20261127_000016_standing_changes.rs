//! Who was more than Registered, from when on and by whose decision (`standing_changes`), so that it is
//! told for any time without a look through the ledger.
//!
//! What the ledger says of before this step is not written here: a core does that beside its work, some
//! events at a time (`standing_fills`).

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(standing_changes(manager.get_database_backend())).await
    }
}

fn standing_changes(backend: DbBackend) -> TableCreateStatement {
    let number = |column| ColumnDef::new(column).big_integer().not_null().to_owned();
    let text = |column| ColumnDef::new(column).text().not_null().to_owned();
    let uuid = |column| {
        let mut column = ColumnDef::new(column);
        match backend {
            DbBackend::Postgres => column.uuid().to_owned(),
            _ => column.blob().to_owned(),
        }
    };
    Table::create()
        .table("standing_changes")
        .col(number("site_id"))
        .col(uuid("user_id").not_null())
        .col(number("revision"))
        .col(number("at"))
        .col(ColumnDef::new("role").small_integer().null())
        .col(ColumnDef::new("active").boolean().null())
        .col(text("caller"))
        .col(uuid("on_behalf_of").null())
        .col(text("user_name"))
        .primary_key(Index::create().col("site_id").col("user_id").col("revision"))
        .foreign_key(ForeignKey::create().from("standing_changes", "site_id").to("sites", "id"))
        .to_owned()
}
