//! Names of certificates by which services show who they are (`service_tokens.certificate`), null where a
//! row is a bearer token. A core from before lists them among the tokens.

use sea_orm_migration::prelude::*;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut name = ColumnDef::new("certificate");
        let table =
            Table::alter().table("service_tokens").add_column(name.text().null()).to_owned();
        manager.alter_table(table).await?;
        let by_name = Index::create()
            .name("service_tokens_certificate_idx")
            .table("service_tokens")
            .col("certificate")
            .to_owned();
        manager.create_index(by_name).await
    }
}
