//! Which side is in charge of status, whether single sign-on is set up, and what the value that
//! identifies users is called. For the sites that exist: both sides as before, and as SCIM is or was
//! on there, single sign-on is set up. A core of the version before leaves all of it alone.

use sea_orm_migration::prelude::*;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [
            ColumnDef::new("status_authority").small_integer().not_null().default(1).to_owned(),
            ColumnDef::new("single_sign_on").boolean().not_null().default(true).to_owned(),
            ColumnDef::new("user_name_assertion").text().not_null().default("").to_owned(),
        ] {
            let table = Table::alter().table("sites").add_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}
