//! Who was refused something: an index of the few users of whom something was asked and not done, so that a change of
//! settings can tell what it would open (`users.unmet`).

use sea_orm_migration::prelude::*;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::create()
            .name("users_refused_idx")
            .table("users")
            .col("site_id")
            .col("id")
            .and_where(Expr::cust("unmet <> '[]'"))
            .to_owned();
        manager.create_index(index).await
    }
}
