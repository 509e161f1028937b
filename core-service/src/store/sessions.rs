//! Sessions, and codes for them. Only hashes of their tokens ever reach this room.

use super::pinned_connection::{LONGEST_ANSWER, failed, no_answer};
use super::{Store, StoreError};
use provost_domain::{
    NewSession, Session, SessionHolder, SessionId, SessionKind, SiteId, Timestamp, TokenHash,
    UserId,
};
use sea_orm::entity::prelude::*;
use sea_orm::{
    ActiveValue::Set, Condition, DeleteMany, FromQueryResult as _, InsertMany,
    IntoActiveModel as _, QueryResult, QueryTrait as _,
};
use tokio::time::timeout;

/// A session, or a code for one, without its token.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub is_code: bool,
    #[sea_orm(unique)]
    pub hash: Vec<u8>,
    pub created_at: i64,
    pub expires_at: i64,
    pub last_used_at: i64,
    /// With the user's id, whose it is; both are null where it is the operator's.
    pub site_id: Option<i64>,
    pub user_id: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}

/// Sessions and codes by id.
pub(super) fn by_id<'a>(sessions: impl Iterator<Item = &'a SessionId>) -> Select<Entity> {
    Entity::find().filter(COLUMN.id.is_in(sessions.map(|session| session.0)))
}

/// One of [`by_id`].
pub(super) fn read(row: &QueryResult) -> Result<Session, StoreError> {
    Ok(session(&Model::from_query_result(row, "")?))
}

/// Keeps new ones.
pub(super) fn insert(sessions: &[NewSession]) -> InsertMany<ActiveModel> {
    Entity::insert_many(sessions.iter().map(|new| row(new).into_active_model()))
}

/// Forgets those that were ended or used up.
pub(super) fn delete(sessions: &[SessionId]) -> DeleteMany<Entity> {
    Entity::delete_many().filter(COLUMN.id.is_in(sessions.iter().map(|session| session.0)))
}

/// Forgets those of these users.
pub(super) fn delete_of(users: &[(SiteId, UserId)]) -> DeleteMany<Entity> {
    let one = |(site, user): &(SiteId, UserId)| {
        Condition::all().add(COLUMN.site_id.eq(site.0)).add(COLUMN.user_id.eq(user.0))
    };
    let any = users.iter().map(one).fold(Condition::any(), Condition::add);
    Entity::delete_many().filter(any)
}

fn row(new: &NewSession) -> Model {
    let NewSession { session, hash } = new;
    let Session { id, kind, holder, created_at, expires_at, last_used_at } = session;
    let (site_id, user_id) = match holder {
        SessionHolder::Operator => (None, None),
        SessionHolder::Admin { site, user } => (Some(site.0), Some(user.0)),
    };
    Model {
        id: id.0,
        is_code: *kind == SessionKind::SignInCode,
        hash: hash.to_vec(),
        created_at: created_at.0,
        expires_at: expires_at.0,
        last_used_at: last_used_at.0,
        site_id,
        user_id,
    }
}

fn session(row: &Model) -> Session {
    let &Model { id, is_code, hash: _, created_at, expires_at, last_used_at, site_id, user_id } =
        row;
    let holder = match (site_id, user_id) {
        (Some(site), Some(user)) => SessionHolder::Admin { site: SiteId(site), user: UserId(user) },
        _ => SessionHolder::Operator,
    };
    Session {
        id: SessionId(id),
        kind: if is_code { SessionKind::SignInCode } else { SessionKind::SignedIn },
        holder,
        created_at: Timestamp(created_at),
        expires_at: Timestamp(expires_at),
        last_used_at: Timestamp(last_used_at),
    }
}

impl Store {
    /// The session or code whose token has this hash, also when it is over.
    pub async fn session_by_hash(&self, hash: &TokenHash) -> Result<Option<Session>, StoreError> {
        let found = Entity::find().filter(COLUMN.hash.eq(hash.to_vec())).one(&self.door).await?;
        Ok(found.as_ref().map(session))
    }

    /// Records when sessions were last used; several cores report without an order. They are few, so each
    /// is a statement.
    pub async fn touch_sessions(&self, uses: &[(SessionId, Timestamp)]) -> Result<(), StoreError> {
        for (session, at) in uses {
            let row = ActiveModel { last_used_at: Set(at.0), ..Default::default() };
            let touch = Entity::update_many().set(row).filter(COLUMN.id.eq(session.0));
            let touch = touch.filter(COLUMN.last_used_at.lt(at.0)).build(self.dialect.into());
            // Nobody waits for this, so nobody would stop waiting.
            let stored = timeout(LONGEST_ANSWER, self.writers.execute_raw(touch)).await;
            stored.unwrap_or_else(|_| Err(failed(no_answer())))?;
        }
        Ok(())
    }

    /// Forgets sessions and codes that can't be used any more.
    pub async fn remove_expired_sessions(&self, now: Timestamp) -> Result<(), StoreError> {
        let expired = Entity::find().filter(COLUMN.expires_at.lte(now.0));
        // Only read, so that whoever writes need not wait for a look that mostly finds nothing.
        if expired.one(&self.lists).await?.is_some() {
            self.remove("DELETE FROM sessions WHERE expires_at <= $1", [now.0.into()]).await?;
        }
        Ok(())
    }
}
