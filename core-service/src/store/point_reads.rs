//! Reading single users and the groups they are in, many at a time: look-ups that wait are answered together by one
//! statement of each kind.
//!
//! Each reader is a task that has a connection of its own, and keeps it out of the pool as long
//! as look-ups wait. It takes its share of what waits, and answers it before it looks again: under
//! load groups grow by themselves, and a look-up that is alone is a group of one and waits for
//! nobody.

use super::dialect::Dialect;
use super::group_members::{BetweenRow, MOST_TOGETHER};
use super::open::DatabaseTarget;
use super::parameter::document;
use super::pinned_connection::PinnedConnection;
use super::users::rows::UserKeyRow;
use super::users::user;
use super::{OpenError, Store, StoreError, group_members};
use crate::trace::{Call, shared_span, shared_statement_span};
use provost_domain::{ListedUserGroup, ProfileSchema, SiteId, User, UserId, UserNameKey};
use sea_orm::{DatabaseConnection, QueryResult};
use serde::Serialize;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::yield_now;
use tracing::{Instrument, Span};

/// Tasks that read; on few cores more of them only take time from each other.
const READERS: usize = 2;
/// Look-ups that may wait; beyond it callers wait to be let in.
const QUEUE: usize = 1024;
/// So many look-ups one reader takes, if there are so many.
const SMALL_GROUP: usize = 16;
/// The most look-ups that are answered together.
const LARGEST_GROUP: usize = 256;
/// So many groups at most are read before a connection goes back to the pool once, which may have
/// been closed meanwhile, or find that the connection is too old.
const LONGEST_KEPT: usize = 1000;

/// The way to the readers.
#[derive(Debug, Clone)]
pub(super) struct PointReads {
    queue: mpsc::Sender<PointRead>,
    connections: Arc<[DatabaseConnection]>,
}

#[derive(Debug)]
struct PointRead {
    asked: PointQuery,
    /// In which it was asked.
    call: Call,
}

/// What is looked up, and who waits for it.
#[derive(Debug)]
enum PointQuery {
    User(PointKey, oneshot::Sender<Found>),
    Groups((SiteId, UserId), oneshot::Sender<FoundGroups>),
}

type Found = Result<Option<Arc<User>>, StoreError>;
/// Not told where those who ask together have too many.
type FoundGroups = Result<Option<Arc<[ListedUserGroup]>>, StoreError>;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum PointKey {
    Id(SiteId, UserId),
    UserName(SiteId, String),
    ExternalId(SiteId, String),
}

impl Store {
    /// The user of this id, if the site has it.
    pub async fn user(&self, site: SiteId, id: UserId) -> Result<Option<Arc<User>>, StoreError> {
        self.points.look_up(PointKey::Id(site, id)).await
    }

    /// The user of this user name, if the site has one.
    pub async fn user_named(
        &self,
        site: SiteId,
        name: &UserNameKey,
    ) -> Result<Option<Arc<User>>, StoreError> {
        self.points.look_up(PointKey::UserName(site, name.as_str().to_owned())).await
    }

    /// The user of this external id, if the site has one; the eldest, if it has several.
    pub async fn user_with_external_id(
        &self,
        site: SiteId,
        external_id: &str,
    ) -> Result<Option<Arc<User>>, StoreError> {
        self.points.look_up(PointKey::ExternalId(site, external_id.to_owned())).await
    }
}

impl PointReads {
    /// Connects the readers and starts them. They end when the last clone of this is gone.
    pub(super) async fn start(
        target: &DatabaseTarget,
        profile: ProfileSchema,
    ) -> Result<Self, OpenError> {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        let mut connections = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            let connection = target.reader_of_points().await?;
            let reader =
                PointReader { connection: connection.clone(), dialect: target.dialect(), profile };
            tokio::spawn(reader.run(Arc::clone(&waiting)));
            connections.push(connection);
        }
        Ok(Self { queue, connections: connections.into() })
    }

    /// How many look-ups wait. It keeps no reader from its end.
    pub(super) fn waiting(&self) -> impl Fn() -> Option<usize> + Send + Sync + use<> {
        let queue = self.queue.downgrade();
        move || queue.upgrade().map(|queue| queue.max_capacity() - queue.capacity())
    }

    pub(super) async fn close(&self) -> Result<(), StoreError> {
        for connection in self.connections.iter() {
            connection.close_by_ref().await?;
        }
        Ok(())
    }

    async fn look_up(&self, key: PointKey) -> Found {
        self.ask(|answer| PointQuery::User(key, answer)).await
    }

    /// The groups of a user in the order of their ids, unless so many are asked for at this moment that
    /// each of them has to be asked for alone.
    pub(super) async fn groups_of(&self, site: SiteId, user: UserId) -> FoundGroups {
        self.ask(|answer| PointQuery::Groups((site, user), answer)).await
    }

    async fn ask<T>(
        &self,
        asked: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> PointQuery,
    ) -> Result<T, StoreError> {
        let (answer, found) = oneshot::channel();
        let look_up = PointRead { asked: asked(answer), call: Call::current() };
        self.queue.send(look_up).await.map_err(|_| StoreError::Closed)?;
        found.await.map_err(|_| StoreError::Closed)?
    }
}

struct PointReader {
    connection: DatabaseConnection,
    dialect: Dialect,
    profile: ProfileSchema,
}

type PendingAnswers = HashMap<PointKey, Vec<oneshot::Sender<Found>>>;
type PendingGroups = HashMap<(SiteId, UserId), Vec<oneshot::Sender<FoundGroups>>>;

impl PointReader {
    async fn run(self, queue: Arc<Mutex<mpsc::Receiver<PointRead>>>) {
        let mut group = Vec::new();
        loop {
            // The lock is given back before the statement runs, so that the other reader takes
            // what arrives meanwhile.
            if group.is_empty() && queue.lock().await.recv_many(&mut group, SMALL_GROUP).await == 0
            {
                return;
            }
            // Whoever is about to ask does so first, this reader or the other: groups grow by
            // themselves, and one that is alone waits for nothing but a look at who is ready.
            yield_now().await;
            take_waiting(&queue, &mut group);
            let mut kept = None;
            for _ in 0..LONGEST_KEPT {
                let span = self.group_span(&group);
                // Large, and moved by whoever takes it by value.
                pin!(self.answer(&mut kept, group.drain(..))).instrument(span).await;
                yield_now().await;
                take_waiting(&queue, &mut group);
                if group.is_empty() {
                    break;
                }
            }
        }
    }

    fn group_span(&self, group: &[PointRead]) -> Span {
        let system = self.dialect.system_name();
        let is_user = |look_up: &PointRead| matches!(look_up.asked, PointQuery::User(..));
        let summary = if group.iter().all(is_user) {
            "SELECT users"
        } else if group.iter().any(is_user) {
            "SELECT users group_members groups"
        } else {
            "SELECT group_members groups"
        };
        let built = || shared_statement_span(system, summary, group.len());
        shared_span(group.iter().map(|look_up| &look_up.call), built)
    }

    async fn answer(
        &self,
        kept: &mut Option<PinnedConnection>,
        group: impl Iterator<Item = PointRead>,
    ) {
        let [mut ids, mut names, mut external_ids] = <[PendingAnswers; 3]>::default();
        let mut groups = PendingGroups::new();
        for PointRead { asked, call: _ } in group {
            let (key, answer) = match asked {
                PointQuery::User(key, answer) => (key, answer),
                PointQuery::Groups(user, answer) => {
                    groups.entry(user).or_default().push(answer);
                    continue;
                }
            };
            let kind = match key {
                PointKey::Id(..) => &mut ids,
                PointKey::UserName(..) => &mut names,
                PointKey::ExternalId(..) => &mut external_ids,
            };
            kind.entry(key).or_default().push(answer);
        }
        let statements = self.dialect.statements();
        self.answer_kind(kept, ids, &statements.users_by_id, |user| {
            Some(PointKey::Id(user.site, user.id))
        })
        .await;
        self.answer_kind(kept, names, &statements.users_by_name, |user| {
            Some(PointKey::UserName(user.site, user.user_name.key().as_str().to_owned()))
        })
        .await;
        self.answer_kind(kept, external_ids, &statements.users_by_external_id, |user| {
            let id = user.external_id.as_ref()?;
            Some(PointKey::ExternalId(user.site, id.as_str().to_owned()))
        })
        .await;
        self.answer_groups(kept, groups).await;
    }

    async fn answer_groups(&self, kept: &mut Option<PinnedConnection>, waiting: PendingGroups) {
        if waiting.is_empty() {
            return;
        }
        let keys: Vec<_> = waiting.keys().map(BetweenRow::from).collect();
        let sql = &self.dialect.statements().groups_of_users;
        let read = |row: &QueryResult| Ok(group_members::of_user(row)?);
        let found = match self.load(kept, sql, &keys, read).await {
            Ok(found) => found,
            Err(error) => {
                Span::current().record("otel.status_code", "ERROR");
                return tell(waiting.into_values().flatten(), &Err(error));
            }
        };
        // Whose are missing isn't known.
        if found.len() > MOST_TOGETHER {
            return tell(waiting.into_values().flatten(), &Ok(None));
        }
        let mut groups = HashMap::<_, Vec<_>>::new();
        for (site, group) in found {
            groups.entry((site, group.user)).or_default().push(group);
        }
        for (user, answers) in waiting {
            let mut groups = groups.remove(&user).unwrap_or_default();
            groups.sort_unstable_by_key(|listed| listed.group);
            tell(answers.into_iter(), &Ok(Some(groups.into())));
        }
    }

    async fn answer_kind(
        &self,
        kept: &mut Option<PinnedConnection>,
        mut waiting: PendingAnswers,
        sql: &'static str,
        key: fn(&User) -> Option<PointKey>,
    ) {
        if waiting.is_empty() {
            return;
        }
        let keys: Vec<UserKeyRow<'_>> = waiting.keys().filter_map(PointKey::row).collect();
        match self.load(kept, sql, &keys, |row| user(self.profile, row)).await {
            Ok(users) => {
                for user in users {
                    let answers = key(&user).and_then(|key| waiting.remove(&key));
                    tell(answers.into_iter().flatten(), &Ok(Some(Arc::new(user))));
                }
                tell(waiting.into_values().flatten(), &Ok(None));
            }
            Err(error) => {
                Span::current().record("otel.status_code", "ERROR");
                tell(waiting.into_values().flatten(), &Err(error));
            }
        }
    }

    async fn load<T>(
        &self,
        kept: &mut Option<PinnedConnection>,
        sql: &'static str,
        keys: &[impl Serialize],
        read: impl Fn(&QueryResult) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let document = document(keys)?;
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => PinnedConnection::acquire(&self.connection, self.dialect).await?,
        };
        let rows = connection.rows(sql, document).await?;
        // Only now: a connection that failed goes back to the pool, which tests it.
        *kept = Some(connection);
        // A row that makes us panic must not end the reader.
        let found = AssertUnwindSafe(|| rows.iter().map(read).collect());
        catch_unwind(found).unwrap_or(Err(StoreError::Panicked))
    }
}

/// Takes what waits, without waiting for more.
fn take_waiting(queue: &Mutex<mpsc::Receiver<PointRead>>, group: &mut Vec<PointRead>) {
    // Where the other reader has it, that one takes what waits.
    let Ok(mut queue) = queue.try_lock() else { return };
    let share = share(group.len() + queue.len());
    while group.len() < share
        && let Ok(look_up) = queue.try_recv()
    {
        group.push(look_up);
    }
}

/// How many of those who wait one reader takes: if it took all, the database would work while
/// nothing else does, and the other way round. A few are not worth a second statement.
fn share(waiting: usize) -> usize {
    waiting.div_ceil(READERS).clamp(SMALL_GROUP, LARGEST_GROUP)
}

impl PointKey {
    fn row(&self) -> Option<UserKeyRow<'_>> {
        match self {
            Self::Id(site, id) => Some(UserKeyRow::id(&(*site, *id))),
            Self::UserName(site, text) => UserKeyRow::user_name(*site, text),
            Self::ExternalId(site, text) => UserKeyRow::external_id(*site, text),
        }
    }
}

/// Tells everybody who waits; who has gone away meanwhile is not missed.
fn tell<F: Clone>(answers: impl Iterator<Item = oneshot::Sender<F>>, found: &F) {
    for answer in answers {
        let _ = answer.send(found.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_takes_a_few_or_its_share_and_never_too_many() {
        let shares = [0, 1, 16, 32, 33, 100, 512, 1024].map(share);
        assert_eq!(shares, [16, 16, 16, 16, 17, 50, 256, 256]);
    }
}
