//! What each action needs, round by round, and what is left to be kept when it was decided.

use super::court::*;
use crate::{
    AccessAction, Action, BatchPart, Caller, Change, Changes, Command, Connection, ConnectionName,
    Context, Creation, Event, EventBody, GroupAction, GroupChange, GroupId, Loaded, NameHolder,
    Needs, NewToken, Outcome, Profile, Replacement, RequestClaim, RequestId, Role, Saved,
    ServiceName, SettingsChange, SignIn, Site, SiteId, SiteName, State, Subject, Token,
    TokenCreation, TokenHash, TokenId, TokenName, UserId, UserNameKey, decide, needs,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use uuid::Uuid;

const HASH: TokenHash = [7; 32];

fn connection_name() -> ConnectionName {
    ConnectionName::parse("okta").unwrap()
}

fn token_id() -> TokenId {
    TokenId(Uuid::from_u128(5))
}

fn site() -> Site {
    Court::default().site
}

fn token() -> Token {
    Token {
        id: token_id(),
        site: SITE,
        connection: connection_name(),
        name: "one".to_owned(),
        created_at: BEFORE,
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        is_revealable: false,
    }
}

fn connection() -> Connection {
    Connection::new(3, SITE, connection_name(), BEFORE)
}

fn create_token() -> Action {
    Action::CreateToken(TokenCreation {
        name: TokenName::parse("one").unwrap(),
        connection: connection_name(),
        hash: HASH,
        is_typed: false,
        sealed: None,
        expiration: None,
        id: None,
    })
}

fn make_site() -> Command {
    let name = SiteName::parse("other").unwrap();
    Command { site: None, ..ask(&okta(), Action::CreateSite { name }) }
}

fn key(text: &str) -> UserNameKey {
    name(text).key()
}

/// What is missing, round after round, where nothing of it is found.
fn rounds(state: &mut State, command: &Command) -> Vec<Needs> {
    let mut rounds = Vec::new();
    loop {
        let round = needs(state, std::iter::once(command));
        if round.is_empty() {
            return rounds;
        }
        rounds.push(needs(state, std::iter::once(command)));
        let next_site = round.next_site.then_some(1);
        let next_connection = round.next_connection.then_some(1);
        state.take_in(round, Loaded { next_site, next_connection, ..Loaded::default() });
    }
}

fn about_the_site() -> Needs {
    Needs { sites: [SITE].into(), ..Needs::default() }
}

fn about_the_user() -> Needs {
    Needs { users: [(SITE, id(1))].into(), ..about_the_site() }
}

fn about_names(names: &[&str]) -> Needs {
    let user_names = names.iter().map(|name| (SITE, key(name))).collect();
    Needs { user_names, ..Needs::default() }
}

fn about_the_connection() -> Needs {
    Needs { connections: [(SITE, connection_name())].into(), ..Needs::default() }
}

/// What a new token needs.
fn about_the_token() -> Needs {
    Needs {
        token_hashes: [HASH].into(),
        tokens_named: [(SITE, TokenName::parse("one").unwrap())].into(),
        ..about_the_connection()
    }
}

fn about_admins() -> Needs {
    Needs { active_admins: [SITE].into(), ..Needs::default() }
}

#[test]
fn each_action_needs_what_it_is_about() {
    let rename = Change::SetUserName(name("eve"));
    let anew = |user_name: Option<&str>, role| {
        let user_name = user_name.map(name);
        Change::Replace(Box::new(Replacement { user_name, role, ..Replacement::default() }))
    };
    let creating = |changes| Action::CreateUser(Creation { user_name: name("ada"), changes });
    let sign_in = SignIn { user_name: name("Ada"), subject: None, profile: Profile::default() };
    let new_connection = Action::CreateConnection { name: connection_name() };
    let table = [
        (changing(vec![set_title("x")]), vec![about_the_user()]),
        (deleting(), vec![about_the_user()]),
        (changing(vec![rename.clone()]), vec![about_the_user(), about_names(&["eve"])]),
        (changing(vec![anew(Some("eve"), None)]), vec![about_the_user(), about_names(&["eve"])]),
        (changing(vec![anew(None, Some(Role::Moderator))]), vec![about_the_user()]),
        (changing(vec![anew(None, Some(Role::Admin))]), vec![about_the_user(), about_admins()]),
        (changing(vec![Change::SetRole(Role::Admin)]), vec![about_the_user(), about_admins()]),
        (changing(vec![Change::SetRole(Role::Moderator)]), vec![about_the_user()]),
        (creating(vec![rename]), vec![about_the_site(), about_names(&["ada", "eve"])]),
        (Action::RegisterSignIn(sign_in), vec![about_the_site(), about_names(&["ada"])]),
        (Action::UpdateSettings(SettingsChange::default()), vec![about_the_site()]),
        (
            new_connection,
            vec![about_the_site(), Needs { next_connection: true, ..about_the_connection() }],
        ),
        (create_token(), vec![about_the_site(), about_the_token()]),
        (
            Action::DeleteSite,
            vec![
                Needs { sites: [SITE, SiteId::INSTALLATION].into(), ..Needs::default() },
                Needs { grants_about: [SITE].into(), ..Needs::default() },
            ],
        ),
        (
            Action::DeleteConnection { name: connection_name() },
            vec![
                about_the_site(),
                Needs { tokens_of: [(SITE, connection_name())].into(), ..about_the_connection() },
            ],
        ),
        (
            Action::RevokeToken { token: token_id() },
            vec![
                about_the_site(),
                Needs { tokens: [(SITE, token_id())].into(), ..Needs::default() },
            ],
        ),
    ];
    for (action, expected) in table {
        let found = rounds(&mut State::default(), &ask(&okta(), action.clone()));
        assert_eq!(found, expected, "{action:?}");
    }
}

#[test]
fn a_new_site_needs_its_name_and_keys() {
    let names = Needs {
        site_names: [SiteName::parse("other").unwrap()].into(),
        next_site: true,
        next_connection: true,
        ..Needs::default()
    };
    assert_eq!(rounds(&mut State::default(), &make_site()), [names]);
}

/// Also what an earlier command of the group has loaded, and what it found.
#[test]
fn what_is_there_is_not_asked_for_again() {
    let admin = with_role(Role::Admin);
    let found = Loaded {
        sites: vec![site()],
        users: vec![admin],
        site_names: vec![(SiteName::parse("other").unwrap(), NameHolder::Site)],
        connections: vec![connection()],
        tokens: vec![token()],
        token_hashes: vec![HASH],
        next_site: Some(8),
        next_connection: Some(4),
        ..Loaded::default()
    };
    let mut state = State::default();
    let tokens_of = [(SITE, connection_name())].into();
    state.take_in(Needs { tokens_of, ..about_the_token() }, found);
    let deletion = Action::DeleteConnection { name: connection_name() };
    for action in [create_token(), deletion, Action::RevokeToken { token: token_id() }] {
        // An Admin who was loaded may be the last one, whatever is asked.
        assert_eq!(
            rounds(&mut state, &ask(&okta(), action.clone())),
            [about_admins()],
            "{action:?}"
        );
        state.take_in(
            Needs::default(),
            Loaded { active_admins: vec![(SITE, 1)], ..Loaded::default() },
        );
        assert_eq!(rounds(&mut state, &ask(&okta(), action.clone())), [], "{action:?}");
        state.active_admins.clear();
    }
    assert_eq!(state.active_admins.len(), 0);
    state.active_admins.insert(SITE, 1);
    for action in [
        changing(vec![Change::SetRole(Role::Admin)]),
        changing(vec![Change::SetUserName(name("ADA@example.com"))]),
        Action::CreateConnection { name: connection_name() },
    ] {
        assert_eq!(rounds(&mut state, &ask(&okta(), action.clone())), [], "{action:?}");
    }
    assert_eq!(rounds(&mut state, &make_site()), []);
}

/// Whether somebody is there does not say of which groups they are a member.
#[test]
fn a_member_is_looked_up_for_each_group() {
    let groups = [60, 61].map(|number| GroupId(id(number).0));
    let add = |group| {
        let changes = vec![GroupChange::AddMembers(vec![id(3)])];
        ask(&okta(), Action::Group(GroupAction::Change { group, changes }))
    };
    let mut state = State::default();
    rounds(&mut state, &add(groups[0]));
    let expected = Needs {
        groups: [(SITE, groups[1])].into(),
        members: [(SITE, Some(groups[1]), id(3))].into(),
        ..Needs::default()
    };
    assert_eq!(rounds(&mut state, &add(groups[1])), [expected]);
}

#[test]
fn changes_are_empty_only_without_any_row() {
    fn event() -> Event {
        Event {
            on_behalf_of: None,
            site: SITE,
            revision: 1,
            user: None,
            previous: None,
            standing: None,
            at: NOW,
            caller: okta(),
            outcome: Outcome::Accepted,
            notices: Vec::new(),
            body: EventBody::SiteCreated { after: site().policy },
            trace_id: None,
            reason: None,
        }
    }
    type Fill = fn(&mut Changes);
    // What is put in, and whether it alters who is let in.
    let table: [(Fill, bool); 11] = [
        (|it| it.saved_users.push(Saved { before: None, after: user() }), false),
        (|it| it.deleted_users.push(user()), false),
        (|it| it.new_sites.push(site()), true),
        (|it| it.changed_sites.push(site()), true),
        (|it| it.deleted_sites.push((SITE, NOW)), true),
        (|it| it.new_connections.push(connection()), false),
        (|it| it.deleted_connections.push(3), true),
        (
            |it| {
                it.new_tokens.push(NewToken {
                    token: token(),
                    connection: 3,
                    hash: HASH,
                    sealed: None,
                });
            },
            false,
        ),
        (|it| it.changed_tokens.push(token()), true),
        (|it| it.group_counts.extend([(SITE, 1)]), false),
        (|it| it.events.push(event()), false),
    ];
    let nothing = Changes::default();
    assert!(nothing.is_empty() && !nothing.alters_access());
    for (line, (fill, alters)) in table.into_iter().enumerate() {
        let mut changes = Changes::default();
        fill(&mut changes);
        assert!(!changes.is_empty(), "line {line}");
        assert_eq!(changes.alters_access(), alters, "line {line}");
    }
}

/// What was not asked for is not absent: else a name would be given twice, and the last Admin go.
#[test]
fn what_was_not_asked_for_is_a_fault() {
    let admin = with_role(Role::Admin);
    let creation = Creation { user_name: name("eve"), changes: Vec::new() };
    let operator = |action| ask(&Caller::Operator, action);
    let access =
        |action| Command { site: Some(SiteId::INSTALLATION), ..operator(Action::Access(action)) };
    let rename = changing(vec![Change::SetUserName(name("eve"))]);
    let batch = vec![BatchPart { action: rename.clone(), expected_version: None }];
    let title = || operator(changing(vec![set_title("x")]));
    let claim =
        RequestClaim { id: RequestId::parse("one").unwrap(), fingerprint: "asked".to_owned() };
    let service = || ServiceName::parse("billing").unwrap();
    let (token, elsewhere) = (token_id(), UserId(Uuid::from_u128(77)));
    let (subject, profile) = (Subject::parse("subject").unwrap(), Profile::default());
    for command in [
        operator(changing(vec![Change::SetRole(Role::Registered)])),
        operator(rename),
        operator(deleting()),
        operator(Action::CreateUser(creation)),
        operator(Action::CreateConnection { name: connection_name() }),
        operator(create_token()),
        Command { caller: Caller::Operator, ..make_site() },
        operator(Action::DeleteConnection { name: connection_name() }),
        operator(Action::RevokeToken { token }),
        operator(Action::DeleteSite),
        operator(Action::ChangeUser { user: elsewhere, changes: Vec::new() }),
        operator(Action::RegisterSignIn(SignIn { user_name: name("eve"), subject, profile })),
        operator(Action::Batch(batch)),
        Command { request: Some(claim), ..title() },
        Command { on_behalf_of: Some(elsewhere), ..title() },
        access(AccessAction::CreateService { name: service() }),
        access(AccessAction::RevokeToken { service: service(), token }),
    ] {
        let decided = |ask_for_all: bool| {
            let mut state = State::default();
            let installation = Site { id: SiteId::INSTALLATION, ..site() };
            let (sites, users) = (vec![site(), installation], vec![admin.clone()]);
            state.take_in(Needs::default(), Loaded { sites, users, ..Loaded::default() });
            if ask_for_all {
                ask_for_the_rest(&mut state, &command);
            }
            let context = Context { now: NOW, fresh_id: &|| id(99).0 };
            catch_unwind(AssertUnwindSafe(|| drop(decide(&mut state, &context, &command))))
        };
        assert!(decided(true).is_ok(), "{:?}", command.action);
        assert!(decided(false).is_err(), "{:?}", command.action);
    }
}
