//! Who follows a ledger and how far they have come (`consumers`), beside the ledger. A core from before
//! knows nothing of them.

use sea_orm_migration::prelude::*;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let number = |column| ColumnDef::new(column).big_integer().not_null().to_owned();
        let text = |column| ColumnDef::new(column).text().not_null().to_owned();
        // No foreign key leads to `sites`, for the reason that step 18 gives: who acknowledges would wait
        // for a site's writers, and they for it.
        let table = Table::create()
            .table("consumers")
            .col(number("site_id"))
            .col(text("caller"))
            .col(text("name"))
            .col(number("revision"))
            .col(number("since"))
            .col(text("passed"))
            .primary_key(Index::create().col("site_id").col("caller").col("name"))
            .to_owned();
        manager.create_table(table).await?;
        // They go with the service whose they are.
        let of_caller = Index::create()
            .name("consumers_caller_idx")
            .table("consumers")
            .col("caller")
            .to_owned();
        manager.create_index(of_caller).await
    }
}
