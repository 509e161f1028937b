//! Sessions: who is signed in by a code, and until when.

use super::court::*;
use crate::{
    Action, Answer, Caller, Command, Context, Decision, Loaded, Needs, Reason, Refusal, Session,
    SessionAction, SessionHolder, SessionId, SessionKind, Site, SiteId, State, Timestamp, decide,
};

fn session_id(number: u128) -> SessionId {
    SessionId(id(number).0)
}

fn session(number: u128, kind: SessionKind, expires_at: Timestamp) -> Session {
    Session {
        id: session_id(number),
        kind,
        created_at: BEFORE,
        expires_at,
        last_used_at: BEFORE,
        holder: SessionHolder::Operator,
    }
}

/// The code 5 is good, the code 6 is not any more, and somebody is signed in by 7.
fn state() -> State {
    let later = Timestamp(NOW.0 + 1);
    let loaded = Loaded {
        sites: vec![Site { id: SiteId::INSTALLATION, ..Court::default().site }],
        sessions: vec![
            session(5, SessionKind::SignInCode, later),
            session(6, SessionKind::SignInCode, NOW),
            session(7, SessionKind::SignedIn, later),
        ],
        ..Loaded::default()
    };
    let mut state = State::default();
    state.take_in(Needs::default(), loaded);
    state
}

fn asked(action: SessionAction) -> Command {
    let site = Some(SiteId::INSTALLATION);
    Command { site, ..ask(&Caller::Operator, Action::Session(action)) }
}

fn tried(action: SessionAction) -> Command {
    Command { validate_only: true, ..asked(action) }
}

fn decided(state: &mut State, command: &Command) -> Result<Decision, Refusal> {
    ask_for_the_rest(state, command);
    decide(state, &Context { now: NOW, fresh_id: &|| id(99).0 }, command)
}

fn create(kind: SessionKind, code: Option<u128>) -> SessionAction {
    SessionAction::Create { kind, hash: [1; 32], code: code.map(session_id) }
}

fn end(number: u128) -> SessionAction {
    SessionAction::End { session: session_id(number) }
}

/// Sessions that are new, those that are no more, and kinds of events.
fn kept(state: State) -> (Vec<SessionId>, Vec<SessionId>, Vec<String>) {
    let changes = state.into_changes();
    let new = changes.new_sessions.iter().map(|new| new.session.id).collect();
    let kinds = changes.events.iter().map(|event| event.body.kind().to_owned()).collect();
    (new, changes.deleted_sessions, kinds)
}

fn kinds(kinds: &[&str]) -> Vec<String> {
    kinds.iter().map(|kind| (*kind).to_owned()).collect()
}

#[test]
fn a_code_signs_in_once() {
    let mut state = state();
    let sign_in = |code| create(SessionKind::SignedIn, Some(code));
    assert!(decided(&mut state, &tried(sign_in(5))).unwrap().changed);
    let decision = decided(&mut state, &asked(sign_in(5))).unwrap();
    let Answer::Session(made) = &decision.answer else { panic!("{decision:?}") };
    assert_eq!((decision.changed, made.id, made.created_at), (true, session_id(99), NOW));
    for used in [5, 6, 77] {
        let refusal = decided(&mut state, &asked(sign_in(used))).unwrap_err();
        assert_eq!(refusal.reason, Reason::TokenInvalid, "{used}");
    }
    let expected = (vec![session_id(99)], vec![session_id(5)], kinds(&["session_created"]));
    assert_eq!(kept(state), expected);
}

#[test]
fn a_code_is_made_without_another() {
    let mut state = state();
    let command = create(SessionKind::SignInCode, None);
    assert!(decided(&mut state, &tried(command.clone())).unwrap().changed);
    assert!(decided(&mut state, &asked(command)).unwrap().changed);
    let expected = (vec![session_id(99)], vec![], kinds(&["sign_in_code_created"]));
    assert_eq!(kept(state), expected);
}

#[test]
fn a_session_ends_once_and_one_that_never_was_is_over() {
    let mut state = state();
    assert!(decided(&mut state, &tried(end(7))).unwrap().changed);
    for (number, changed) in [(7, true), (7, false), (77, false)] {
        let decision = decided(&mut state, &asked(end(number))).unwrap();
        assert!(matches!(decision.answer, Answer::Deleted), "{number}");
        assert_eq!(decision.changed, changed, "{number}");
    }
    // Also one that was made in the same group.
    decided(&mut state, &asked(create(SessionKind::SignedIn, None))).unwrap();
    assert!(decided(&mut state, &asked(end(99))).unwrap().changed);
    let (new, gone, kinds) = kept(state);
    assert_eq!((new, gone), (vec![], vec![session_id(7)]));
    assert_eq!(kinds, ["session_ended", "session_created", "session_ended"]);
}
