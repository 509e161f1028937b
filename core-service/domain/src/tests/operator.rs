//! What the operator asks about sites, settings, connections and tokens.

use super::court::*;
use crate::{
    Action, Answer, CallerToken, Command, ConnectionName, ConnectionPolicy, Context, Decision,
    EventBody, Expiration, Loaded, NameHolder, Needs, Reason, Refusal, SettingsChange, SiteName,
    State, Timestamp, Token, TokenCreation, TokenId, TokenName, decide, needs,
};

/// A state of one site, `acme`, with its first connection.
fn state() -> State {
    let court = Court::default();
    let connection = crate::Connection::new(5, SITE, ConnectionName::first(), BEFORE);
    let mut state = State::default();
    let loaded = Loaded {
        sites: vec![court.site],
        site_names: vec![(SiteName::parse("acme").unwrap(), NameHolder::Site)],
        connections: vec![connection],
        token_hashes: vec![[7; 32]],
        next_site: Some(8),
        next_connection: Some(6),
        ..Loaded::default()
    };
    state.take_in(Needs::default(), loaded);
    state
}

fn operator(action: Action) -> Command {
    ask(&crate::Caller::Operator, action)
}

fn decided(state: &mut State, command: &Command) -> Result<Decision, Refusal> {
    ask_for_the_rest(state, command);
    decide(state, &Context { now: NOW, fresh_id: &|| id(99).0 }, command)
}

fn connection(name: &str) -> Action {
    Action::CreateConnection { name: ConnectionName::parse(name).unwrap() }
}

fn site(name: &str) -> Action {
    Action::CreateSite { name: SiteName::parse(name).unwrap() }
}

fn token(connection: &str, hash: u8, expires_at: Option<Timestamp>) -> Action {
    Action::CreateToken(TokenCreation {
        name: TokenName::parse("Okta production").unwrap(),
        connection: ConnectionName::parse(connection).unwrap(),
        hash: [hash; 32],
        is_typed: false,
        sealed: None,
        expiration: expires_at.map(Expiration::At),
        id: None,
    })
}

fn actions() -> [Action; 7] {
    let off = SettingsChange { enabled: Some(false), ..SettingsChange::default() };
    let revocation = Action::RevokeToken { token: TokenId(id(1).0) };
    [
        site("new"),
        Action::UpdateSettings(off),
        connection("okta"),
        token("scim", 1, None),
        revocation,
        Action::DeleteSite,
        Action::DeleteConnection { name: ConnectionName::first() },
    ]
}

#[test]
fn nobody_else_is_heard() {
    for action in actions() {
        let refusal = decided(&mut state(), &ask(&okta(), action)).unwrap_err();
        assert_eq!(refusal.reason, Reason::CallerNotPermitted);
    }
}

#[test]
fn what_is_only_validated_leaves_nothing() {
    for action in actions().into_iter().take(4) {
        let mut state = state();
        let command = Command { validate_only: true, ..operator(action) };
        let decision = decided(&mut state, &command).unwrap();
        assert!(decision.changed);
        // A site that is not there has no ledger yet.
        let head = if let Action::CreateSite { .. } = &command.action { 0 } else { 40 };
        assert_eq!(decision.revision, head);
        assert!(state.into_changes().is_empty());
    }
}

#[test]
fn a_name_is_given_once_also_within_a_group() {
    let mut state = state();
    for (action, reason) in [
        (site("new"), Reason::SiteExists),
        (connection("okta"), Reason::ConnectionExists),
        (token("scim", 1, None), Reason::TokenExists),
    ] {
        decided(&mut state, &operator(action.clone())).unwrap();
        assert_eq!(decided(&mut state, &operator(action)).unwrap_err().reason, reason);
    }
    for (action, reason) in [
        (site("acme"), Reason::SiteExists),
        (connection("scim"), Reason::ConnectionExists),
        (token("scim", 7, None), Reason::TokenExists),
        (token("nobody", 2, None), Reason::ConnectionNotFound),
        (token("scim", 2, Some(NOW)), Reason::ValueInvalid),
    ] {
        assert_eq!(decided(&mut state, &operator(action)).unwrap_err().reason, reason);
    }
    let changes = state.into_changes();
    let keys: Vec<_> = changes.new_connections.iter().map(|c| (c.site.0, c.id)).collect();
    assert_eq!(keys, [(7, 7), (8, 6)]);
    assert_eq!(changes.new_sites[0].id.0, 8);
    assert_eq!((changes.new_tokens.len(), changes.new_tokens[0].connection), (1, 5));
    assert_eq!(last_revisions(&changes), [(SITE, 42), (crate::SiteId(8), 1)]);
    assert!(changes.alters_access());
}

#[test]
fn settings_that_stay_as_they_are_write_nothing() {
    let mut state = state();
    let same = SettingsChange { enabled: Some(true), ..SettingsChange::default() };
    let decision = decided(&mut state, &operator(Action::UpdateSettings(same))).unwrap();
    assert_eq!((decision.changed, decision.revision), (false, 40));
    let protecting = SettingsChange {
        protect: vec![name("Éva"), name("E\u{301}VA"), name("bob")],
        unprotect: vec![name("BOB").key()],
        ..SettingsChange::default()
    };
    let decision = decided(&mut state, &operator(Action::UpdateSettings(protecting))).unwrap();
    let Answer::Settings { policy, version } = decision.answer else {
        panic!("{:?}", decision.answer)
    };
    let expected =
        ConnectionPolicy { protected: vec!["Éva".to_owned()], ..ConnectionPolicy::default() };
    assert_eq!((&policy, version), (&expected, 2));
    let changes = state.into_changes();
    assert_eq!(changes.changed_sites[0].policy, expected);
    let body = EventBody::SettingsChanged { before: ConnectionPolicy::default(), after: expected };
    assert_eq!(changes.events[0].body, body);
}

#[test]
fn a_site_protects_only_so_many() {
    let names = |range: std::ops::Range<usize>| range.map(|number| name(&format!("u{number}")));
    let protecting = |protect: Vec<_>| SettingsChange { protect, ..SettingsChange::default() };
    let mut state = state();
    let mut update =
        |change| decided(&mut state, &operator(Action::UpdateSettings(change))).map(|_| ());
    let reason = |answer: Result<(), Refusal>| answer.map_err(|refusal| refusal.reason);
    let exceeded = Err(Reason::LimitExceeded);
    assert_eq!(reason(update(protecting(names(0..101).collect()))), exceeded);
    assert_eq!(reason(update(protecting(names(0..100).collect()))), Ok(()));
    assert_eq!(reason(update(protecting(names(0..100).collect()))), Ok(()), "the same ones");
    assert_eq!(reason(update(protecting(names(100..101).collect()))), exceeded);
    let unprotect: Vec<_> = names(0..101).map(|name| name.key()).collect();
    let many = SettingsChange { unprotect: unprotect.clone(), ..SettingsChange::default() };
    assert_eq!(reason(update(many)), exceeded);
    let unprotect = unprotect[..1].to_vec();
    let in_exchange = SettingsChange { unprotect, ..protecting(names(100..101).collect()) };
    assert_eq!(reason(update(in_exchange)), Ok(()));
}

#[test]
fn a_token_is_revoked_once() {
    let mut state = state();
    let old = Token {
        id: TokenId(id(1).0),
        site: SITE,
        connection: ConnectionName::first(),
        name: "old".to_owned(),
        created_at: BEFORE,
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        is_revealable: false,
    };
    let loaded = Loaded { tokens: vec![old], ..Loaded::default() };
    state.take_in(Needs::default(), loaded);
    let tried = Command {
        validate_only: true,
        ..operator(Action::RevokeToken { token: crate::TokenId(id(1).0) })
    };
    let decision = decided(&mut state, &tried).unwrap();
    assert_eq!((decision.changed, decision.revision), (true, 40));
    for (number, changed) in [(1, true), (1, false)] {
        let command = operator(Action::RevokeToken { token: TokenId(id(number).0) });
        let decision = decided(&mut state, &command).unwrap();
        let Answer::Token(token) = decision.answer else { panic!("{:?}", decision.answer) };
        assert_eq!((decision.changed, token.revoked_at), (changed, Some(NOW)));
    }
    let unknown = operator(Action::RevokeToken { token: TokenId(id(2).0) });
    assert_eq!(decided(&mut state, &unknown).unwrap_err().reason, Reason::TokenNotFound);
    let changes = state.into_changes();
    assert_eq!((changes.changed_tokens.len(), changes.events.len()), (1, 1));
}

/// Its caller chose the id, and may name it before the answer is there.
#[test]
fn a_token_is_revoked_in_the_group_in_which_it_was_made() {
    let mut state = state();
    let Action::CreateToken(creation) = token("scim", 1, None) else { panic!("no creation") };
    let token = TokenId(id(5).0);
    let creation = TokenCreation { id: Some(token), ..creation };
    decided(&mut state, &operator(Action::CreateToken(creation))).unwrap();
    decided(&mut state, &operator(Action::RevokeToken { token })).unwrap();
    let changes = state.into_changes();
    let new: Vec<_> = changes.new_tokens.iter().map(|new| new.token.revoked_at).collect();
    assert_eq!((new, changes.changed_tokens.len()), (vec![Some(NOW)], 0));
}

#[test]
fn sites_and_connections_get_keys_of_their_own() {
    let mut state = state();
    for action in [site("one"), site("two"), connection("okta")] {
        decided(&mut state, &operator(action)).unwrap();
    }
    let changes = state.into_changes();
    let sites: Vec<_> = changes.new_sites.iter().map(|site| site.id.0).collect();
    let connections = changes.new_connections.iter().map(|it| (it.site.0, it.id));
    assert_eq!(sites, [8, 9]);
    let mut connections: Vec<_> = connections.collect();
    connections.sort_unstable();
    assert_eq!(connections, [(SITE.0, 8), (8, 6), (9, 7)]);
}

/// It was good when its caller came. What an earlier command of the group did to it counts, too.
#[test]
fn a_command_is_heard_only_while_its_token_opens_the_site() {
    let valid = |expires_at| CallerToken { site: SITE, id: TokenId(id(1).0), expires_at };
    let heard = |callers: Vec<CallerToken>, revoked: bool| {
        let mut state = state();
        let token = Token {
            id: TokenId(id(1).0),
            site: SITE,
            connection: ConnectionName::first(),
            name: "first".to_owned(),
            created_at: BEFORE,
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
            is_revealable: false,
        };
        let loaded = Loaded { tokens: vec![token], callers, ..Loaded::default() };
        let command = Command { token: Some(TokenId(id(1).0)), ..ask(&okta(), connection("x")) };
        let asked = needs(&state, [&command].into_iter()).callers;
        assert_eq!(asked, [(SITE, TokenId(id(1).0))].into());
        state.take_in(Needs { callers: asked, ..Needs::default() }, loaded);
        if revoked {
            let revocation = operator(Action::RevokeToken { token: TokenId(id(1).0) });
            decided(&mut state, &revocation).unwrap();
        }
        let refusal = decided(&mut state, &command).unwrap_err();
        // Who is heard is told that this is not for connections.
        refusal.reason == Reason::CallerNotPermitted
    };
    assert!(heard(vec![valid(None)], false));
    assert!(heard(vec![valid(Some(Timestamp(NOW.0 + 1)))], false));
    assert!(!heard(vec![valid(Some(NOW))], false), "expired");
    assert!(!heard(Vec::new(), false), "revoked or deleted");
    assert!(!heard(vec![valid(None)], true), "revoked a moment ago");
}

/// Whatever is loaded, everything needed is asked for once, found or not.
#[test]
fn needs_come_to_an_end() {
    let commands: Vec<_> = actions()
        .into_iter()
        .chain([changing(vec![crate::Change::SetRole(crate::Role::Admin)]), deleting()])
        .map(operator)
        .collect();
    let mut state = State::default();
    let mut rounds = Vec::new();
    loop {
        let needs = needs(&state, commands.iter());
        if needs.is_empty() {
            break;
        }
        rounds.push((needs.sites.len(), needs.users.len(), needs.active_admins.len()));
        let keys = |needed: bool| needed.then_some(1);
        let loaded = Loaded {
            next_site: keys(needs.next_site),
            next_connection: keys(needs.next_connection),
            ..Loaded::default()
        };
        state.take_in(needs, loaded);
    }
    // The site, and the installation, in whose ledger its deletion stands too.
    assert_eq!(rounds, [(2, 1, 0), (0, 0, 0), (0, 0, 1)]);
    for command in &commands[1..] {
        let refusal = decided(&mut state, command).unwrap_err();
        assert_eq!(refusal.reason, Reason::SiteNotFound);
    }
}
