//! What the state was before a command about several users, so that it can be as before. Must never know
//! why it is taken back.

use super::{Current, State, Tracked};
use crate::{Event, SiteId, User, UserId, UserName, UserNameKey};

/// All that commands about users leave in the state.
pub(crate) struct Savepoint {
    site: SiteId,
    users: Vec<(UserId, Current<User>)>,
    user_names: Vec<(UserNameKey, Option<UserId>)>,
    active_admins: Option<u64>,
    recorded: usize,
    moves: usize,
    revision: Option<i64>,
}

impl State {
    /// What is there before something is decided about these users, and these user names.
    pub(crate) fn savepoint<'a>(
        &self,
        site: SiteId,
        users: impl Iterator<Item = UserId> + Clone,
        user_names: impl Iterator<Item = &'a UserName>,
    ) -> Savepoint {
        let own = users.clone();
        let own = own.filter_map(|id| Some(self.user(site, id)?.user_name.key()));
        let users = users.filter_map(|id| {
            let tracked = self.users.get(&(site, id))?;
            Some((id, tracked.current.clone()))
        });
        let named = own.chain(user_names.map(UserName::key));
        let user_names = named.filter_map(|key| {
            let owner = *self.user_names.get(&(site, key.clone()))?;
            Some((key, owner))
        });
        Savepoint {
            site,
            users: users.collect(),
            user_names: user_names.collect(),
            active_admins: self.active_admins.get(&site).copied(),
            recorded: self.events.len(),
            moves: self.moves(),
            revision: self.revisions.get(&site).copied(),
        }
    }

    /// How many lines for ledgers there are.
    pub const fn recorded(&self) -> usize {
        self.events.len()
    }

    /// Makes everything as it was, and gives back the lines that were recorded since then.
    pub(crate) fn restore(&mut self, before: Savepoint) -> Vec<Event> {
        let Savepoint { site, users, user_names, active_admins, recorded, moves, revision } =
            before;
        self.undo_moves(moves);
        // Who is named twice was saved twice, alike.
        for (id, current) in users {
            let tracked = self.users.entry((site, id)).or_insert(const { Tracked::loaded(None) });
            if let Some(user) = tracked.now() {
                self.external_ids.ends(user);
            }
            tracked.current = current;
            if let Some(user) = tracked.now() {
                self.external_ids.begins(user);
            }
            let subject = tracked.now().and_then(|user| user.subject.clone());
            self.subjects.extend(subject.map(|known| ((site, known), Some(id))));
        }
        self.user_names.extend(user_names.into_iter().map(|(key, owner)| ((site, key), owner)));
        self.active_admins.extend(active_admins.map(|number| (site, number)));
        match revision {
            Some(revision) => drop(self.revisions.insert(site, revision)),
            None => drop(self.revisions.remove(&site)),
        }
        self.events.split_off(recorded)
    }
}
