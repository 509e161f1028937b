//! When every consumer of a ledger had dealt with what was decided up to there (`cut_offs`), written down once. A
//! core from before knows nothing of it, and what it does not write down is told less exactly.

use sea_orm_migration::prelude::*;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let number = |column| ColumnDef::new(column).big_integer().not_null().to_owned();
        // No foreign key leads to `sites`, for the reason that step 18 gives.
        let table = Table::create()
            .table("cut_offs")
            .col(number("site_id"))
            .col(number("revision"))
            .col(number("at"))
            .primary_key(Index::create().col("site_id").col("revision"))
            .to_owned();
        manager.create_table(table).await?;
        // Who follows all sites comes to the end of these.
        let deleted = Index::create()
            .name("sites_deleted_idx")
            .table("sites")
            .col("id")
            .and_where(Expr::cust("deleted_at IS NOT NULL"))
            .to_owned();
        manager.create_index(deleted).await
    }
}
