//! When the first of a user's holds ends by itself (`users.next_hold_expiry`), null for nearly
//! everybody, and the index by which those are found whose time has come.
//!
//! A core of the version before places no such hold. One that it lifts leaves the time here, and
//! then there is nothing to lift.

use sea_orm_migration::prelude::*;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = ColumnDef::new("next_hold_expiry").big_integer().null().to_owned();
        let table = Table::alter().table("users").add_column(column).to_owned();
        manager.alter_table(table).await?;
        let index = Index::create()
            .name("users_next_hold_expiry_idx")
            .table("users")
            .col("next_hold_expiry")
            .and_where(Expr::col("next_hold_expiry").is_not_null())
            .to_owned();
        manager.create_index(index).await
    }
}
