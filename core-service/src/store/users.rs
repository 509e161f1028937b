//! Users: the table, and a user as one of its rows is read.
//!
//! Owns the form of a row. In `users/`: the rows that are written, lists and their
//! conditions. Must never know why a user is as it is.

pub(super) mod expiring;
pub(super) mod filter_sql;
pub(super) mod lists;
pub(super) mod refused;
pub(super) mod rows;
pub(super) mod sort_sql;
pub(super) mod sorted;

use super::{DocumentProblem, StoreError};
use provost_domain::{
    DirectoryStatus, ExternalId, Profile, ProfileSchema, Role, SiteId, Subject, Timestamp, User,
    UserId, UserName,
};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Asterisk, Expr, Func};
use sea_orm::{ExprTrait as _, Iterable as _, QueryResult, QuerySelect as _, TryGetable};
use serde::de::{DeserializeOwned, DeserializeSeed as _};
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
    pub external_id: Option<String>,
    pub directory_active: bool,
    pub directory_deleted: bool,
    pub role: i16,
    pub holds: String,
    pub profile: String,
    pub unmet: String,
    pub last_event: i64,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub subject: Option<String>,
    pub base_role: Option<i16>,
    // What follows from the columns above, which is written and searched but never read.
    pub user_name_key: String,
    pub active: bool,
    pub profile_folded: Option<String>,
    pub next_hold_expiry: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}

/// The columns that a user is read from, in the order of the table.
pub(super) fn read_columns() -> impl Iterator<Item = Column> {
    Column::iter().take(Column::UserNameKey as usize)
}

/// A user from its [`read_columns`], the profile with the types of this schema. Each column is
/// found by its place, which is faster than by its name.
pub(super) fn user(schema: ProfileSchema, row: &QueryResult) -> Result<User, StoreError> {
    let site: i64 = get(row, Column::SiteId)?;
    let broken = |column: Column, problem| {
        let column = column.as_str();
        StoreError::Document { column, site, problem }
    };
    let unreadable = |column| move |error: serde_json::Error| broken(column, (&error).into());
    Ok(User {
        site: SiteId(site),
        id: UserId(get(row, Column::Id)?),
        user_name: UserName::as_stored(get(row, Column::UserName)?),
        external_id: get::<Option<String>>(row, Column::ExternalId)?.map(ExternalId::as_stored),
        subject: get::<Option<String>>(row, Column::Subject)?.map(Subject::as_stored),
        directory_status: directory_status(
            get(row, Column::DirectoryActive)?,
            get(row, Column::DirectoryDeleted)?,
        ),
        role: role(get(row, Column::Role)?)
            .map_err(|code| broken(Column::Role, DocumentProblem::Code(code)))?,
        base_role: get::<Option<i16>>(row, Column::BaseRole)?
            .map(role)
            .transpose()
            .map_err(|code| broken(Column::BaseRole, DocumentProblem::Code(code)))?,
        holds: list(&get::<String>(row, Column::Holds)?).map_err(unreadable(Column::Holds))?,
        profile: profile(schema, &get::<String>(row, Column::Profile)?)
            .map_err(unreadable(Column::Profile))?,
        recorded_refusals: list(&get::<String>(row, Column::Unmet)?)
            .map_err(unreadable(Column::Unmet))?,
        last_event: get(row, Column::LastEvent)?,
        version: get(row, Column::Version)?,
        created_at: Timestamp(get(row, Column::CreatedAt)?),
        updated_at: Timestamp(get(row, Column::UpdatedAt)?),
    })
}

const fn directory_status(active: bool, deleted: bool) -> DirectoryStatus {
    match (active, deleted) {
        (true, _) => DirectoryStatus::Active,
        (false, true) => DirectoryStatus::Deleted,
        (false, false) => DirectoryStatus::Inactive,
    }
}

fn get<T: TryGetable>(row: &QueryResult, column: Column) -> Result<T, DbErr> {
    row.try_get_by_index(column as usize)
}

/// How many active Admins a site has. The text matches the partial index on them.
pub(super) fn active_admins(site: SiteId) -> Select<Entity> {
    let admin = Expr::cust(role_code(Role::Admin).to_string());
    Entity::find()
        .select_only()
        .expr(Func::count(Expr::col(Asterisk)))
        .filter(COLUMN.site_id.eq(site.0))
        .filter(Expr::col(Column::Role).eq(admin))
        .filter(Expr::col(Column::Active))
}

/// Empty for nearly everybody, and then there is nothing to read.
fn list<T: DeserializeOwned>(document: &str) -> Result<Vec<T>, serde_json::Error> {
    if document == "[]" { Ok(Vec::new()) } else { serde_json::from_str(document) }
}

fn profile(schema: ProfileSchema, document: &str) -> Result<Arc<Profile>, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(document);
    let profile = schema.deserialize(&mut json)?;
    json.end()?;
    Ok(Arc::new(profile))
}

/// The number of a role in its column, the same as in `proto/provost/identity/v1`.
pub(super) const fn role_code(role: Role) -> i16 {
    match role {
        Role::Registered => 1,
        Role::Moderator => 2,
        Role::Admin => 3,
    }
}

pub(super) fn role(code: i16) -> Result<Role, i16> {
    Role::ALL.into_iter().find(|role| role_code(*role) == code).ok_or(code)
}
