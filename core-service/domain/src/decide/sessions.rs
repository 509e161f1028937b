//! Commands about sessions.

use super::Context;
use super::site::event;
use crate::{
    Answer, Command, Decision, EventBody, NewSession, Refusal, Session, SessionAction,
    SessionHolder, SessionId, SessionKind, SessionSnapshot, SiteId, State, TokenHash,
    token_opens_nothing,
};

/// Decides a command about a session.
pub(super) fn decide(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    action: &SessionAction,
) -> Result<Decision, Refusal> {
    match action {
        SessionAction::Create { kind, hash, code } => {
            create(state, context, command, (*kind, *hash), *code)
        }
        SessionAction::End { session } => end(state, context, command, *session),
    }
}

/// A code that two show at the same time is good for the first of them.
fn create(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    (kind, hash): (SessionKind, TokenHash),
    code: Option<SessionId>,
) -> Result<Decision, Refusal> {
    if let Some(code) = code {
        let is_good = |code: &&Session| code.is_live(context.now);
        state.session(code).filter(is_good).ok_or_else(token_opens_nothing)?;
    }
    command.check_version("session", 0)?;
    let holder = SessionHolder::of(command);
    let session = Session::new(SessionId((context.fresh_id)()), (kind, holder), context.now);
    if !command.validate_only {
        if let Some(code) = code {
            state.remove_session(code);
        }
        state.put_new_session(NewSession { session: session.clone(), hash });
        let after = snapshot(&session);
        let body = match kind {
            SessionKind::SignedIn => EventBody::SessionCreated { after },
            SessionKind::SignInCode => EventBody::SignInCodeCreated { after },
        };
        record(state, context, command, body);
    }
    Ok(decided(state, command, Answer::Session(session), true))
}

/// One that is over already, or never was, is ended as well.
fn end(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    id: SessionId,
) -> Result<Decision, Refusal> {
    // An Admin has their own alone.
    let is_theirs = |session: &&Session| match SessionHolder::of(command) {
        SessionHolder::Operator => true,
        own @ SessionHolder::Admin { .. } => session.holder == own,
    };
    let Some(session) = state.session(id).filter(is_theirs).cloned() else {
        command.check_version("session", 0)?;
        return Ok(decided(state, command, Answer::Deleted, false));
    };
    command.check_version("session", 1)?;
    if !command.validate_only {
        state.remove_session(id);
        let before = snapshot(&session);
        record(state, context, command, EventBody::SessionEnded { before });
    }
    Ok(decided(state, command, Answer::Deleted, true))
}

/// An Admin's is told in the ledger of their site.
fn ledger(command: &Command) -> SiteId {
    command.site.unwrap_or(SiteId::INSTALLATION)
}

fn record(state: &mut State, context: &Context<'_>, command: &Command, body: EventBody) {
    state.record(event(context, command, ledger(command), body));
}

fn decided(state: &State, command: &Command, answer: Answer, changed: bool) -> Decision {
    let revision = state.head(ledger(command));
    Decision { answer, changed, notices: Vec::new(), revision }
}

fn snapshot(session: &Session) -> SessionSnapshot {
    SessionSnapshot { session: session.id, expires_at: session.expires_at }
}
