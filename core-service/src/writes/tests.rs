//! The writer, asked directly: who is still waiting when a group is decided, and what becomes of
//! a group that the database refuses.

use super::{Decided, LARGEST_GROUP, QUEUE, Target, Write, Writes};
use crate::Failure;
use crate::store::Store;
use futures::FutureExt as _;
use futures::future::join_all;
use provost_domain::{
    Ask, Caller, Change, ConnectionPolicy, Creation, Reason, SiteId, SiteName, Timestamp, UserId,
    UserName, Verb,
};
use std::cell::Cell;
use tokio_util::sync::CancellationToken;

/// A writer on a fresh database that goes away with this value.
struct Office {
    store: Store,
    writes: Writes,
    site: SiteId,
    stopping: CancellationToken,
    _place: Place,
}

#[expect(dead_code, reason = "held, not read: each removes its database when dropped")]
enum Place {
    Folder(tempfile::TempDir),
    Server(provost_test_postgres::Database),
}

impl Office {
    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("provost.db").display());
        Self::open(&url, Place::Folder(folder)).await
    }

    async fn postgres() -> Option<Self> {
        let database = provost_test_postgres::database()?;
        let url = database.url().to_owned();
        Some(Self::open(&url, Place::Server(database)).await)
    }

    async fn open(url: &str, place: Place) -> Self {
        let store = Store::open(url).await.unwrap();
        let mut transaction = store.begin().await.unwrap();
        let name = SiteName::parse("acme").unwrap();
        let policy = ConnectionPolicy::default();
        let site = transaction.create_site(&name, &policy, Timestamp(1)).await.unwrap().id;
        transaction.commit().await.unwrap();
        let stopping = CancellationToken::new();
        let (writes, _) = Writes::start(&store, stopping.clone());
        Self { store, writes, site, stopping, _place: place }
    }

    async fn ask(&self, target: Target, verb: Verb) -> Result<Decided, Failure> {
        self.ask_in(self.site, target, verb).await
    }

    async fn ask_in(&self, site: SiteId, target: Target, verb: Verb) -> Result<Decided, Failure> {
        let ask = Ask { caller: Caller::Operator, verb, expected_version: None, trace_id: None };
        self.writes.decide(Write { site, target, ask, validate_only: false }).await
    }

    async fn create(&self, name: &str) -> Result<Decided, Failure> {
        self.create_in(self.site, name).await
    }

    async fn create_in(&self, site: SiteId, name: &str) -> Result<Decided, Failure> {
        let user_name = UserName::parse(name).unwrap();
        let target = Target::Name(user_name.key());
        let creation = Creation { user_name, changes: Vec::new() };
        self.ask_in(site, target, Verb::Create(creation)).await
    }

    async fn rename(&self, id: UserId, name: &str) -> Result<Decided, Failure> {
        let change = Change::SetUserName(UserName::parse(name).unwrap());
        self.ask(Target::Id(id), Verb::Change(vec![change])).await
    }

    async fn name_of(&self, id: UserId) -> String {
        let user = self.store.user(self.site, id).await.unwrap().unwrap();
        user.user_name.as_str().to_owned()
    }
}

async fn nothing_is_done_for_who_stopped_waiting(office: Office) {
    // Polled once, an ask waits in the queue: this thread's writer has not run since.
    let mut gone = Box::pin(office.create("gone"));
    assert!((&mut gone).now_or_never().is_none());
    drop(gone);
    let decided = office.create("here").await.unwrap();
    assert_eq!(decided.revision, 1, "the first decision of the site");
    let key = UserName::parse("gone").unwrap().key();
    assert!(office.store.user_named(office.site, &key).await.unwrap().is_none());
}

/// A name that one ask frees and the next one takes is no matter for the law, but one statement
/// that saves both meets the old owner's row. Each alone, they pass.
async fn a_group_that_the_database_refuses_is_decided_one_by_one(office: Office) {
    let ada = office.create("ada").await.unwrap().answer.user.id;
    let bob = office.create("bob").await.unwrap().answer.user.id;
    let (freed, took, neighbour, refused) = tokio::join!(
        office.rename(bob, "robert"),
        office.rename(ada, "bob"),
        office.create("eve"),
        office.create("ROBERT"),
    );
    assert!(freed.unwrap().answer.changed && took.unwrap().answer.changed);
    assert!(neighbour.unwrap().answer.created);
    let Err(Failure::Refused(refusal)) = refused else { panic!("{refused:?}") };
    assert_eq!(refusal.reason, Reason::UserNameTaken);
    assert_eq!(
        (office.name_of(ada).await, office.name_of(bob).await),
        ("bob".to_owned(), "robert".to_owned())
    );
    assert_eq!(office.create("last").await.unwrap().revision, 6, "no line twice, none missing");
}

async fn later_asks_of_a_group_see_what_earlier_ones_left(office: Office) {
    let ada = office.create("ada").await.unwrap().answer.user.id;
    let (renamed, created, again, deleted, gone) = tokio::join!(
        office.rename(ada, "countess"),
        office.create("ada"),
        office.create("Ada"),
        office.ask(Target::Id(ada), Verb::Delete),
        office.rename(ada, "nobody"),
    );
    assert_eq!(renamed.unwrap().answer.user.version, 2);
    let created = created.unwrap().answer.user.id;
    let Err(Failure::Refused(taken)) = again else { panic!("{again:?}") };
    assert_eq!(taken.reason, Reason::UserNameTaken);
    assert!(deleted.unwrap().answer.deleted);
    let Err(Failure::Refused(unknown)) = gone else { panic!("{gone:?}") };
    assert_eq!(unknown.reason, Reason::UserNotFound);
    assert!(office.store.user(office.site, ada).await.unwrap().is_none());
    assert_eq!(office.name_of(created).await, "ada");
}

async fn what_waits_is_decided_when_the_writer_is_told_to_stop(office: Office) {
    let mut waiting = Box::pin(office.create("waiting"));
    assert!((&mut waiting).now_or_never().is_none());
    office.stopping.cancel();
    assert!(waiting.await.unwrap().answer.created);
    let late = office.create("late").await;
    assert!(matches!(late, Err(Failure::Stopping)), "{late:?}");
}

/// The writer keeps its connection, on SQLite the only one that writes, while asks wait: so many
/// that some always do, for longer than anybody waits for a connection.
async fn operators_get_their_turn_while_asks_keep_coming(office: Office) {
    let ada = office.create("ada").await.unwrap().answer.user.id;
    let done = CancellationToken::new();
    let answered = Cell::new(0);
    let asks = (0..QUEUE).map(|_| async {
        while !done.is_cancelled() {
            office.rename(ada, "ada").await.unwrap();
            answered.set(answered.get() + 1);
        }
    });
    let operator = async {
        while answered.get() < 2 * LARGEST_GROUP {
            tokio::task::yield_now().await;
        }
        let mut transaction = office.store.begin().await.unwrap();
        transaction.create_connection(office.site, "okta", Timestamp(2)).await.unwrap();
        transaction.commit().await.unwrap();
        done.cancel();
    };
    tokio::join!(join_all(asks), operator);
}

/// Takes ten seconds: twice PostgreSQL waits for the site, then it undoes who holds it.
#[tokio::test]
async fn a_site_that_somebody_holds_costs_nobody_else() {
    let Some(office) = Office::postgres().await else { return };
    let mut transaction = office.store.begin().await.unwrap();
    let name = SiteName::parse("other").unwrap();
    let policy = ConnectionPolicy::default();
    let other = transaction.create_site(&name, &policy, Timestamp(1)).await.unwrap().id;
    transaction.commit().await.unwrap();

    let mut holder = office.store.begin().await.unwrap();
    holder.sites(&[office.site]).await.unwrap();
    let (_, neighbour) = tokio::join!(office.create("ada"), office.create_in(other, "bob"));
    assert!(neighbour.unwrap().answer.created);
    drop(holder);
    assert!(office.create("eve").await.unwrap().answer.created);
}

macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test] async fn $test() {
                super::$test(super::Office::sqlite().await).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test] async fn $test() {
                if let Some(office) = super::Office::postgres().await {
                    super::$test(office).await;
                }
            })+
        }
    };
}

on_both_databases!(
    nothing_is_done_for_who_stopped_waiting,
    a_group_that_the_database_refuses_is_decided_one_by_one,
    later_asks_of_a_group_see_what_earlier_ones_left,
    what_waits_is_decided_when_the_writer_is_told_to_stop,
    operators_get_their_turn_while_asks_keep_coming,
);
