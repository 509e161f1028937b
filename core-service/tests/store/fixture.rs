//! A fresh database of either kind, with a store on it.

use provost_core::store::Store;
use provost_domain::{ConnectionPolicy, Site, SiteName, Timestamp};
use provost_test_kit::Database;

/// Makes of each named `async fn(&Fixture)` a test on SQLite and a test on PostgreSQL.
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {
        provost_test_kit::on_both_databases!(&crate::store::fixture::Fixture: $($test),+);
    };
}
pub(crate) use on_both_databases;

/// A database that goes away with this value, and a store on it.
pub struct Fixture {
    pub store: Store,
    pub url: String,
    database: Database,
}

impl Fixture {
    pub async fn on(database: Database) -> Self {
        let url = database.url().to_owned();
        Self { store: Store::open(&url).await.unwrap(), url, database }
    }

    /// A new site with the default policy.
    pub async fn site(&self, name: &str) -> Site {
        let mut transaction = self.store.begin().await.unwrap();
        let name = SiteName::parse(name).unwrap();
        let policy = ConnectionPolicy::default();
        let site = transaction.create_site(&name, &policy, Timestamp(1)).await.unwrap();
        transaction.commit().await.unwrap();
        site
    }

    /// What a statement answers, past the store: rows of texts, `-` for null.
    pub async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        self.database.rows(sql).await
    }
}
