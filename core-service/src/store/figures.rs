//! What is stored, in numbers.
//!
//! Of all sites: the numbers are for whoever runs the installation. Must never read a name of a person.

pub(super) mod behind;
mod room;

pub use behind::{ConsumedLedger, ConsumerFigure};
pub use room::UsedShare;

use super::pinned_connection::{failed, no_answer};
use super::status::size;
use super::{Store, StoreError, connections, service_tokens, services, sites, tokens, users};
use provost_domain::{Role, SiteId, Timestamp};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbErr, EntityTrait as _, ExprTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _, Statement,
};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::timeout;

/// How long the counting may take.
const LONGEST_COUNT: Duration = Duration::from_mins(1);

/// Ledgers whose newest event is not there. Both are committed together, and trimming leaves the newest. A site that
/// was deleted gets no newer one, so nobody could mend its ledger.
pub(super) const BROKEN_LEDGERS: &str = "SELECT count(*) FROM sites WHERE sites.deleted_at IS NULL \
    AND sites.revision > 0 AND NOT EXISTS \
    (SELECT 1 FROM events WHERE events.site_id = sites.id AND events.revision = sites.revision)";

/// What is stored, but for users.
#[derive(Debug, Default)]
pub struct StoredFigures {
    /// The sites by their keys.
    pub sites: BTreeMap<SiteId, String>,
    /// The connections, with the end of the tokens that they use.
    pub connections: Vec<ConnectionFigure>,
    /// When the tokens end that services use, by service.
    pub service_tokens: BTreeMap<String, Timestamp>,
    /// The size of the database.
    pub database_bytes: u64,
    /// The lines that all ledgers have had.
    pub events: u64,
    /// The ledgers whose newest line is missing.
    pub broken_ledgers: u64,
    /// How much of its limit the database has used, where that is known.
    pub used: Option<UsedShare>,
    /// Who follows ledgers, and how far they are behind.
    pub consumers: Vec<ConsumerFigure>,
}

/// How many users of a site have this status and role.
#[derive(Debug)]
pub struct UserFigure {
    /// The site.
    pub site: SiteId,
    /// Whether they are active.
    pub is_active: bool,
    /// Their role.
    pub role: Role,
    /// How many they are.
    pub number: u64,
}

/// A connection.
#[derive(Debug)]
pub struct ConnectionFigure {
    /// Its site.
    pub site: SiteId,
    /// The name of the site.
    pub site_name: String,
    /// Its own.
    pub name: String,
    /// When the token ends by which it has asked last, or the newest one where it has not asked yet.
    pub token_expires_at: Option<Timestamp>,
    /// When any of its tokens was used last, as it is written down now and then.
    pub last_used_at: Option<Timestamp>,
}

/// When a token ends, and by what the one is found that is in use: its last use, else when it was made.
#[derive(Debug, Clone, Copy)]
struct TokenEnd {
    expires_at: Option<i64>,
    is_used: (Option<i64>, i64),
}

impl Store {
    /// Counts what is stored, but for users.
    pub async fn figures(&self) -> Result<StoredFigures, StoreError> {
        let counted = timeout(LONGEST_COUNT, self.counted()).await;
        counted.unwrap_or_else(|_| Err(failed(no_answer()).into()))
    }

    /// Counts users. Goes through all of them, so it is not asked for often.
    pub async fn user_figures(&self) -> Result<Vec<UserFigure>, StoreError> {
        let counted = timeout(LONGEST_COUNT, self.count_users()).await;
        Ok(counted.unwrap_or_else(|_| Err(failed(no_answer())))?)
    }

    async fn counted(&self) -> Result<StoredFigures, StoreError> {
        let sites: Vec<(i64, String)> = sites::Entity::find()
            .select_only()
            .columns([sites::Column::Id, sites::Column::Name])
            .filter(sites::Column::DeletedAt.is_null())
            .filter(sites::Column::Id.gt(0))
            .into_tuple()
            .all(&self.counts)
            .await?;
        let sites: BTreeMap<_, _> =
            sites.into_iter().map(|(id, name)| (SiteId(id), name)).collect();
        Ok(StoredFigures {
            connections: self.connection_figures(&sites).await?,
            service_tokens: self.service_token_ends().await?,
            database_bytes: self.counted_bytes().await?,
            events: self.count_events().await?,
            broken_ledgers: self.count_broken_ledgers().await?,
            used: self.used_share().await?,
            consumers: self.consumer_figures().await?,
            sites,
        })
    }

    async fn count_users(&self) -> Result<Vec<UserFigure>, DbErr> {
        use users::Column::{Active, Id, Role as RoleCode, SiteId as Of};
        let found: Vec<(i64, bool, i16, i64)> = users::Entity::find()
            .select_only()
            .columns([Of, Active, RoleCode])
            .column_as(Id.count(), "number")
            .group_by(Of)
            .group_by(Active)
            .group_by(RoleCode)
            .into_tuple()
            .all(&self.counts)
            .await?;
        let figure = |(site, is_active, role, number): (i64, bool, i16, i64)| UserFigure {
            site: SiteId(site),
            is_active,
            // What a newer version may have made of it counts as nothing more.
            role: users::role(role).unwrap_or_default(),
            number: number.unsigned_abs(),
        };
        Ok(found.into_iter().map(figure).collect())
    }

    async fn connection_figures(
        &self,
        sites: &BTreeMap<SiteId, String>,
    ) -> Result<Vec<ConnectionFigure>, DbErr> {
        use tokens::Column::{ConnectionId, CreatedAt, ExpiresAt, LastUsedAt, RevokedAt};
        let found: Vec<(i64, Option<i64>, Option<i64>, i64)> = tokens::Entity::find()
            .select_only()
            .columns([ConnectionId, ExpiresAt, LastUsedAt, CreatedAt])
            .filter(RevokedAt.is_null())
            .into_tuple()
            .all(&self.counts)
            .await?;
        let mut last_uses = BTreeMap::<i64, i64>::new();
        for (connection, _, used, _) in &found {
            let Some(used) = *used else { continue };
            let last = last_uses.entry(*connection).or_insert(used);
            *last = std::cmp::max(used, *last);
        }
        let ends = ends(found);
        let found: Vec<(i64, i64, String)> = connections::Entity::find()
            .select_only()
            .columns([
                connections::Column::Id,
                connections::Column::SiteId,
                connections::Column::Name,
            ])
            .order_by_asc(connections::Column::Id)
            .into_tuple()
            .all(&self.counts)
            .await?;
        let figure = |(id, site, name): (i64, i64, String)| {
            Some(ConnectionFigure {
                site_name: sites.get(&SiteId(site))?.clone(),
                site: SiteId(site),
                name,
                token_expires_at: ends.get(&id).copied(),
                last_used_at: last_uses.get(&id).copied().map(Timestamp),
            })
        };
        Ok(found.into_iter().filter_map(figure).collect())
    }

    async fn service_token_ends(&self) -> Result<BTreeMap<String, Timestamp>, DbErr> {
        use service_tokens::Column::{CreatedAt, ExpiresAt, LastUsedAt, RevokedAt};
        let found: Vec<(String, Option<i64>, Option<i64>, i64)> = service_tokens::Entity::find()
            .select_only()
            .column(services::Column::Name)
            .columns([ExpiresAt, LastUsedAt, CreatedAt])
            .inner_join(services::Entity)
            .filter(RevokedAt.is_null())
            .into_tuple()
            .all(&self.counts)
            .await?;
        Ok(ends(found))
    }

    async fn counted_bytes(&self) -> Result<u64, DbErr> {
        self.counted_number(Statement::from_string(self.dialect.into(), size(self.dialect))).await
    }

    /// The revisions of a ledger count what was ever written into it.
    async fn count_events(&self) -> Result<u64, DbErr> {
        let revisions = sites::Entity::find()
            .select_only()
            .column_as(sites::Column::Revision.sum().cast_as("BIGINT"), "revisions");
        self.counted_number(revisions.build(self.dialect.into())).await
    }

    async fn count_broken_ledgers(&self) -> Result<u64, DbErr> {
        self.counted_number(Statement::from_string(self.dialect.into(), BROKEN_LEDGERS)).await
    }

    async fn counted_number(&self, statement: Statement) -> Result<u64, DbErr> {
        let row = self.counts.query_one_raw(statement).await?;
        let number: Option<i64> = row.map(|row| row.try_get_by_index(0)).transpose()?;
        Ok(number.unwrap_or_default().unsigned_abs())
    }
}

/// When the token ends that each owner uses, as far as it ends; also one that has ended and was neither
/// replaced nor revoked.
fn ends<K: Ord>(tokens: Vec<(K, Option<i64>, Option<i64>, i64)>) -> BTreeMap<K, Timestamp> {
    let mut in_use = BTreeMap::<K, TokenEnd>::new();
    for (owner, expires_at, last_used_at, created_at) in tokens {
        let token = TokenEnd { expires_at, is_used: (last_used_at, created_at) };
        let known = in_use.entry(owner).or_insert(token);
        if known.is_used < token.is_used {
            *known = token;
        }
    }
    let end = |(owner, token): (K, TokenEnd)| Some((owner, Timestamp(token.expires_at?)));
    in_use.into_iter().filter_map(end).collect()
}
