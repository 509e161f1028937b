//! A fresh database of either kind, with a store on it.

use provost_core::store::Store;
use provost_domain::{
    Changes, Connection, ConnectionName, ConnectionPolicy, Needs, Site, SiteId, Timestamp,
};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};

/// Makes of each named `async fn(&Home)` a test on SQLite and a test on PostgreSQL.
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test] async fn $test() {
                let home = crate::store::home::Home::sqlite().await;
                super::$test(&home).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test] async fn $test() {
                if let Some(home) = crate::store::home::Home::postgres().await {
                    super::$test(&home).await;
                }
            })+
        }
    };
}
pub(crate) use on_both_databases;

/// A database that goes away with this value, and a store on it.
pub struct Home {
    pub store: Store,
    pub url: String,
    _place: Place,
}

#[expect(dead_code, reason = "held, not read: each removes its database when dropped")]
enum Place {
    Folder(tempfile::TempDir),
    Server(provost_test_postgres::Database),
}

impl Home {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("provost.db").display());
        Self::open(url, Place::Folder(folder)).await
    }

    pub async fn postgres() -> Option<Self> {
        let database = provost_test_postgres::database()?;
        Some(Self::open(database.url().to_owned(), Place::Server(database)).await)
    }

    async fn open(url: String, place: Place) -> Self {
        Self { store: Store::open(&url).await.unwrap(), url, _place: place }
    }

    /// A new site with the default policy and its first connection.
    pub async fn site(&self, name: &str) -> Site {
        let mut writer = self.store.group_writer();
        let (mut group, _) = writer.begin(&[].into(), &[].into()).await.unwrap();
        let needs = Needs { next_site: true, next_connection: true, ..Needs::default() };
        let keys = group.load(&needs).await.unwrap();
        let site = Site {
            id: SiteId(keys.next_site.unwrap()),
            name: name.to_owned(),
            revision: 0,
            policy: ConnectionPolicy::default(),
            created_at: Timestamp(1),
        };
        let connection = Connection {
            id: keys.next_connection.unwrap(),
            site: site.id,
            name: ConnectionName::first(),
            created_at: Timestamp(1),
        };
        let changes = Changes {
            new_sites: vec![site.clone()],
            new_connections: vec![connection],
            ..Changes::default()
        };
        group.commit(&changes).await.unwrap();
        site
    }

    /// What a statement answers, past the store: rows of texts, `-` for null.
    pub async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let database: DatabaseConnection = Database::connect(&self.url).await.unwrap();
        let statement = sea_orm::Statement::from_string(database.get_database_backend(), sql);
        let rows = database.query_all_raw(statement).await.unwrap();
        let texts = |row: &sea_orm::QueryResult| {
            (0..row.column_names().len())
                .map(|at| {
                    let text: Option<String> = row.try_get_by_index(at).unwrap();
                    text.unwrap_or_else(|| "-".to_owned())
                })
                .collect()
        };
        let rows = rows.iter().map(texts).collect();
        database.close().await.unwrap();
        rows
    }
}
