//! The writer, asked directly: who is still waiting when a group is decided, and what becomes of
//! a group that the database refuses.

use super::Writer;
use super::queue::{LARGEST_GROUP, MOST_WAITING};
use super::unit_of_work::UnitOfWork;
use crate::metrics::CallerCounts;
use crate::store::Store;
use crate::{Failure, clock};
use futures::FutureExt as _;
use futures::future::join_all;
use provost_domain::{
    Action, Answer, Caller, Change, Command, Context, Creation, Decision, ListEdit, ListOperation,
    ProfileSchema, Reason, SiteId, SiteName, Timestamp, TokenId, User, UserId, UserName, Value,
    decide,
};
use provost_telemetry::Meters;
use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// A writer on a fresh database that goes away with this value.
struct Office {
    store: Store,
    url: String,
    writer: Writer,
    site: SiteId,
    stopping: CancellationToken,
    _place: Place,
}

#[expect(dead_code, reason = "held, not read: each removes its database when dropped")]
enum Place {
    Folder(tempfile::TempDir),
    Server(provost_test_postgres::Database),
}

fn counts() -> Arc<CallerCounts> {
    CallerCounts::new(&Meters::uncollected(), crate::grpc::reason_names())
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
        let stopping = CancellationToken::new();
        let (writer, _) =
            Writer::start(&store, |_| {}, counts(), &Meters::uncollected(), &stopping);
        let site = create_site(&writer, "acme").await;
        let url = url.to_owned();
        Self { store, url, writer, site, stopping, _place: place }
    }

    async fn ask(&self, site: SiteId, action: Action) -> Result<Decision, Failure> {
        self.writer.submit(command(Some(site), action), None).await
    }

    async fn create(&self, name: &str) -> Result<Decision, Failure> {
        self.create_in(self.site, name).await
    }

    async fn create_in(&self, site: SiteId, name: &str) -> Result<Decision, Failure> {
        let user_name = UserName::parse(name).unwrap();
        self.ask(site, Action::CreateUser(Creation { user_name, changes: Vec::new() })).await
    }

    async fn rename(&self, user: UserId, name: &str) -> Result<Decision, Failure> {
        let changes = vec![Change::SetUserName(UserName::parse(name).unwrap())];
        self.ask(self.site, Action::ChangeUser { user, changes }).await
    }

    async fn name_of(&self, id: UserId) -> String {
        let user = self.store.user(self.site, id).await.unwrap().unwrap();
        user.user_name.as_str().to_owned()
    }
}

fn command(site: Option<SiteId>, action: Action) -> Command {
    Command {
        on_behalf_of: None,
        site,
        caller: Caller::Operator,
        action,
        expected_version: None,
        request: None,
        validate_only: false,
        reason: None,
        token: None,
        trace_id: None,
    }
}

async fn create_site(writer: &Writer, name: &str) -> SiteId {
    let name = SiteName::parse(name).unwrap();
    let decision = writer.submit(command(None, Action::CreateSite { name }), None).await.unwrap();
    let Answer::Site(site) = decision.answer else { panic!("{:?}", decision.answer) };
    site.id
}

/// The user of a decision, and whether it was created or is gone.
fn user(decision: Result<Decision, Failure>) -> (User, bool, bool) {
    let answer = decision.unwrap().answer;
    let Answer::User { user, created, deleted } = answer else { panic!("{answer:?}") };
    (user, created, deleted)
}

async fn nothing_is_done_for_who_stopped_waiting(office: Office) {
    // Polled once, an ask waits in the queue: this thread's writer has not run since.
    let mut gone = Box::pin(office.create("gone"));
    assert!((&mut gone).now_or_never().is_none());
    drop(gone);
    let decided = office.create("here").await.unwrap();
    assert_eq!(decided.revision, 2, "the first decision behind that about the site");
    let key = UserName::parse("gone").unwrap().key();
    assert!(office.store.user_named(office.site, &key).await.unwrap().is_none());
}

/// The writer has taken the group when one of the callers leaves.
async fn nothing_is_done_for_who_leaves_while_a_group_is_loaded(office: Office) {
    // Somebody else holds what it has to load, so that it can't have gone further.
    let mut holder = office.store.group_writer();
    let held = holder.begin(&[office.site].into(), &[].into(), &[].into()).await.unwrap();
    let mut gone = Box::pin(office.create("gone"));
    let mut here = Box::pin(office.create("here"));
    assert!((&mut gone).now_or_never().is_none() && (&mut here).now_or_never().is_none());
    tokio::task::yield_now().await;
    assert!(office.writer.waiting.queue().take().is_empty(), "both are taken");
    drop((gone, held));
    assert_eq!(here.await.unwrap().revision, 2, "the first decision behind that about the site");
    let key = UserName::parse("gone").unwrap().key();
    assert!(office.store.user_named(office.site, &key).await.unwrap().is_none());
}

async fn nothing_is_done_once_the_deadline_has_passed(office: Office) {
    let user_name = UserName::parse("late").unwrap();
    let creation = Action::CreateUser(Creation { user_name, changes: Vec::new() });
    let creation = command(Some(office.site), creation);
    let late = office.writer.submit(creation, Some(Instant::now()));
    let (late, decided) = tokio::join!(late, office.create("here"));
    assert!(matches!(late, Err(Failure::TooLate)), "{late:?}");
    assert_eq!(decided.unwrap().revision, 2, "the first decision behind that about the site");
    let key = UserName::parse("late").unwrap().key();
    assert!(office.store.user_named(office.site, &key).await.unwrap().is_none());
}

/// Each goes through so much that few of them fit into a transaction, and the law gets a thread.
async fn what_takes_long_is_decided_in_several_groups(office: Office) {
    let ada = user(office.create("ada").await).0.id;
    let emails = ProfileSchema::STANDARD.attribute("emails").unwrap();
    let (list, value) = (emails.name(), emails.sub_attribute("value").unwrap().name());
    let element =
        |number: u8| [(value.clone(), Value::Text(number.to_string()))].into_iter().collect();
    let elements = (0..100).map(|number| Value::Complex(element(number))).collect();
    let edit = |edit| {
        let list = list.clone();
        Change::EditList(ListEdit { list, multi_valued: true, selector: None, edit })
    };
    let mut changes = vec![edit(ListOperation::Replace(elements))];
    changes.extend((0..190).map(|_| edit(ListOperation::Clear(Vec::new()))));
    let asks = (0..20).map(|_| {
        office.ask(office.site, Action::ChangeUser { user: ada, changes: changes.clone() })
    });
    let bystander = create_site(&office.writer, "bystander").await;
    let (decided, bystander) = tokio::join!(join_all(asks), office.create_in(bystander, "eve"));
    assert!(user(bystander).1);
    let revisions = decided.into_iter().map(|decided| decided.unwrap().revision);
    // Each after the first one changes nothing, and is told the head of the ledger.
    assert_eq!(revisions.collect::<Vec<_>>()[..2], [3, 3]);
}

async fn a_site_has_room_for_so_many_that_wait(office: Office) {
    let names: Vec<_> = (0..=MOST_WAITING).map(|number| number.to_string()).collect();
    let mut refused = join_all(names.iter().map(|name| office.create(name)))
        .await
        .into_iter()
        .filter_map(Result::err);
    assert!(matches!(refused.next(), Some(Failure::SiteBusy)));
    assert!(refused.next().is_none(), "only one was too many");
}

/// A name that one ask frees and the next one takes is no matter for the law, but one statement
/// that saves both meets the old owner's row. Each alone, they pass.
async fn a_group_that_the_database_refuses_is_decided_one_by_one(office: Office) {
    let ada = user(office.create("ada").await).0.id;
    let bob = user(office.create("bob").await).0.id;
    let (freed, took, neighbour, refused) = tokio::join!(
        office.rename(bob, "robert"),
        office.rename(ada, "bob"),
        office.create("eve"),
        office.create("ROBERT"),
    );
    assert!(freed.unwrap().changed && took.unwrap().changed);
    assert!(user(neighbour).1);
    let Err(Failure::Refused(refusal)) = refused else { panic!("{refused:?}") };
    assert_eq!(refusal.reason, Reason::UserNameTaken);
    assert_eq!(
        (office.name_of(ada).await, office.name_of(bob).await),
        ("bob".to_owned(), "robert".to_owned())
    );
    assert_eq!(office.create("last").await.unwrap().revision, 7, "no line twice, none missing");
}

async fn later_asks_of_a_group_see_what_earlier_ones_left(office: Office) {
    let ada = user(office.create("ada").await).0.id;
    let (renamed, created, again, deleted, gone) = tokio::join!(
        office.rename(ada, "countess"),
        office.create("ada"),
        office.create("Ada"),
        office.ask(office.site, Action::DeleteUser { user: ada }),
        office.rename(ada, "nobody"),
    );
    assert_eq!(user(renamed).0.version, 2);
    let created = user(created).0.id;
    let Err(Failure::Refused(taken)) = again else { panic!("{again:?}") };
    assert_eq!(taken.reason, Reason::UserNameTaken);
    assert!(user(deleted).2);
    let Err(Failure::Refused(unknown)) = gone else { panic!("{gone:?}") };
    assert_eq!(unknown.reason, Reason::UserNotFound);
    assert!(office.store.user(office.site, ada).await.unwrap().is_none());
    assert_eq!(office.name_of(created).await, "ada");
}

/// Each core gives keys and names from what it has read: the one that comes second is refused by
/// the law, which then sees what the other stored.
async fn what_two_cores_make_at_once_is_made_once(office: Office) {
    let second = Store::open(&office.url).await.unwrap();
    let (writer, _) =
        Writer::start(&second, |_| {}, counts(), &Meters::uncollected(), &office.stopping);
    for name in ["a", "b", "c", "d"] {
        let name = SiteName::parse(name).unwrap();
        let make = |writer: &Writer| {
            let (writer, name) = (writer.clone(), name.clone());
            async move { writer.submit(command(None, Action::CreateSite { name }), None).await }
        };
        let (one, other) = tokio::join!(make(&office.writer), make(&writer));
        let refused = [one, other].into_iter().filter_map(Result::err).collect::<Vec<_>>();
        let [Failure::Refused(refusal)] = refused.as_slice() else { panic!("{refused:?}") };
        assert_eq!(refusal.reason, Reason::SiteExists);
    }
    assert_eq!(office.store.sites(None, 10).await.unwrap().len(), 5);
}

/// One of the cores has a clock that is an hour ahead.
async fn what_comes_later_is_later_also_where_a_clock_is_behind(office: Office) {
    let second = Store::open(&office.url).await.unwrap();
    let mut connection = second.group_writer();
    let user_name = UserName::parse("ahead").unwrap();
    let creation = Action::CreateUser(Creation { user_name, changes: Vec::new() });
    let creation = command(Some(office.site), creation);
    let mut unit = UnitOfWork::begin(&mut connection, [&creation].into_iter()).await.unwrap();
    let ahead = Timestamp(unit.now.0 + 3_600_000_000);
    let context = Context { now: ahead, fresh_id: &clock::fresh_id };
    let ahead = user(decide(&mut unit.state, &context, &creation).map_err(Failure::from)).0;
    unit.commit().await.unwrap();

    let behind = user(office.create("behind").await).0;
    assert!(behind.created_at > ahead.created_at, "{behind:?}");
    let ahead = user(office.rename(ahead.id, "renamed").await).0;
    assert!(ahead.updated_at > behind.updated_at, "{ahead:?}");
    let other = create_site(&office.writer, "other").await;
    let elsewhere = user(office.create_in(other, "eve").await).0;
    assert!(elsewhere.created_at < behind.created_at, "another site has its own time");
}

async fn what_waits_is_decided_when_the_writer_is_told_to_stop(office: Office) {
    let mut waiting = Box::pin(office.create("waiting"));
    assert!((&mut waiting).now_or_never().is_none());
    office.stopping.cancel();
    assert!(user(waiting.await).1);
    let late = office.create("late").await;
    assert!(matches!(late, Err(Failure::Stopping)), "{late:?}");
}

/// The writer keeps its connection, on SQLite the only one that writes, while asks wait: so many
/// that some always do, for longer than anybody waits for a connection.
async fn others_get_their_turn_while_commands_keep_coming(office: Office) {
    let ada = user(office.create("ada").await).0.id;
    let done = CancellationToken::new();
    let answered = Cell::new(0);
    let asks = (0..MOST_WAITING).map(|_| async {
        while !done.is_cancelled() {
            office.rename(ada, "ada").await.unwrap();
            answered.set(answered.get() + 1);
        }
    });
    let other = async {
        while answered.get() < 2 * LARGEST_GROUP {
            tokio::task::yield_now().await;
        }
        office.store.touch(&[(TokenId(ada.0), Timestamp(2))]).await.unwrap();
        done.cancel();
    };
    tokio::join!(join_all(asks), other);
}

/// Takes ten seconds: twice PostgreSQL waits for the site, then it undoes who holds it.
#[tokio::test]
async fn a_site_that_somebody_holds_costs_nobody_else() {
    let Some(office) = Office::postgres().await else { return };
    let other = create_site(&office.writer, "other").await;
    let mut holder = office.store.group_writer();
    let holder = holder.begin(&[office.site].into(), &[].into(), &[].into()).await.unwrap();
    let (_, neighbour) = tokio::join!(office.create("ada"), office.create_in(other, "bob"));
    assert!(user(neighbour).1);
    drop(holder);
    assert!(user(office.create("eve").await).1);
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
    nothing_is_done_for_who_leaves_while_a_group_is_loaded,
    nothing_is_done_once_the_deadline_has_passed,
    what_takes_long_is_decided_in_several_groups,
    a_site_has_room_for_so_many_that_wait,
    a_group_that_the_database_refuses_is_decided_one_by_one,
    later_asks_of_a_group_see_what_earlier_ones_left,
    what_two_cores_make_at_once_is_made_once,
    what_comes_later_is_later_also_where_a_clock_is_behind,
    what_waits_is_decided_when_the_writer_is_told_to_stop,
    others_get_their_turn_while_commands_keep_coming,
);
