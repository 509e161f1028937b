//! By what the identity provider knows a user whatever they are called (`users.subject`), null for
//! whom it has not told, with an index that those are not in.

use sea_orm_migration::prelude::*;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = ColumnDef::new("subject").text().null().to_owned();
        let table = Table::alter().table("users").add_column(column).to_owned();
        manager.alter_table(table).await?;
        let index = Index::create()
            .unique()
            .name("users_site_id_subject_idx")
            .table("users")
            .col("site_id")
            .col("subject")
            .and_where(Expr::col("subject").is_not_null())
            .to_owned();
        manager.create_index(index).await
    }
}
