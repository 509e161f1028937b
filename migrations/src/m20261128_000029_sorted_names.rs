//! Indexes of names in the order of their bytes, by which lists are sorted: SQLite's indexes have it anyway,
//! PostgreSQL's have the order of the database's language.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        let indexes = "CREATE INDEX users_site_id_user_name_key_bytes_idx \
            ON users (site_id, user_name_key COLLATE \"C\"); \
            CREATE INDEX groups_site_id_display_name_key_bytes_idx \
            ON groups (site_id, display_name_key COLLATE \"C\")";
        manager.get_connection().execute_unprepared(indexes).await?;
        Ok(())
    }
}
