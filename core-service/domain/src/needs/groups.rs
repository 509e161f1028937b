//! What commands about groups turn on: the group, names that may be taken, and of members those that are
//! named, or all where they are replaced.

use super::Needs;
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
        if action.replaces_members() {
            let whole = group.map(|group| (site, group));
            self.members_of.extend(whole.filter(|group| !state.groups.whole.contains(group)));
        }
    }

    pub(super) fn add_group(&mut self, state: &State, site: SiteId, group: GroupId) {
        if !state.groups.groups.contains_key(&(site, group)) {
            self.groups.insert((site, group));
        }
    }
}
