//! Bearer tokens of services. Only hashes of their values ever reach this room.

use super::services::FoundServices;
use super::{Store, StoreError, grants, services};
use provost_domain::{
    CertificateName, MAX_SERVICE_TOKENS, NewServiceToken, Service, ServiceCaller, ServiceName,
    ServiceToken, ServiceTokenKind, Timestamp, TokenHash, TokenId, TokenName,
};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{LockType, NullOrdering};
use sea_orm::{
    ActiveValue::Set, Condition, DeleteMany, ExprTrait as _, FromQueryResult as _, InsertMany,
    IntoActiveModel as _, Order, QueryOrder, QueryResult, QuerySelect as _, QueryTrait as _,
    UpdateMany,
};

/// A bearer token of a service, without its value.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub service_id: i64,
    pub name: String,
    pub certificate: Option<String>,
    #[sea_orm(unique)]
    pub hash: Vec<u8>,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub last_used_at: Option<i64>,
    pub revoked_at: Option<i64>,
    #[sea_orm(belongs_to, from = "service_id", to = "id")]
    pub service: BelongsTo<super::services::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

// What the columns of its service are called beside those of a token.
const SERVICE: &str = "service";
const VERSION: &str = "service_version";
const SERVICE_CREATED_AT: &str = "service_created_at";

/// Tokens by which services ask, unless they have been revoked, each with its service. On PostgreSQL
/// both stay as they are until the end of the group: whoever revokes one, or changes what its service
/// may do, changes these rows, and waits.
pub(super) fn callers<'a>(tokens: impl Iterator<Item = &'a TokenId>) -> Select<Entity> {
    by_id(tokens)
        .column_as(services::Column::Version, VERSION)
        .column_as(services::Column::CreatedAt, SERVICE_CREATED_AT)
        .filter(COLUMN.revoked_at.is_null())
        .order_by_asc(services::Column::Id)
        .order_by_asc(COLUMN.id)
        .lock(LockType::Share)
}

/// Tokens by id, with the names of their services.
pub(super) fn by_id<'a>(tokens: impl Iterator<Item = &'a TokenId>) -> Select<Entity> {
    with_services().filter(COLUMN.id.is_in(tokens.map(|token| token.0)))
}

fn with_services() -> Select<Entity> {
    Entity::find().column_as(services::Column::Name, SERVICE).inner_join(services::Entity)
}

/// Tokens that were not revoked, by service and name, with the names of their services.
pub(super) fn unrevoked<'a>(
    named: impl Iterator<Item = &'a (ServiceName, TokenName)>,
) -> Select<Entity> {
    let wanted = named.fold(Condition::any(), |any, (service, name)| {
        let of = services::COLUMN.name.eq(service.as_str());
        any.add(of.and(COLUMN.name.eq(name.as_str())))
    });
    let unrevoked = with_services().filter(COLUMN.revoked_at.is_null());
    unrevoked.filter(COLUMN.certificate.is_null()).filter(wanted)
}

/// The tokens of a service that were not revoked and are good for the longest time, as many as it may have
/// of a kind.
pub(super) fn longest_live(service: &ServiceName, kind: ServiceTokenKind) -> Select<Entity> {
    let of_kind = match kind {
        ServiceTokenKind::Bearer => COLUMN.certificate.is_null(),
        ServiceTokenKind::Certificate => COLUMN.certificate.is_not_null(),
    };
    with_services()
        .filter(services::COLUMN.name.eq(service.as_str()))
        .filter(COLUMN.revoked_at.is_null().and(of_kind))
        .order_by_with_nulls(COLUMN.expires_at, Order::Desc, NullOrdering::First)
        .limit(MAX_SERVICE_TOKENS as u64)
}

/// Tokens that stand for certificates of these names and were not revoked, with the names of their
/// services.
pub(super) fn certified<'a>(names: impl Iterator<Item = &'a CertificateName>) -> Select<Entity> {
    let wanted = COLUMN.certificate.is_in(names.map(CertificateName::as_str));
    with_services().filter(COLUMN.revoked_at.is_null()).filter(wanted)
}

/// A token of [`callers`], and its service, whose grants are to follow.
pub(super) fn caller(row: &QueryResult) -> Result<(ServiceCaller, Service), StoreError> {
    let token = read(row)?;
    let service = services::Model {
        id: row.try_get("", "service_id")?,
        name: row.try_get("", SERVICE)?,
        version: row.try_get("", VERSION)?,
        created_at: row.try_get("", SERVICE_CREATED_AT)?,
        // One that is deleted has no token.
        deleted_at: None,
    };
    let ServiceToken { id, service: name, expires_at, .. } = token;
    let caller = ServiceCaller { token: id, service: name, expires_at };
    Ok((caller, services::service(service, provost_domain::Grants::default())))
}

/// A token of [`by_id`] or [`unrevoked`].
pub(super) fn read(row: &QueryResult) -> Result<ServiceToken, StoreError> {
    Ok(token(Model::from_query_result(row, "")?, row.try_get("", SERVICE)?))
}

/// Keeps new tokens.
pub(super) fn insert(tokens: &[NewServiceToken]) -> InsertMany<ActiveModel> {
    Entity::insert_many(tokens.iter().map(|new| row(new).into_active_model()))
}

/// Forgets every token of a service.
pub(super) fn delete_of(service: &Service) -> DeleteMany<Entity> {
    Entity::delete_many().filter(COLUMN.service_id.eq(service.id))
}

/// Keeps when a token was revoked.
pub(super) fn revoke(token: &ServiceToken) -> UpdateMany<Entity> {
    let at = token.revoked_at.map(|at| at.0);
    let mut changed = ActiveModel { revoked_at: Set(at), ..Default::default() };
    if let Some(hash) = freed_hash(token) {
        changed.hash = Set(hash);
    }
    Entity::update_many().set(changed).filter(COLUMN.id.eq(token.id.0))
}

/// What takes the place of the hash of certificates that were removed, so that they can be registered again.
fn freed_hash(token: &ServiceToken) -> Option<Vec<u8>> {
    let is_free = token.certificate.is_some() && token.revoked_at.is_some();
    is_free.then(|| token.id.0.as_bytes().to_vec())
}

fn row(new: &NewServiceToken) -> Model {
    let NewServiceToken { token, service, hash } = new;
    let free = freed_hash(token);
    let ServiceToken {
        id,
        service: _,
        name,
        certificate,
        created_at,
        expires_at,
        last_used_at,
        revoked_at,
    } = token;
    Model {
        id: id.0,
        service_id: *service,
        name: name.clone(),
        certificate: certificate.as_ref().map(|name| name.as_str().to_owned()),
        hash: free.unwrap_or_else(|| hash.to_vec()),
        created_at: created_at.0,
        expires_at: expires_at.map(|at| at.0),
        last_used_at: last_used_at.map(|at| at.0),
        revoked_at: revoked_at.map(|at| at.0),
    }
}

impl Store {
    /// The token of this hash, also when it is revoked or expired, with its service.
    pub async fn service_token_by_hash(
        &self,
        hash: &TokenHash,
    ) -> Result<Option<(ServiceToken, FoundServices)>, StoreError> {
        let found = Entity::find()
            .filter(COLUMN.hash.eq(hash.to_vec()))
            .find_also_related(services::Entity)
            .one(&self.door)
            .await?;
        let Some((row, Some(service))) = found else { return Ok(None) };
        let token = token(row, service.name.clone());
        let found = grants::with_grants(&self.door, vec![service]).await?;
        Ok(Some((token, found)))
    }

    /// The tokens of a service, oldest first, behind one of them, so many at most. Also those that no
    /// longer open anything.
    pub async fn service_tokens(
        &self,
        service: &Service,
        kind: ServiceTokenKind,
        after: Option<(Timestamp, TokenId)>,
        limit: u64,
    ) -> Result<Vec<ServiceToken>, StoreError> {
        let behind = |(at, id): (Timestamp, TokenId)| {
            let later = COLUMN.created_at.gt(at.0);
            later.or(COLUMN.created_at.eq(at.0).and(COLUMN.id.gt(id.0)))
        };
        let found = Entity::find()
            .filter(COLUMN.service_id.eq(service.id))
            .filter(match kind {
                ServiceTokenKind::Bearer => COLUMN.certificate.is_null(),
                ServiceTokenKind::Certificate => COLUMN.certificate.is_not_null(),
            })
            .apply_if(after, |found, token| found.filter(behind(token)))
            .order_by_asc(COLUMN.created_at)
            .order_by_asc(COLUMN.id)
            .limit(limit)
            .all(&self.lists)
            .await?;
        let name = service.name.as_str();
        Ok(found.into_iter().map(|row| token(row, name.to_owned())).collect())
    }
}

fn token(row: Model, service: String) -> ServiceToken {
    let Model {
        id,
        service_id: _,
        name,
        certificate,
        hash: _,
        created_at,
        expires_at,
        last_used_at,
        revoked_at,
    } = row;
    ServiceToken {
        id: TokenId(id),
        service: ServiceName::as_stored(service),
        name,
        certificate: certificate.map(CertificateName::as_stored),
        created_at: Timestamp(created_at),
        expires_at: expires_at.map(Timestamp),
        last_used_at: last_used_at.map(Timestamp),
        revoked_at: revoked_at.map(Timestamp),
    }
}
