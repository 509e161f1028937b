//! Users as rows: read column by column, written as one JSON array per statement.
//!
//! Owns the order of columns and the form of documents. What a statement does with the rows is
//! said in `statements.rs` and `scripts.rs`.

use super::entities::users::Column;
use super::{DocumentProblem, StoreError};
use provost_domain::{
    DirectoryStatus, ExternalId, Hold, Profile, RecordedRefusal, Role, SiteId, Timestamp, User,
    UserId, UserName, fold,
};
use sea_orm::{DbErr, QueryResult, TryGetable};
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// The columns of a user in the order in which [`user`] reads them.
macro_rules! user_columns {
    () => {
        "u.site_id, u.id, u.user_name, u.external_id, u.directory_active, u.role, u.holds, \
         u.profile, u.unmet, u.version, u.created_at, u.updated_at"
    };
}
pub(super) use user_columns;

/// The same columns, for statements that sea-query writes.
pub(super) const USER_COLUMNS: [Column; 12] = [
    Column::SiteId,
    Column::Id,
    Column::UserName,
    Column::ExternalId,
    Column::DirectoryActive,
    Column::Role,
    Column::Holds,
    Column::Profile,
    Column::Unmet,
    Column::Version,
    Column::CreatedAt,
    Column::UpdatedAt,
];

/// The longest key in characters: more than any address has, and little enough for every index.
const MAX_EMAIL_KEY: usize = 320;

/// A user from the columns of [`user_columns`].
pub(super) fn user(row: &QueryResult) -> Result<User, StoreError> {
    let mut columns = Columns { row, next: 0 };
    let site: i64 = columns.take()?;
    let broken = |column, problem| StoreError::Document { column, site, problem };
    Ok(User {
        site: SiteId(site),
        id: UserId(columns.take()?),
        user_name: UserName::as_stored(columns.take()?),
        external_id: columns.take::<Option<String>>()?.map(ExternalId::as_stored),
        directory_status: DirectoryStatus::from(columns.take::<bool>()?),
        role: role(columns.take()?).map_err(|code| broken("role", DocumentProblem::Code(code)))?,
        holds: list(&columns.take::<String>()?)
            .map_err(|error| broken("holds", (&error).into()))?,
        profile: profile(&columns.take::<String>()?)
            .map_err(|error| broken("profile", (&error).into()))?,
        recorded_refusals: list(&columns.take::<String>()?)
            .map_err(|error| broken("unmet", (&error).into()))?,
        version: columns.take()?,
        created_at: Timestamp(columns.take()?),
        updated_at: Timestamp(columns.take()?),
    })
}

struct Columns<'a> {
    row: &'a QueryResult,
    next: usize,
}

impl Columns<'_> {
    fn take<T: TryGetable>(&mut self) -> Result<T, DbErr> {
        let value = self.row.try_get_by_index(self.next)?;
        self.next += 1;
        Ok(value)
    }
}

/// Empty for nearly everybody, and then there is nothing to read.
fn list<T: DeserializeOwned>(document: &str) -> Result<Vec<T>, serde_json::Error> {
    if document == "[]" { Ok(Vec::new()) } else { serde_json::from_str(document) }
}

fn profile(document: &str) -> Result<Arc<Profile>, serde_json::Error> {
    serde_json::from_str(document).map(Arc::new)
}

/// The number of a role in its column, the same as in `proto/provost/identity/v1`.
pub(super) const fn role_code(role: Role) -> i16 {
    match role {
        Role::Registered => 1,
        Role::Moderator => 2,
        Role::Admin => 3,
    }
}

fn role(code: i16) -> Result<Role, i16> {
    Role::ALL.into_iter().find(|role| role_code(*role) == code).ok_or(code)
}

/// A user as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct UserRow<'a> {
    site_id: SiteId,
    #[serde(serialize_with = "hex")]
    id: Uuid,
    user_name: &'a str,
    user_name_key: String,
    external_id: Option<&'a str>,
    directory_active: bool,
    active: bool,
    role: i16,
    holds: &'a [Hold],
    profile: &'a Profile,
    unmet: &'a [RecordedRefusal],
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl<'a> From<&'a User> for UserRow<'a> {
    fn from(user: &'a User) -> Self {
        let User {
            site,
            id,
            user_name,
            external_id,
            directory_status,
            holds,
            role,
            profile,
            recorded_refusals,
            version,
            created_at,
            updated_at,
        } = user;
        Self {
            site_id: *site,
            id: id.0,
            user_name: user_name.as_str(),
            user_name_key: user_name.key().as_str().to_owned(),
            external_id: external_id.as_ref().map(ExternalId::as_str),
            directory_active: *directory_status == DirectoryStatus::Active,
            active: user.is_active(),
            role: role_code(*role),
            holds,
            profile,
            unmet: recorded_refusals,
            version: *version,
            created_at: *created_at,
            updated_at: *updated_at,
        }
    }
}

/// The standing of a user as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct StandingRow<'a> {
    site_id: SiteId,
    #[serde(serialize_with = "hex")]
    id: Uuid,
    directory_active: bool,
    active: bool,
    role: i16,
    unmet: &'a [RecordedRefusal],
    version: i64,
    updated_at: Timestamp,
}

/// Standing and profile of a user as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct ProfileRow<'a> {
    #[serde(flatten)]
    standing: StandingRow<'a>,
    holds: &'a [Hold],
    profile: &'a Profile,
}

impl<'a> From<&'a User> for StandingRow<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            site_id: user.site,
            id: user.id.0,
            directory_active: user.directory_status == DirectoryStatus::Active,
            active: user.is_active(),
            role: role_code(user.role),
            unmet: &user.recorded_refusals,
            version: user.version,
            updated_at: user.updated_at,
        }
    }
}

impl<'a> From<&'a User> for ProfileRow<'a> {
    fn from(user: &'a User) -> Self {
        Self { standing: user.into(), holds: &user.holds, profile: &user.profile }
    }
}

/// The address of a user as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct EmailRow {
    site_id: SiteId,
    value_key: String,
    #[serde(serialize_with = "hex")]
    user_id: Uuid,
}

/// The rows of the e-mail index for a user.
pub(super) fn email_rows(user: &User) -> impl Iterator<Item = EmailRow> {
    let keys: BTreeSet<String> = user
        .profile
        .list("emails")
        .iter()
        .filter_map(|element| element.text("value"))
        .map(email_key)
        .collect();
    let (site_id, user_id) = (user.site, user.id.0);
    keys.into_iter().map(move |value_key| EmailRow { site_id, value_key, user_id })
}

/// What e-mail addresses are looked up by. Different addresses may share a key when they are
/// longer than any real one, so a look-up by it only narrows.
pub(super) fn email_key(address: &str) -> String {
    fold(address).chars().take(MAX_EMAIL_KEY).collect()
}

/// A user's key as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct UserKeyRow {
    site_id: SiteId,
    #[serde(serialize_with = "hex")]
    id: Uuid,
}

impl From<&(SiteId, UserId)> for UserKeyRow {
    fn from((site, user): &(SiteId, UserId)) -> Self {
        Self { site_id: *site, id: user.0 }
    }
}

/// A text by which a user of a site is looked up, as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct TextKeyRow<'a> {
    site_id: SiteId,
    key: &'a str,
}

impl<'a> TextKeyRow<'a> {
    /// None for a text that nobody can have and PostgreSQL can't even be asked about.
    pub(super) fn of(site: SiteId, key: &'a str) -> Option<Self> {
        (!key.contains('\0')).then_some(Self { site_id: site, key })
    }
}

/// The JSON of a value.
pub(super) fn document<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    // Only maps with keys that are not text can fail, and there are none.
    serde_json::to_string(value).map_err(|error| StoreError::Broken(DbErr::Json(error.to_string())))
}

/// A UUID as both databases read it from text: 32 hexadecimal digits.
pub(super) fn hex<S: Serializer>(id: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(id.simple().encode_lower(&mut Uuid::encode_buffer()))
}

#[expect(clippy::ref_option, reason = "the signature that serde asks for")]
pub(super) fn hex_or_null<S: Serializer>(
    id: &Option<Uuid>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match id {
        Some(id) => hex(id, serializer),
        None => serializer.serialize_none(),
    }
}
