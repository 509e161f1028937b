//! Connections and their tokens in the state of a group.

use super::{Current, State, Tracked};
use crate::{Connection, ConnectionName, NewToken, SiteId, Token};

impl State {
    pub(crate) fn connection(&self, site: SiteId, name: &ConnectionName) -> Option<&Connection> {
        self.connections.get(&(site, name.clone()))?.now()
    }

    /// A key for a new connection.
    pub(crate) fn take_connection_key(&mut self) -> i64 {
        let key = self.next_connection.unwrap_or(1);
        self.next_connection = Some(key + 1);
        key
    }

    pub(crate) fn put_connection(&mut self, connection: Connection) {
        let key = (connection.site, connection.name.clone());
        let tracked = self.connections.entry(key).or_insert(const { Tracked::loaded(None) });
        tracked.current = Current::Changed(connection);
    }

    /// Takes a connection away, and its tokens with it.
    pub(crate) fn remove_connection(&mut self, site: SiteId, name: &ConnectionName) {
        let Some(tracked) = self.connections.get_mut(&(site, name.clone())) else { return };
        tracked.current = Current::Gone;
        let is_of = |token: &Token| token.site == site && token.connection == *name;
        self.new_tokens.retain(|new| !is_of(&new.token));
        for (key, token) in &mut self.tokens {
            if token.now().is_some_and(is_of) {
                token.current = Current::Gone;
                self.callers.insert(*key, None);
            }
        }
    }

    /// The tokens of a site, of those that were needed or made here.
    pub(crate) fn tokens(&self, site: SiteId) -> impl Iterator<Item = &Token> {
        let known = self.tokens.values().filter_map(Tracked::now);
        let tokens = known.chain(self.new_tokens.iter().map(|new| &new.token));
        tokens.filter(move |token| token.site == site)
    }

    /// Those of them that were not revoked.
    pub(crate) fn unrevoked_tokens(&self, site: SiteId) -> impl Iterator<Item = &Token> {
        self.tokens(site).filter(|token| token.revoked_at.is_none())
    }

    pub(crate) fn put_new_token(&mut self, token: NewToken) {
        self.token_ids.insert(token.token.id, true);
        self.token_hashes.insert(token.hash, true);
        self.new_tokens.push(token);
    }

    pub(crate) fn put_token(&mut self, token: Token) {
        let key = (token.site, token.id);
        if token.revoked_at.is_some() {
            self.callers.insert(key, None);
        }
        let tracked = self.tokens.entry(key).or_insert(const { Tracked::loaded(None) });
        tracked.current = Current::Changed(token);
    }
}
