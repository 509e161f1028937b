//! Rules from groups to roles: which there are, how far it is with them, and what one would do.

use super::Turns;
use crate::Failure;
use crate::store::{RunProgress, Store};
use provost_domain::{
    ForeseenRole, Group, GroupId, GroupName, GroupRule, Membership, Reason, RenamedRoles, Role,
    RuledGroup, Site, User, UserId, foresee_role,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

/// So many members are looked at at a time.
const LOOKED_AT: u64 = 1000;
/// So many times in one turn: a group may have any number of members, and others look through a lot, too. Ten times kept
/// the database busy for longer than somebody else should wait.
const IN_TURN: u64 = 2;
/// So many users are told by name.
const TOLD: usize = 100;

/// The rules of all sites.
#[derive(Debug)]
pub struct RuleQueries {
    store: Store,
    scans: Arc<Turns>,
}

/// The rules of a site, and what is about to follow from them.
#[derive(Debug)]
pub struct SiteRules {
    /// In the order in which they were made.
    pub rules: Vec<GroupRule>,
    /// In the order of the groups' ids.
    pub runs: Vec<RunProgress>,
    /// The groups that both are about, as far as there are any.
    pub groups: Vec<Group>,
}

/// What would become of roles.
#[derive(Debug, Default)]
pub struct ForeseenMoves {
    /// How many users would have another role.
    pub moved: i64,
    /// How many would not have the one that follows from their groups.
    pub refused: i64,
    /// The first of both.
    pub first: Vec<(User, ForeseenRole)>,
    /// How many members were looked at.
    pub members: i64,
    /// All of both by what would become of them.
    pub counts: Vec<MovedAlike>,
}

/// What would become of roles by another name of a group.
#[derive(Debug)]
pub struct ForeseenName {
    /// What it would do to those that the group gives; none where it would give the same.
    pub roles: Option<RenamedRoles>,
    /// Of its members; none where it would give the same, or where too many look through a lot just now.
    pub moves: Option<ForeseenMoves>,
}

/// Users who would fare alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedAlike {
    /// The role in force.
    pub from: Role,
    /// The role that it would be.
    pub to: Role,
    /// Why it would be no other one; none where nothing is refused.
    pub reason: Option<Reason>,
    /// How many.
    pub users: i64,
}

impl RuleQueries {
    /// Reads from the store, in turns with whoever else looks through a lot.
    pub const fn new(store: Store, scans: Arc<Turns>) -> Self {
        Self { store, scans }
    }

    /// The rules of a site.
    pub async fn of_site(&self, site: &Site) -> Result<SiteRules, Failure> {
        let rules = site.group_rules.list().to_vec();
        let _turn = self.scans.take(site.id).await?;
        let runs = self.store.rule_runs_of(site.id).await?;
        let mut ids: Vec<_> = runs.iter().map(|progress| progress.run.group).collect();
        let mut names = Vec::new();
        for rule in &rules {
            match &rule.group {
                RuledGroup::Id(id) => ids.push(*id),
                RuledGroup::Name(name) => names.push(name.key()),
            }
        }
        let groups = self.store.groups_known_by(site.id, &ids, &names).await?;
        Ok(SiteRules { rules, runs, groups })
    }

    /// What would become of the members of a group if it gave this role, or none any more. None where too many look
    /// through a lot just now: whoever asks is answered without it, for nothing depends on it.
    pub async fn foresee(
        &self,
        site: &Site,
        group: &RuledGroup,
        role: Option<Role>,
    ) -> Result<Option<ForeseenMoves>, Failure> {
        let Some(id) = self.group(site, group).await? else {
            return Ok(Some(ForeseenMoves::default()));
        };
        in_turn(self.moves(site, id, &site.group_rules.changed(group, role)).await)
    }

    /// What would become of a group and its members by another name; none where there is no such group.
    pub async fn foresee_name(
        &self,
        site: &Site,
        id: GroupId,
        name: &GroupName,
    ) -> Result<Option<ForeseenName>, Failure> {
        const SAME: ForeseenName = ForeseenName { roles: None, moves: None };
        if site.group_rules.is_empty() {
            return Ok(Some(SAME));
        }
        let Some(group) = self.store.group(site.id, id).await? else { return Ok(None) };
        let Some(roles) = site.group_rules.renamed(id, &group.display_name, name) else {
            return Ok(Some(SAME));
        };
        let moves = in_turn(self.moves(site, id, &roles.given).await)?;
        Ok(Some(ForeseenName { roles: Some(roles), moves }))
    }

    /// What would become of the members of a group if groups gave these roles.
    async fn moves(
        &self,
        site: &Site,
        id: GroupId,
        given: &[(RuledGroup, Role)],
    ) -> Result<ForeseenMoves, Failure> {
        let mut moves = ForeseenMoves::default();
        let mut turn = self.scans.take(site.id).await?;
        let mut asked = 0;
        let roles = self.roles(site, given).await?;
        let groups: Vec<_> = roles.iter().map(|(group, _)| *group).collect();
        let mut after = UserId(Uuid::nil());
        loop {
            if asked == IN_TURN {
                drop(turn);
                turn = self.scans.take(site.id).await?;
                asked = 0;
            }
            asked += 1;
            let users = self.store.users_of_group(site.id, id, after, LOOKED_AT).await?;
            let Some(last) = users.last() else { return Ok(moves.in_order()) };
            after = last.id;
            let ids: Vec<_> = users.iter().map(|user| user.id).collect();
            let of_users = self.store.memberships(site.id, &ids, &groups).await?;
            let mut given = BTreeMap::<UserId, BTreeSet<Role>>::new();
            for Membership { group, user, .. } in of_users {
                let roles = roles.iter().filter(|(ruled, _)| *ruled == group);
                given.entry(user).or_default().extend(roles.map(|(_, role)| *role));
            }
            for user in users {
                let given = given.remove(&user.id).unwrap_or_default();
                moves.add(foresee_role(&user, &given, &site.policy), user);
            }
        }
    }

    /// The groups that give roles.
    async fn roles(
        &self,
        site: &Site,
        given: &[(RuledGroup, Role)],
    ) -> Result<Vec<(GroupId, Role)>, Failure> {
        let mut roles = Vec::new();
        for (group, role) in given {
            roles.extend(self.group(site, group).await?.map(|group| (group, *role)));
        }
        Ok(roles)
    }

    async fn group(&self, site: &Site, group: &RuledGroup) -> Result<Option<GroupId>, Failure> {
        match group {
            RuledGroup::Id(group) => Ok(Some(*group)),
            RuledGroup::Name(name) => Ok(self.store.group_named(site.id, name).await?),
        }
    }
}

/// None where no turn came.
fn in_turn(moves: Result<ForeseenMoves, Failure>) -> Result<Option<ForeseenMoves>, Failure> {
    match moves {
        Ok(moves) => Ok(Some(moves)),
        Err(Failure::Crowded) => Ok(None),
        Err(failure) => Err(failure),
    }
}

impl ForeseenMoves {
    fn add(&mut self, becomes: ForeseenRole, user: User) {
        self.members += 1;
        let (is_moved, is_refused) = (becomes.role != user.role, becomes.refusal.is_some());
        if !is_moved && !is_refused {
            return;
        }
        self.moved += i64::from(is_moved);
        self.refused += i64::from(is_refused);
        self.count(&user, &becomes);
        if self.first.len() < TOLD {
            self.first.push((user, becomes));
        }
    }

    fn count(&mut self, user: &User, becomes: &ForeseenRole) {
        let reason = becomes.refusal.as_ref().map(|refusal| refusal.reason);
        let (from, to) = (user.role, becomes.role);
        let is_alike =
            |known: &&mut MovedAlike| (known.from, known.to, known.reason) == (from, to, reason);
        match self.counts.iter_mut().find(is_alike) {
            Some(known) => known.users += 1,
            None => self.counts.push(MovedAlike { from, to, reason, users: 1 }),
        }
    }

    fn in_order(mut self) -> Self {
        self.counts.sort_by_key(|alike| (alike.from, alike.to, alike.reason.is_some()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_domain::{ConnectionPolicy, GroupRules, SiteId, Timestamp};
    use provost_test_kit::{Database, Engine};

    /// Nothing is decided here, so nothing is refused either.
    #[tokio::test]
    async fn without_a_turn_nobody_is_counted_and_nothing_fails() {
        let database = Database::fresh(Engine::Sqlite).unwrap();
        let store = Store::open(database.url()).await.unwrap();
        let site = Site {
            id: SiteId(1),
            name: "acme".to_owned(),
            revision: 0,
            last_event_at: None,
            version: 1,
            policy: ConnectionPolicy::default(),
            created_at: Timestamp(1),
            group_rules: GroupRules::default(),
            group_count: 0,
        };
        let group = RuledGroup::Id(GroupId(Uuid::nil()));
        let scans = Arc::new(Turns::new(1, 1));
        let rules = RuleQueries::new(store, Arc::clone(&scans));
        let turn = scans.take(site.id).await.unwrap();
        // Whoever waits for a turn has lost patience at once.
        tokio::time::pause();
        assert!(rules.foresee(&site, &group, Some(Role::Admin)).await.unwrap().is_none());
        tokio::time::resume();
        drop(turn);
        let foreseen = rules.foresee(&site, &group, Some(Role::Admin)).await.unwrap().unwrap();
        assert_eq!(foreseen.members, 0);
    }
}
