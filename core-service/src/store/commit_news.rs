//! News of commits: what cores on one PostgreSQL tell each other of ledgers that have grown.
//!
//! It is told behind a commit and outside of it, and may be lost, so it only says where to look. SQLite has
//! one core, which hears from its writer. Must never know who is waiting for what.

use super::dialect::Dialect;
use super::pinned_connection::{LONGEST_ANSWER, failed, no_answer};
use super::{Store, StoreError};
use provost_domain::SiteId;
use sea_orm::sqlx::Executor as _;
use sea_orm::sqlx::postgres::PgListener;
use sea_orm::{ConnectionTrait as _, Statement};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// Where it is told.
const CHANNEL: &str = "provost_commits";
/// The longest text of news; PostgreSQL takes 8,000 bytes.
const LONGEST: usize = 7_900;
/// How soon a trial has to arrive.
const TRIAL: Duration = Duration::from_secs(3);
/// A connection that was silent for this long is asked whether it is there.
const SILENCE: Duration = Duration::from_secs(30);

/// The newest revision by ledger. Empty for a trial.
pub type CommitNews = BTreeMap<SiteId, i64>;

/// A connection that hears what other cores tell.
pub struct CommitListener(PgListener);

impl Store {
    /// Whether other cores may be at work on the same database.
    pub fn is_shared(&self) -> bool {
        self.dialect == Dialect::Postgres
    }

    /// Tells all cores of what was committed.
    pub async fn tell_commits(&self, news: &CommitNews) -> Result<(), StoreError> {
        for text in written(news) {
            let values = [CHANNEL.into(), text.into()];
            let sql = "SELECT pg_notify($1, $2)";
            let statement = Statement::from_sql_and_values(self.dialect.into(), sql, values);
            let told = timeout(LONGEST_ANSWER, self.lists.execute_raw(statement)).await;
            told.unwrap_or_else(|_| Err(failed(no_answer())))?;
        }
        Ok(())
    }

    /// Listens to what cores tell from now on. Refused where nothing arrives: a pooler that lends connections
    /// for a transaction takes the request and tells somebody else.
    pub async fn commit_listener(&self) -> Result<CommitListener, StoreError> {
        let connections = self.news.get_postgres_connection_pool();
        let mut listener = PgListener::connect_with(connections).await.map_err(failed)?;
        listener.listen(CHANNEL).await.map_err(failed)?;
        self.tell_commits(&CommitNews::new()).await?;
        let heard = timeout(TRIAL, listener.recv()).await;
        heard.unwrap_or_else(|_| Err(no_answer())).map_err(failed)?;
        Ok(CommitListener(listener))
    }
}

impl CommitListener {
    /// What was told since, all that has arrived at once; none where the connection was lost meanwhile.
    pub async fn next(&mut self) -> Result<Option<CommitNews>, StoreError> {
        let Self(listener) = self;
        let mut silent_until = Instant::now() + SILENCE;
        let first = loop {
            if let Ok(told) = timeout_at(silent_until, listener.try_recv()).await {
                break told.map_err(failed)?;
            }
            let asked = timeout(LONGEST_ANSWER, listener.execute("SELECT 1")).await;
            asked.unwrap_or_else(|_| Err(no_answer())).map_err(failed)?;
            silent_until = Instant::now() + SILENCE;
        };
        let Some(first) = first else { return Ok(None) };
        let mut news = read(first.payload());
        while let Some(more) = listener.next_buffered() {
            news.extend(read(more.payload()));
        }
        Ok(Some(news))
    }
}

/// As many texts as it takes; an empty one where there is nothing.
fn written(news: &CommitNews) -> Vec<String> {
    let (mut texts, mut text) = (Vec::new(), String::new());
    for (SiteId(site), revision) in news {
        let one = format!("{site}:{revision} ");
        if text.len() + one.len() > LONGEST {
            texts.push(std::mem::take(&mut text));
        }
        text.push_str(&one);
    }
    texts.push(text);
    texts
}

/// What can't be read is told by a newer core.
fn read(text: &str) -> CommitNews {
    let one = |word: &str| {
        let (site, revision) = word.split_once(':')?;
        Some((SiteId(site.parse().ok()?), revision.parse().ok()?))
    };
    text.split(' ').filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::test]
    async fn what_one_core_tells_all_hear() {
        let Some(database) = provost_test_postgres::database() else { return };
        let (one, other) = (
            Store::open(database.url()).await.unwrap(),
            Store::open(database.url()).await.unwrap(),
        );
        let mut listeners =
            [one.commit_listener().await.unwrap(), other.commit_listener().await.unwrap()];
        // More than one message holds.
        let news: CommitNews =
            (1..=2_000).map(|number| (SiteId(number), number * 1_000_000)).collect();
        one.tell_commits(&news).await.unwrap();
        for listener in &mut listeners {
            let mut heard = CommitNews::new();
            // The trial of the other one may come before.
            while heard.len() < news.len() {
                heard.extend(listener.next().await.unwrap().unwrap());
            }
            assert_eq!(heard, news);
        }
        // Who lost the connection hears of it, and again behind another one.
        let [mut listener, _other] = listeners;
        let ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
            WHERE query LIKE 'LISTEN%' AND datname = current_database()";
        assert_eq!(database.query(ended).unwrap().trim(), "2");
        assert!(!matches!(listener.next().await, Ok(Some(_))));
        drop(listener);
        let mut listener = one.commit_listener().await.unwrap();
        other.tell_commits(&[(SiteId(1), 7)].into()).await.unwrap();
        assert_eq!(listener.next().await.unwrap().unwrap(), [(SiteId(1), 7)].into());
    }

    /// As behind a pooler that lends connections for a transaction: all is answered, and nothing arrives.
    #[tokio::test]
    async fn a_listener_to_whom_nothing_arrives_is_none() {
        let Some(database) = provost_test_postgres::database() else { return };
        let url = database.url();
        let (_, behind) = url.split_once('@').unwrap();
        let (server, _) = behind.split_once('/').unwrap();
        let relay = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = relay.local_addr().unwrap().to_string();
        let (url, server) = (url.replace(server, &address), server.to_owned());
        let relaying = tokio::spawn(async move {
            while let Ok((client, _)) = relay.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(relay_without_news(client, server));
            }
        });
        let store = Store::open(&url).await.unwrap();
        let refused = store.commit_listener().await.map(|_| ()).unwrap_err();
        assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
        relaying.abort();
    }

    /// Leaves out what PostgreSQL tells without being asked (`NotificationResponse`).
    async fn relay_without_news(client: TcpStream, server: TcpStream) {
        // A byte at a time goes at once, or all migrations together take half a minute.
        client.set_nodelay(true).unwrap();
        server.set_nodelay(true).unwrap();
        let (mut asked, mut answer) = client.into_split();
        let (mut answered, mut ask) = server.into_split();
        tokio::spawn(async move { tokio::io::copy(&mut asked, &mut ask).await });
        let mut is_first = true;
        while let Ok(kind) = answered.read_u8().await {
            // Whether there is TLS is said by a single byte, before anything else.
            if std::mem::take(&mut is_first) && kind == b'N' {
                answer.write_u8(kind).await.unwrap();
                continue;
            }
            let length = answered.read_u32().await.unwrap();
            let mut rest = vec![0; usize::try_from(length).unwrap() - 4];
            answered.read_exact(&mut rest).await.unwrap();
            if kind != b'A' {
                let message = [&[kind][..], &length.to_be_bytes(), &rest].concat();
                if answer.write_all(&message).await.is_err() {
                    return;
                }
            }
        }
    }

    #[test]
    fn words_of_newer_cores_are_passed_over() {
        assert_eq!(read("1:5 x 7 2:y 3:9:1 4:6 "), [(SiteId(1), 5), (SiteId(4), 6)].into());
        assert_eq!(read(""), CommitNews::new());
        assert_eq!(written(&CommitNews::new()), [""]);
    }
}
