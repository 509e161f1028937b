//! Who in a site is known by an external id, where a command turns on that. Those whom the directory deleted are
//! not there for it.

use crate::{ExternalId, MOST_KNOWN_ALIKE, SiteId, User, UserId};
use std::collections::{BTreeSet, HashMap};

/// External ids that were asked for, and who is known by each.
#[derive(Debug, Default)]
pub(crate) struct ExternalIds(HashMap<(SiteId, ExternalId), KnownAlike>);

/// Who is known by one external id.
#[derive(Debug, Default)]
struct KnownAlike {
    /// Those who were found or have come since.
    users: BTreeSet<UserId>,
    /// Whether there may be others, because as many were found as were looked for.
    are_perhaps_more: bool,
}

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
        self.0.extend(keys.into_iter().map(|key| (key, KnownAlike::default())));
        for user in known {
            self.finds(user);
        }
    }

    /// Takes note of a user that was found.
    pub(super) fn finds(&mut self, user: &User) {
        if let Some(alike) = self.of(user) {
            alike.users.insert(user.id);
            alike.are_perhaps_more |= alike.users.len() >= MOST_KNOWN_ALIKE;
        }
    }

    /// Takes note of what a user has become.
    pub(super) fn begins(&mut self, user: &User) {
        if let Some(alike) = self.of(user) {
            alike.users.insert(user.id);
        }
    }

    /// Takes note that a user is no more what they were. Whoever else is known by the same id stays so.
    pub(super) fn ends(&mut self, user: &User) {
        if let Some(alike) = self.of(user) {
            alike.users.remove(&user.id);
        }
    }

    fn of(&mut self, user: &User) -> Option<&mut KnownAlike> {
        let id = user.external_id.as_ref().filter(|_| !user.is_deleted())?;
        self.0.get_mut(&(user.site, id.clone()))
    }

    pub(crate) fn has(&self, site: SiteId, id: &ExternalId) -> bool {
        self.0.contains_key(&(site, id.clone()))
    }

    /// Whether anybody is known by it, or may be: whom nobody has looked for stays known by it, also where all who were
    /// found are not any more.
    pub(crate) fn are_held(&self, site: SiteId, id: &ExternalId) -> bool {
        let alike = self.0.get(&(site, id.clone()));
        alike.is_some_and(|alike| alike.are_perhaps_more || !alike.users.is_empty())
    }
}
