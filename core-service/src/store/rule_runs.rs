//! Runs of rules: how far it is with roles that follow from groups, and whose are next. Must never know what
//! becomes of them.

use super::{Store, StoreError, group_members, sites, users};
use provost_domain::{
    GroupId, Membership, RuleRun, RunPlace, RunStage, SiteId, Timestamp, User, UserId,
};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{OnConflict, Order, Query, SelectStatement};
use sea_orm::{
    Condition, DeleteMany, ExprTrait as _, FromQueryResult as _, InsertMany, IntoActiveModel as _,
    QueryOrder as _, QueryResult, QuerySelect as _,
};

/// A run of rules.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rule_runs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub group_id: Uuid,
    pub among_members: bool,
    pub after_user: Uuid,
    pub done: i64,
    pub started_at: i64,
    pub trace_id: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

/// A run, and how many users are before it as far as is known.
#[derive(Debug)]
pub struct RunProgress {
    /// The run.
    pub run: RuleRun,
    /// How many are left.
    pub left: u64,
}

fn of<'a>(keys: impl Iterator<Item = &'a (SiteId, GroupId)>) -> Condition {
    keys.fold(Condition::any(), |any, (site, group)| {
        any.add(COLUMN.site_id.eq(site.0).and(COLUMN.group_id.eq(group.0)))
    })
}

/// Runs by site and group.
pub(super) fn by_key<'a>(keys: impl Iterator<Item = &'a (SiteId, GroupId)>) -> Select<Entity> {
    Entity::find().filter(of(keys))
}

/// Forgets runs that are over.
pub(super) fn delete<'a>(keys: impl Iterator<Item = &'a (SiteId, GroupId)>) -> DeleteMany<Entity> {
    Entity::delete_many().filter(of(keys))
}

/// Keeps runs, new ones and known ones alike.
pub(super) fn save(runs: &[RuleRun]) -> InsertMany<ActiveModel> {
    let known = OnConflict::columns([Column::SiteId, Column::GroupId])
        .update_columns([
            Column::AmongMembers,
            Column::AfterUser,
            Column::Done,
            Column::StartedAt,
            Column::TraceId,
        ])
        .to_owned();
    let rows = runs.iter().map(|run| row(run).into_active_model());
    Entity::insert_many(rows).on_conflict(known)
}

/// A run from its row.
pub(super) fn read(row: &QueryResult) -> Result<RuleRun, DbErr> {
    Ok(run(Model::from_query_result(row, "")?))
}

fn row(run: &RuleRun) -> Model {
    let RuleRun { site, group, place, done, started_at, trace_id } = run;
    Model {
        site_id: site.0,
        group_id: group.0,
        among_members: place.stage == RunStage::Members,
        after_user: place.after.0,
        done: *done,
        started_at: started_at.0,
        trace_id: trace_id.clone(),
    }
}

fn run(row: Model) -> RuleRun {
    let Model { site_id, group_id, among_members, after_user, done, started_at, trace_id } = row;
    let stage = if among_members { RunStage::Members } else { RunStage::Raised };
    RuleRun {
        site: SiteId(site_id),
        group: GroupId(group_id),
        place: RunPlace { stage, after: UserId(after_user) },
        done,
        started_at: Timestamp(started_at),
        trace_id,
    }
}

impl Store {
    /// The eldest run of the first site that has one, behind a site: for the core itself, and nobody who asks
    /// sees it.
    pub async fn next_rule_run(
        &self,
        behind: Option<SiteId>,
    ) -> Result<Option<RuleRun>, StoreError> {
        let living = Query::select()
            .column(sites::Column::Id)
            .from(sites::Entity)
            .and_where(Expr::col(sites::Column::DeletedAt).is_null())
            .to_owned();
        let behind = behind.map(|SiteId(site)| COLUMN.site_id.gt(site));
        let next = Entity::find()
            .filter(COLUMN.site_id.in_subquery(living))
            .filter(Condition::all().add_option(behind))
            .order_by_asc(COLUMN.site_id)
            .order_by_asc(COLUMN.started_at)
            .order_by_asc(COLUMN.group_id)
            .limit(1);
        Ok(next.one(&self.lists).await?.map(run))
    }

    /// The runs of a site, and how many users are before each.
    pub async fn rule_runs_of(&self, site: SiteId) -> Result<Vec<RunProgress>, StoreError> {
        let runs = Entity::find().filter(COLUMN.site_id.eq(site.0)).order_by_asc(COLUMN.group_id);
        let mut told = Vec::new();
        for run in runs.all(&self.lists).await?.into_iter().map(run) {
            let RunPlace { stage, after } = run.place;
            let nobody = UserId(Uuid::nil());
            let (raised, members) = match stage {
                RunStage::Raised => (raised(site, after).count(&self.lists).await?, nobody),
                RunStage::Members => (0, after),
            };
            let members = members_behind(site, run.group, members);
            let left = raised + members.count(&self.lists).await?;
            told.push(RunProgress { run, left });
        }
        Ok(told)
    }

    /// The next users of a stage of a run, so many at most.
    pub async fn users_of_run(
        &self,
        run: &RuleRun,
        place: RunPlace,
        limit: u64,
    ) -> Result<Vec<UserId>, StoreError> {
        let RunPlace { stage, after } = place;
        let found: Vec<Uuid> = match stage {
            RunStage::Raised => {
                let users = raised(run.site, after).select_only().column(users::Column::Id);
                let users = users.order_by_asc(users::Column::Id).limit(limit);
                users.into_tuple().all(&self.lists).await?
            }
            RunStage::Members => {
                let members = members_behind(run.site, run.group, after).select_only();
                let members = members.column(group_members::Column::UserId);
                let members = members.order_by_asc(group_members::Column::UserId).limit(limit);
                members.into_tuple().all(&self.lists).await?
            }
        };
        Ok(found.into_iter().map(UserId).collect())
    }

    /// Members of a group behind one of them, in the order of their ids, so many at most.
    pub async fn users_of_group(
        &self,
        site: SiteId,
        group: GroupId,
        after: UserId,
        limit: u64,
    ) -> Result<Vec<User>, StoreError> {
        let members = members(site, group, after, limit);
        let rows = self.lists.query_all(&members).await?;
        rows.iter().map(|row| users::user(self.profile, row)).collect()
    }

    /// Which of these users are in which of these groups.
    pub async fn memberships(
        &self,
        site: SiteId,
        users: &[UserId],
        groups: &[GroupId],
    ) -> Result<Vec<Membership>, StoreError> {
        let found = group_members::Entity::find()
            .filter(group_members::Column::SiteId.eq(site.0))
            .filter(group_members::Column::UserId.is_in(users.iter().map(|user| user.0)))
            .filter(group_members::Column::GroupId.is_in(groups.iter().map(|group| group.0)));
        let rows = found.all(&self.lists).await?.into_iter();
        let membership = |row: group_members::Model| {
            let (group, user) = (GroupId(row.group_id), UserId(row.user_id));
            Membership { site, group, user }
        };
        Ok(rows.map(membership).collect())
    }
}

/// Users of a site whose role comes from groups, or has come, behind one of them. The text matches the
/// partial index on them.
pub(super) fn raised(site: SiteId, after: UserId) -> Select<users::Entity> {
    users::Entity::find()
        .filter(users::Column::SiteId.eq(site.0))
        .filter(users::Column::BaseRole.is_not_null())
        .filter(users::Column::Id.gt(after.0))
}

fn members_behind(site: SiteId, group: GroupId, after: UserId) -> Select<group_members::Entity> {
    group_members::Entity::find()
        .filter(group_members::Column::SiteId.eq(site.0))
        .filter(group_members::Column::GroupId.eq(group.0))
        .filter(group_members::Column::UserId.gt(after.0))
}

fn members(site: SiteId, group: GroupId, after: UserId, limit: u64) -> SelectStatement {
    use group_members::Column;
    let member = |column: Column| Expr::col((group_members::Entity, column));
    let mut select = Query::select();
    for column in users::read_columns() {
        select.column((users::Entity, column));
    }
    select
        .from(group_members::Entity)
        .inner_join(users::Entity, group_members::is_user())
        .and_where(member(Column::SiteId).eq(site.0))
        .and_where(member(Column::GroupId).eq(group.0))
        .and_where(member(Column::UserId).gt(after.0))
        .order_by((group_members::Entity, Column::UserId), Order::Asc)
        .limit(limit)
        .to_owned()
}
