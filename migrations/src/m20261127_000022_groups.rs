//! Groups of users (`groups`) and who is in them (`group_members`), a row for each member. A core from before
//! knows nothing of them; users whom it deletes leave their groups by the foreign key.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let id = |column| {
            let mut id = ColumnDef::new(column).not_null().to_owned();
            match backend {
                DbBackend::Postgres => id.uuid().to_owned(),
                _ => id.blob().to_owned(),
            }
        };
        let number = |column| ColumnDef::new(column).big_integer().not_null().to_owned();
        let text = |column| ColumnDef::new(column).text().not_null().to_owned();
        let groups = Table::create()
            .table("groups")
            .col(number("site_id"))
            .col(id("id"))
            .col(text("display_name"))
            .col(text("display_name_key"))
            .col(ColumnDef::new("external_id").text().null())
            .col(number("version"))
            .col(number("created_at"))
            .col(number("updated_at"))
            .primary_key(Index::create().col("site_id").col("id"))
            .index(
                Index::create()
                    .unique()
                    .name("groups_site_id_display_name_key_key")
                    .col("site_id")
                    .col("display_name_key"),
            )
            .to_owned();
        manager.create_table(groups).await?;
        let by_external_id = Index::create()
            .name("groups_site_id_external_id_id_idx")
            .table("groups")
            .col("site_id")
            .col("external_id")
            .col("id")
            .to_owned();
        manager.create_index(by_external_id).await?;
        let members = Table::create()
            .table("group_members")
            .col(number("site_id"))
            .col(id("group_id"))
            .col(id("user_id"))
            .primary_key(Index::create().col("site_id").col("group_id").col("user_id"))
            .foreign_key(
                ForeignKey::create()
                    .from("group_members", ("site_id", "group_id"))
                    .to("groups", ("site_id", "id"))
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .foreign_key(
                ForeignKey::create()
                    .from("group_members", ("site_id", "user_id"))
                    .to("users", ("site_id", "id"))
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(members).await?;
        // By whom a deletion finds them, and whoever asks for the groups of a user.
        let by_user = Index::create()
            .name("group_members_site_id_user_id_group_id_idx")
            .table("group_members")
            .col("site_id")
            .col("user_id")
            .col("group_id")
            .to_owned();
        manager.create_index(by_user).await
    }
}
