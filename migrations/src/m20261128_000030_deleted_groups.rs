//! Which groups are deleted while rows of their members are left (`deleted_groups`), so that a deletion takes no
//! longer the more members there are: they don't go with the row of the group any more, but a little at a time.
//! The database itself notes what is deleted, as a core from before deletes groups too.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

const BY_USER: &str = "group_members_site_id_user_id_group_id_idx";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let mut group_id = ColumnDef::new("group_id").not_null().to_owned();
        let group_id = match backend {
            DbBackend::Postgres => group_id.uuid(),
            _ => group_id.blob(),
        };
        let deleted = Table::create()
            .table("deleted_groups")
            .col(ColumnDef::new("site_id").big_integer().not_null())
            .col(group_id)
            .primary_key(Index::create().col("site_id").col("group_id"))
            .to_owned();
        manager.create_table(deleted).await?;
        match backend {
            DbBackend::Postgres => loosen(manager).await,
            _ => rebuild(manager).await,
        }
    }
}

async fn loosen(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let database = manager.get_connection();
    let drop = "ALTER TABLE group_members DROP CONSTRAINT group_members_site_id_group_id_fkey";
    database.execute_unprepared(drop).await?;
    let note = "CREATE FUNCTION note_deleted_group() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        INSERT INTO deleted_groups (site_id, group_id) VALUES (OLD.site_id, OLD.id); \
        RETURN NULL; END $$";
    database.execute_unprepared(note).await?;
    let trigger = "CREATE TRIGGER groups_are_deleted AFTER DELETE ON groups \
        FOR EACH ROW EXECUTE FUNCTION note_deleted_group()";
    database.execute_unprepared(trigger).await?;
    Ok(())
}

/// SQLite takes no constraint away. What is copied into an empty table in the order of its key needs no
/// memory to be undone.
async fn rebuild(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let members = Table::create()
        .table("loose_group_members")
        .col(ColumnDef::new("site_id").big_integer().not_null())
        .col(ColumnDef::new("group_id").blob().not_null())
        .col(ColumnDef::new("user_id").blob().not_null())
        .primary_key(Index::create().col("site_id").col("group_id").col("user_id"))
        .foreign_key(
            ForeignKey::create()
                .from("loose_group_members", ("site_id", "user_id"))
                .to("users", ("site_id", "id"))
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned();
    manager.create_table(members).await?;
    let database = manager.get_connection();
    for statement in [
        "INSERT INTO loose_group_members (site_id, group_id, user_id) \
         SELECT site_id, group_id, user_id FROM group_members ORDER BY site_id, group_id, user_id",
        "DROP TABLE group_members",
        "ALTER TABLE loose_group_members RENAME TO group_members",
    ] {
        database.execute_unprepared(statement).await?;
    }
    let by_user = Index::create()
        .name(BY_USER)
        .table("group_members")
        .col("site_id")
        .col("user_id")
        .col("group_id")
        .to_owned();
    manager.create_index(by_user).await?;
    let trigger = "CREATE TRIGGER groups_are_deleted AFTER DELETE ON groups BEGIN \
        INSERT INTO deleted_groups (site_id, group_id) VALUES (OLD.site_id, OLD.id); END";
    database.execute_unprepared(trigger).await?;
    Ok(())
}
