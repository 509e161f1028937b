//! What commands about groups turn on: the group, names that may be taken, and of members those that are
//! named, or all where they are replaced or selected.

use super::Needs;
use crate::decide::MAX_SELECTED_AMONG;
use crate::{GroupAction, GroupId, Membership, SiteId, State};

impl Needs {
    pub(super) fn add_group_action(&mut self, state: &State, site: SiteId, action: &GroupAction) {
        let group = action.group();
        if let Some(group) = group {
            self.add_group(state, site, group);
        }
        let names = action.names().map(|name| (site, name.key()));
        self.group_names.extend(names.filter(|name| !state.groups.names.contains_key(name)));
        for user in action.members() {
            let is_known = match group {
                None => state.groups.people.contains_key(&(site, user)),
                Some(group) => {
                    let member = Membership { site, group, user };
                    state.groups.members.contains_key(&member)
                        && state.groups.people.contains_key(&(site, user))
                }
            };
            if !is_known {
                self.members.insert((site, group, user));
            }
        }
        if action.takes_all_members() {
            let whole = group.map(|group| (site, group));
            self.members_of.extend(whole.filter(|group| !state.groups.whole.contains(group)));
        }
        if action.selects_members()
            && let Some(group) = group.filter(|group| state.groups.whole.contains(&(site, *group)))
        {
            self.add_members(state, site, group, action);
        }
    }

    /// Whoever may be selected, where they are no more than are looked at.
    fn add_members(&mut self, state: &State, site: SiteId, group: GroupId, action: &GroupAction) {
        let members: Vec<_> = state.members_of(site, group).take(MAX_SELECTED_AMONG + 1).collect();
        if members.len() <= MAX_SELECTED_AMONG {
            let users = members.into_iter().chain(action.members()).map(|user| (site, user));
            self.users.extend(users.filter(|user| !state.users.contains_key(user)));
        }
    }

    pub(super) fn add_group(&mut self, state: &State, site: SiteId, group: GroupId) {
        if !state.groups.groups.contains_key(&(site, group)) {
            self.groups.insert((site, group));
        }
    }
}
