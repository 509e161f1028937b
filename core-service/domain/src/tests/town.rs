//! A site with users, groups and rules, which keeps what was decided as the store would, and takes runs of
//! rules further as upkeep does. Must never expect an answer.

use super::court::*;
use crate::{
    Action, Changes, Command, Context, Decision, Event, FoundMember, Group, GroupAction,
    GroupChange, GroupId, GroupName, GroupRule, Loaded, MOST_KNOWN_ALIKE, Membership, Needs,
    Presence, Refusal, Role, RuleRun, RuledGroup, RunPlace, RunStage, RunStep, Site, State,
    Timestamp, User, UserId, decide, needs,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

pub struct Town {
    pub site: Site,
    pub users: BTreeMap<UserId, User>,
    pub groups: BTreeMap<GroupId, Group>,
    pub members: BTreeSet<Membership>,
    pub runs: BTreeMap<GroupId, RuleRun>,
    /// What was written into the ledger so far.
    pub ledger: Vec<Event>,
    /// How many users a step of a run is about.
    pub at_once: usize,
    /// The groups in which it was looked for members, because they may give roles.
    pub looked_into: BTreeSet<GroupId>,
}

pub fn gid(number: u128) -> GroupId {
    GroupId(Uuid::from_u128(5_000 + number))
}

pub fn group_name(text: &str) -> GroupName {
    GroupName::parse(text).unwrap()
}

pub fn named(text: &str) -> RuledGroup {
    RuledGroup::Name(group_name(text))
}

pub fn ids(numbers: &[u128]) -> Vec<UserId> {
    numbers.iter().map(|number| id(*number)).collect()
}

impl Town {
    /// Users 1 to so many, Registered, and groups 1, 2, ... of these names, without members.
    pub fn of(users: u128, groups: &[&str]) -> Self {
        let person =
            |number| User { id: id(number), user_name: name(&format!("user-{number}")), ..user() };
        let group = |(name, number): (&&str, u128)| Group {
            site: SITE,
            id: gid(number),
            display_name: group_name(name),
            external_id: None,
            version: 1,
            created_at: BEFORE,
            updated_at: BEFORE,
        };
        let users = (1..=users).map(person).map(|user| (user.id, user));
        let groups = groups.iter().zip(1..).map(group).map(|group| (group.id, group));
        let mut site = Court::open(crate::RefusalPolicy::Notice).site;
        site.revision = 0;
        Self {
            site,
            users: users.collect(),
            groups: groups.collect(),
            members: BTreeSet::new(),
            runs: BTreeMap::new(),
            ledger: Vec::new(),
            at_once: 2,
            looked_into: BTreeSet::new(),
        }
    }

    pub fn with_rule(mut self, group: RuledGroup, role: Role) -> Self {
        let new = GroupRule { group, role, version: 1, updated_at: BEFORE };
        self.site.group_rules = self.site.group_rules.with(new).unwrap();
        self
    }

    pub fn with_members(mut self, group: u128, users: &[u128]) -> Self {
        let member = |user: &u128| Membership { site: SITE, group: gid(group), user: id(*user) };
        self.members.extend(users.iter().map(member));
        self
    }

    pub fn user(&self, number: u128) -> &User {
        &self.users[&id(number)]
    }

    pub fn role(&self, number: u128) -> Role {
        self.user(number).role
    }

    fn found(&self, group: Option<GroupId>, user: UserId) -> FoundMember {
        let is = |group| self.members.contains(&Membership { site: SITE, group, user });
        FoundMember {
            site: SITE,
            group,
            user,
            presence: Presence::from(self.users.get(&user)),
            is_member: group.is_some_and(is),
        }
    }

    /// As the store would.
    fn loaded(&self, needs: &Needs) -> Loaded {
        let by_name = |user: &&User| needs.user_names.contains(&(SITE, user.user_name.key()));
        let known = needs.external_ids.iter().flat_map(|(_, known)| {
            let is_known = move |user: &&User| user.external_id.as_ref() == Some(known);
            let elders = self.users.values().filter(|user| !user.is_deleted()).filter(is_known);
            elders.take(MOST_KNOWN_ALIKE)
        });
        let by_id = needs.users.iter().filter_map(|(_, user)| self.users.get(user));
        let is_asked = |group: &&Group| {
            needs.groups.contains(&(SITE, group.id))
                || needs.group_names.contains(&(SITE, group.display_name.key()))
        };
        let named = needs.members.iter().map(|(_, group, user)| self.found(*group, *user));
        let named = named.filter(|found| found.presence != Presence::Absent);
        let all = self.members.iter().filter(|one| needs.members_of.contains(&(SITE, one.group)));
        let all = all.map(|one| self.found(Some(one.group), one.user));
        let of = self.members.iter().filter(|one| {
            needs.groups_of.contains(&(SITE, one.user)) && needs.among.contains(&(SITE, one.group))
        });
        let admins = self.users.values().filter(|user| user.is_active_admin()).count() as u64;
        Loaded {
            sites: needs.sites.iter().map(|_| self.site.clone()).collect(),
            users: by_id.chain(self.users.values().filter(by_name)).chain(known).cloned().collect(),
            active_admins: needs.active_admins.iter().map(|site| (*site, admins)).collect(),
            groups: self.groups.values().filter(is_asked).cloned().collect(),
            members: named.chain(all).collect(),
            memberships: of.copied().collect(),
            rule_runs: needs
                .rule_runs
                .iter()
                .filter_map(|(_, group)| self.runs.get(group).cloned())
                .collect(),
            ..Loaded::default()
        }
    }

    /// Decides these commands together, and keeps what they leave.
    pub fn decide_all(&mut self, commands: &[Command]) -> Vec<Result<Decision, Refusal>> {
        let mut state = State::default();
        loop {
            let missing = needs(&state, commands.iter());
            if missing.is_empty() {
                break;
            }
            let loaded = self.loaded(&missing);
            self.looked_into.extend(missing.among.iter().map(|(_, group)| *group));
            state.take_in(missing, loaded);
        }
        let made = self.ledger.len() as u128 + 900_000;
        let context = Context { now: NOW, fresh_id: &|| Uuid::from_u128(made) };
        let decided = commands.iter().map(|command| decide(&mut state, &context, command));
        let decided = decided.collect();
        self.keep(state.into_changes());
        decided
    }

    pub fn decide(&mut self, command: Command) -> Result<Decision, Refusal> {
        self.decide_all(&[command]).remove(0)
    }

    fn keep(&mut self, changes: Changes) {
        for saved in changes.saved_users {
            self.users.insert(saved.after.id, saved.after);
        }
        for gone in changes.deleted_users {
            self.users.remove(&gone.id);
            self.members.retain(|member| member.user != gone.id);
        }
        if let Some(site) = changes.changed_sites.into_iter().next() {
            self.site = site;
        }
        for group in changes.saved_groups {
            self.groups.insert(group.id, group);
        }
        for (_, group) in changes.deleted_groups {
            self.groups.remove(&group);
            self.members.retain(|member| member.group != group);
        }
        self.members.extend(changes.new_members);
        for gone in changes.gone_members {
            self.members.remove(&gone);
        }
        for run in changes.saved_rule_runs {
            self.runs.insert(run.group, run);
        }
        for (_, group) in changes.deleted_rule_runs {
            self.runs.remove(&group);
        }
        for event in &changes.events {
            self.site.revision += 1;
            assert_eq!(event.revision, self.site.revision);
            self.site.last_event_at = Some(Timestamp(event.at.0));
        }
        self.ledger.extend(changes.events);
    }

    /// Who is next in a stage of a run.
    fn next(&self, run: &RuleRun, place: RunPlace) -> Vec<UserId> {
        let raised = self.users.values().filter(|user| user.base_role.is_some());
        let members = self.members.iter().filter(|member| member.group == run.group);
        let users: BTreeSet<_> = match place.stage {
            RunStage::Raised => raised.map(|user| user.id).collect(),
            RunStage::Members => members.map(|member| member.user).collect(),
        };
        users.into_iter().filter(|user| *user > place.after).take(self.at_once).collect()
    }

    /// Takes a run one step further.
    pub fn step(&mut self, group: GroupId) {
        let run = self.runs[&group].clone();
        let users = self.next(&run, run.place);
        let next = match (users.last(), run.place.stage) {
            (Some(last), stage) if users.len() == self.at_once => {
                Some(RunPlace { stage, after: *last })
            }
            (_, RunStage::Raised) => Some(RunPlace::beginning(RunStage::Members)),
            (_, RunStage::Members) => None,
        };
        let step = RunStep { group, started_at: run.started_at, from: run.place, users, next };
        self.decide(Command::follow_groups(&run, step)).unwrap();
    }

    /// Takes all runs to their end.
    pub fn follow_up(&mut self) {
        while let Some(group) = self.runs.keys().next().copied() {
            self.step(group);
        }
    }
}

pub fn about(action: GroupAction) -> Command {
    ask(&okta(), Action::Group(action))
}

pub fn change(group: u128, changes: Vec<GroupChange>) -> Command {
    about(GroupAction::Change { group: gid(group), changes })
}

pub fn add(group: u128, users: &[u128]) -> Command {
    change(group, vec![GroupChange::AddMembers(ids(users))])
}

pub fn remove(group: u128, users: &[u128]) -> Command {
    change(group, vec![GroupChange::RemoveMembers(ids(users))])
}

pub fn set_rule(group: RuledGroup, role: Role) -> Command {
    ask(&crate::Caller::Operator, Action::Group(GroupAction::SetRule { group, role }))
}

pub fn delete_rule(group: RuledGroup) -> Command {
    ask(&crate::Caller::Operator, Action::Group(GroupAction::DeleteRule { group }))
}
