//! Requests that were refused for what is wrong with them (`refused_requests`), beside the ledger. They are
//! removed by their time.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(refused_requests(manager.get_database_backend())).await?;
        let by_time = Index::create()
            .name("refused_requests_at_idx")
            .table("refused_requests")
            .col("at")
            .to_owned();
        manager.create_index(by_time).await
    }
}

/// No foreign key leads to `sites`. Rows of many sites are written at once and outside of any group, and
/// PostgreSQL would look at each of their sites under a lock for which the lock of a group has to go: it
/// would wait for one site while the writers of the others wait for it, or both for each other. The row of
/// a site is never removed, so a key would keep nothing whole.
fn refused_requests(backend: DbBackend) -> TableCreateStatement {
    let number = |column| ColumnDef::new(column).big_integer().not_null().to_owned();
    let text = |column| ColumnDef::new(column).text().not_null().to_owned();
    let mut id = ColumnDef::new("id");
    match backend {
        DbBackend::Postgres => id.uuid(),
        _ => id.blob(),
    };
    Table::create()
        .table("refused_requests")
        .col(number("site_id"))
        .col(id.not_null())
        .col(number("at"))
        .col(text("caller"))
        .col(text("operation"))
        .col(ColumnDef::new("status").integer().not_null())
        .col(text("reason"))
        .col(text("sentence"))
        .col(ColumnDef::new("trace_id").text().null())
        .col(number("left_out"))
        .primary_key(Index::create().col("site_id").col("id"))
        .to_owned()
}
