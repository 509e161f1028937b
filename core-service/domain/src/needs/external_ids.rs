//! Whom a creation turns on by its external id: where the site links known users, somebody else may be known by it.

use super::Needs;
use crate::{Action, Caller, Command, KnownUserPolicy, SiteId, State};

/// How many users who are known by one external id are looked for, of those whom the directory has the eldest. One is
/// known by it as a rule; the others matter where the same group of commands takes it from those.
pub const MOST_KNOWN_ALIKE: usize = 3;

impl Command {
    /// Whether a creation by it may become a change of a known user.
    pub(crate) fn may_link(&self, state: &State) -> bool {
        let site = self.site.and_then(|site| state.sites.get(&site)?.now());
        matches!(self.caller, Caller::Connection { .. })
            && site.is_some_and(|site| site.policy.known_users == KnownUserPolicy::Link)
    }
}

impl Needs {
    pub(super) fn add_external_ids(&mut self, state: &State, site: SiteId, command: &Command) {
        if !command.may_link(state) {
            return;
        }
        let ids = command.action.parts().filter_map(|action| match action {
            Action::CreateUser(creation) => creation.external_id(),
            _ => None,
        });
        let missing = ids.filter(|id| !state.external_ids.has(site, id));
        self.external_ids.extend(missing.map(|id| (site, id.clone())));
    }
}
