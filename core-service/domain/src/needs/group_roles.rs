//! What the roles turn on that groups give: whose they are, and which groups they are in. Only where a site
//! has rules, or is given some.

use super::{Needs, in_site};
use crate::decide::MAX_FOLLOWERS;
use crate::{
    Action, Caller, Command, Group, GroupAction, GroupChange, GroupId, GroupRules, Membership,
    RuledGroup, Site, SiteId, State, Tracked, UserId,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The sites whose groups may give roles when these commands are decided, or gave some before.
pub(super) fn ruled_sites<'a>(
    state: &State,
    commands: impl Iterator<Item = &'a Command>,
) -> BTreeSet<SiteId> {
    let sites = state.sites.values().filter_map(Tracked::now);
    let ruled = sites.filter(|site| !site.group_rules.is_empty()).map(|site| site.id);
    let to_be = commands.filter_map(in_site).filter_map(|(site, action)| match action {
        Action::Group(GroupAction::SetRule { .. } | GroupAction::Follow(_)) => Some(site),
        _ => None,
    });
    ruled.chain(to_be).collect()
}

impl Command {
    /// Whether by it roles may follow from groups.
    pub(super) fn may_follow_groups(&self) -> bool {
        match &self.action {
            Action::Group(_) => true,
            action => {
                matches!(self.caller, Caller::Connection { .. })
                    && action.parts().any(Action::sets_role)
            }
        }
    }
}

impl Needs {
    pub(super) fn add_roles<'a>(
        &mut self,
        state: &State,
        ruled: &BTreeSet<SiteId>,
        commands: impl Iterator<Item = &'a Command> + Clone,
    ) {
        if ruled.is_empty() {
            return;
        }
        let commands = commands.filter(|command| command.may_follow_groups());
        let sites: BTreeSet<_> = commands.clone().filter_map(|command| command.site).collect();
        for site in sites.intersection(ruled).filter_map(|site| state.sites.get(site)?.now()) {
            self.add_ruled_names(state, site);
        }
        // Which groups the rules are about is known before it is asked who is in them.
        if !self.group_names.is_empty() {
            return;
        }
        for command in commands.clone() {
            let Some((site, action)) = in_site(command).filter(|(site, _)| ruled.contains(site))
            else {
                continue;
            };
            if let Action::Group(GroupAction::Follow(step)) = action
                && !state.rule_runs.contains_key(&(site, step.group))
            {
                self.rule_runs.insert((site, step.group));
            }
            let Some(site) = state.sites.get(&site).and_then(Tracked::now) else { continue };
            for user in followers(state, site, action) {
                let key = (site.id, user);
                if !state.users.contains_key(&key) {
                    self.users.insert(key);
                }
                if !state.groups.of.contains(&key) {
                    self.groups_of.insert(key);
                }
            }
        }
        if !self.groups_of.is_empty() {
            self.among.extend(giving(state, commands));
        }
    }

    fn add_ruled_names(&mut self, state: &State, site: &Site) {
        for rule in site.group_rules.list() {
            let RuledGroup::Name(name) = &rule.group else { continue };
            let key = (site.id, name.key());
            if !state.groups.names.contains_key(&key) {
                self.group_names.insert(key);
            }
        }
    }
}

/// The groups that give roles, or may by these commands. A new one has no members before.
fn giving<'a>(
    state: &State,
    commands: impl Iterator<Item = &'a Command> + Clone,
) -> BTreeSet<(SiteId, GroupId)> {
    let ids_of = |site: SiteId, group: &RuledGroup| match group {
        RuledGroup::Id(group) => Some((site, *group)),
        RuledGroup::Name(name) => {
            let found = state.groups.names.get(&(site, name.key())).copied().flatten();
            found.map(|group| (site, group))
        }
    };
    let mut giving = BTreeSet::new();
    for (site, action) in commands.clone().filter_map(in_site) {
        match action {
            Action::Group(GroupAction::SetRule { group, .. }) => giving.extend(ids_of(site, group)),
            Action::Group(GroupAction::Change { group, changes }) => {
                let is_named = |it: &GroupChange| matches!(it, GroupChange::SetDisplayName(_));
                giving.extend(changes.iter().any(is_named).then_some((site, *group)));
            }
            _ => {}
        }
    }
    let sites: BTreeSet<_> = commands.filter_map(in_site).map(|(site, _)| site).collect();
    for site in sites.iter().filter_map(|site| state.sites.get(site)?.now()) {
        let rules = site.group_rules.list().iter();
        giving.extend(rules.filter_map(|rule| ids_of(site.id, &rule.group)));
    }
    giving
}

/// Whose roles may follow from groups by an action. Who is left out because there are too many follows
/// behind the transaction.
fn followers(state: &State, site: &Site, action: &Action) -> BTreeSet<UserId> {
    match action {
        Action::Group(action) => of_group_action(state, site, action),
        Action::CreateUser(creation) => {
            let key = (site.id, creation.user_name.key());
            state.user_names.get(&key).copied().flatten().into_iter().collect()
        }
        action => action.parts().filter(|part| part.sets_role()).filter_map(Action::user).collect(),
    }
}

fn of_group_action(state: &State, site: &Site, action: &GroupAction) -> BTreeSet<UserId> {
    let rules = &site.group_rules;
    let found = match action {
        GroupAction::Follow(step) => return step.users.iter().copied().collect(),
        GroupAction::Create(creation) => {
            let unknown = GroupId(Uuid::nil());
            let is_ruled = !rules.roles(unknown, &creation.display_name).is_empty();
            is_ruled.then(|| changed_members(state, site.id, None, action))
        }
        GroupAction::Change { group, .. } => {
            let known = state.groups.groups.get(&(site.id, *group)).and_then(Tracked::now);
            let is_ruled = known.is_some_and(|group| gives_roles(rules, group));
            is_ruled.then(|| changed_members(state, site.id, Some(*group), action))
        }
        GroupAction::Delete { .. }
        | GroupAction::SetRule { .. }
        | GroupAction::DeleteRule { .. } => None,
    };
    found.filter(|users| users.len() <= MAX_FOLLOWERS).unwrap_or_default()
}

fn gives_roles(rules: &GroupRules, group: &Group) -> bool {
    !rules.roles(group.id, &group.display_name).is_empty()
}

/// Whoever may come or leave by an action, and no fewer.
fn changed_members(
    state: &State,
    site: SiteId,
    group: Option<GroupId>,
    action: &GroupAction,
) -> BTreeSet<UserId> {
    let is_member = |user: UserId| {
        let member = group.map(|group| Membership { site, group, user });
        member.is_some_and(|member| state.groups.members.get(&member).is_some_and(|it| it.is()))
    };
    let mut changed = BTreeSet::new();
    for change in action.changes() {
        let named = change.members().iter().copied();
        match change {
            GroupChange::AddMembers(_) | GroupChange::KeepMembers { .. } => {
                changed.extend(named.filter(|user| !is_member(*user)));
            }
            GroupChange::RemoveMembers(_) => changed.extend(named.filter(|user| is_member(*user))),
            GroupChange::ReplaceMembers(_) => {
                let named: BTreeSet<_> = named.collect();
                let members = group.into_iter().flat_map(|group| state.members_of(site, group));
                changed.extend(members.filter(|user| !named.contains(user)));
                changed.extend(named.into_iter().filter(|user| !is_member(*user)));
            }
            // Whom of them it selects is for the decision to find.
            GroupChange::RemoveSelected(_) => {
                changed.extend(group.into_iter().flat_map(|group| state.members_of(site, group)));
            }
            GroupChange::SetDisplayName(_)
            | GroupChange::SetExternalId(_)
            | GroupChange::RequireMember(_)
            | GroupChange::Ignored(_) => {}
        }
    }
    changed
}
