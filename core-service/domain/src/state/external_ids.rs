//! Who in a site is known by an external id, where a command turns on that. Those whom the directory deleted are
//! not there for it.

use crate::{ExternalId, SiteId, User, UserId};
use std::collections::{BTreeSet, HashMap};

/// External ids that were asked for, and who is known by each: of several, those who were found or have come since.
#[derive(Debug, Default)]
pub(crate) struct ExternalIds(HashMap<(SiteId, ExternalId), BTreeSet<UserId>>);

impl ExternalIds {
    /// Takes note of what was asked for, and of those who were found by something else before it was. Nobody
    /// else is known, unless somebody was found by it.
    pub(super) fn ask<'a>(
        &mut self,
        keys: BTreeSet<(SiteId, ExternalId)>,
        known: impl Iterator<Item = &'a User>,
    ) {
        if keys.is_empty() {
            return;
        }
        self.0.extend(keys.into_iter().map(|key| (key, BTreeSet::new())));
        for user in known {
            self.begins(user);
        }
    }

    /// Takes note of a user that was found, or of what one has become.
    pub(super) fn begins(&mut self, user: &User) {
        if let Some(holders) = self.of(user) {
            holders.insert(user.id);
        }
    }

    /// Takes note that a user is no more what they were. Whoever else is known by the same id stays so.
    pub(super) fn ends(&mut self, user: &User) {
        if let Some(holders) = self.of(user) {
            holders.remove(&user.id);
        }
    }

    fn of(&mut self, user: &User) -> Option<&mut BTreeSet<UserId>> {
        let id = user.external_id.as_ref().filter(|_| !user.is_deleted())?;
        self.0.get_mut(&(user.site, id.clone()))
    }

    pub(crate) fn has(&self, site: SiteId, id: &ExternalId) -> bool {
        self.0.contains_key(&(site, id.clone()))
    }

    /// Whether anybody is known by it.
    pub(crate) fn are_held(&self, site: SiteId, id: &ExternalId) -> bool {
        self.0.get(&(site, id.clone())).is_some_and(|holders| !holders.is_empty())
    }
}
