//! Random changes of groups, rules, words and switches, against a slow and obvious model: everybody has the
//! highest role that any source gives and the switches admit.

use super::court::*;
use super::town::*;
use crate::{
    Action, Caller, Change, Command, GroupAction, GroupChange, Role, RuledGroup, SettingsChange,
    User,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const USERS: u128 = 4;
const GROUPS: [&str; 3] = ["Red", "Green", "Blue"];
const NAMES: [&str; 4] = ["Red", "Green", "Blue", "Gold"];

/// What happens.
#[derive(Debug, Clone)]
enum Step {
    Add(u128, Vec<u128>),
    Remove(u128, Vec<u128>),
    Replace(u128, Vec<u128>),
    Rename(u128, &'static str),
    DeleteGroup(u128),
    SetRule(Target, Role),
    DeleteRule(Target),
    Word(u128, Role),
    ByHand(u128, Role),
    Switches(bool, bool),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Id(u128),
    Name(&'static str),
}

impl Target {
    fn ruled(&self) -> RuledGroup {
        match self {
            Self::Id(group) => RuledGroup::Id(gid(*group)),
            Self::Name(name) => named(name),
        }
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let group = || 1..=3_u128;
    let users = || proptest::collection::vec(1..=USERS, 0..3);
    let role = || proptest::sample::select(Role::ALL.to_vec());
    let given = || proptest::sample::select(vec![Role::Moderator, Role::Admin]);
    let name = || proptest::sample::select(NAMES.to_vec());
    let target = || prop_oneof![group().prop_map(Target::Id), name().prop_map(Target::Name)];
    let step = prop_oneof![
        4 => (group(), users()).prop_map(|(group, users)| Step::Add(group, users)),
        3 => (group(), users()).prop_map(|(group, users)| Step::Remove(group, users)),
        2 => (group(), users()).prop_map(|(group, users)| Step::Replace(group, users)),
        1 => (group(), name()).prop_map(|(group, name)| Step::Rename(group, name)),
        1 => group().prop_map(Step::DeleteGroup),
        3 => (target(), given()).prop_map(|(group, role)| Step::SetRule(group, role)),
        1 => target().prop_map(Step::DeleteRule),
        3 => (1..=USERS, role()).prop_map(|(user, role)| Step::Word(user, role)),
        1 => (1..=USERS, role()).prop_map(|(user, role)| Step::ByHand(user, role)),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(one, other)| Step::Switches(one, other)),
    ];
    proptest::collection::vec(step, 1..40)
}

fn command(step: &Step) -> Command {
    let said = |caller: &Caller, user: u128, role| {
        let changes = vec![Change::SetRole(role)];
        ask(caller, Action::ChangeUser { user: id(user), changes })
    };
    match step {
        Step::Add(group, users) => add(*group, users),
        Step::Remove(group, users) => remove(*group, users),
        Step::Replace(group, users) => {
            change(*group, vec![GroupChange::ReplaceMembers(ids(users))])
        }
        Step::Rename(group, name) => {
            change(*group, vec![GroupChange::SetDisplayName(group_name(name))])
        }
        Step::DeleteGroup(group) => about(GroupAction::Delete { group: gid(*group) }),
        Step::SetRule(group, role) => set_rule(group.ruled(), *role),
        Step::DeleteRule(group) => delete_rule(group.ruled()),
        Step::Word(user, role) => said(&okta(), *user, *role),
        Step::ByHand(user, role) => said(&Caller::Operator, *user, *role),
        Step::Switches(moderator, admin) => {
            let change = SettingsChange {
                allow_moderator_promotion: Some(*moderator),
                allow_admin_promotion: Some(*admin),
                ..SettingsChange::default()
            };
            ask(&Caller::Operator, Action::UpdateSettings(change))
        }
    }
}

/// The model: of each user the role in force and the one besides groups, of each group name and members.
struct Model {
    roles: BTreeMap<u128, (Role, Role)>,
    groups: BTreeMap<u128, (&'static str, BTreeSet<u128>)>,
    rules: BTreeMap<Target, Role>,
    switches: (bool, bool),
}

impl Model {
    fn new() -> Self {
        let nobody = BTreeSet::new;
        Self {
            roles: (1..=USERS).map(|user| (user, (Role::Registered, Role::Registered))).collect(),
            groups: GROUPS.into_iter().zip(1..).map(|(name, id)| (id, (name, nobody()))).collect(),
            rules: BTreeMap::new(),
            switches: (true, true),
        }
    }

    fn admits(&self, from: Role, to: Role) -> bool {
        let is_open = |role| match role {
            Role::Registered => true,
            Role::Moderator => self.switches.0,
            Role::Admin => self.switches.1,
        };
        from == to || is_open(from) && is_open(to)
    }

    fn given_by(&self, group: u128) -> BTreeSet<Role> {
        let Some((name, _)) = self.groups.get(&group) else { return BTreeSet::new() };
        let of = [Target::Id(group), Target::Name(name)];
        of.iter().filter_map(|target| self.rules.get(target).copied()).collect()
    }

    fn given(&self, user: u128) -> BTreeSet<Role> {
        let of = self.groups.iter().filter(|(_, (_, members))| members.contains(&user));
        of.flat_map(|(group, _)| self.given_by(*group)).collect()
    }

    /// Moves a user, unless nobody would be left in charge.
    fn put(&mut self, user: u128, role: Role, base: Role) {
        let (was, _) = self.roles[&user];
        let admins = self.roles.values().filter(|(role, _)| *role == Role::Admin).count();
        if was == Role::Admin && role != Role::Admin && admins == 1 {
            return;
        }
        self.roles.insert(user, (role, base));
    }

    /// The directory speaks about a user: the highest of these and of what groups give, as far as it may be.
    fn follow(&mut self, user: u128, base: Role) {
        let (role, _) = self.roles[&user];
        let mut sources = self.given(user);
        sources.extend([base, Role::Registered]);
        let admitted = sources.into_iter().rev().find(|source| self.admits(role, *source));
        self.put(user, admitted.unwrap_or(role), base);
    }

    fn follow_all(&mut self, users: impl IntoIterator<Item = u128>) {
        for user in users {
            self.follow(user, self.roles[&user].1);
        }
    }

    /// Those whose role comes from groups, then the members of the group.
    fn run(&mut self, group: u128) {
        let raised = self.roles.iter().filter(|(_, (role, base))| role != base);
        let raised: Vec<_> = raised.map(|(user, _)| *user).collect();
        self.follow_all(raised);
        let members = self.groups.get(&group).map(|(_, members)| members.clone());
        self.follow_all(members.unwrap_or_default());
    }

    fn run_rule(&mut self, target: &Target) {
        let group = match target {
            Target::Id(group) => Some(*group),
            Target::Name(name) => {
                self.groups.iter().find(|(_, (known, _))| known == name).map(|(group, _)| *group)
            }
        };
        if let Some(group) = group {
            self.run(group);
        }
    }

    fn members(&mut self, group: u128, after: impl FnOnce(&mut BTreeSet<u128>)) {
        let Some((_, members)) = self.groups.get_mut(&group) else { return };
        let before = members.clone();
        after(members);
        let moved: Vec<_> = before.symmetric_difference(members).copied().collect();
        if !self.given_by(group).is_empty() {
            self.follow_all(moved);
        }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Add(group, users) => self.members(*group, |known| known.extend(users)),
            Step::Remove(group, users) => {
                self.members(*group, |known| known.retain(|user| !users.contains(user)));
            }
            Step::Replace(group, users) => {
                self.members(*group, |known| *known = users.iter().copied().collect());
            }
            Step::Rename(group, name) => {
                let is_taken =
                    self.groups.iter().any(|(other, (known, _))| known == name && other != group);
                let before = self.given_by(*group);
                if !is_taken && let Some(known) = self.groups.get_mut(group) {
                    known.0 = name;
                    if self.given_by(*group) != before {
                        self.run(*group);
                    }
                }
            }
            Step::DeleteGroup(group) => {
                let gave = !self.given_by(*group).is_empty();
                self.groups.remove(group);
                self.rules.remove(&Target::Id(*group));
                if gave {
                    self.run(*group);
                }
            }
            Step::SetRule(target, role) => {
                let is_there = !matches!(target, Target::Id(id) if !self.groups.contains_key(id));
                if is_there {
                    self.rules.insert(target.clone(), *role);
                    self.run_rule(target);
                }
            }
            Step::DeleteRule(target) => {
                if self.rules.remove(target).is_some() {
                    self.run_rule(target);
                }
            }
            Step::Word(user, word) => {
                let (role, base) = self.roles[user];
                if role == *word || self.admits(base, *word) {
                    self.follow(*user, *word);
                }
            }
            Step::ByHand(user, role) => self.put(*user, *role, *role),
            Step::Switches(moderator, admin) => self.switches = (*moderator, *admin),
        }
    }
}

proptest! {
    #[test]
    fn everybody_has_the_highest_role_that_the_switches_admit(steps in steps()) {
        let (mut town, mut model) = (Town::of(USERS, &GROUPS), Model::new());
        for step in &steps {
            let _ = town.decide(command(step));
            town.follow_up();
            model.take(step);
            let found = town.users.values().zip(1..);
            let found: BTreeMap<_, _> =
                found.map(|(user, number)| (number, (user.role, user.base_role()))).collect();
            prop_assert_eq!(&found, &model.roles, "{:?}", step);
        }
    }

    /// Whatever is decided together, needs name what decisions turn on, and somebody stays in charge.
    #[test]
    fn what_is_decided_together_ends_as_rules_say(steps in steps(), together in 1..6_usize) {
        let mut town = Town::of(USERS, &GROUPS);
        town.users.get_mut(&id(1)).unwrap().role = Role::Admin;
        for steps in steps.chunks(together) {
            let commands: Vec<_> = steps.iter().map(command).collect();
            town.decide_all(&commands);
            prop_assert!(town.users.values().any(User::is_active_admin));
        }
        town.follow_up();
        prop_assert!(town.users.values().any(User::is_active_admin));
    }
}
