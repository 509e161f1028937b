//! Opening: the schema is brought up to date once, and failures are told as sentences.

use super::fixture::{Fixture, on_both_databases};
use super::people::{id, move_in, somebody};
use provost_core::StoreError;
use provost_core::store::{OpenError, Store, migrate};
use provost_domain::SiteName;
use provost_migrations::{Migrator, MigratorTrait as _};
use provost_test_kit::{Database, Engine};
use sea_orm::{ConnectOptions, ConnectionTrait};
use std::path::Path;
use std::pin::pin;
use std::time::Duration;
use tokio::time::timeout;

on_both_databases!(migrating_again_changes_nothing, what_was_saved_is_there_after_reopening);

async fn migrating_again_changes_nothing(fixture: &Fixture) {
    fixture.site("acme").await;
    assert_eq!(migrate(&fixture.url).await.unwrap(), Vec::<String>::new());
    assert_eq!(fixture.rows("SELECT name FROM sites WHERE id > 0").await, [["acme"]]);
}

async fn what_was_saved_is_there_after_reopening(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    let user = somebody(site, 1, "Ada");
    move_in(&fixture.store, std::slice::from_ref(&user)).await;
    fixture.store.close().await.unwrap();
    let closed = fixture.store.user(site, id(1)).await.unwrap_err();
    assert!(matches!(closed, StoreError::Unavailable(_) | StoreError::Closed), "{closed}");
    let mut writer = fixture.store.group_writer();
    assert!(writer.begin(&[].into(), &[].into(), &[].into()).await.is_err());
    let again = Store::open(&fixture.url).await.unwrap();
    assert_eq!(again.user(site, id(1)).await.unwrap().as_deref(), Some(&user));
}

/// Six cores that start at the same time on an empty database: each step is taken by one of them, in order,
/// and all come up.
async fn start_together(url: &str) {
    let applied = futures::future::join_all((0..6).map(|_| migrate(url))).await;
    let applied: Vec<_> = applied.into_iter().map(Result::unwrap).collect();
    assert!(applied.iter().all(|names| names.is_sorted()), "{applied:?}");
    let mut applied = applied.concat();
    applied.sort();
    let history: Vec<_> =
        Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
    assert_eq!(applied, history);
}

#[tokio::test]
async fn cores_that_start_together_migrate_once_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    start_together(&format!("sqlite://{}", folder.path().join("provost.db").display())).await;
}

#[tokio::test]
async fn cores_that_start_together_migrate_once_on_postgres() {
    if let Some(database) = provost_test_kit::postgres::database() {
        start_together(database.url()).await;
    }
}

/// Another core is at the point of giving the new file its write-ahead log.
#[tokio::test]
async fn a_new_file_that_somebody_else_prepares_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("provost.db").display());
    let mut alone = ConnectOptions::new(format!("{url}?mode=rwc"));
    alone.max_connections(1);
    let other = sea_orm::Database::connect(alone).await.unwrap();
    other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();

    let mut opening = pin!(Store::open(&url));
    let soon = timeout(Duration::from_millis(100), &mut opening).await;
    assert!(soon.is_err(), "{:?}", soon.unwrap().err());
    other.execute_unprepared("COMMIT").await.unwrap();
    opening.await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("provost.db");
    std::fs::write(&path, "these are the notes of a meeting, and nothing else".repeat(100))
        .unwrap();
    let refused = Store::open(&format!("sqlite://{}", path.display())).await.unwrap_err();
    assert!(
        matches!(&refused, OpenError::NotADatabase { path: named } if *named == path),
        "{refused}"
    );
}

#[tokio::test]
async fn a_folder_that_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/provost.db");
    let refused = Store::open(&format!("sqlite://{}", path.display())).await.unwrap_err();
    assert!(matches!(&refused, OpenError::File { path: named, .. } if *named == path), "{refused}");
    assert!(refused.to_string().contains("Check that its folder exists"), "{refused}");
}

#[tokio::test]
async fn what_postgres_refuses_is_told_without_the_password() {
    let Some(database) = provost_test_kit::postgres::database() else { return };
    let (credentials, place) =
        database.url().strip_prefix("postgres://").unwrap().split_once('@').unwrap();
    let (user, password) = credentials.split_once(':').unwrap();
    let (address, _) = place.split_once('/').unwrap();
    let refusal = |url: String| async move { Store::open(&url).await.unwrap_err() };

    let wrong = refusal(format!("postgres://{user}:wrong-secret@{place}")).await;
    assert!(
        matches!(&wrong, OpenError::Credentials { user: named, .. } if named == user),
        "{wrong}"
    );
    let missing = refusal(format!("postgres://{credentials}@{address}/nowhere")).await;
    assert!(
        matches!(&missing, OpenError::NoDatabase { database, .. } if database == "nowhere"),
        "{missing}"
    );
    let silent = refusal(format!("postgres://{credentials}@127.0.0.1:1/provost")).await;
    assert!(
        matches!(&silent, OpenError::Unreachable { address, .. } if address == "127.0.0.1:1"),
        "{silent}"
    );
    assert!(silent.to_string().contains("refused"), "says why: {silent}");
    for sentence in [wrong, missing, silent].map(|refusal| format!("{refusal} {refusal:?}")) {
        assert!(!sentence.contains("wrong-secret") && !sentence.contains(password), "{sentence}");
    }
}

/// What a database says of itself that is a standby, or lies on a disk mounted read-only.
#[tokio::test]
async fn a_database_that_takes_no_changes_is_refused_at_the_start() {
    let fixture = Fixture::on(Database::fresh(Engine::Sqlite).unwrap()).await;
    let file = Store::open(&format!("{}?mode=ro", fixture.url)).await.unwrap_err();
    assert!(matches!(file, OpenError::ReadOnlyFile { .. }), "{file}");
    assert!(file.to_string().contains("provost.db can't be written to. Let the account"), "{file}");

    let Some(database) = Database::fresh(Engine::Postgres) else { return };
    let fixture = Fixture::on(database).await;
    let name = fixture.url.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
    let name = fixture.rows(&format!("SELECT quote_ident('{name}')")).await.concat().concat();
    fixture.rows(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
    let server = Store::open(&fixture.url).await.unwrap_err();
    assert!(matches!(server, OpenError::ReadOnlyServer { .. }), "{server}");
    assert!(server.to_string().contains("takes no changes: it is a standby"), "{server}");
}

/// A copy of the file without its write-ahead log has what was there at the last checkpoint, and
/// a start makes one.
#[tokio::test]
async fn a_copy_of_the_file_alone_is_nearly_current() {
    let fixture = Fixture::on(Database::fresh(Engine::Sqlite).unwrap()).await;
    fixture.site("acme").await;
    let file = fixture.url.strip_prefix("sqlite://").unwrap();
    let name = SiteName::parse("acme").unwrap();
    let has_acme = async |copy: &Path| {
        let store = Store::open(&format!("sqlite://{}", copy.display())).await.unwrap();
        store.site_named(&name).await.unwrap().is_some()
    };

    // As after a power cut: with the log.
    let folder = tempfile::tempdir().unwrap();
    let [left, before, after] =
        ["left.db", "before.db", "after.db"].map(|name| folder.path().join(name));
    std::fs::copy(file, &left).unwrap();
    std::fs::copy(format!("{file}-wal"), folder.path().join("left.db-wal")).unwrap();
    let reopened = Store::open(&format!("sqlite://{}", left.display())).await.unwrap();
    std::fs::copy(&left, &before).unwrap();
    assert!(has_acme(&before).await, "a start left it in the log");
    drop(reopened);

    fixture.store.checkpoint().await.unwrap();
    std::fs::copy(file, &after).unwrap();
    assert!(has_acme(&after).await);
}

/// A core of the next version has migrated already; this one still starts, because every schema
/// is fit for the version before it.
#[tokio::test]
async fn a_newer_schema_does_not_stop_this_version() {
    let fixture = Fixture::on(Database::fresh(Engine::Sqlite).unwrap()).await;
    let record = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m2999_later', 1) \
                  RETURNING version";
    assert_eq!(fixture.rows(record).await, [["m2999_later"]]);
    Store::open(&fixture.url).await.unwrap();
}

/// Which URL is enough for a server that demands TLS, and what is told of the others.
#[tokio::test]
async fn postgres_over_tls_is_trusted_by_its_authority_and_name() {
    let Some(database) = provost_test_kit::postgres::database_over_tls() else { return };
    let (url, authority) = (database.url(), database.authority());
    let by_number = url.replace("localhost", "127.0.0.1");
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.pem");
    std::fs::write(&other, provost_test_kit::Authority::new().pem()).unwrap();
    let (authority, other) = (authority.display(), other.display());
    for good in [
        url.to_owned(),
        format!("{by_number}?sslmode=require"),
        format!("{by_number}?sslmode=verify-ca&sslrootcert={authority}"),
        format!("{url}?sslmode=verify-full&sslrootcert={authority}"),
    ] {
        let store = Store::open(&good).await.unwrap();
        let clear = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                     WHERE datname = current_database() AND application_name = 'provost' AND NOT ssl";
        assert_eq!(database.query(clear).unwrap().trim(), "0");
        store.close().await.unwrap();
    }
    for (bad, word) in [
        (format!("{url}?sslmode=verify-full"), "UnknownIssuer"),
        (format!("{url}?sslmode=verify-full&sslrootcert={other}"), "UnknownIssuer"),
        (format!("{by_number}?sslmode=verify-full&sslrootcert={authority}"), "not valid for name"),
    ] {
        let refused = Store::open(&bad).await.unwrap_err();
        assert!(matches!(&refused, OpenError::Untrusted { .. }), "{bad}: {refused:?}");
        let sentence = refused.to_string();
        assert!(sentence.contains(word) && sentence.contains("sslrootcert"), "{sentence}");
    }
    let refused = Store::open(&format!("{url}?sslmode=disable")).await.unwrap_err();
    assert!(matches!(&refused, OpenError::NotInClear { .. }), "{refused:?}");
    let missing = format!("{url}?sslmode=verify-full&sslrootcert=missing.pem");
    let refused = Store::open(&missing).await.unwrap_err();
    assert!(
        refused.to_string().contains("(a file that the database URL names is missing)"),
        "{refused:?}"
    );

    let Some(clear) = provost_test_kit::postgres::database() else { return };
    let refused = Store::open(&format!("{}?sslmode=require", clear.url())).await.unwrap_err();
    assert!(refused.to_string().contains("does not support TLS"), "{refused:?}");
}
