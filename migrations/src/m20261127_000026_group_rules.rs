//! Which groups give roles (`sites.group_rules`), the role that a user has besides groups (`users.base_role`),
//! null for nearly everybody, and how far it is with roles that follow from rules (`rule_runs`).
//!
//! A core of the version before lets no role follow from a group, and leaves the base where it was when it
//! changes a role. Rules that are set again when it is gone put that right.

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
        let rules = ColumnDef::new("group_rules").text().not_null().default("[]").to_owned();
        let sites = Table::alter().table("sites").add_column(rules).to_owned();
        manager.alter_table(sites).await?;
        let base = ColumnDef::new("base_role").small_integer().null().to_owned();
        let users = Table::alter().table("users").add_column(base).to_owned();
        manager.alter_table(users).await?;
        // By whom a run finds those whose role comes from groups.
        let raised = Index::create()
            .name("users_base_role_idx")
            .table("users")
            .col("site_id")
            .col("id")
            .and_where(Expr::col("base_role").is_not_null())
            .to_owned();
        manager.create_index(raised).await?;
        let runs = Table::create()
            .table("rule_runs")
            .col(number("site_id"))
            .col(id("group_id"))
            .col(ColumnDef::new("among_members").boolean().not_null())
            .col(id("after_user"))
            .col(number("done"))
            .col(number("started_at"))
            .col(ColumnDef::new("trace_id").text().null())
            .primary_key(Index::create().col("site_id").col("group_id"))
            .to_owned();
        manager.create_table(runs).await
    }
}
