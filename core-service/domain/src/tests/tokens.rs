//! Tokens of connections: those that come with an id of their own, and what goes with a connection.

use super::court::*;
use crate::{
    Action, Answer, Caller, Command, Connection, ConnectionName, Context, Decision, Expiration,
    Loaded, Needs, Reason, Refusal, RequestClaim, RequestId, State, Timestamp, Token,
    TokenCreation, TokenId, TokenName, decide,
};

const LATER: Timestamp = Timestamp(NOW.0 + 1);
const KNOWN_HASH: [u8; 32] = [7; 32];

fn token_id(number: u128) -> TokenId {
    TokenId(id(number).0)
}

fn connection(name: &str) -> ConnectionName {
    ConnectionName::parse(name).unwrap()
}

fn token(number: u128, connection_name: &str, expires_at: Option<Timestamp>) -> Token {
    Token {
        id: token_id(number),
        site: SITE,
        connection: connection(connection_name),
        name: format!("token {number}"),
        created_at: BEFORE,
        expires_at,
        last_used_at: None,
        revoked_at: None,
        is_revealable: false,
    }
}

/// A site with two connections and these tokens, and another one where the token 9 is.
fn state(tokens: Vec<Token>) -> State {
    let of = |key, name| Connection::new(key, SITE, connection(name), BEFORE);
    let mut state = State::default();
    let token_ids = tokens.iter().map(|token| token.id).chain([token_id(9)]).collect();
    let loaded = Loaded {
        sites: vec![Court::default().site],
        connections: vec![of(5, "okta"), of(6, "entra")],
        tokens,
        token_ids,
        token_hashes: vec![KNOWN_HASH],
        next_connection: Some(7),
        ..Loaded::default()
    };
    state.take_in(Needs::default(), loaded);
    state
}

fn decided(state: &mut State, command: &Command) -> Result<Decision, Refusal> {
    ask_for_the_rest(state, command);
    decide(state, &Context { now: NOW, fresh_id: &|| id(99).0 }, command)
}

fn operator(action: Action) -> Command {
    ask(&Caller::Operator, action)
}

fn creation() -> TokenCreation {
    TokenCreation {
        name: TokenName::parse("token 5").unwrap(),
        connection: connection("okta"),
        hash: [1; 32],
        is_typed: false,
        sealed: None,
        expiration: None,
        id: Some(token_id(5)),
    }
}

fn reasons(decision: &Decision) -> Vec<Reason> {
    decision.notices.iter().map(|notice| notice.reason).collect()
}

/// Whoever didn't hear the answer asks again, and gets the token that there is.
#[test]
fn what_comes_again_with_the_id_of_a_token_is_the_same_request_or_another() {
    type Otherwise = fn(&mut TokenCreation);
    let (again, another) = (Ok(false), Err(Reason::TokenIdTaken));
    let table: [(Otherwise, Option<Timestamp>, Result<bool, Reason>); 15] = [
        (|_| {}, None, again),
        // A value that was generated is another one each time, a typed one is not.
        (|it| it.hash = KNOWN_HASH, None, again),
        (|it| (it.is_typed, it.hash) = (true, KNOWN_HASH), None, again),
        (|it| it.is_typed = true, None, another),
        (|it| it.name = TokenName::parse("token 6").unwrap(), None, another),
        (|it| it.connection = connection("entra"), None, another),
        (|_| {}, Some(LATER), another),
        (|it| it.expiration = Some(Expiration::At(LATER)), Some(LATER), again),
        (|it| it.expiration = Some(Expiration::At(NOW)), Some(LATER), another),
        (|it| it.expiration = Some(Expiration::At(LATER)), None, another),
        // When it was asked for first is not known.
        (|it| it.expiration = Some(Expiration::After(7)), Some(LATER), again),
        (|it| it.expiration = Some(Expiration::After(7)), None, another),
        // Of a token of another site nothing is told but that its id is taken.
        (|it| it.id = Some(token_id(9)), None, another),
        (|it| it.id = Some(token_id(6)), None, Ok(true)),
        (|it| it.id = None, None, Err(Reason::TokenNameTaken)),
    ];
    for (line, (asked, expires_at, outcome)) in table.into_iter().enumerate() {
        let mut creation = creation();
        asked(&mut creation);
        if outcome == Ok(true) {
            creation.name = TokenName::parse("new").unwrap();
        }
        let mut state = state(vec![token(5, "okta", expires_at)]);
        let answer = decided(&mut state, &operator(Action::CreateToken(creation.clone())));
        if let Ok(decision) = &answer {
            let Answer::Token(token) = &decision.answer else { panic!("{decision:?}") };
            assert_eq!(Some(token.id), creation.id, "line {line}");
            let told = if decision.changed { vec![] } else { vec![Reason::TokenValueNotKept] };
            assert_eq!(reasons(decision), told, "line {line}");
        }
        let answer = answer.map(|decision| decision.changed).map_err(|refusal| refusal.reason);
        assert_eq!(answer, outcome, "line {line}");
    }
}

#[test]
fn an_id_is_taken_in_the_group_in_which_it_came_first() {
    let mut state = state(Vec::new());
    let create = |name: &str| {
        let name = TokenName::parse(name).unwrap();
        operator(Action::CreateToken(TokenCreation { name, ..creation() }))
    };
    assert!(decided(&mut state, &create("one")).unwrap().changed);
    assert!(!decided(&mut state, &create("one")).unwrap().changed);
    let refusal = decided(&mut state, &create("two")).unwrap_err();
    assert_eq!(refusal.reason, Reason::TokenIdTaken);
}

/// The value is told once, whatever the request is known by.
#[test]
fn a_repeated_request_for_a_token_is_told_that_its_value_is_gone() {
    let creation = TokenCreation { id: None, ..creation() };
    let name = connection("third");
    for (action, told) in [
        (Action::CreateToken(creation), vec![Reason::TokenValueNotKept]),
        (Action::CreateConnection { name }, vec![]),
    ] {
        let id = RequestId::parse("one").unwrap();
        let request = Some(RequestClaim { id, fingerprint: "7".to_owned() });
        let command = Command { request, ..operator(action) };
        let mut state = state(Vec::new());
        assert_eq!(reasons(&decided(&mut state, &command).unwrap()), []);
        let again = decided(&mut state, &command).unwrap();
        assert_eq!((again.changed, reasons(&again)), (true, told));
    }
}

#[test]
fn a_token_has_its_second_version_once_it_is_revoked() {
    let live = token(5, "okta", None);
    let revoked = Token { revoked_at: Some(NOW), ..live.clone() };
    assert_eq!((live.version(), revoked.version()), (1, 2));
}

#[test]
fn with_a_connection_its_own_tokens_go() {
    let tokens = vec![token(5, "okta", None), token(6, "entra", None)];
    let mut state = state(tokens);
    let deletion = operator(Action::DeleteConnection { name: connection("okta") });
    decided(&mut state, &deletion).unwrap();
    let revoke = |number| operator(Action::RevokeToken { token: token_id(number) });
    let refusal = decided(&mut state, &revoke(5)).unwrap_err();
    assert_eq!(refusal.reason, Reason::TokenNotFound);
    assert!(decided(&mut state, &revoke(6)).unwrap().changed);
    let changes = state.into_changes();
    let kinds: Vec<_> = changes.events.iter().map(|event| event.body.kind()).collect();
    assert_eq!(kinds, ["token_revoked", "connection_deleted", "token_revoked"]);
}
