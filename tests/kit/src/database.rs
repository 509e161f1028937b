//! A database for one test: a SQLite file in a folder of its own, or one of the private
//! PostgreSQL cluster. Owns its life and a look into it beside the service; must never know a
//! table.

use std::path::Path;

use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Statement};
use tempfile::TempDir;

use crate::postgres;

/// Which kind of database a test stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// A database that goes away with this value, and a folder beside it.
#[derive(Debug)]
pub struct Database {
    folder: TempDir,
    url: String,
    server: Option<postgres::Database>,
}

impl Database {
    /// An empty database, or `None` with a printed reason where the engine isn't installed.
    pub fn fresh(engine: Engine) -> Option<Self> {
        Self::fresh_at(engine, "provost.db")
    }

    /// The same, with the path that a SQLite file will have in the folder.
    pub fn fresh_at(engine: Engine, file: &str) -> Option<Self> {
        let server = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(postgres::database()?),
        };
        Some(Self::of(server, file))
    }

    /// An empty database of a server of PostgreSQL that takes few connections, or `None` with a printed reason
    /// where PostgreSQL isn't installed.
    pub fn on_small_server() -> Option<Self> {
        Some(Self::of(Some(postgres::database_on_small_server()?), "provost.db"))
    }

    fn of(server: Option<postgres::Database>, file: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match &server {
            None => format!("sqlite://{}", folder.path().join(file).display()),
            Some(server) => server.url().to_owned(),
        };
        Self { folder, url, server }
    }

    /// A copy of a database: `copy` is a SQLite file, or what PostgreSQL was dumped to.
    pub fn restored(engine: Engine, copy: &Path) -> Option<Self> {
        Self::restored_at(engine, "provost.db", copy)
    }

    /// The same, with the path that a SQLite file will have in the folder.
    pub fn restored_at(engine: Engine, file: &str, copy: &Path) -> Option<Self> {
        let database = Self::fresh_at(engine, file)?;
        if let Some(server) = &database.server {
            server.restore(copy).unwrap();
        } else {
            let file = database.folder.path().join(file);
            std::fs::create_dir_all(file.parent()?).unwrap();
            std::fs::copy(copy, file).unwrap();
        }
        Some(database)
    }

    /// A copy of it while others are at work on it, as [`Database::restored`] takes it.
    pub async fn copied_to(&self, copy: &Path) {
        match &self.server {
            Some(server) => server.dump(copy).unwrap(),
            None => drop(self.raw(&format!("VACUUM INTO '{}'", copy.display())).await),
        }
    }

    /// As the service opens it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same, only where it is a server's.
    pub fn server_url(&self) -> Option<&str> {
        self.server.as_ref().map(postgres::Database::url)
    }

    /// A folder for what a service keeps beside its database.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What a query answers, beside whoever has the database open.
    pub async fn query<T: FromQueryResult>(&self, sql: &str) -> Vec<T> {
        let rows = self.raw(sql).await;
        rows.iter().map(|row| T::from_query_result(row, "").unwrap()).collect()
    }

    /// The same as rows of texts, `-` for null; the query casts what is none.
    pub async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let text = |row: &QueryResult, at| {
            row.try_get_by_index::<Option<String>>(at).unwrap().unwrap_or_else(|| "-".to_owned())
        };
        let rows = self.raw(sql).await;
        rows.iter()
            .map(|row| (0..row.column_names().len()).map(|at| text(row, at)).collect())
            .collect()
    }

    async fn raw(&self, sql: &str) -> Vec<QueryResult> {
        let connection = sea_orm::Database::connect(&self.url).await.unwrap();
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let rows = connection.query_all_raw(statement).await.unwrap();
        connection.close().await.unwrap();
        rows
    }
}
