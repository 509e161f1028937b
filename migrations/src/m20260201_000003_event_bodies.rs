//! One document about what an event tells, in the place of three columns that only together say
//! it: `body`, tagged with its kind and the version of its form (`docs/ledger.md`).
//!
//! Events that are there become bodies of version 1. No core of the version before this one can
//! write to the ledger afterwards: nothing was released yet.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DbBackend, Statement};

/// This step of the history.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

/// So many events of a site are rewritten by one statement.
const PIECE: i64 = 10_000;

/// The body of an event from the columns of the first step.
const BODY: &str = "'{\"kind\":\"' || kind || '\",\"version\":1' \
    || CASE WHEN kind LIKE 'user%' THEN ',\"asked\":' || asked ELSE '' END \
    || coalesce(',\"before\":' || before, '') || coalesce(',\"after\":' || after, '') || '}'";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Sqlite {
            return rebuild(manager).await;
        }
        let database = manager.get_connection();
        database.execute_unprepared("ALTER TABLE events ADD COLUMN body text").await?;
        in_pieces(manager, &format!("UPDATE events SET body = {BODY} WHERE")).await?;
        database
            .execute_unprepared(
                "ALTER TABLE events ALTER COLUMN body SET NOT NULL, DROP COLUMN asked, \
                 DROP COLUMN before, DROP COLUMN after",
            )
            .await?;
        Ok(())
    }
}

/// SQLite would write the whole table anew for each column that is dropped.
async fn rebuild(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager.create_table(events()).await?;
    let copy = format!(
        "INSERT INTO events_with_bodies (site_id, revision, user_id, at, caller, kind, outcome, \
         notices, body, trace_id) SELECT site_id, revision, user_id, at, caller, kind, outcome, \
         notices, {BODY}, trace_id FROM events WHERE"
    );
    in_pieces(manager, &copy).await?;
    let database = manager.get_connection();
    database.execute_unprepared("DROP TABLE events").await?;
    database.execute_unprepared("ALTER TABLE events_with_bodies RENAME TO events").await?;
    Ok(())
}

/// Runs a statement about events for the events of every site, some at a time.
async fn in_pieces(manager: &SchemaManager<'_>, statement: &str) -> Result<(), DbErr> {
    let database = manager.get_connection();
    let sites = Statement::from_string(
        manager.get_database_backend(),
        "SELECT site_id, max(revision) FROM events GROUP BY site_id",
    );
    for row in database.query_all_raw(sites).await? {
        let (site, last): (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        for done in (0..last).step_by(usize::try_from(PIECE).unwrap_or(1)) {
            let piece = format!(
                "{statement} site_id = {site} AND revision > {done} AND revision <= {}",
                done + PIECE
            );
            database.execute_unprepared(&piece).await?;
        }
    }
    Ok(())
}

/// The ledger as in the first step, but for the body.
fn events() -> TableCreateStatement {
    let text = |column| ColumnDef::new(column).text().not_null().to_owned();
    Table::create()
        .table("events_with_bodies")
        .col(ColumnDef::new("site_id").big_integer().not_null())
        .col(ColumnDef::new("revision").big_integer().not_null())
        .col(ColumnDef::new("user_id").blob().null())
        .col(ColumnDef::new("at").big_integer().not_null())
        .col(text("caller"))
        .col(text("kind"))
        .col(text("outcome"))
        .col(text("notices"))
        .col(text("body"))
        .col(ColumnDef::new("trace_id").text().null())
        .primary_key(Index::create().col("site_id").col("revision"))
        .foreign_key(ForeignKey::create().from("events_with_bodies", "site_id").to("sites", "id"))
        .to_owned()
}
