//! What the core says of itself: whether its database is there, and fit for it.

use super::fixture::*;
use provost_core::CoreHealth;

on_both_databases!(
    a_schema_of_before_an_upgrade_is_noticed,
    a_database_that_does_not_answer_is_noticed,
);

async fn a_schema_of_before_an_upgrade_is_noticed(fixture: Fixture) {
    let mut health = fixture.core.health();
    assert!(health.borrow().is_good());
    let version = &fixture.rows("SELECT MAX(version) FROM seaql_migrations").await[0][0];
    fixture.rows(&format!("DELETE FROM seaql_migrations WHERE version = '{version}'")).await;
    let told = |health: &CoreHealth| health.migrations.is_err();
    let told = health.wait_for(told).await.unwrap().clone();
    assert_eq!(told.database, Ok(()));
    assert!(
        told.migrations.unwrap_err().starts_with("the schema is older than this version needs")
    );

    let back =
        format!("INSERT INTO seaql_migrations (version, applied_at) VALUES ('{version}', 0)");
    fixture.rows(&back).await;
    health.wait_for(CoreHealth::is_good).await.unwrap();
}

async fn a_database_that_does_not_answer_is_noticed(fixture: Fixture) {
    let mut health = fixture.core.health();
    fixture.rows("ALTER TABLE seaql_migrations RENAME TO put_away").await;
    let told = health.wait_for(|health| health.database.is_err()).await.unwrap().clone();
    assert!(told.database.unwrap_err().contains("seaql_migrations"));
    fixture.rows("ALTER TABLE put_away RENAME TO seaql_migrations").await;
    health.wait_for(CoreHealth::is_good).await.unwrap();
}
