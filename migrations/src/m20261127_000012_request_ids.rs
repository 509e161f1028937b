//! Requests with ids that were decided (`request_ids`), so that one which comes again has no second
//! effect. A request that makes or deletes a site is kept under site 0, so no foreign key holds.
//!
//! A core of the version before knows no such ids.

use sea_orm_migration::prelude::*;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("request_ids")
            .col(ColumnDef::new("site_id").big_integer().not_null())
            .col(ColumnDef::new("caller").text().not_null())
            .col(ColumnDef::new("id").text().not_null())
            .col(ColumnDef::new("fingerprint").text().not_null())
            .col(ColumnDef::new("outcome").text().not_null())
            .col(ColumnDef::new("decided_at").big_integer().not_null())
            .primary_key(Index::create().col("site_id").col("caller").col("id"))
            .to_owned();
        manager.create_table(table).await?;
        let by_age = Index::create()
            .name("request_ids_site_id_caller_decided_at_idx")
            .table("request_ids")
            .col("site_id")
            .col("caller")
            .col("decided_at")
            .to_owned();
        manager.create_index(by_age).await
    }
}
