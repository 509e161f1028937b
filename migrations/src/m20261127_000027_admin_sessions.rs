//! Whose a session is (`sessions.site_id`, `sessions.user_id`): an Admin's of a site, or the operator's, which
//! names nobody. A core from before lets nobody in by the token of an Admin, of which another hash is kept.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let site = ColumnDef::new("site_id").big_integer().to_owned();
        let mut user = ColumnDef::new("user_id");
        // As in the first step.
        if manager.get_database_backend() == DbBackend::Sqlite {
            user.blob();
        } else {
            user.uuid();
        }
        // SQLite adds one column at a time.
        for column in [site, user.clone()] {
            let sessions = Table::alter().table("sessions").add_column(column).to_owned();
            manager.alter_table(sessions).await?;
        }
        Ok(())
    }
}
