//! Users: the table, and a user as one of its rows is read.
//!
//! Owns the form of a row. In `users/`: the rows that are written, point reads, lists and their
//! conditions. Must never know why a user is as it is.

pub(super) mod filter_sql;
pub(super) mod lists;
pub(super) mod reads;
pub(super) mod rows;
pub(super) mod sorted;

use super::{DocumentProblem, StoreError};
use provost_domain::{
    DirectoryStatus, ExternalId, Profile, Role, SiteId, Timestamp, User, UserId, UserName,
};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryResult, TryGetable};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// An account in a site.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_name: String,
    pub user_name_key: String,
    pub external_id: Option<String>,
    pub directory_active: bool,
    pub active: bool,
    pub role: i16,
    pub holds: String,
    pub profile: String,
    pub profile_folded: Option<String>,
    pub unmet: String,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

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
