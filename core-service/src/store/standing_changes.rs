//! Changes of role and status of those who are more than Registered: what says who had which role at a
//! time, without a look through the ledger. The rows stay when the user is deleted.
//!
//! Must never know which changes are kept.

use super::parameter::{hex, hex_or_null};
use super::users::{role, role_code};
use super::{DocumentProblem, Store, StoreError, scan};
use provost_domain::{
    Event, Role, RoleHolder, SiteId, StandingChange, StandingDecision, Timestamp, UserId,
};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryResult, Statement};
use serde::Serialize;

/// What an event changed of role and status of a user.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "standing_changes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i64,
    pub at: i64,
    pub role: Option<i16>,
    pub active: Option<bool>,
    pub caller: String,
    pub on_behalf_of: Option<Uuid>,
    pub user_name: String,
}

impl ActiveModelBehavior for ActiveModel {}

/// A change as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct StandingChangeRow<'a> {
    site_id: SiteId,
    #[serde(serialize_with = "hex")]
    user_id: Uuid,
    revision: i64,
    at: Timestamp,
    role: Option<i16>,
    active: Option<bool>,
    caller: String,
    #[serde(serialize_with = "hex_or_null")]
    on_behalf_of: Option<Uuid>,
    user_name: &'a str,
}

impl<'a> StandingChangeRow<'a> {
    /// None for an event that changes nothing of the kind.
    pub(super) fn of(event: &'a Event) -> Option<Self> {
        let StandingChange { user_name, role, active } = event.standing.as_ref()?;
        Some(Self {
            site_id: event.site,
            user_id: event.user?.0,
            revision: event.revision,
            at: event.at,
            role: role.map(role_code),
            active: *active,
            caller: event.caller.to_string(),
            on_behalf_of: event.on_behalf_of.map(|user| user.0),
            user_name,
        })
    }
}

/// From one user of whom there are changes to the next, and of each the last change of role and of status
/// until a time, in the order of the ledger. Nobody is left out, so that a page can say where it ended.
/// Each step is a look into the key, however long the ledger is.
pub(super) const HOLDERS: &str = "WITH RECURSIVE people(user_id, place) AS (\
    SELECT (SELECT user_id FROM standing_changes WHERE site_id = $1 AND user_id > $2 \
    ORDER BY user_id LIMIT 1), 1 UNION ALL \
    SELECT (SELECT user_id FROM standing_changes WHERE site_id = $1 AND user_id > people.user_id \
    ORDER BY user_id LIMIT 1), place + 1 FROM people \
    WHERE people.user_id IS NOT NULL AND place < $4) \
    SELECT people.user_id, given.role, given.user_name, \
    given.revision, given.at, given.caller, given.on_behalf_of, \
    status.active, status.revision, status.at, status.caller, status.on_behalf_of FROM people \
    LEFT JOIN standing_changes AS given ON given.site_id = $1 AND given.user_id = people.user_id \
    AND given.revision = (SELECT revision FROM standing_changes AS change WHERE change.site_id = $1 \
    AND change.user_id = people.user_id AND change.at <= $3 AND change.role IS NOT NULL \
    ORDER BY revision DESC LIMIT 1) \
    LEFT JOIN standing_changes AS status ON status.site_id = $1 AND status.user_id = people.user_id \
    AND status.revision = (SELECT revision FROM standing_changes AS change WHERE change.site_id = $1 \
    AND change.user_id = people.user_id AND change.at <= $3 AND change.active IS NOT NULL \
    ORDER BY revision DESC LIMIT 1) \
    WHERE people.user_id IS NOT NULL AND EXISTS (SELECT 1 FROM sites WHERE sites.id = $1 \
    AND (sites.deleted_at IS NULL OR sites.deleted_at > $3)) ORDER BY place";

impl Store {
    /// Those who are ever known to have been more than Registered, behind one of them by id and so many at
    /// most: each with the role that they had at a time, if that was more than Registered.
    pub async fn role_holders(
        &self,
        site: SiteId,
        Timestamp(at): Timestamp,
        after: UserId,
        limit: u64,
    ) -> Result<Vec<(UserId, Option<RoleHolder>)>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = [site.0.into(), after.0.into(), at.into(), limit.into()];
        let statement = Statement::from_sql_and_values(self.dialect.into(), HOLDERS, values);
        let summary = "SELECT standing_changes";
        let rows = scan::rows(&self.scans, self.dialect, summary, statement).await?;
        rows.iter().map(|row| read(site, row)).collect()
    }
}

fn read(site: SiteId, row: &QueryResult) -> Result<(UserId, Option<RoleHolder>), StoreError> {
    let user = UserId(row.try_get_by_index(0)?);
    let given: Option<i16> = row.try_get_by_index(1)?;
    let active: Option<bool> = row.try_get_by_index(7)?;
    let (Some(given), Some(active)) = (given, active) else { return Ok((user, None)) };
    let role = role(given).map_err(|code| {
        let problem = DocumentProblem::Code(code);
        StoreError::Document { column: "role", site: site.0, problem }
    })?;
    if role == Role::Registered {
        return Ok((user, None));
    }
    let decision = |first: usize| {
        Ok::<_, DbErr>(StandingDecision {
            revision: row.try_get_by_index(first)?,
            at: Timestamp(row.try_get_by_index(first + 1)?),
            caller: row.try_get_by_index(first + 2)?,
            on_behalf_of: row.try_get_by_index::<Option<Uuid>>(first + 3)?.map(UserId),
        })
    };
    let holder = RoleHolder {
        user,
        user_name: row.try_get_by_index(2)?,
        role,
        role_decision: decision(3)?,
        active,
        status_decision: decision(8)?,
    };
    Ok((user, Some(holder)))
}
