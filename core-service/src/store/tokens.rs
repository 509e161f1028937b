//! Bearer tokens of connections. Only hashes of their values ever reach this room.

use super::dialect::Sql;
use super::entities::{connections, sites, tokens};
use super::kept::{LONGEST_ANSWER, failed, no_answer};
use super::rows::{document, hex};
use super::{Connection, Store, StoreError, WriteTransaction, sites::site};
use provost_domain::{Site, SiteId, Timestamp, TokenId};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use serde::Serialize;
use std::collections::BTreeMap;
use tokens::{COLUMN, Entity, Model};
use tokio::time::timeout;

/// The SHA-256 hash of a token's value.
pub type TokenHash = [u8; 32];

/// A token, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// The site that it opens.
    pub site: SiteId,
    /// The name of the connection that it belongs to.
    pub connection: String,
    /// For people, to tell tokens apart.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it opens nothing, if ever.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, give or take a minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// A token to be kept.
#[derive(Debug)]
pub struct NewToken<'a> {
    /// Its id.
    pub id: TokenId,
    /// The connection that it belongs to, and through it the site.
    pub connection: &'a Connection,
    /// For people.
    pub name: &'a str,
    /// The hash of its value.
    pub hash: TokenHash,
    /// The present.
    pub at: Timestamp,
    /// From when on it opens nothing, if ever.
    pub expires_at: Option<Timestamp>,
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
    id: uuid::Uuid,
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

impl WriteTransaction {
    /// Keeps a token.
    pub async fn create_token(&mut self, new: &NewToken<'_>) -> Result<Token, StoreError> {
        let NewToken { id, connection, name, hash, at, expires_at } = new;
        let row = tokens::ActiveModel {
            id: Set(id.0),
            site_id: Set(connection.site.0),
            connection_id: Set(connection.id),
            name: Set((*name).to_owned()),
            hash: Set(hash.to_vec()),
            created_at: Set(at.0),
            expires_at: Set(expires_at.map(|at| at.0)),
            last_used_at: Set(None),
            revoked_at: Set(None),
        };
        let created = row
            .insert(&self.transaction)
            .await
            .map_err(|error| StoreError::or_taken(error, "hash", StoreError::TokenExists))?;
        Ok(token(created, connection.name.clone()))
    }

    /// Revokes a token of a site, unless it is revoked already, and answers it as it is now,
    /// with whether this revoked it.
    pub async fn revoke_token(
        &mut self,
        site: SiteId,
        id: TokenId,
        at: Timestamp,
    ) -> Result<Option<(Token, bool)>, StoreError> {
        let found = Entity::find_by_id(id.0)
            .filter(COLUMN.site_id.eq(site.0))
            .find_also_related(connections::Entity)
            .one(&self.transaction)
            .await?;
        let Some((row, Some(connection))) = found else {
            return Ok(None);
        };
        if row.revoked_at.is_some() {
            return Ok(Some((token(row, connection.name), false)));
        }
        let mut change = row.into_active_model();
        change.revoked_at = Set(Some(at.0));
        let revoked = change.update(&self.transaction).await?;
        Ok(Some((token(revoked, connection.name), true)))
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
        connection,
        name,
        created_at: Timestamp(created_at),
        expires_at: expires_at.map(Timestamp),
        last_used_at: last_used_at.map(Timestamp),
        revoked_at: revoked_at.map(Timestamp),
    }
}
