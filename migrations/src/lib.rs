//! The foundation: one schema history that serves SQLite and PostgreSQL, forward only.
//!
//! Owns the tables, their keys and their indexes. Must never know what a row means: no rule, no
//! entity, no default value that decides something.
//!
//! A migration must leave the schema fit for the version before it as well, because an old and
//! a new core may run beside one another during an upgrade. Steps 2 to 4 don't: nothing was
//! released before them (`README.md`).

mod m20260101_000001_identity;
mod m20260201_000002_profile_documents;
mod m20260201_000003_event_bodies;
mod m20261127_000004_folded_profiles;
mod m20261127_000005_directory_deletions;
mod m20261127_000006_reasons_and_versions;
mod m20261127_000007_deleted_sites;
mod m20261127_000008_expiring_holds;
mod m20261127_000009_subjects;
mod m20261127_000010_services;
mod m20261127_000011_sign_on_settings;
mod m20261127_000012_request_ids;
mod m20261127_000013_acting;
mod m20261127_000014_event_chains;
mod m20261127_000015_last_events;
mod m20261127_000016_standing_changes;
mod m20261127_000017_ledger_retention;
mod m20261127_000018_refused_requests;
mod m20261127_000019_certificates;
mod m20261127_000020_standing_fills;
mod m20261127_000021_consumers;
mod m20261127_000022_groups;
mod m20261127_000023_sessions;
mod m20261127_000024_cut_offs;
mod m20261127_000025_group_counts;
mod m20261127_000026_group_rules;
mod m20261127_000027_admin_sessions;
mod m20261128_000028_refused_users;
mod m20261128_000029_sorted_names;
mod m20261128_000030_deleted_groups;
mod m20261128_000031_sealed_values;
mod m20261128_000032_known_users;
mod m20261128_000033_connection_settings;

pub use sea_orm_migration::MigratorTrait;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};

/// Names the advisory lock under which PostgreSQL is migrated: the bytes of `provost`.
const MIGRATION_LOCK: i64 = 0x0070_726f_766f_7374;

/// The schema history, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20260101_000001_identity::Migration),
            Box::new(m20260201_000002_profile_documents::Migration),
            Box::new(m20260201_000003_event_bodies::Migration),
            Box::new(m20261127_000004_folded_profiles::Migration),
            Box::new(m20261127_000005_directory_deletions::Migration),
            Box::new(m20261127_000006_reasons_and_versions::Migration),
            Box::new(m20261127_000007_deleted_sites::Migration),
            Box::new(m20261127_000008_expiring_holds::Migration),
            Box::new(m20261127_000009_subjects::Migration),
            Box::new(m20261127_000010_services::Migration),
            Box::new(m20261127_000011_sign_on_settings::Migration),
            Box::new(m20261127_000012_request_ids::Migration),
            Box::new(m20261127_000013_acting::Migration),
            Box::new(m20261127_000014_event_chains::Migration),
            Box::new(m20261127_000015_last_events::Migration),
            Box::new(m20261127_000016_standing_changes::Migration),
            Box::new(m20261127_000017_ledger_retention::Migration),
            Box::new(m20261127_000018_refused_requests::Migration),
            Box::new(m20261127_000019_certificates::Migration),
            Box::new(m20261127_000020_standing_fills::Migration),
            Box::new(m20261127_000021_consumers::Migration),
            Box::new(m20261127_000022_groups::Migration),
            Box::new(m20261127_000023_sessions::Migration),
            Box::new(m20261127_000024_cut_offs::Migration),
            Box::new(m20261127_000025_group_counts::Migration),
            Box::new(m20261127_000026_group_rules::Migration),
            Box::new(m20261127_000027_admin_sessions::Migration),
            Box::new(m20261128_000028_refused_users::Migration),
            Box::new(m20261128_000029_sorted_names::Migration),
            Box::new(m20261128_000030_deleted_groups::Migration),
            Box::new(m20261128_000031_sealed_values::Migration),
            Box::new(m20261128_000032_known_users::Migration),
            Box::new(m20261128_000033_connection_settings::Migration),
        ]
    }
}

/// Applies what is pending and answers the names of what was applied, oldest first.
///
/// Each step is a transaction of its own that also holds the right to migrate, so that several cores
/// may start at the same time on the same database: whoever has the turn applies the next step, the
/// others wait and then look what is left. A failure, or the end of the process, leaves the steps
/// before it, and the next start goes on there.
pub async fn apply(database: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let mut applied = Vec::new();
    while let Some(step) = apply_next(database).await? {
        applied.push(step);
    }
    Ok(applied)
}

async fn apply_next(database: &DatabaseConnection) -> Result<Option<String>, DbErr> {
    let transaction = database
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await?;
    wait_for_turn(&transaction).await?;
    let next = pending(&transaction).await?.into_iter().next();
    if next.is_some() {
        Migrator::up(&transaction, Some(1)).await?;
        transaction.commit().await?;
    }
    Ok(next)
}

/// Whether nothing is pending, as far as the last step says: they are applied in order.
pub async fn is_complete(database: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let Some(last) = Migrator::migrations().pop() else { return Ok(true) };
    let step = Query::select()
        .column("version")
        .from("seaql_migrations")
        .and_where(Expr::col("version").eq(last.name()))
        .to_owned();
    Ok(database.query_one(&step).await?.is_some())
}

/// The newest step that was applied, and those that this version would apply, oldest first.
pub async fn progress(database: &DatabaseConnection) -> Result<(String, Vec<String>), DbErr> {
    let applied = Migrator::get_migration_models(database).await?;
    let newest = applied.iter().map(|model| model.version.clone()).max().unwrap_or_default();
    Ok((newest, unapplied(&applied)))
}

/// What this version would apply. What a newer version has applied already is none of our
/// business: the schema stays fit for the version before it.
async fn pending(transaction: &DatabaseTransaction) -> Result<Vec<String>, DbErr> {
    Ok(unapplied(&Migrator::get_migration_models(transaction).await?))
}

fn unapplied(applied: &[sea_orm_migration::seaql_migrations::Model]) -> Vec<String> {
    let names = Migrator::migrations().into_iter().map(|migration| migration.name().to_owned());
    names.filter(|name| applied.iter().all(|model| model.version != *name)).collect()
}

/// SQLite has let only one writer in already; PostgreSQL needs a lock of its own, because
/// `CREATE TABLE IF NOT EXISTS` may fail when two sessions run it at once. However long the turn
/// of another takes, it is waited for.
async fn wait_for_turn(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    if transaction.get_database_backend() == DbBackend::Postgres {
        let lock =
            format!("SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock({MIGRATION_LOCK})");
        transaction.execute_unprepared(&lock).await?;
    }
    Ok(())
}
