//! Commands about connections and tokens.

use super::Context;
use super::once::value_not_kept;
use super::site::event;
use crate::{
    Answer, Command, Connection, ConnectionChange, ConnectionName, ConnectionSnapshot, Decision,
    EventBody, MetadataKey, NewToken, Reason, Refusal, SiteId, State, Token, TokenCreation,
    TokenId, TokenSnapshot, unknown_connection, unknown_token, value_can_not_be_shown,
};

/// Makes a connection.
pub(super) fn create_connection(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    name: &ConnectionName,
) -> Result<Decision, Refusal> {
    let site = state.site(command.site)?.id;
    if state.connection(site, name).is_some() {
        return Err(Refusal::about(
            Reason::ConnectionExists,
            "name",
            "a connection of this name exists in the site",
        )
        .naming(MetadataKey::Connection, name.as_str()));
    }
    command.check_version("connection", 0)?;
    let mut connection = Connection::new(0, site, name.clone(), context.now);
    if !command.validate_only {
        connection.id = state.take_connection_key();
        let after = ConnectionSnapshot { connection: name.clone() };
        state.put_connection(connection.clone());
        let body = EventBody::ConnectionCreated { after };
        state.record(event(context, command, site, body));
    }
    let revision = state.head(site);
    let answer = Answer::Connection(connection);
    Ok(Decision { answer, changed: true, notices: Vec::new(), revision })
}

/// Has a connection understood otherwise from now on.
pub(super) fn update_connection(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    change: &ConnectionChange,
) -> Result<Decision, Refusal> {
    let site = state.site(command.site)?.id;
    let name = &change.name;
    let found = state.connection(site, name).cloned();
    let mut connection = found.ok_or_else(|| unknown_connection(name.as_str()))?;
    command.check_version("connection", connection.version)?;
    let (before, after) = (connection.settings, change.applied_to(connection.settings));
    let changed = before != after;
    if changed {
        connection.settings = after;
        connection.version += 1;
    }
    if changed && !command.validate_only {
        state.put_connection(connection.clone());
        let body = EventBody::ConnectionChanged { connection: name.clone(), before, after };
        state.record(event(context, command, site, body));
    }
    let revision = state.head(site);
    let answer = Answer::Connection(connection);
    Ok(Decision { answer, changed, notices: Vec::new(), revision })
}

/// Deletes a connection. Its tokens open nothing any more, and its name may be used again.
pub(super) fn delete_connection(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    name: &ConnectionName,
) -> Result<Decision, Refusal> {
    let site = state.site(command.site)?.id;
    if *name == ConnectionName::first() {
        return Err(Refusal::about(
            Reason::DefaultNotDeletable,
            "connection",
            "the connection scim can't be deleted, because it is meant where none is named; \
             revoke its tokens",
        ));
    }
    let found = state.connection(site, name);
    let connection = found.ok_or_else(|| unknown_connection(name.as_str()))?;
    command.check_version("connection", connection.version)?;
    if !command.validate_only {
        let tokens = state.tokens_of(site, name);
        let revoked = tokens.map(|token| EventBody::TokenRevoked { before: snapshot(token) });
        for body in revoked.collect::<Vec<_>>() {
            state.record(event(context, command, site, body));
        }
        state.remove_connection(site, name);
        let before = ConnectionSnapshot { connection: name.clone() };
        let body = EventBody::ConnectionDeleted { before };
        state.record(event(context, command, site, body));
    }
    let revision = state.head(site);
    Ok(Decision { answer: Answer::Deleted, changed: true, notices: Vec::new(), revision })
}

/// Makes a token.
pub(super) fn create_token(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    creation: &TokenCreation,
) -> Result<Decision, Refusal> {
    let site = state.site(command.site)?.id;
    // Whatever became of its name and its value since then.
    if let Some(token) = made_before(state, site, creation)? {
        let (answer, revision) = (Answer::Token(token.clone()), state.head(site));
        return Ok(Decision { answer, changed: false, notices: vec![value_not_kept()], revision });
    }
    let TokenCreation { name, connection, hash, is_typed: _, sealed, expiration, id } = creation;
    let expires_at = expiration.map(|end| end.seen_from(context.now, "token")).transpose()?;
    let owner = state
        .connection(site, connection)
        .ok_or_else(|| unknown_connection(connection.as_str()))?
        .id;
    if state.is_in_use(hash) {
        return Err(Refusal::about(
            Reason::TokenExists,
            "value",
            "the value is in use as a token; choose another",
        ));
    }
    if state.tokens_named(site, name).any(|token| token.is_live(context.now)) {
        return Err(Refusal::about(
            Reason::TokenNameTaken,
            "name",
            "a token of this name opens the site already; choose another name, or revoke that one",
        )
        .naming(MetadataKey::TokenName, name.as_str()));
    }
    command.check_version("token", 0)?;
    let token = Token {
        id: id.unwrap_or_else(|| TokenId((context.fresh_id)())),
        site,
        connection: connection.clone(),
        name: name.as_str().to_owned(),
        created_at: context.now,
        expires_at,
        last_used_at: None,
        revoked_at: None,
        is_revealable: sealed.is_some(),
    };
    if !command.validate_only {
        let body = EventBody::TokenCreated { after: snapshot(&token) };
        let (token, sealed) = (token.clone(), sealed.clone());
        state.put_new_token(NewToken { token, connection: owner, hash: *hash, sealed });
        state.record(event(context, command, site, body));
    }
    let revision = state.head(site);
    let answer = Answer::Token(token);
    Ok(Decision { answer, changed: true, notices: Vec::new(), revision })
}

/// The token that the same request made before, by the id that came with it. Of a token of another
/// site nothing is told but that its id is taken.
fn made_before<'s>(
    state: &'s State,
    site: SiteId,
    creation: &TokenCreation,
) -> Result<Option<&'s Token>, Refusal> {
    let Some(id) = creation.id else { return Ok(None) };
    let is_known = state.is_in_use(&creation.hash);
    let found = state.token(site, id);
    match found.filter(|token| creation.made(token) && (is_known || !creation.is_typed)) {
        Some(token) => Ok(Some(token)),
        None if state.is_taken(id) => Err(Refusal::about(
            Reason::TokenIdTaken,
            "token_id",
            "the token id came with another request before; send a new UUID, or repeat that request \
             as it was",
        )
        .naming(MetadataKey::TokenId, &id.0)),
        None => Ok(None),
    }
}

/// Revokes a token; the first time counts.
pub(super) fn revoke_token(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    id: TokenId,
) -> Result<Decision, Refusal> {
    let site = state.site(command.site)?.id;
    let token = state.token(site, id).cloned().ok_or_else(unknown_token)?;
    command.check_version("token", token.version())?;
    let changed = token.revoked_at.is_none();
    let revoked_at = token.revoked_at.or(Some(context.now));
    let token = Token { revoked_at, is_revealable: false, ..token };
    if changed && !command.validate_only {
        state.put_token(token.clone());
        let body = EventBody::TokenRevoked { before: snapshot(&token) };
        state.record(event(context, command, site, body));
    }
    let revision = state.head(site);
    let answer = Answer::Token(token);
    Ok(Decision { answer, changed, notices: Vec::new(), revision })
}

/// Has the value of a token shown to whoever asks. What it is, is for whoever has the key.
pub(super) fn reveal_token(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    id: TokenId,
) -> Result<Decision, Refusal> {
    let site = state.site(command.site)?.id;
    let token = state.token(site, id).cloned().ok_or_else(unknown_token)?;
    command.check_version("token", token.version())?;
    if !token.is_revealable || !token.is_live(context.now) {
        let why = "the value of this token is not kept, or it opens nothing any more";
        return Err(value_can_not_be_shown(why));
    }
    if !command.validate_only {
        let body = EventBody::TokenRevealed { after: snapshot(&token) };
        state.record(event(context, command, site, body));
    }
    let revision = state.head(site);
    let answer = Answer::Token(token);
    Ok(Decision { answer, changed: true, notices: Vec::new(), revision })
}

fn snapshot(token: &Token) -> TokenSnapshot {
    TokenSnapshot {
        token: token.id,
        name: token.name.clone(),
        connection: token.connection.clone(),
        expires_at: token.expires_at,
    }
}
