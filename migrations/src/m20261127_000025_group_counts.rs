//! How many groups a site has (`sites.group_count`), so that nobody looks for groups of users where there are
//! none. A core from before makes no groups.

use sea_orm_migration::prelude::*;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let count = ColumnDef::new("group_count").big_integer().not_null().default(0).to_owned();
        let sites = Table::alter().table("sites").add_column(count).to_owned();
        manager.alter_table(sites).await?;
        // As few as sites that have used groups since the step before.
        let counted = "UPDATE sites SET group_count = \
            (SELECT count(*) FROM groups WHERE groups.site_id = sites.id) \
            WHERE id IN (SELECT site_id FROM groups)";
        manager.get_connection().execute_unprepared(counted).await?;
        Ok(())
    }
}
