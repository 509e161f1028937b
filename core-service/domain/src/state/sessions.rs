//! Sessions in the state of a group.

use super::{Current, State, Tracked, asked_for};
use crate::{Changes, NewSession, Session, SessionId};
use std::collections::BTreeMap;

impl State {
    /// The session or code of this id, of those that were needed or made here.
    pub(crate) fn session(&self, id: SessionId) -> Option<&Session> {
        let new = self.new_sessions.iter().map(|new| &new.session).find(|made| made.id == id);
        new.or_else(|| asked_for(self.sessions.get(&id), "a session").now())
    }

    pub(crate) fn put_new_session(&mut self, session: NewSession) {
        self.new_sessions.push(session);
    }

    /// Takes a session away, which opens nothing from then on.
    pub(crate) fn remove_session(&mut self, id: SessionId) {
        self.new_sessions.retain(|new| new.session.id != id);
        let tracked = self.sessions.entry(id).or_insert(const { Tracked::loaded(None) });
        tracked.current = Current::Gone;
    }
}

/// What of the sessions is to be kept.
pub(super) fn keep(
    sessions: BTreeMap<SessionId, Tracked<Session>>,
    new: Vec<NewSession>,
    changes: &mut Changes,
) {
    let gone = |it: Tracked<Session>| it.before.filter(|_| matches!(it.current, Current::Gone));
    changes.deleted_sessions.extend(sessions.into_values().filter_map(gone).map(|it| it.id));
    changes.new_sessions = new;
}
