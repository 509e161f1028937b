//! A fresh database for every house, and a look into it beside the service. Owns the few columns
//! that tests read; must never write.

use std::path::Path;

use provost_test_postgres::Database;
use sea_orm::{FromQueryResult, Statement};
use tempfile::TempDir;

/// Which database a house stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// The folder of a house and the database in or beside it.
pub struct Store {
    pub folder: TempDir,
    /// As the service opens it.
    pub url: String,
    postgres: Option<Database>,
}

/// One line of the ledger.
#[derive(Debug, FromQueryResult)]
pub struct Event {
    pub revision: i64,
    pub caller: String,
    pub notices: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub trace_id: Option<String>,
}

impl Store {
    /// `None`, with a printed reason, where the engine isn't installed.
    pub fn fresh(engine: Engine) -> Option<Self> {
        let postgres = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(provost_test_postgres::database()?),
        };
        Some(Self { folder: tempfile::tempdir().unwrap(), url: String::new(), postgres })
    }

    /// The same with a copy of a database in it: a SQLite file, or what PostgreSQL was dumped to.
    pub fn restored(engine: Engine, copy: &Path) -> Option<Self> {
        let mut store = Self::fresh(engine)?;
        match &store.postgres {
            Some(database) => {
                database.restore(copy).unwrap();
                store.url = store.configured_url();
            }
            None => {
                let file = store.folder.path().join("provost.db");
                std::fs::copy(copy, &file).unwrap();
                store.url = format!("sqlite://{}", file.display());
            }
        }
        Some(store)
    }

    /// What stands in the configuration: nothing for SQLite, whose file lies in the folder.
    pub fn configured_url(&self) -> String {
        self.postgres.as_ref().map(|database| database.url().to_owned()).unwrap_or_default()
    }

    /// The ledger of a site in the order of its revisions.
    pub async fn ledger(&self, site: &str) -> Vec<Event> {
        let sql = format!(
            "SELECT e.revision, e.caller, e.notices, e.before, e.after, e.trace_id \
             FROM events e JOIN sites s ON s.id = e.site_id WHERE s.name = '{site}' ORDER BY e.revision"
        );
        self.query(&sql).await
    }

    pub async fn query<T: FromQueryResult>(&self, sql: &str) -> Vec<T> {
        let database = sea_orm::Database::connect(&self.url).await.unwrap();
        let statement = Statement::from_string(database.get_database_backend(), sql);
        let rows = T::find_by_statement(statement).all(&database).await.unwrap();
        database.close().await.unwrap();
        rows
    }
}
