//! Internal services, their tokens and grants, and the ledger of the installation.
//!
//! The ledger of what belongs to no site hangs on a row of `sites` with the key 0. Its name is empty, which
//! no site can be called. An older core, which doesn't know it, lists it among the sites under that name as
//! long as both serve, and can't be asked for it. A grant about all sites names this row.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for table in [services(), service_tokens(backend), grants()] {
            manager.create_table(table).await?;
        }
        let of_service = Index::create()
            .name("service_tokens_service_id_idx")
            .table("service_tokens")
            .col("service_id")
            .to_owned();
        manager.create_index(of_service).await?;
        let of_site =
            Index::create().name("grants_site_id_idx").table("grants").col("site_id").to_owned();
        manager.create_index(of_site).await?;
        // The settings of no site, where nothing is allowed.
        let installation = Query::insert()
            .into_table("sites")
            .columns([
                "id",
                "name",
                "enabled",
                "allow_moderator_promotion",
                "allow_admin_promotion",
                "creation",
                "deletion",
                "refusals",
                "protected_user_names",
                "created_at",
            ])
            .values_panic([
                0.into(),
                "".into(),
                false.into(),
                false.into(),
                false.into(),
                1.into(),
                1.into(),
                1.into(),
                "[]".into(),
                0.into(),
            ])
            .to_owned();
        manager.execute(installation).await
    }
}

/// A service that is deleted keeps its row, so that its name is never another's.
fn services() -> TableCreateStatement {
    Table::create()
        .table("services")
        .col(ColumnDef::new("id").big_integer().not_null().primary_key())
        .col(ColumnDef::new("name").text().not_null().unique_key())
        .col(ColumnDef::new("version").big_integer().not_null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("deleted_at").big_integer().null())
        .to_owned()
}

/// Of a token's value only the SHA-256 hash is kept.
fn service_tokens(backend: DbBackend) -> TableCreateStatement {
    let mut id = ColumnDef::new("id");
    // SQLite has no UUID type: there it is 16 bytes.
    if backend == DbBackend::Sqlite {
        id.blob();
    } else {
        id.uuid();
    }
    Table::create()
        .table("service_tokens")
        .col(id.not_null().primary_key())
        .col(ColumnDef::new("service_id").big_integer().not_null())
        .col(ColumnDef::new("name").text().not_null())
        .col(ColumnDef::new("hash").blob().not_null().unique_key())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("expires_at").big_integer().null())
        .col(ColumnDef::new("last_used_at").big_integer().null())
        .col(ColumnDef::new("revoked_at").big_integer().null())
        .foreign_key(&mut of_service("service_tokens"))
        .to_owned()
}

/// `permissions` has a bit for each, at the number that it has in the contract.
fn grants() -> TableCreateStatement {
    Table::create()
        .table("grants")
        .col(ColumnDef::new("service_id").big_integer().not_null())
        .col(ColumnDef::new("site_id").big_integer().not_null())
        .col(ColumnDef::new("permissions").big_integer().not_null())
        .col(ColumnDef::new("highest_role").small_integer().not_null())
        .primary_key(Index::create().col("service_id").col("site_id"))
        .foreign_key(&mut of_service("grants"))
        .foreign_key(
            ForeignKey::create()
                .from("grants", "site_id")
                .to("sites", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn of_service(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from(table, "service_id")
        .to("services", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}
