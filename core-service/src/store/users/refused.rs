//! Users of whom something was asked and not done. Must never know what would become of them.

use super::{COLUMN, Column, Entity, directory_status, list, role};
use crate::store::{DocumentProblem, Store, StoreError};
use provost_domain::{RefusedUser, SiteId, UserId, UserName};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::Expr;
use sea_orm::{
    EntityTrait as _, IdenStatic as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select,
};

/// Who is in the index of them. The text matches it.
const REFUSED: &str = "unmet <> '[]'";

type Row = (Uuid, String, bool, bool, i16, String, String);

impl Store {
    /// The users of a site of whom something was asked and not done, in the order of their ids, so many at most.
    pub async fn refused_users(
        &self,
        site: SiteId,
        limit: u64,
    ) -> Result<Vec<RefusedUser>, StoreError> {
        let found: Vec<Row> = refused_users(site, limit).into_tuple().all(&self.lists).await?;
        found.into_iter().map(|row| read(site, row)).collect()
    }
}

pub(in crate::store) fn refused_users(site: SiteId, limit: u64) -> Select<Entity> {
    Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::UserName,
            Column::DirectoryActive,
            Column::DirectoryDeleted,
            Column::Role,
            Column::Holds,
            Column::Unmet,
        ])
        .filter(COLUMN.site_id.eq(site.0))
        .filter(Expr::cust(REFUSED))
        .order_by_asc(COLUMN.id)
        .limit(limit)
}

fn read(site: SiteId, row: Row) -> Result<RefusedUser, StoreError> {
    let (id, user_name, active, deleted, code, holds, unmet) = row;
    let broken = |column: Column, problem| StoreError::Document {
        column: column.as_str(),
        site: site.0,
        problem,
    };
    let refusals = list(&unmet).map_err(|error| broken(Column::Unmet, (&error).into()))?;
    let role = role(code).map_err(|code| broken(Column::Role, DocumentProblem::Code(code)))?;
    Ok(RefusedUser {
        id: UserId(id),
        user_name: UserName::as_stored(user_name),
        role,
        directory_status: directory_status(active, deleted),
        is_held: holds != "[]",
        refusals,
    })
}
