//! Who in a site is known by an external id, where a command turns on that. Those whom the directory deleted are
//! not there for it.

use crate::{ExternalId, SiteId, User, UserId};
use std::collections::{BTreeSet, HashMap};

/// External ids that were asked for, and who is known by each: one user, where it is several.
#[derive(Debug, Default)]
pub(crate) struct ExternalIds(HashMap<(SiteId, ExternalId), Option<UserId>>);

impl ExternalIds {
    /// Takes note that nobody was found, unless somebody was.
    pub(super) fn note_absent(&mut self, keys: BTreeSet<(SiteId, ExternalId)>) {
        self.0.extend(keys.into_iter().map(|key| (key, None)));
    }

    /// Takes note of a user that was found, or of what one has become.
    pub(super) fn begins(&mut self, user: &User) {
        if let Some(known) = self.of(user) {
            known.get_or_insert(user.id);
        }
    }

    /// Takes note that a user is no more what they were.
    pub(super) fn ends(&mut self, user: &User) {
        if let Some(known) = self.of(user) {
            known.take_if(|known| *known == user.id);
        }
    }

    fn of(&mut self, user: &User) -> Option<&mut Option<UserId>> {
        let id = user.external_id.as_ref().filter(|_| !user.is_deleted())?;
        self.0.get_mut(&(user.site, id.clone()))
    }

    pub(crate) fn has(&self, site: SiteId, id: &ExternalId) -> bool {
        self.0.contains_key(&(site, id.clone()))
    }

    pub(crate) fn known_by(&self, site: SiteId, id: &ExternalId) -> Option<UserId> {
        *self.0.get(&(site, id.clone()))?
    }
}
