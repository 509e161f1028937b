//! Bearer tokens of connections. Only hashes of their values ever reach this room.

use super::dialect::Sql;
use super::parameter::{document, hex};
use super::pinned_connection::{LONGEST_ANSWER, failed, no_answer};
use super::sites::{self, site};
use super::{Store, StoreError, connections};
use provost_domain::{
    CallerToken, ConnectionName, NewToken, Site, SiteId, Timestamp, Token, TokenHash, TokenId,
};
use sea_orm::entity::prelude::*;
use sea_orm::{ConnectionTrait, FromQueryResult as _, QueryOrder, QueryResult};
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
    #[sea_orm(belongs_to, from = "connection_id", to = "id")]
    pub connection: BelongsTo<super::connections::Entity>,
    #[sea_orm(belongs_to, from = "site_id", to = "id")]
    pub site: BelongsTo<super::sites::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

/// Tokens by site and id, with the names of their connections.
pub(super) const BY_ID: Sql = Sql {
    sqlite: "SELECT t.id, t.site_id, t.connection_id, t.name, t.hash, t.created_at, \
        t.expires_at, t.last_used_at, t.revoked_at, c.name AS connection \
        FROM jsonb_each($1) AS k CROSS JOIN tokens AS t \
        JOIN connections AS c ON c.id = t.connection_id \
        WHERE t.id = unhex(k.value ->> 'id') AND t.site_id = k.value ->> 'site_id'",
    postgres: "SELECT t.id, t.site_id, t.connection_id, t.name, t.hash, t.created_at, \
        t.expires_at, t.last_used_at, t.revoked_at, c.name AS connection \
        FROM json_to_recordset($1::json) AS k(site_id bigint, id uuid) \
        JOIN tokens AS t ON t.id = k.id AND t.site_id = k.site_id \
        JOIN connections AS c ON c.id = t.connection_id",
};

/// The hashes in use among these.
pub(super) const HASHES: Sql = Sql {
    sqlite: "SELECT hash FROM tokens WHERE hash IN (SELECT unhex(value) FROM json_each($1))",
    postgres: "SELECT hash FROM tokens WHERE hash = ANY \
        (ARRAY(SELECT decode(value, 'hex') FROM json_array_elements_text($1::json)))",
};

/// Keeps new tokens.
pub(super) const INSERT: Sql = Sql {
    sqlite: "INSERT INTO tokens (id, site_id, connection_id, name, hash, created_at, expires_at) \
        SELECT unhex(value ->> 'id'), value ->> 'site_id', value ->> 'connection_id', \
        value ->> 'name', unhex(value ->> 'hash'), value ->> 'created_at', \
        value ->> 'expires_at' FROM jsonb_each($1)",
    postgres: "INSERT INTO tokens \
        (id, site_id, connection_id, name, hash, created_at, expires_at) \
        SELECT id, site_id, connection_id, name, decode(hash, 'hex'), created_at, expires_at \
        FROM json_to_recordset($1::json) AS r(id uuid, site_id bigint, connection_id bigint, \
        name text, hash text, created_at bigint, expires_at bigint)",
};

/// Keeps when tokens were revoked.
pub(super) const REVOKE: Sql = Sql {
    sqlite: "UPDATE tokens SET revoked_at = r.value ->> 'at' \
        FROM jsonb_each($1) AS r WHERE tokens.id = unhex(r.value ->> 'id')",
    postgres: "UPDATE tokens SET revoked_at = r.at \
        FROM json_to_recordset($1::json) AS r(id uuid, at bigint) WHERE tokens.id = r.id",
};

/// The key of a token as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct KeyRow {
    site_id: SiteId,
    #[serde(serialize_with = "hex")]
    id: Uuid,
}

impl From<&(SiteId, TokenId)> for KeyRow {
    fn from((site, token): &(SiteId, TokenId)) -> Self {
        Self { site_id: *site, id: token.0 }
    }
}

/// A new token as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct TokenRow<'a> {
    #[serde(serialize_with = "hex")]
    id: Uuid,
    site_id: SiteId,
    connection_id: i64,
    name: &'a str,
    hash: String,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
}

impl<'a> From<&'a NewToken> for TokenRow<'a> {
    fn from(new: &'a NewToken) -> Self {
        let NewToken { token, connection, hash } = new;
        Self {
            id: token.id.0,
            site_id: token.site,
            connection_id: *connection,
            name: &token.name,
            hash: hash_text(hash),
            created_at: token.created_at,
            expires_at: token.expires_at,
        }
    }
}

/// A revocation as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct RevocationRow {
    #[serde(serialize_with = "hex")]
    id: Uuid,
    at: Option<Timestamp>,
}

impl From<&Token> for RevocationRow {
    fn from(token: &Token) -> Self {
        Self { id: token.id.0, at: token.revoked_at }
    }
}

/// A hash as both databases read it from text.
pub(super) fn hash_text(hash: &TokenHash) -> String {
    hash.iter().fold(String::with_capacity(64), |mut text, byte| {
        for nibble in [byte >> 4, byte & 0xf] {
            text.extend(char::from_digit(nibble.into(), 16));
        }
        text
    })
}

/// A hash of [`HASHES`].
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

/// A token of [`BY_ID`].
pub(super) fn read(row: &QueryResult) -> Result<Token, StoreError> {
    Ok(token(Model::from_query_result(row, "")?, row.try_get("", "connection")?))
}

/// Moves last uses forward, never back: several cores report without an order.
const TOUCH: Sql = Sql {
    sqlite: "UPDATE tokens SET last_used_at = used.value ->> 'at' \
        FROM jsonb_each($1) AS used WHERE tokens.id = unhex(used.value ->> 'id') \
        AND coalesce(tokens.last_used_at, 0) < used.value ->> 'at'",
    postgres: "UPDATE tokens SET last_used_at = used.at \
        FROM json_to_recordset($1::json) AS used(id uuid, at bigint) WHERE tokens.id = used.id \
        AND coalesce(tokens.last_used_at, 0) < used.at",
};

#[derive(Serialize)]
struct Use {
    #[serde(serialize_with = "hex")]
    id: Uuid,
    at: Timestamp,
}

impl Store {
    /// The token of this hash, also when it is revoked or expired, and the site that it opens.
    pub async fn token_by_hash(
        &self,
        hash: &TokenHash,
    ) -> Result<Option<(Token, Site)>, StoreError> {
        let found = Entity::find()
            .filter(COLUMN.hash.eq(hash.to_vec()))
            .find_also_related(connections::Entity)
            .find_also_related(sites::Entity)
            .one(&self.door)
            .await?;
        let Some((row, Some(connection), Some(of))) = found else {
            return Ok(None);
        };
        Ok(Some((token(row, connection.name), site(of)?)))
    }

    /// The tokens of a site, oldest first, also those that no longer open anything.
    pub async fn tokens(&self, site: SiteId) -> Result<Vec<Token>, StoreError> {
        let found = Entity::find()
            .filter(COLUMN.site_id.eq(site.0))
            .find_also_related(connections::Entity)
            .order_by_asc(COLUMN.created_at)
            .order_by_asc(COLUMN.id)
            .all(&self.lists)
            .await?;
        Ok(found.into_iter().filter_map(with_connection).collect())
    }

    /// Records when tokens were last used.
    pub async fn touch(&self, uses: &[(TokenId, Timestamp)]) -> Result<(), StoreError> {
        // Each token once, or the database would pick one of several uses.
        let mut latest = BTreeMap::new();
        for &(token, at) in uses {
            let last = latest.entry(token).or_insert(at);
            *last = at.max(*last);
        }
        let uses: Vec<Use> =
            latest.into_iter().map(|(token, at)| Use { id: token.0, at }).collect();
        let statement = self.dialect.statement(&TOUCH, [document(&uses)?.into()]);
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
    }
}
