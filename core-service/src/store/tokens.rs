//! Bearer tokens of connections. Only hashes of their values ever reach this room.

use super::parameter::{document, hex};
use super::pinned_connection::{LONGEST_ANSWER, failed, no_answer};
use super::sites::{self, site};
use super::{Store, StoreError, connections};
use provost_domain::{
    CallerToken, ConnectionName, ConnectionSettings, NewToken, SealedValue, Site, SiteId,
    Timestamp, Token, TokenHash, TokenId, TokenName,
};
use sea_orm::entity::prelude::*;
use sea_orm::{
    ActiveValue::Set, Condition, ConnectionTrait, DeleteMany, ExprTrait as _, FromQueryResult as _,
    InsertMany, IntoActiveModel as _, Order, QueryOrder, QueryResult, QuerySelect as _,
    QueryTrait as _, Statement, UpdateMany,
};
use serde::Serialize;
use std::collections::BTreeMap;
use tokio::time::timeout;

/// A bearer token of a connection, without its value.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub site_id: i64,
    pub connection_id: i64,
    pub name: String,
    #[sea_orm(unique)]
    pub hash: Vec<u8>,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub last_used_at: Option<i64>,
    pub revoked_at: Option<i64>,
    pub sealed_value: Option<Vec<u8>>,
    #[sea_orm(belongs_to, from = "connection_id", to = "id")]
    pub connection: BelongsTo<super::connections::Entity>,
    #[sea_orm(belongs_to, from = "site_id", to = "id")]
    pub site: BelongsTo<super::sites::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the name of a token's connection is called in the rows of [`by_id`].
const CONNECTION: &str = "connection";

/// Tokens by site and id, with the names of their connections.
pub(super) fn by_id<'a>(keys: impl Iterator<Item = &'a (SiteId, TokenId)>) -> Select<Entity> {
    let one =
        |(site, token): &(SiteId, TokenId)| COLUMN.id.eq(token.0).and(COLUMN.site_id.eq(site.0));
    with_connections().filter(keys.map(one).fold(Condition::any(), Condition::add))
}

/// Of tokens that open their site at a time.
fn is_active(at: Timestamp) -> Expr {
    let lives_on = COLUMN.expires_at.is_null().or(COLUMN.expires_at.gt(at.0));
    COLUMN.revoked_at.is_null().and(lives_on)
}

/// Tokens that were not revoked, by site and name, and by site and connection.
pub(super) fn unrevoked<'a>(
    names: impl Iterator<Item = &'a (SiteId, TokenName)>,
    connections: impl Iterator<Item = &'a (SiteId, ConnectionName)>,
) -> Select<Entity> {
    let with_name = |(site, name): &(SiteId, TokenName)| {
        COLUMN.site_id.eq(site.0).and(COLUMN.name.eq(name.as_str()))
    };
    let of = |(site, connection): &(SiteId, ConnectionName)| {
        let name = connections::COLUMN.name.eq(connection.as_str());
        COLUMN.site_id.eq(site.0).and(name)
    };
    let any = names.map(with_name).chain(connections.map(of));
    with_connections()
        .filter(COLUMN.revoked_at.is_null())
        .filter(any.fold(Condition::any(), Condition::add))
}

fn with_connections() -> Select<Entity> {
    Entity::find().column_as(connections::Column::Name, CONNECTION).inner_join(connections::Entity)
}

/// The ids that are taken among these, in whichever site: the key of the table is no site's own.
pub(super) fn taken_ids<'a>(ids: impl Iterator<Item = &'a TokenId>) -> Select<Entity> {
    let ids = ids.map(|id| id.0);
    Entity::find().select_only().column(Column::Id).filter(Column::Id.is_in(ids))
}

/// The hashes in use among these.
pub(super) fn taken_hashes<'a>(hashes: impl Iterator<Item = &'a TokenHash>) -> Select<Entity> {
    let hashes = hashes.map(|hash| hash.to_vec());
    Entity::find().select_only().column(Column::Hash).filter(Column::Hash.is_in(hashes))
}

/// Keeps new tokens.
pub(super) fn insert(tokens: &[NewToken]) -> InsertMany<ActiveModel> {
    Entity::insert_many(tokens.iter().map(|new| row(new).into_active_model()))
}

/// Keeps when a token was revoked.
pub(super) fn revoke(token: &Token) -> UpdateMany<Entity> {
    let at = token.revoked_at.map(|at| at.0);
    let changed =
        ActiveModel { revoked_at: Set(at), sealed_value: Set(None), ..Default::default() };
    Entity::update_many().set(changed).filter(COLUMN.id.eq(token.id.0))
}

/// Revokes what opens a site.
pub(super) fn revoke_all(site: SiteId, at: Timestamp) -> UpdateMany<Entity> {
    let revoked_at = Set(Some(at.0));
    let changed = ActiveModel { revoked_at, sealed_value: Set(None), ..Default::default() };
    let of_site = Entity::update_many().set(changed).filter(COLUMN.site_id.eq(site.0));
    of_site.filter(COLUMN.revoked_at.is_null())
}

/// Deletes the tokens of connections.
pub(super) fn delete_of(connections: &[i64]) -> DeleteMany<Entity> {
    Entity::delete_many().filter(COLUMN.connection_id.is_in(connections.iter().copied()))
}

fn row(new: &NewToken) -> Model {
    let NewToken { token, connection, hash, sealed } = new;
    let Token {
        id,
        site,
        connection: _,
        name,
        created_at,
        expires_at,
        last_used_at,
        revoked_at,
        is_revealable: _,
    } = token;
    Model {
        id: id.0,
        site_id: site.0,
        connection_id: *connection,
        name: name.clone(),
        hash: hash.to_vec(),
        created_at: created_at.0,
        expires_at: expires_at.map(|at| at.0),
        last_used_at: last_used_at.map(|at| at.0),
        revoked_at: revoked_at.map(|at| at.0),
        sealed_value: sealed.as_ref().map(|SealedValue(bytes)| bytes.clone()),
    }
}

/// An id of [`taken_ids`].
pub(super) fn id(row: &QueryResult) -> Result<TokenId, StoreError> {
    Ok(TokenId(row.try_get_by_index(0)?))
}

/// A hash of [`taken_hashes`].
pub(super) fn hash(row: &QueryResult) -> Result<TokenHash, StoreError> {
    let bytes: Vec<u8> = row.try_get_by_index(0)?;
    bytes.try_into().map_err(|_| DbErr::Type("not a hash".to_owned()).into())
}

/// The token of a caller, as a group begins with it.
pub(super) fn caller(row: &QueryResult) -> Result<CallerToken, StoreError> {
    Ok(CallerToken {
        site: SiteId(row.try_get("", "site_id")?),
        id: TokenId(row.try_get("", "id")?),
        expires_at: row.try_get::<Option<i64>>("", "expires_at")?.map(Timestamp),
    })
}

/// A token of [`by_id`].
pub(super) fn read(row: &QueryResult) -> Result<Token, StoreError> {
    Ok(token(Model::from_query_result(row, "")?, row.try_get("", CONNECTION)?))
}

/// The key of a token as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct TokenKeyRow {
    site_id: SiteId,
    #[serde(serialize_with = "hex")]
    id: Uuid,
}

impl From<&(SiteId, TokenId)> for TokenKeyRow {
    fn from((site, token): &(SiteId, TokenId)) -> Self {
        Self { site_id: *site, id: token.0 }
    }
}

/// A use of a token as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct UseRow {
    #[serde(serialize_with = "hex")]
    id: Uuid,
    last_used_at: Timestamp,
}

impl From<(TokenId, Timestamp)> for UseRow {
    fn from((token, last_used_at): (TokenId, Timestamp)) -> Self {
        Self { id: token.0, last_used_at }
    }
}

impl Store {
    /// The token of this hash, also when it is revoked or expired, how its connection is understood, and the
    /// site that it opens.
    pub async fn token_by_hash(
        &self,
        hash: &TokenHash,
    ) -> Result<Option<(Token, ConnectionSettings, Site)>, StoreError> {
        let found = Entity::find()
            .filter(COLUMN.hash.eq(hash.to_vec()))
            .find_also_related(connections::Entity)
            .find_also_related(sites::Entity)
            .one(&self.door)
            .await?;
        let Some((row, Some(connection), Some(of))) = found else {
            return Ok(None);
        };
        let settings = connections::settings(&connection)?;
        Ok(Some((token(row, connection.name), settings, site(of)?)))
    }

    /// The tokens of a site, oldest or newest first, behind one of them, so many at most. Also those that
    /// no longer open anything, unless a time is given at which they have to open it.
    pub async fn tokens(
        &self,
        site: SiteId,
        after: Option<(Timestamp, TokenId)>,
        newest_first: bool,
        active_at: Option<Timestamp>,
        limit: u64,
    ) -> Result<Vec<Token>, StoreError> {
        let order = if newest_first { Order::Desc } else { Order::Asc };
        let behind = |(at, id): (Timestamp, TokenId)| {
            let (at, id) = (at.0, id.0);
            let (beyond, next) = if newest_first {
                (COLUMN.created_at.lt(at), COLUMN.id.lt(id))
            } else {
                (COLUMN.created_at.gt(at), COLUMN.id.gt(id))
            };
            beyond.or(COLUMN.created_at.eq(at).and(next))
        };
        let found = Entity::find()
            .filter(COLUMN.site_id.eq(site.0))
            .apply_if(after, |found, token| found.filter(behind(token)))
            .apply_if(active_at, |found, now| found.filter(is_active(now)))
            .find_also_related(connections::Entity)
            .order_by(COLUMN.created_at, order.clone())
            .order_by(COLUMN.id, order)
            .limit(limit)
            .all(&self.lists)
            .await?;
        Ok(found.into_iter().filter_map(with_connection).collect())
    }

    /// The value of a token that opens its site now, as it is sealed, where it is kept, and its hash.
    pub async fn sealed_value(
        &self,
        site: SiteId,
        token: TokenId,
        now: Timestamp,
    ) -> Result<Option<(SealedValue, TokenHash)>, StoreError> {
        let found = Entity::find()
            .select_only()
            .columns([Column::SealedValue, Column::Hash])
            .filter(COLUMN.id.eq(token.0).and(COLUMN.site_id.eq(site.0)))
            .filter(COLUMN.sealed_value.is_not_null())
            .filter(is_active(now))
            .into_tuple::<(Vec<u8>, Vec<u8>)>()
            .one(&self.lists)
            .await?;
        let Some((sealed, hash)) = found else { return Ok(None) };
        let hash = hash.try_into().map_err(|_| DbErr::Type("not a hash".to_owned()))?;
        Ok(Some((SealedValue(sealed), hash)))
    }

    /// Erases the values that are kept of tokens that open nothing any more by that time.
    pub async fn erase_expired_values(&self, now: Timestamp) -> Result<(), StoreError> {
        let kept = COLUMN.sealed_value.is_not_null();
        let expired = Entity::find().filter(kept.and(COLUMN.expires_at.lte(now.0)));
        // Only read, so that whoever writes need not wait for a look that mostly finds nothing.
        if expired.one(&self.lists).await?.is_some() {
            let erasure = "UPDATE tokens SET sealed_value = NULL \
                           WHERE sealed_value IS NOT NULL AND expires_at <= $1";
            self.remove(erasure, [now.0.into()]).await?;
        }
        Ok(())
    }

    /// Records when tokens of connections were last used.
    pub async fn touch(&self, uses: &[(TokenId, Timestamp)]) -> Result<(), StoreError> {
        self.touch_by(&self.dialect.statements().touch_tokens, uses).await
    }

    /// Records when tokens of services were last used.
    pub async fn touch_service_tokens(
        &self,
        uses: &[(TokenId, Timestamp)],
    ) -> Result<(), StoreError> {
        self.touch_by(&self.dialect.statements().touch_service_tokens, uses).await
    }

    async fn touch_by(
        &self,
        sql: &'static str,
        uses: &[(TokenId, Timestamp)],
    ) -> Result<(), StoreError> {
        if uses.is_empty() {
            return Ok(());
        }
        // Each token once, or the database would pick one of several uses.
        let mut latest = BTreeMap::new();
        for &(token, at) in uses {
            let last = latest.entry(token).or_insert(at);
            *last = at.max(*last);
        }
        let uses: Vec<_> = latest.into_iter().map(UseRow::from).collect();
        let uses = [document(&uses)?.into()];
        let statement = Statement::from_sql_and_values(self.dialect.into(), sql, uses);
        // Nobody waits for this, so nobody would stop waiting.
        let stored = timeout(LONGEST_ANSWER, self.writers.execute_raw(statement)).await;
        stored.unwrap_or_else(|_| Err(failed(no_answer())))?;
        Ok(())
    }
}

fn with_connection((row, connection): (Model, Option<connections::Model>)) -> Option<Token> {
    connection.map(|connection| token(row, connection.name))
}

fn token(row: Model, connection: String) -> Token {
    let Model {
        id,
        site_id,
        connection_id: _,
        name,
        hash: _,
        created_at,
        expires_at,
        last_used_at,
        revoked_at,
        sealed_value,
    } = row;
    Token {
        id: TokenId(id),
        site: SiteId(site_id),
        connection: ConnectionName::as_stored(connection),
        name,
        created_at: Timestamp(created_at),
        expires_at: expires_at.map(Timestamp),
        last_used_at: last_used_at.map(Timestamp),
        revoked_at: revoked_at.map(Timestamp),
        is_revealable: sealed_value.is_some(),
    }
}
