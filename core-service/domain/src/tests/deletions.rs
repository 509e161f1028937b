//! Sites and connections that are deleted, and names that are given once.

use super::court::*;
use crate::{
    Action, Answer, Caller, CallerToken, Changes, Command, Connection, ConnectionName, Context,
    Decision, EventBody, Loaded, NameHolder, Needs, Reason, Refusal, SiteId, SiteName, State,
    Timestamp, Token, TokenCreation, TokenId, TokenName, decide, needs,
};

fn named(name: &str) -> ConnectionName {
    ConnectionName::parse(name).unwrap()
}

fn connection(id: i64, name: &str) -> Connection {
    Connection::new(id, SITE, named(name), BEFORE)
}

fn token(number: u128, connection: &str, name: &str) -> Token {
    Token {
        id: TokenId(id(number).0),
        site: SITE,
        connection: named(connection),
        name: name.to_owned(),
        created_at: BEFORE,
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        is_revealable: false,
    }
}

/// The site `acme` with two connections, each with a token.
fn found() -> Loaded {
    Loaded {
        sites: vec![Court::default().site],
        connections: vec![connection(3, "okta"), connection(5, "scim")],
        tokens: vec![token(1, "okta", "Okta"), token(2, "scim", "first")],
        next_connection: Some(6),
        ..Loaded::default()
    }
}

fn state(found: Loaded) -> State {
    let mut state = State::default();
    state.take_in(Needs::default(), found);
    state
}

fn operator(action: Action) -> Command {
    ask(&Caller::Operator, action)
}

fn decided(state: &mut State, command: &Command) -> Result<Decision, Refusal> {
    ask_for_the_rest(state, command);
    decide(state, &Context { now: NOW, fresh_id: &|| id(99).0 }, command)
}

fn refused(state: &mut State, action: Action) -> Refusal {
    decided(state, &operator(action)).unwrap_err()
}

fn delete(name: &str) -> Action {
    Action::DeleteConnection { name: named(name) }
}

fn create(connection: &str, name: &str, hash: u8) -> Action {
    Action::CreateToken(TokenCreation {
        name: TokenName::parse(name).unwrap(),
        connection: named(connection),
        hash: [hash; 32],
        is_typed: false,
        sealed: None,
        expiration: None,
        id: None,
    })
}

fn kinds(changes: &Changes) -> Vec<&str> {
    changes.events.iter().map(|event| event.body.kind()).collect()
}

#[test]
fn a_connection_goes_with_its_tokens() {
    let mut state = state(found());
    let decision = decided(&mut state, &operator(delete("okta"))).unwrap();
    assert!(matches!(decision.answer, Answer::Deleted), "{:?}", decision.answer);
    assert_eq!((decision.changed, decision.revision), (true, 42));
    for (action, reason) in [
        (delete("okta"), Reason::ConnectionNotFound),
        (create("okta", "new", 1), Reason::ConnectionNotFound),
        (Action::RevokeToken { token: TokenId(id(1).0) }, Reason::TokenNotFound),
    ] {
        assert_eq!(refused(&mut state, action).reason, reason);
    }
    let changes = state.into_changes();
    assert_eq!(changes.deleted_connections, [3]);
    assert_eq!(kinds(&changes), ["token_revoked", "connection_deleted"]);
    let EventBody::TokenRevoked { before } = &changes.events[0].body else { unreachable!() };
    assert_eq!((&*before.name, before.connection.as_str()), ("Okta", "okta"));
    assert!(changes.changed_tokens.is_empty(), "they are no more");
}

/// Whatever is asked of it, or was before in the same group.
#[test]
fn the_name_of_a_connection_may_be_used_again() {
    let mut state = state(found());
    for action in [
        create("okta", "another", 1),
        delete("okta"),
        Action::CreateConnection { name: named("okta") },
        create("okta", "Okta", 2),
    ] {
        decided(&mut state, &operator(action)).unwrap();
    }
    let changes = state.into_changes();
    assert_eq!(changes.deleted_connections, [3]);
    assert_eq!(changes.new_connections, [Connection { created_at: NOW, ..connection(6, "okta") }]);
    let new: Vec<_> =
        changes.new_tokens.iter().map(|new| (&*new.token.name, new.connection)).collect();
    assert_eq!(new, [("Okta", 6)]);
    let expected = [
        "token_created",
        "token_revoked",
        "token_revoked",
        "connection_deleted",
        "connection_created",
        "token_created",
    ];
    assert_eq!(kinds(&changes), expected);

    let mut state = self::state(found());
    for action in [Action::CreateConnection { name: named("new") }, delete("new")] {
        decided(&mut state, &operator(action)).unwrap();
    }
    let changes = state.into_changes();
    assert!(changes.new_connections.is_empty() && changes.deleted_connections.is_empty());
    assert_eq!(kinds(&changes), ["connection_created", "connection_deleted"]);
}

#[test]
fn what_is_meant_where_nothing_is_named_stays() {
    let mut state = state(found());
    let refusal = refused(&mut state, delete("scim"));
    assert_eq!(refusal.reason, Reason::DefaultNotDeletable);
    let site = crate::Site { name: SiteName::DEFAULT.to_owned(), ..Court::default().site };
    let mut state = self::state(Loaded { sites: vec![site], ..Loaded::default() });
    let refusal = refused(&mut state, Action::DeleteSite);
    assert_eq!(refusal.reason, Reason::DefaultNotDeletable);
    assert!(state.into_changes().is_empty());
}

#[test]
fn a_deletion_that_is_only_validated_leaves_nothing() {
    for action in [delete("okta"), Action::DeleteSite] {
        let mut state = state(found());
        let command = Command { validate_only: true, ..operator(action) };
        let decision = decided(&mut state, &command).unwrap();
        assert!(decision.changed);
        assert_eq!(decision.revision, Court::default().site.revision, "the head of the ledger");
        assert!(state.into_changes().is_empty());
    }
}

#[test]
fn a_site_that_was_deleted_is_as_if_it_never_was() {
    let mut state = state(found());
    let decision = decided(&mut state, &operator(Action::DeleteSite)).unwrap();
    assert!(matches!(decision.answer, Answer::Deleted), "{:?}", decision.answer);
    assert_eq!((decision.changed, decision.revision), (true, 41));
    for action in
        [Action::DeleteSite, delete("okta"), create("scim", "x", 1), changing(vec![set_title("x")])]
    {
        assert_eq!(refused(&mut state, action).reason, Reason::SiteNotFound);
    }
    let changes = state.into_changes();
    assert_eq!(changes.deleted_sites, [(SITE, NOW)]);
    assert_eq!(
        (kinds(&changes), &*last_revisions(&changes)),
        (vec!["site_deleted"], &[(SITE, 41)][..])
    );
    assert!(changes.changed_sites.is_empty());
}

/// Commands of one group: the token was good when its caller came.
#[test]
fn nothing_is_written_by_a_token_that_went_a_moment_ago() {
    for deletion in [delete("okta"), Action::DeleteSite] {
        let caller = CallerToken { site: SITE, id: TokenId(id(1).0), expires_at: None };
        let mut state = state(Loaded { callers: vec![caller], ..found() });
        let command = Command { token: Some(caller.id), ..ask(&okta(), delete("x")) };
        // Who is heard is told that this is not for connections.
        let heard = decided(&mut state, &command).unwrap_err();
        assert_eq!(heard.reason, Reason::CallerNotPermitted);
        decided(&mut state, &operator(deletion)).unwrap();
        assert_eq!(decided(&mut state, &command).unwrap_err().reason, Reason::TokenInvalid);
    }
}

#[test]
fn the_name_of_a_deleted_site_is_not_given_again() {
    let name = SiteName::parse("gone").unwrap();
    for (holder, words) in [
        (NameHolder::Site, "a site of this name exists"),
        (NameHolder::DeletedSite, "its ledger stays under the name; choose another name"),
    ] {
        let site_names = vec![(name.clone(), holder)];
        let mut state = state(Loaded { site_names, next_site: Some(8), ..found() });
        let refusal = refused(&mut state, Action::CreateSite { name: name.clone() });
        assert_eq!(refusal.reason, Reason::SiteExists);
        assert!(refusal.message.ends_with(words), "{}", refusal.message);
    }
}

/// Those that open the site, whichever connection they are of.
#[test]
fn a_token_has_its_name_for_itself() {
    let with = |other: Token| {
        let mut state = state(Loaded { tokens: vec![other], ..found() });
        decided(&mut state, &operator(create("scim", "Okta", 1))).map(|_| ())
    };
    let live = || token(1, "okta", "Okta");
    let taken = with(live()).unwrap_err();
    assert_eq!((taken.reason, &*taken.attribute), (Reason::TokenNameTaken, "name"));
    let later = Some(Timestamp(NOW.0 + 1));
    assert_eq!(with(Token { expires_at: later, ..live() }).unwrap_err(), taken);
    for free in [
        Token { revoked_at: Some(BEFORE), ..live() },
        Token { expires_at: Some(NOW), ..live() },
        Token { name: "okta".to_owned(), ..live() },
        Token { site: SiteId(8), ..live() },
    ] {
        assert_eq!(with(free.clone()), Ok(()), "{free:?}");
    }
    let mut state = state(found());
    decided(&mut state, &operator(create("okta", "new", 1))).unwrap();
    let taken = refused(&mut state, create("scim", "new", 2));
    assert_eq!(taken.reason, Reason::TokenNameTaken, "also within a group");
    decided(&mut state, &operator(Action::RevokeToken { token: TokenId(id(1).0) })).unwrap();
    decided(&mut state, &operator(create("scim", "Okta", 3))).unwrap();
}

/// However much there is of it, a deletion of a site reads the site and who has grants for it.
#[test]
fn a_site_is_deleted_without_a_look_at_what_is_in_it() {
    let command = operator(Action::DeleteSite);
    let mut state = State::default();
    let first = needs(&state, [&command].into_iter());
    let sites = [SITE, SiteId::INSTALLATION].into();
    assert_eq!(first, Needs { sites, ..Needs::default() });
    state.take_in(first, Loaded { sites: vec![Court::default().site], ..Loaded::default() });
    let second = needs(&state, [&command].into_iter());
    assert_eq!(second, Needs { grants_about: [SITE].into(), ..Needs::default() });
    state.take_in(second, Loaded::default());
    assert!(needs(&state, [&command].into_iter()).is_empty());
}
