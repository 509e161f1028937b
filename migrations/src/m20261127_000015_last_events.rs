//! When the last event of a site was (`sites.last_event_at`), null before the first.
//!
//! A core of the version before leaves it alone; the next event of a newer one is no earlier than what
//! stands there.

use sea_orm_migration::prelude::*;

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = ColumnDef::new("last_event_at").big_integer().null().to_owned();
        let table = Table::alter().table("sites").add_column(column).to_owned();
        manager.alter_table(table).await?;
        let last = Query::select()
            .column(("events", "at"))
            .from("events")
            .and_where(Expr::col(("events", "site_id")).equals(("sites", "id")))
            .and_where(Expr::col(("events", "revision")).equals(("sites", "revision")))
            .to_owned();
        let fill = Query::update().table("sites").value("last_event_at", last).to_owned();
        manager.execute(fill).await
    }
}
