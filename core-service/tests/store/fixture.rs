//! A fresh database of either kind, with a store on it.

use provost_core::store::Store;
use provost_domain::{
    Changes, Connection, ConnectionName, ConnectionPolicy, Needs, Site, SiteId, Timestamp,
};
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

    /// A new site with the default policy and its first connection.
    pub async fn site(&self, name: &str) -> Site {
        let mut writer = self.store.group_writer();
        let (mut group, _) = writer.begin(&[].into(), &[].into(), &[].into()).await.unwrap();
        let needs = Needs { next_site: true, next_connection: true, ..Needs::default() };
        let keys = group.load(&needs).await.unwrap();
        let site = Site {
            id: SiteId(keys.next_site.unwrap()),
            name: name.to_owned(),
            revision: 0,
            last_event_at: None,
            version: 1,
            policy: ConnectionPolicy::default(),
            created_at: Timestamp(1),
            group_rules: provost_domain::GroupRules::default(),
            group_count: 0,
        };
        let (key, name) = (keys.next_connection.unwrap(), ConnectionName::first());
        let connection = Connection::new(key, site.id, name, Timestamp(1));
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
        self.database.rows(sql).await
    }
}
