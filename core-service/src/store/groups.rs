//! Groups: the table, and a group as one of its rows is written and read.
//!
//! In `groups/`: lists and their conditions. Who is in them is in `group_members.rs`. Must never know why
//! a group is as it is.

mod filter_sql;
mod lists;
mod sort_sql;

use super::parameter::hex;
use super::row_sql::{Rows, joined, keys, listed};
use provost_domain::{ExternalId, Group, GroupId, GroupName, GroupNameKey, SiteId, Timestamp};
use sea_orm::entity::prelude::*;
use sea_orm::{FromQueryResult as _, Iterable as _, QueryResult};
use serde::Serialize;

/// A group in a site.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "groups")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub display_name: String,
    pub display_name_key: String,
    pub external_id: Option<String>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

/// A group as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct GroupRow<'a> {
    site_id: SiteId,
    #[serde(serialize_with = "hex")]
    id: Uuid,
    display_name: &'a str,
    display_name_key: String,
    external_id: Option<&'a str>,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl<'a> From<&'a Group> for GroupRow<'a> {
    fn from(group: &'a Group) -> Self {
        let Group { site, id, display_name, external_id, version, created_at, updated_at } = group;
        Self {
            site_id: *site,
            id: id.0,
            display_name: display_name.as_str(),
            display_name_key: display_name.key().as_str().to_owned(),
            external_id: external_id.as_ref().map(ExternalId::as_str),
            version: *version,
            created_at: *created_at,
            updated_at: *updated_at,
        }
    }
}

/// The key of a group as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct GroupKeyRow {
    site_id: SiteId,
    #[serde(serialize_with = "hex")]
    id: Uuid,
}

impl From<&(SiteId, GroupId)> for GroupKeyRow {
    fn from((site, group): &(SiteId, GroupId)) -> Self {
        Self { site_id: *site, id: group.0 }
    }
}

/// What a group is found by, as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct GroupNameRow<'a> {
    site_id: SiteId,
    display_name_key: &'a str,
}

impl<'a> From<&'a (SiteId, GroupNameKey)> for GroupNameRow<'a> {
    fn from((site, key): &'a (SiteId, GroupNameKey)) -> Self {
        Self { site_id: *site, display_name_key: key.as_str() }
    }
}

/// A group from its row.
pub(super) fn read(row: &QueryResult) -> Result<Group, DbErr> {
    let Model {
        site_id,
        id,
        display_name,
        display_name_key: _,
        external_id,
        version,
        created_at,
        updated_at,
    } = Model::from_query_result(row, "")?;
    Ok(Group {
        site: SiteId(site_id),
        id: GroupId(id),
        display_name: GroupName::as_stored(display_name),
        external_id: external_id.map(ExternalId::as_stored),
        version,
        created_at: Timestamp(created_at),
        updated_at: Timestamp(updated_at),
    })
}

/// Groups by site and this column.
pub(super) fn by(rows: Rows, key: Column) -> String {
    rows.select::<Entity>(&listed::<Entity>(Column::iter()), &[Column::SiteId, key])
}

/// Saves groups whole, new ones and known ones alike.
pub(super) fn save(rows: Rows) -> String {
    let columns: Vec<_> = Column::iter().collect();
    let others = columns
        .iter()
        .filter(|column| !matches!(column, Column::SiteId | Column::Id | Column::CreatedAt));
    let others: Vec<_> = others.collect();
    // Without a condition SQLite would take `ON` for that of a join.
    format!(
        "{} WHERE true ON CONFLICT ({}) DO UPDATE SET {}",
        rows.insert::<Entity>(&columns),
        joined(&keys::<Entity>(), ", ", |key| key.as_str().to_owned()),
        joined(&others, ", ", |column| format!("{0} = excluded.{0}", column.as_str()))
    )
}
