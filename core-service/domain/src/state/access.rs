//! Connections and their tokens in the state of a group.

use super::{Current, State, Tracked, asked_for};
use crate::{Connection, ConnectionName, NewToken, SiteId, Token, TokenHash, TokenId, TokenName};

impl State {
    pub(crate) fn connection(&self, site: SiteId, name: &ConnectionName) -> Option<&Connection> {
        asked_for(self.connections.get(&(site, name.clone())), "a connection").now()
    }

    /// Whether a token, of whichever site, has this hash.
    pub(crate) fn is_in_use(&self, hash: &TokenHash) -> bool {
        *asked_for(self.token_hashes.get(hash), "the hash of a token")
    }

    /// Whether a token, of whichever site, has this id.
    pub(crate) fn is_taken(&self, id: TokenId) -> bool {
        *asked_for(self.token_ids.get(&id), "the id of a token")
    }

    /// A key for a new connection.
    pub(crate) fn take_connection_key(&mut self) -> i64 {
        let key = asked_for(self.next_connection, "the key of the next connection");
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

    /// A token of a site, of those that were needed or made here.
    pub(crate) fn token(&self, site: SiteId, id: TokenId) -> Option<&Token> {
        let is_it = |token: &&Token| token.site == site && token.id == id;
        let new = self.new_tokens.iter().map(|new| &new.token).find(is_it);
        new.or_else(|| asked_for(self.tokens.get(&(site, id)), "a token").now())
    }

    /// The tokens of a site that are not revoked and have this name.
    pub(crate) fn tokens_named(
        &self,
        site: SiteId,
        name: &TokenName,
    ) -> impl Iterator<Item = &Token> {
        asked_for(self.tokens_named.get(&(site, name.clone())), "the name of a token");
        self.unrevoked_tokens(site).filter(|token| token.name == name.as_str())
    }

    /// The tokens of a connection that are not revoked.
    pub(crate) fn tokens_of(
        &self,
        site: SiteId,
        connection: &ConnectionName,
    ) -> impl Iterator<Item = &Token> {
        let tokens = self.tokens_of.get(&(site, connection.clone()));
        asked_for(tokens, "the tokens of a connection");
        self.unrevoked_tokens(site).filter(move |token| token.connection == *connection)
    }

    fn unrevoked_tokens(&self, site: SiteId) -> impl Iterator<Item = &Token> {
        let known = self.tokens.values().filter_map(Tracked::now);
        let tokens = known.chain(self.new_tokens.iter().map(|new| &new.token));
        tokens.filter(move |token| token.site == site && token.revoked_at.is_none())
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
        if let Some(new) = self.new_tokens.iter_mut().find(|new| new.token.id == token.id) {
            new.token = token;
            return;
        }
        let tracked = self.tokens.entry(key).or_insert(const { Tracked::loaded(None) });
        tracked.current = Current::Changed(token);
    }
}
