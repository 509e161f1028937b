//! What may be asked on behalf of users: as much as an active Admin of the site may, by whom it is
//! granted to, and no more.

use super::court::*;
use crate::{
    Action, Caller, Change, Command, ConnectionName, Context, Creation, Decision, DirectoryStatus,
    Grant, GrantScope, Hold, LedgerRetention, Loaded, Needs, Permission, Reason, Refusal, Role,
    Service, ServiceCaller, ServiceName, SessionAction, SessionHolder, SessionId, SessionKind,
    SettingsChange, SignIn, Site, SiteId, SiteName, State, StatusAuthority, TokenId, User, UserId,
    decide, needs,
};

const ELSEWHERE: SiteId = SiteId(8);
const TOKEN: TokenId = TokenId(uuid::Uuid::from_u128(50));

fn admin(number: u128) -> User {
    let user_name = name(&format!("admin-{number}"));
    User { id: id(number), user_name, ..with_role(Role::Admin) }
}

/// Everybody: whoever is asked about, and whoever is asked for.
fn everybody(asked_about: User) -> Vec<User> {
    vec![
        asked_about,
        admin(2),
        User { directory_status: DirectoryStatus::Inactive, ..admin(3) },
        held_by(admin(4), &["legal"]),
        User { role: Role::Moderator, ..admin(5) },
        User { site: ELSEWHERE, ..admin(6) },
    ]
}

fn console() -> Caller {
    Caller::Service { name: ServiceName::parse("console").unwrap() }
}

fn state(permissions: &[Permission], scope: GrantScope, asked_about: User) -> State {
    let Caller::Service { name: service } = console() else { panic!("no service") };
    let named = |id, name: &str| Site { id, name: name.to_owned(), ..Court::default().site };
    let role = permissions.contains(&Permission::ChangeRoles).then_some(Role::Moderator);
    let grants = (!permissions.is_empty())
        .then(|| Grant::new(scope, permissions.iter().copied().collect(), role).unwrap());
    let token = ServiceCaller { token: TOKEN, service: service.clone(), expires_at: None };
    let loaded = Loaded {
        sites: vec![named(SITE, "acme"), named(ELSEWHERE, "umbrella")],
        users: everybody(asked_about),
        active_admins: vec![(SITE, 2), (ELSEWHERE, 1)],
        services: vec![Service {
            id: 1,
            name: service,
            version: 1,
            created_at: BEFORE,
            grants: grants.into_iter().collect(),
            deleted_at: None,
        }],
        service_callers: vec![token],
        next_connection: Some(9),
        next_site: Some(9),
        ..Loaded::default()
    };
    let mut state = State::default();
    state.take_in(Needs::default(), loaded);
    state
}

fn asks(caller: &Caller, user: u128, action: Action) -> Command {
    let token = (*caller != Caller::Operator).then_some(TOKEN);
    Command { token, on_behalf_of: Some(id(user)), ..ask(caller, action) }
}

fn decided(state: &mut State, command: &Command) -> Result<Decision, Refusal> {
    ask_for_the_rest(state, command);
    decide(state, &Context { now: NOW, fresh_id: &|| id(99).0 }, command)
}

fn acting() -> State {
    state(&[Permission::ActForUsers], GrantScope::Site(SITE), user())
}

/// Everything that there is to ask, and whether Admins manage it.
fn actions() -> Vec<(Action, bool)> {
    let connection = || ConnectionName::parse("okta").unwrap();
    let creation = Creation { user_name: name("new"), changes: Vec::new() };
    let sign_in =
        SignIn { user_name: name("new"), subject: None, profile: crate::Profile::default() };
    vec![
        (changing(vec![set_title("x")]), true),
        (changing(vec![Change::SetRole(Role::Admin)]), true),
        (changing(vec![place("manual")]), true),
        (changing(vec![set_active(false)]), true),
        (deleting(), true),
        (Action::CreateUser(creation), true),
        (Action::UpdateSettings(SettingsChange::default()), true),
        (Action::CreateConnection { name: connection() }, true),
        (Action::RegisterSignIn(sign_in), false),
        (Action::CreateSite { name: SiteName::parse("new").unwrap() }, false),
        (Action::DeleteSite, false),
    ]
}

#[test]
fn active_admins_of_the_site_are_acted_for_and_nobody_else() {
    for (action, is_theirs) in actions() {
        for caller in [Caller::Operator, console()] {
            for user in [2, 3, 4, 5, 6, 77] {
                let answer = decided(&mut acting(), &asks(&caller, user, action.clone()));
                if is_theirs && user == 2 {
                    assert!(answer.is_ok(), "{caller} {action:?} {answer:?}");
                } else {
                    let refusal = answer.unwrap_err();
                    assert_eq!(refusal.reason, Reason::ActorNotPermitted, "{user} {action:?}");
                }
            }
        }
        // Nor does anybody act in another site than their own.
        let command = Command { site: Some(ELSEWHERE), ..asks(&Caller::Operator, 2, action) };
        assert_eq!(decided(&mut acting(), &command).unwrap_err().reason, Reason::ActorNotPermitted);
    }
}

#[test]
fn admins_who_are_signed_in_ask_as_much_and_for_themselves() {
    for (action, is_theirs) in actions() {
        for user in [2, 3, 4, 5, 6, 77] {
            let caller = Caller::Admin { user: id(user) };
            let answer = decided(&mut acting(), &ask(&caller, action.clone()));
            match (is_theirs, user) {
                (true, 2) => assert!(answer.is_ok(), "{action:?} {answer:?}"),
                (true, _) => assert_eq!(answer.unwrap_err().reason, Reason::ActorNotPermitted),
                (false, _) => assert_eq!(answer.unwrap_err().reason, Reason::CallerNotPermitted),
            }
        }
        let own = Caller::Admin { user: id(2) };
        for command in [
            Command { site: Some(ELSEWHERE), ..ask(&own, action.clone()) },
            Command { on_behalf_of: Some(id(2)), ..ask(&own, action.clone()) },
        ] {
            let refusal = decided(&mut acting(), &command).unwrap_err();
            let expected = [Reason::ActorNotPermitted, Reason::CallerNotPermitted];
            assert!(expected.contains(&refusal.reason), "{action:?} {refusal}");
        }
    }
}

#[test]
fn a_session_is_of_whoever_asks_for_it_and_told_in_their_ledger() {
    let own = Caller::Admin { user: id(2) };
    let create = |code| {
        let (kind, hash) = (SessionKind::SignedIn, [7; 32]);
        ask(&own, Action::Session(SessionAction::Create { kind, hash, code }))
    };
    let mut state = acting();
    decided(&mut state, &create(None)).unwrap();
    let mut changes = state.into_changes();
    let session = changes.new_sessions.pop().unwrap().session;
    assert_eq!(session.holder, SessionHolder::Admin { site: SITE, user: id(2) });
    assert_eq!(changes.events.pop().unwrap().site, SITE);
    // A code is for the operator.
    let by_code = create(Some(SessionId(id(9).0)));
    let refusal = decided(&mut acting(), &by_code).unwrap_err();
    assert_eq!(refusal.reason, Reason::CallerNotPermitted);
}

#[test]
fn whoever_is_no_active_admin_any_more_loses_their_sessions() {
    let of = |action: Action| {
        let mut state = acting();
        decided(&mut state, &ask(&Caller::Operator, action)).unwrap();
        state.into_changes().former_admins
    };
    let change = |number, change| Action::ChangeUser { user: id(number), changes: vec![change] };
    for action in [
        change(2, Change::SetRole(Role::Moderator)),
        change(2, set_active(false)),
        change(2, place("security")),
        Action::DeleteUser { user: id(2) },
    ] {
        assert_eq!(of(action.clone()), [(SITE, id(2))], "{action:?}");
    }
    for action in [
        change(2, set_title("x")),
        change(3, Change::SetRole(Role::Moderator)),
        change(5, set_active(false)),
        change(5, Change::SetRole(Role::Admin)),
        Action::DeleteUser { user: id(3) },
    ] {
        assert_eq!(of(action.clone()), [], "{action:?}");
    }
}

#[test]
fn a_service_acts_by_its_permission_and_needs_no_other() {
    let here = GrantScope::Site(SITE);
    for (action, _) in actions().into_iter().filter(|(_, is_theirs)| *is_theirs) {
        for permission in Permission::all() {
            for (scope, reaches) in
                [(here, true), (GrantScope::AllSites, true), (GrantScope::Site(ELSEWHERE), false)]
            {
                let mut state = state(&[permission], scope, user());
                let answer = decided(&mut state, &asks(&console(), 2, action.clone()));
                let may = reaches && permission == Permission::ActForUsers;
                assert_eq!(answer.is_ok(), may, "{permission:?} {scope:?} {action:?}");
                if let Err(refusal) = answer {
                    assert_eq!(refusal.reason, Reason::GrantMissing);
                    let missing = Permission::ActForUsers.as_str();
                    assert!(refusal.metadata.iter().any(|(_, value)| value == missing));
                }
            }
        }
    }
    // What it may for others it may not for itself.
    let own = Command { on_behalf_of: None, ..asks(&console(), 2, deleting()) };
    assert_eq!(decided(&mut acting(), &own).unwrap_err().reason, Reason::GrantMissing);
}

#[test]
fn a_connection_acts_for_nobody() {
    let command = Command { token: None, ..asks(&okta(), 2, changing(vec![set_title("x")])) };
    assert_eq!(decided(&mut acting(), &command).unwrap_err().reason, Reason::ActorNotPermitted);
}

#[test]
fn both_are_named_by_the_event() {
    let mut state = acting();
    for action in [changing(vec![set_title("x")]), actions().swap_remove(7).0] {
        decided(&mut state, &asks(&console(), 2, action)).unwrap();
    }
    let events = state.into_changes().events;
    assert_eq!(events.len(), 2);
    for event in events {
        assert_eq!((event.caller, event.on_behalf_of), (console(), Some(id(2))));
    }
}

/// Whoever was an Admin when the group began, and is none any more.
#[test]
fn who_loses_their_role_is_acted_for_no_longer() {
    let mut state = acting();
    let demoted =
        Action::ChangeUser { user: id(2), changes: vec![Change::SetRole(Role::Registered)] };
    // One more Admin, or the last one would stay.
    decided(&mut state, &asks(&Caller::Operator, 2, changing(vec![Change::SetRole(Role::Admin)])))
        .unwrap();
    decided(&mut state, &ask(&Caller::Operator, demoted)).unwrap();
    let answer = decided(&mut state, &asks(&console(), 2, changing(vec![set_title("x")])));
    assert_eq!(answer.unwrap_err().reason, Reason::ActorNotPermitted);
}

#[test]
fn the_last_admin_stays_whoever_asks_for_it() {
    let mut state = acting();
    state.active_admins.insert(SITE, 1);
    let own = Action::ChangeUser { user: id(2), changes: vec![Change::SetRole(Role::Registered)] };
    let refusal = decided(&mut state, &asks(&console(), 2, own)).unwrap_err();
    assert_eq!(refusal.reason, Reason::LastAdmin);
}

/// Admins of a site lift what Admins of the site placed, and nothing else; whoever carries their wishes
/// may not for itself.
#[test]
fn holds_of_admins_are_lifted_by_admins() {
    let placed = decided(&mut acting(), &asks(&console(), 2, changing(vec![place("manual")])));
    let crate::Answer::User { user: held, .. } = placed.unwrap().answer else { panic!("no user") };
    assert_eq!(held.holds[0].owner, format!("user:{}", id(2).0));
    let by = |owner: &str| Hold { owner: owner.to_owned(), ..hold("legal") };
    for caller in [Caller::Operator, console()] {
        for (owner, is_lifted) in [
            (format!("user:{}", id(2).0), true),
            (format!("user:{}", id(77).0), true),
            ("operator".to_owned(), false),
            ("service:console".to_owned(), false),
        ] {
            let held = User { holds: vec![by(&owner)], ..user() };
            let permissions = [Permission::ActForUsers, Permission::PlaceHolds];
            let mut state = state(&permissions, GrantScope::Site(SITE), held);
            let answer = decided(&mut state, &asks(&caller, 2, changing(vec![lift("legal")])));
            assert_eq!(answer.is_ok(), is_lifted, "{owner}");
            if let Err(refusal) = answer {
                assert_eq!(refusal.reason, Reason::HoldNotOwned);
                continue;
            }
            let itself = Command {
                on_behalf_of: None,
                ..asks(&console(), 2, changing(vec![lift("legal")]))
            };
            let held = User { holds: vec![by(&owner)], ..user() };
            let mut state = self::state(&permissions, GrantScope::Site(SITE), held);
            assert_eq!(decided(&mut state, &itself).unwrap_err().reason, Reason::HoldNotOwned);
        }
    }
}

#[test]
fn whoever_is_acted_for_is_loaded_with_the_rest() {
    let command = asks(&Caller::Operator, 2, Action::UpdateSettings(SettingsChange::default()));
    let needed = needs(&State::default(), [&command].into_iter());
    assert_eq!(needed.users, [(SITE, UserId(id(2).0))].into());
    let nobody = Command { on_behalf_of: None, ..command };
    assert_eq!(needs(&State::default(), [&nobody].into_iter()).users, [].into());
}

#[test]
fn the_settings_of_the_site_hold_for_its_admins() {
    let mut state = acting();
    let directory = SettingsChange {
        status_authority: Some(StatusAuthority::Directory),
        ..SettingsChange::default()
    };
    decided(&mut state, &asks(&console(), 2, Action::UpdateSettings(directory))).unwrap();
    let answer = decided(&mut state, &asks(&console(), 2, changing(vec![place("manual")])));
    assert_eq!(answer.unwrap_err().reason, Reason::StatusNotInCharge);
    decided(&mut state, &asks(&console(), 2, changing(vec![place("legal")]))).unwrap();
}

/// Nobody has a ledger forget what they did.
#[test]
fn how_long_a_ledger_is_kept_is_said_by_the_operator_alone() {
    let here = GrantScope::Site(SITE);
    let may = [Permission::ActForUsers, Permission::ManageSettings];
    let of_days = |days| {
        let ledger_retention = Some(LedgerRetention::of_days(days).unwrap());
        Action::UpdateSettings(SettingsChange { ledger_retention, ..SettingsChange::default() })
    };
    for (caller, on_behalf_of, is_heard) in [
        (Caller::Operator, None, true),
        (Caller::Operator, Some(id(2)), false),
        (console(), None, false),
        (console(), Some(id(2)), false),
    ] {
        let asked = |days| Command { on_behalf_of, ..asks(&caller, 2, of_days(days)) };
        let answer = decided(&mut state(&may, here, user()), &asked(30));
        let reason = answer.err().map(|refusal| refusal.reason);
        assert_eq!(reason, (!is_heard).then_some(Reason::CallerNotPermitted), "{caller}");
        // What is so already may be said by all.
        decided(&mut state(&may, here, user()), &asked(0)).unwrap();
    }
}
