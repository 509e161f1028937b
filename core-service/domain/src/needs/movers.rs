//! In which groups somebody is who may come or go by commands, because these get the next version by it. Only
//! of groups that other commands are about as well: of all others it is enough that the store knows.

use super::{Needs, in_site};
use crate::{Action, Command, GroupId, SiteId, State, Tracked, User};
use std::collections::BTreeSet;

impl Needs {
    pub(super) fn add_movers<'a>(
        &mut self,
        state: &State,
        commands: impl Iterator<Item = &'a Command>,
    ) {
        // A new one has no members but those that are known.
        let known = state.groups.groups.iter().filter(|(_, group)| group.before.is_some());
        let known: BTreeSet<(SiteId, GroupId)> = known.map(|(key, _)| *key).collect();
        if known.is_empty() {
            return;
        }
        let parts = commands.filter_map(in_site);
        let parts = parts.flat_map(|(site, action)| action.parts().map(move |part| (site, part)));
        let deleted = parts.filter_map(|(site, part)| match part {
            Action::DeleteUser { user } => Some((site, *user)),
            _ => None,
        });
        self.movers.extend(deleted);
        // Whom the directory deleted may come back by whatever is about them.
        let users = state.users.iter();
        let absent = users.filter(|(_, user)| user.before.as_ref().is_some_and(User::is_deleted));
        self.movers.extend(absent.map(|(key, _)| *key));
        self.movers.retain(|key| {
            let is_there = state.users.get(key).and_then(Tracked::now).is_some();
            is_there && !state.groups.movers.contains(key)
        });
        if !self.movers.is_empty() {
            let sites: BTreeSet<_> = self.movers.iter().map(|(site, _)| *site).collect();
            self.among.extend(known.into_iter().filter(|(site, _)| sites.contains(site)));
        }
    }
}
