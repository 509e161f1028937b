//! Tokens of services: who holds their rows, and in which order.

use provost_core::store::Store;
use provost_domain::{Timestamp, TokenId};
use sea_orm::{ConnectionTrait as _, Database, DbBackend, Statement, TransactionTrait as _};
use uuid::Uuid;

/// Two services, of which the first one has the token with the greater id.
const TWO: &str = "INSERT INTO services (id, name, version, created_at) \
    VALUES (1, 'first', 1, 1), (2, 'second', 1, 1); \
    INSERT INTO service_tokens (id, service_id, name, hash, created_at) VALUES \
    ('00000000-0000-0000-0000-000000000009', 1, 'token', '\\x01', 1), \
    ('00000000-0000-0000-0000-000000000003', 2, 'token', '\\x02', 1)";

/// A group holds the tokens of its callers by service, one after the other, as here.
#[tokio::test]
async fn last_uses_are_stored_in_the_order_in_which_groups_hold_tokens() {
    let Some(database) = provost_test_postgres::database() else { return };
    let store = Store::open(database.url()).await.unwrap();
    let connection = Database::connect(database.url()).await.unwrap();
    connection.execute_unprepared(TWO).await.unwrap();
    let group = connection.begin().await.unwrap();
    let hold = |service: i64| {
        let sql = format!("SELECT id FROM service_tokens WHERE service_id = {service} FOR SHARE");
        Statement::from_string(DbBackend::Postgres, sql)
    };
    group.query_all_raw(hold(1)).await.unwrap();
    let (uses, core) = ([9, 3].map(|id| (TokenId(Uuid::from_u128(id)), Timestamp(7))), &store);
    let stored = async { core.touch_service_tokens(&uses).await };
    let decided = async {
        let waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
            AND datname = current_database()";
        let waits = || Statement::from_string(DbBackend::Postgres, waits);
        while connection.query_all_raw(waits()).await.unwrap().is_empty() {}
        group.query_all_raw(hold(2)).await?;
        group.commit().await
    };
    let (stored, decided) = tokio::join!(stored, decided);
    stored.unwrap();
    decided.unwrap();
    let found = "SELECT 1 FROM service_tokens WHERE last_used_at = 7";
    let found = Statement::from_string(DbBackend::Postgres, found);
    assert_eq!(connection.query_all_raw(found).await.unwrap().len(), 2);
    connection.close().await.unwrap();
    store.close().await.unwrap();
}
