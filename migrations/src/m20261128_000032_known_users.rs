//! What the creation of a user does whom the site has already (`sites.known_users`); for the sites that exist
//! it is refused, as before. A core of the version before leaves it alone, and refuses.

use sea_orm_migration::prelude::*;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let policy = ColumnDef::new("known_users").small_integer().not_null().default(1).to_owned();
        let table = Table::alter().table("sites").add_column(policy).to_owned();
        manager.alter_table(table).await
    }
}
