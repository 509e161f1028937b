//! A database that others use as well: they keep a table to themselves, they take all connections, or what they
//! have put beside our tables drops what is written.

use sea_orm::sqlx::postgres::PgConnection;
use sea_orm::sqlx::{self, Connection as _};
use tokio::task::JoinHandle;

use super::prometheus::Prometheus;
use super::runbook::typed;
use super::{Requests, scim, sign_in, titled};
use crate::support::child::Fixture;
use crate::support::wire;
use crate::support::{Database, Engine, until};

/// What somebody else's program calls itself.
const NIGHTLY: &str = "nightly";
/// What it does again and again: for that time nobody comes to the users.
const KEEPS_USERS: &str =
    "BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(0.8); COMMIT";
/// Clients of a server of PostgreSQL, as it counts them itself.
const CLIENTS: &str = "SELECT (count(*) * 100 / (current_setting('max_connections')::integer \
    - current_setting('superuser_reserved_connections')::integer))::text \
    FROM pg_stat_activity WHERE backend_type = 'client backend'";

/// Somebody else's client of the database.
async fn client(fixture: &Fixture) -> sqlx::Result<PgConnection> {
    let url = format!("{}?application_name={NIGHTLY}", fixture.database.url());
    PgConnection::connect(&url).await
}

#[tokio::test]
async fn a_table_that_somebody_keeps() {
    let Some(prometheus) = Prometheus::prepared() else { return };
    let Some(fixture) = Fixture::fresh(Engine::Postgres) else { return };
    let served = fixture.serve().await;
    let id = sign_in(&fixture, &served, "ada").await;
    let get = scim(&served.scim_token(), "GET", &format!("/Users/{id}"));
    let prometheus = prometheus.looking_at(&[served.admin]);
    let requests = Requests::without_end(served.http, get);
    prometheus.is_quiet().await;

    let mut nightly = client(&fixture).await.unwrap();
    let nightly: JoinHandle<()> = tokio::spawn(async move {
        while sqlx::raw_sql(KEEPS_USERS).execute(&mut nightly).await.is_ok() {}
    });
    // The calls by which requests are answered are slow as well.
    for label in [("severity", "page"), ("surface", "scim"), ("surface", "grpc")] {
        prometheus.fires_for("ProvostRequestsSlow", label).await;
    }
    // Who is waited for, and that it ends.
    let look = typed("ProvostRequestsSlow", "How to look", "SELECT");
    let look = format!("SELECT pid::text, application_name::text FROM ({look}) AS found");
    let pid = until("somebody is waited for who is not Provost", async || {
        let found = fixture.database.rows(&look).await;
        found.into_iter().find(|row| row[1] == NIGHTLY).map(|row| row[0].clone())
    })
    .await;
    let end = typed("ProvostRequestsSlow", "How to mend it", "SELECT").replace("4711", &pid);
    let ended = format!("SELECT ended::text FROM ({end}) AS end_of(ended)");
    assert_eq!(fixture.database.rows(&ended).await, [["true"]]);
    nightly.await.unwrap();
    prometheus.clears("ProvostRequestsSlow").await;
    drop(requests);
}

#[tokio::test]
async fn a_server_without_connections_to_spare() {
    let Some(prometheus) = Prometheus::prepared() else { return };
    let Some(database) = Database::on_small_server() else { return };
    let fixture = Fixture { database };
    let served = fixture.serve().await;
    let prometheus = prometheus.looking_at(&[served.admin]);
    let page = ("severity", "page");
    prometheus.is_quiet().await;

    let mut clients = Vec::new();
    until("nearly all connections are taken", async || {
        clients.push(client(&fixture).await.unwrap());
        let used = fixture.database.rows(CLIENTS).await;
        (used[0][0].parse::<u32>().unwrap() > 97).then_some(())
    })
    .await;
    let full = prometheus.fires_for("ProvostDatabaseNearLimit", page).await;
    assert_eq!(full["provost_store_limit"], "connections");
    let look = typed("ProvostDatabaseNearLimit", "How to look", "SELECT");
    let look = format!("SELECT who::text, number::text FROM ({look}) AS found(role, who, number)");
    let found = fixture.database.rows(&look).await;
    assert!(found.contains(&vec![NIGHTLY.to_owned(), clients.len().to_string()]), "{found:?}");
    let end = typed("ProvostDatabaseNearLimit", "How to mend it", "SELECT");
    let ended = format!("SELECT ended::text FROM ({end}) AS end_of(ended)");
    assert_eq!(fixture.database.rows(&ended).await.len(), clients.len());
    prometheus.clears("ProvostDatabaseNearLimit").await;
}

#[tokio::test]
async fn a_ledger_that_loses_its_lines() {
    loses_its_lines(Engine::Sqlite, 2).await;
}

#[tokio::test]
async fn a_ledger_that_loses_its_lines_on_postgres() {
    loses_its_lines(Engine::Postgres, 2).await;
}

/// What says how far it is goes on.
#[tokio::test]
async fn a_ledger_that_loses_its_lines_alone() {
    loses_its_lines(Engine::Sqlite, 1).await;
}

/// Both are committed together, so only what the database itself drops can be missing: here by triggers, which
/// somebody has made who wanted to keep lines elsewhere.
async fn loses_its_lines(engine: Engine, triggers: usize) {
    let Some(prometheus) = Prometheus::prepared() else { return };
    let Some(fixture) = Fixture::fresh(engine) else { return };
    let served = fixture.serve().await;
    let (token, id) = (served.scim_token(), sign_in(&fixture, &served, "ada").await);
    let prometheus = prometheus.looking_at(&[served.admin]);
    let change =
        move |number| titled(&token, &id, if number % 2 == 0 { "Countess" } else { "Analyst" });
    let changes = Requests::by_number(served.http, change.clone());
    prometheus.is_quiet().await;

    for statement in keeping_lines_elsewhere(engine, triggers) {
        fixture.database.rows(&statement).await;
    }
    prometheus.fires("ProvostLedgerStands").await;
    let (look, end) = match engine {
        Engine::Sqlite => ("SELECT name,", "DROP TRIGGER"),
        Engine::Postgres => ("SELECT tgname,", "DROP TRIGGER lines_elsewhere ON"),
    };
    let look = typed("ProvostLedgerStands", "How to look", look);
    let end = typed("ProvostLedgerStands", "How to mend it", end);
    let found = match engine {
        Engine::Sqlite => look,
        Engine::Postgres => format!("SELECT it::text, tab::text FROM ({look}) AS found(it, tab)"),
    };
    // The first thing to do: a line that comes in while one trigger of two is gone has a revision that its site
    // gives once more.
    changes.end().await;
    let found = fixture.database.rows(&found).await;
    assert_eq!(found.len(), triggers, "{found:?}");
    for trigger in found {
        let [name, table] = &*trigger else { panic!("{trigger:?}") };
        let end =
            end.replace("lines_elsewhere", name).replace(" ON events", &format!(" ON {table}"));
        fixture.database.rows(&end).await;
    }
    wire::send(served.http, &change(0)).await.unwrap().expect(200);
    let changes = Requests::by_number(served.http, change.clone());
    prometheus.clears("ProvostLedgerStands").await;
    changes.end().await;
    for number in 0..2 {
        wire::send(served.http, &change(number)).await.unwrap().expect(200);
    }
}

/// What has a database drop new lines of ledgers, and with a second trigger how far these are.
fn keeping_lines_elsewhere(engine: Engine, number: usize) -> Vec<String> {
    let triggers = [
        ("lines_elsewhere", "INSERT ON events"),
        ("heads_elsewhere", "UPDATE OF revision ON sites"),
    ];
    let drops = match engine {
        Engine::Sqlite => "BEGIN SELECT RAISE(IGNORE); END",
        Engine::Postgres => "FOR EACH ROW EXECUTE FUNCTION kept_elsewhere()",
    };
    let function = "CREATE FUNCTION kept_elsewhere() RETURNS trigger LANGUAGE plpgsql \
                    AS 'BEGIN RETURN NULL; END'";
    let mut statements = Vec::new();
    if engine == Engine::Postgres {
        statements.push(function.to_owned());
    }
    statements.extend(
        triggers[..number]
            .iter()
            .map(|(name, event)| format!("CREATE TRIGGER {name} BEFORE {event} {drops}")),
    );
    statements
}
