//! What services may ask by their grants, and who may give and take those.

use super::court::*;
use crate::Permission::{
    ChangeRoles, ChangeStatus, CreateUsers, LiftHolds, ManageAccess, PlaceHolds, ReadUsers,
};
use crate::{
    AccessAction, Action, Answer, Caller, Change, Command, ConnectionName, Context, Creation,
    Decision, EventBody, Grant, GrantScope, Grants, Hold, HoldName, HoldNote, Loaded, Needs,
    Permission, Reason, Refusal, Role, Service, ServiceCaller, ServiceName, ServiceToken,
    ServiceTokenCreation, SettingsChange, SignIn, Site, SiteId, State, Timestamp, TokenCreation,
    TokenId, TokenName, User, decide, needs,
};
use std::collections::BTreeSet;

const HERE: GrantScope = GrantScope::Site(SITE);
const ELSEWHERE: SiteId = SiteId(8);

fn service_name(text: &str) -> ServiceName {
    ServiceName::parse(text).unwrap()
}

fn grant(scope: GrantScope, permissions: &[Permission], highest_role: Role) -> Grant {
    Grant { scope, permissions: permissions.iter().copied().collect(), highest_role }
}

fn service(name: &str, key: i64, grants: Vec<Grant>) -> Service {
    let grants = grants.into_iter().collect::<Grants>();
    Service {
        id: key,
        name: service_name(name),
        version: 1,
        created_at: BEFORE,
        grants,
        deleted_at: None,
    }
}

fn token_id(number: u128) -> TokenId {
    TokenId(id(number).0)
}

fn site(id: SiteId, name: &str) -> Site {
    Site { id, name: name.to_owned(), ..Court::default().site }
}

/// The services `billing`, who asks, with these grants, and `other`, with those.
fn state(of_billing: Vec<Grant>, of_other: Vec<Grant>, user: &User) -> State {
    let mut state = State::default();
    let caller = ServiceCaller {
        token: token_id(50),
        service: service_name("billing"),
        expires_at: Some(Timestamp(NOW.0 + 1)),
    };
    let token = |number, service| ServiceToken {
        id: token_id(number),
        service: service_name(service),
        name: "one".to_owned(),
        certificate: None,
        created_at: BEFORE,
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    };
    let loaded = Loaded {
        sites: vec![
            site(SiteId::INSTALLATION, ""),
            site(SITE, "acme"),
            site(ELSEWHERE, "umbrella"),
        ],
        users: vec![user.clone()],
        active_admins: vec![(SITE, 5)],
        services: vec![service("billing", 1, of_billing), service("other", 2, of_other)],
        service_callers: vec![caller],
        service_tokens: vec![token(50, "billing"), token(51, "other")],
        next_service: Some(3),
        next_connection: Some(9),
        ..Loaded::default()
    };
    state.take_in(Needs::default(), loaded);
    state
}

fn billing() -> Caller {
    Caller::Service { name: service_name("billing") }
}

fn asks(action: Action) -> Command {
    let site = match action {
        Action::Access(_) => SiteId::INSTALLATION,
        _ => SITE,
    };
    Command { site: Some(site), token: Some(token_id(50)), ..ask(&billing(), action) }
}

fn decided(state: &mut State, command: &Command) -> Result<Decision, Refusal> {
    ask_for_the_rest(state, command);
    decide(state, &Context { now: NOW, fresh_id: &|| id(99).0 }, command)
}

/// What comes of an action that billing asks with these grants.
fn asked(grants: &[Grant], user: &User, action: Action) -> Result<Decision, Refusal> {
    decided(&mut state(grants.to_vec(), Vec::new(), user), &asks(action))
}

fn is_missing(refusal: &Refusal, permission: Permission) -> bool {
    refusal.reason == Reason::GrantMissing
        && refusal.metadata.iter().any(|(_, value)| value == permission.as_str())
        && refusal.metadata.iter().any(|(_, value)| value == "billing")
}

fn hold(name: &str, owner: &str) -> Hold {
    let name = HoldName::parse(name).unwrap();
    Hold { name, owner: owner.to_owned(), note: String::new(), placed_at: BEFORE, expires_at: None }
}

/// Every action about a site with what it needs.
fn actions() -> Vec<(Action, Vec<Permission>)> {
    let place = |name: &str| Change::PlaceHold {
        name: HoldName::parse(name).unwrap(),
        note: HoldNote(String::new()),
        expiration: None,
    };
    let creation = Creation { user_name: name("new"), changes: Vec::new() };
    let profile = crate::Profile::default();
    let sign_in = SignIn { user_name: name("new"), subject: None, profile };
    let token = TokenCreation {
        name: TokenName::parse("t").unwrap(),
        connection: ConnectionName::first(),
        hash: [1; 32],
        is_typed: false,
        sealed: None,
        expiration: None,
        id: None,
    };
    let replacement = crate::Replacement {
        directory_status: Some(crate::DirectoryStatus::Active),
        ..crate::Replacement::default()
    };
    vec![
        (changing(Vec::new()), vec![Permission::ReadUsers]),
        (changing(vec![Change::SetExternalId(None)]), vec![Permission::ChangeProfiles]),
        (changing(vec![Change::SetUserName(name("x"))]), vec![Permission::ChangeProfiles]),
        (changing(vec![Change::Activate]), vec![Permission::ChangeStatus]),
        (changing(vec![place("manual")]), vec![Permission::ChangeStatus]),
        (changing(vec![place("legal")]), vec![Permission::PlaceHolds]),
        (
            changing(vec![Change::LiftHold(HoldName::parse("legal").unwrap())]),
            vec![Permission::PlaceHolds],
        ),
        (changing(vec![Change::SetRole(Role::Admin)]), vec![Permission::ChangeRoles]),
        (
            changing(vec![Change::Replace(Box::new(replacement))]),
            vec![Permission::ChangeProfiles, Permission::ChangeStatus],
        ),
        (deleting(), vec![Permission::DeleteUsers]),
        (Action::CreateUser(creation), vec![Permission::CreateUsers]),
        (Action::RegisterSignIn(sign_in), vec![Permission::RegisterSignIns]),
        (Action::UpdateSettings(SettingsChange::default()), vec![Permission::ManageSettings]),
        (
            Action::CreateConnection { name: ConnectionName::parse("okta").unwrap() },
            vec![Permission::ManageSettings],
        ),
        (Action::CreateToken(token), vec![Permission::ManageTokens]),
        (Action::RevokeToken { token: token_id(9) }, vec![Permission::ManageTokens]),
    ]
}

/// Every action × every permission × a grant here, elsewhere, for all sites.
#[test]
fn an_action_is_done_by_its_permission_only() {
    for (action, needed) in actions() {
        for permission in Permission::all() {
            for (scope, reaches) in
                [(HERE, true), (GrantScope::AllSites, true), (GrantScope::Site(ELSEWHERE), false)]
            {
                let mut permissions = vec![permission];
                permissions.extend(needed.iter().skip(1));
                let has = reaches && permissions.contains(&needed[0]);
                let answer =
                    asked(&[grant(scope, &permissions, Role::Admin)], &user(), action.clone());
                let refused = answer.err().filter(|it| it.reason == Reason::GrantMissing);
                assert_eq!(refused.is_none(), has, "{action:?} {permission:?} {scope:?}");
                if let Some(refusal) = refused {
                    let missing = needed.iter().any(|one| is_missing(&refusal, *one));
                    assert!(missing, "{refusal:?}");
                }
            }
        }
        // With all but one of what it needs.
        for left_out in &needed {
            let others: Vec<_> = Permission::all().filter(|it| it != left_out).collect();
            let refusal = asked(&[grant(HERE, &others, Role::Admin)], &user(), action.clone());
            assert!(is_missing(&refusal.unwrap_err(), *left_out), "{action:?} {left_out:?}");
        }
        assert_eq!(asked(&[], &user(), action).unwrap_err().reason, Reason::GrantMissing);
    }
}

#[test]
fn a_new_site_is_made_by_no_grant() {
    let all: Vec<_> = Permission::all().collect();
    let name = crate::SiteName::parse("new").unwrap();
    let action = Action::CreateSite { name };
    let refusal = asked(&[grant(GrantScope::AllSites, &all, Role::Admin)], &user(), action);
    assert_eq!(refusal.unwrap_err().reason, Reason::CallerNotPermitted);
}

/// Both the role that is left and the one that is entered.
#[test]
fn roles_are_changed_up_to_the_highest_one_of_the_grant() {
    for from in Role::ALL {
        for to in Role::ALL {
            for highest in [Role::Moderator, Role::Admin] {
                let grants = [grant(HERE, &[Permission::ChangeRoles], highest)];
                let user = User { role: from, ..user() };
                let answer = asked(&grants, &user, changing(vec![Change::SetRole(to)]));
                let expected = from == to || from.max(to) <= highest;
                assert_eq!(answer.is_ok(), expected, "{from:?} {to:?} {highest:?}");
                if let Err(refusal) = answer {
                    assert!(is_missing(&refusal, Permission::ChangeRoles), "{refusal:?}");
                }
            }
        }
    }
    // A creation with a role is a step as well.
    let admin = Creation { user_name: name("new"), changes: vec![Change::SetRole(Role::Admin)] };
    let may = |permissions: &[Permission], highest| {
        let grants = [grant(HERE, permissions, highest)];
        asked(&grants, &user(), Action::CreateUser(admin.clone())).is_ok()
    };
    assert!(!may(&[CreateUsers], Role::Registered));
    assert!(!may(&[CreateUsers, ChangeRoles], Role::Moderator));
    assert!(may(&[CreateUsers, ChangeRoles], Role::Admin));
}

#[test]
fn a_hold_is_lifted_by_the_service_that_placed_it() {
    let lift = |name: &str| changing(vec![Change::LiftHold(HoldName::parse(name).unwrap())]);
    let may = |owner: &str, name: &str, permission| {
        let user = User { holds: vec![hold(name, owner)], ..user() };
        asked(&[grant(HERE, &[permission], Role::Registered)], &user, lift(name))
    };
    may("service:billing", "legal", PlaceHolds).unwrap();
    for owner in ["operator", "service:other", "service:billing2"] {
        let refusal = may(owner, "legal", PlaceHolds).unwrap_err();
        assert_eq!(refusal.reason, Reason::HoldNotOwned, "{owner}");
        // A deactivation by hand is a hold as any other.
        let refusal = may(owner, "manual", ChangeStatus).unwrap_err();
        assert_eq!(refusal.reason, Reason::HoldNotOwned, "{owner}");
        let user = User { holds: vec![hold("manual", owner)], ..user() };
        let may_change = [grant(HERE, &[ChangeStatus], Role::Registered)];
        let refusal = asked(&may_change, &user, changing(vec![Change::Activate])).unwrap_err();
        assert_eq!(refusal.reason, Reason::HoldNotOwned, "{owner}");
    }
    may("service:billing", "manual", ChangeStatus).unwrap();
    // Who was granted to lifts any, where it may lift its own.
    let held = |name| User { holds: vec![hold(name, "operator")], ..user() };
    for (name, permission) in [("legal", PlaceHolds), ("manual", ChangeStatus)] {
        let may = [grant(HERE, &[permission, LiftHolds], Role::Registered)];
        asked(&may, &held(name), lift(name)).unwrap();
        let alone = [grant(HERE, &[LiftHolds], Role::Registered)];
        let refusal = asked(&alone, &held(name), lift(name)).unwrap_err();
        assert!(is_missing(&refusal, permission), "{refusal:?}");
    }
    let may_change = [grant(HERE, &[ChangeStatus, LiftHolds], Role::Registered)];
    asked(&may_change, &held("manual"), changing(vec![Change::Activate])).unwrap();
    // Who places one owns it.
    let place = changing(vec![Change::PlaceHold {
        name: HoldName::parse("legal").unwrap(),
        note: HoldNote(String::new()),
        expiration: None,
    }]);
    let decision = asked(&[grant(HERE, &[PlaceHolds], Role::Registered)], &user(), place).unwrap();
    let Answer::User { user, .. } = decision.answer else { panic!("{:?}", decision.answer) };
    assert_eq!(user.holds[0].owner, "service:billing");
}

#[test]
fn a_token_is_heard_while_it_is_good_and_its_services_own() {
    let grants = vec![grant(HERE, &[Permission::ReadUsers], Role::Registered)];
    let command = asks(changing(Vec::new()));
    let state = |expires_at, service: &str| {
        let mut state = state(grants.clone(), Vec::new(), &user());
        let service = service_name(service);
        let caller = ServiceCaller { token: token_id(50), service, expires_at };
        state.take_in(
            Needs::default(),
            Loaded { service_callers: vec![caller], ..Loaded::default() },
        );
        state
    };
    decided(&mut state(None, "billing"), &command).unwrap();
    let refused = [
        (state(Some(NOW), "billing"), command.clone()),
        (state(None, "other"), command.clone()),
        (state(None, "billing"), Command { token: None, ..command.clone() }),
        (state(None, "billing"), Command { token: Some(token_id(77)), ..command.clone() }),
    ];
    for (mut state, command) in refused {
        let refusal = decided(&mut state, &command).unwrap_err();
        assert_eq!(refusal.reason, Reason::TokenInvalid);
    }
}

fn manages(scope: GrantScope, more: &[Permission], highest_role: Role) -> Grant {
    grant(scope, &[&[Permission::ManageAccess], more].concat(), highest_role)
}

fn put(service: &str, grant: Grant) -> Action {
    Action::Access(AccessAction::PutGrant { service: service_name(service), grant })
}

/// Not to others, not to itself, and not by another's token.
#[test]
fn nobody_gives_or_takes_what_they_do_not_have() {
    let own = manages(HERE, &[ReadUsers, ChangeRoles], Role::Moderator);
    let give = |to: &str, grant: Grant| asked(std::slice::from_ref(&own), &user(), put(to, grant));
    for to in ["other", "billing"] {
        give(to, grant(HERE, &[ReadUsers], Role::Registered)).unwrap();
        give(to, grant(HERE, &[ReadUsers, ChangeRoles], Role::Moderator)).unwrap();
        give(to, own.clone()).unwrap();
        let wider = [
            grant(HERE, &[ChangeRoles], Role::Admin),
            grant(HERE, &[ReadUsers, Permission::DeleteUsers], Role::Registered),
            grant(GrantScope::AllSites, &[ReadUsers], Role::Registered),
            grant(GrantScope::Site(ELSEWHERE), &[ReadUsers], Role::Registered),
        ];
        for wider in wider {
            let refusal = give(to, wider.clone()).unwrap_err();
            assert_eq!(refusal.reason, Reason::GrantMissing, "{to} {wider:?}");
        }
    }
    // What is there and wider is not taken away either, neither in whole nor in part.
    let wide = grant(HERE, &[ChangeRoles], Role::Admin);
    let narrow = grant(HERE, &[ChangeRoles], Role::Moderator);
    let removal =
        |scope| Action::Access(AccessAction::RemoveGrant { service: service_name("other"), scope });
    for action in [put("other", narrow.clone()), removal(HERE)] {
        let mut state = state(vec![own.clone()], vec![wide.clone()], &user());
        let refusal = decided(&mut state, &asks(action)).unwrap_err();
        assert!(is_missing(&refusal, ChangeRoles), "{refusal:?}");
    }
    let mut state = state(vec![own.clone()], vec![narrow], &user());
    assert!(decided(&mut state, &asks(removal(HERE))).unwrap().changed);
    assert!(!decided(&mut state, &asks(removal(HERE))).unwrap().changed);
    // Who may not manage access gives nothing at all.
    let refusal = asked(
        &[grant(HERE, &[ReadUsers], Role::Registered)],
        &user(),
        put("other", grant(HERE, &[ReadUsers], Role::Registered)),
    );
    assert!(is_missing(&refusal.unwrap_err(), ManageAccess));
}

fn create_token(service: &str, name: &str) -> Action {
    Action::Access(AccessAction::CreateToken(ServiceTokenCreation {
        service: service_name(service),
        name: TokenName::parse(name).unwrap(),
        hash: [1; 32],
        expiration: None,
    }))
}

fn operator(action: Action) -> Command {
    Command { site: Some(SiteId::INSTALLATION), ..ask(&Caller::Operator, action) }
}

/// A token is the service, also for what it is given later, and for the holds that it placed.
#[test]
fn a_service_makes_tokens_for_itself_alone() {
    let all: Vec<_> = Permission::all().collect();
    let own = || vec![grant(GrantScope::AllSites, &all, Role::Admin)];
    for others in [Vec::new(), vec![grant(HERE, &[ReadUsers], Role::Registered)]] {
        let mut state = state(own(), others, &user());
        let refusal = decided(&mut state, &asks(create_token("other", "t"))).unwrap_err();
        assert_eq!(refusal.reason, Reason::CallerNotPermitted);
        assert!(decided(&mut state, &asks(create_token("billing", "t"))).unwrap().changed);
        assert!(decided(&mut state, &operator(create_token("other", "t"))).unwrap().changed);
    }
    let refusal = asked(
        &[grant(GrantScope::AllSites, &[ReadUsers], Role::Registered)],
        &user(),
        create_token("billing", "t"),
    );
    assert!(is_missing(&refusal.unwrap_err(), ManageAccess));
}

#[test]
fn live_tokens_of_a_service_have_names_of_their_own() {
    let mut state = state(Vec::new(), Vec::new(), &user());
    let taken = |state: &mut State, service: &str, name: &str| {
        let refusal = decided(state, &operator(create_token(service, name))).err()?;
        assert_eq!((refusal.reason, &*refusal.attribute), (Reason::TokenNameTaken, "name"));
        Some(())
    };
    assert!(taken(&mut state, "other", "one").is_some());
    assert!(taken(&mut state, "other", "two").is_none());
    assert!(taken(&mut state, "other", "two").is_some(), "also within a group");
    assert!(taken(&mut state, "billing", "two").is_none());
    let revocation =
        AccessAction::RevokeToken { service: service_name("other"), token: token_id(51) };
    decided(&mut state, &operator(Action::Access(revocation))).unwrap();
    assert!(taken(&mut state, "other", "one").is_none());
}

/// The ledger, holds and requests know a service by its name.
#[test]
fn the_name_of_a_deleted_service_is_never_anothers() {
    let make = |name: &str| {
        operator(Action::Access(AccessAction::CreateService { name: service_name(name) }))
    };
    let delete = |name: &str| {
        operator(Action::Access(AccessAction::DeleteService { name: service_name(name) }))
    };
    let reads = grant(HERE, &[ReadUsers], Role::Registered);
    let mut state = state(vec![reads.clone()], vec![reads], &user());
    decided(&mut state, &make("new")).unwrap();
    for name in ["other", "new"] {
        decided(&mut state, &operator(create_token(name, "t"))).unwrap();
        decided(&mut state, &delete(name)).unwrap();
        let refusal = decided(&mut state, &make(name)).unwrap_err();
        assert_eq!(refusal.reason, Reason::ServiceExists);
        assert!(refusal.message.contains("was deleted"), "{}", refusal.message);
        for again in [delete(name), operator(create_token(name, "t"))] {
            let refusal = decided(&mut state, &again).unwrap_err();
            assert_eq!(refusal.reason, Reason::ServiceNotFound);
        }
    }
    let changes = state.into_changes();
    assert!(changes.alters_access() && changes.new_service_tokens.is_empty());
    let saved: Vec<_> = changes
        .saved_services
        .iter()
        .map(|it| (it.before.is_some(), it.after.name.as_str(), it.after.deleted_at))
        .collect();
    assert_eq!(saved, [(true, "other", Some(NOW)), (false, "new", Some(NOW))]);
    assert!(changes.saved_services.iter().all(|it| it.after.grants.iter().next().is_none()));
}

/// Who opens a promotion has it done by others.
#[test]
fn settings_about_roles_take_the_roles() {
    let change = |change: SettingsChange| Action::UpdateSettings(change);
    let moderators =
        SettingsChange { allow_moderator_promotion: Some(true), ..SettingsChange::default() };
    let admins = SettingsChange { allow_admin_promotion: Some(true), ..SettingsChange::default() };
    let protecting = SettingsChange { protect: vec![name("x")], ..SettingsChange::default() };
    let closing = SettingsChange {
        allow_moderator_promotion: Some(false),
        allow_admin_promotion: Some(false),
        unprotect: vec![name("x").key()],
        creation: Some(crate::CreationPolicy::Refuse),
        ..SettingsChange::default()
    };
    let reached = [Role::Registered, Role::Moderator, Role::Admin];
    for (settings, takes) in [
        (closing, Role::Registered),
        (moderators, Role::Moderator),
        (admins, Role::Admin),
        (protecting, Role::Admin),
    ] {
        for highest in reached {
            let roles: &[_] = if highest == Role::Registered { &[] } else { &[ChangeRoles] };
            let own = grant(HERE, &[&[Permission::ManageSettings], roles].concat(), highest);
            let answer = asked(&[own], &user(), change(settings.clone()));
            assert_eq!(answer.is_ok(), highest >= takes, "{settings:?} {highest:?}");
            if let Err(refusal) = answer {
                assert!(is_missing(&refusal, ChangeRoles), "{refusal:?}");
            }
        }
    }
}

/// A token opens all that its service may do.
#[test]
fn a_token_is_revoked_by_who_may_do_as_much() {
    let revocation = Action::Access(AccessAction::RevokeToken {
        service: service_name("other"),
        token: token_id(51),
    });
    let deletion = Action::Access(AccessAction::DeleteService { name: service_name("other") });
    for action in [revocation, deletion] {
        let may = |own: Grant, others: Grant| {
            let mut state = state(vec![own], vec![others], &user());
            decided(&mut state, &asks(action.clone()))
        };
        let everywhere =
            |more: &[Permission]| manages(GrantScope::AllSites, more, Role::Registered);
        let others = grant(HERE, &[ReadUsers], Role::Registered);
        assert!(may(everywhere(&[ReadUsers]), others.clone()).unwrap().changed);
        let refusal = may(everywhere(&[]), others.clone()).unwrap_err();
        assert!(is_missing(&refusal, ReadUsers), "{refusal:?}");
        let refusal = may(manages(HERE, &[ReadUsers], Role::Registered), others).unwrap_err();
        assert!(is_missing(&refusal, ManageAccess), "{refusal:?}");
    }
}

/// What an earlier command of the group took away, a later one does not have.
#[test]
fn a_group_sees_what_its_earlier_commands_changed() {
    let reads = || vec![grant(HERE, &[Permission::ReadUsers], Role::Registered)];
    let named = || service_name("billing");
    let taken = [
        (AccessAction::RemoveGrant { service: named(), scope: HERE }, Reason::GrantMissing),
        (AccessAction::RevokeToken { service: named(), token: token_id(50) }, Reason::TokenInvalid),
        (AccessAction::DeleteService { name: named() }, Reason::TokenInvalid),
    ];
    for (action, reason) in taken {
        let mut state = state(reads(), Vec::new(), &user());
        let reading = asks(changing(Vec::new()));
        decided(&mut state, &reading).unwrap();
        let operator = Command {
            site: Some(SiteId::INSTALLATION),
            ..ask(&Caller::Operator, Action::Access(action))
        };
        let decision = decided(&mut state, &operator).unwrap();
        assert_eq!((decision.changed, decision.revision), (true, 41));
        assert_eq!(decided(&mut state, &reading).unwrap_err().reason, reason);
        let changes = state.into_changes();
        assert!(changes.alters_access());
        assert_eq!(changes.events.len(), 1);
        assert_eq!(changes.events[0].site, SiteId::INSTALLATION);
        assert_eq!(last_revisions(&changes), [(SiteId::INSTALLATION, 41)]);
    }
}

#[test]
fn services_are_made_once_and_recorded() {
    let operator = |action| Command {
        site: Some(SiteId::INSTALLATION),
        ..ask(&Caller::Operator, Action::Access(action))
    };
    let make = |name: &str| operator(AccessAction::CreateService { name: service_name(name) });
    let mut state = state(Vec::new(), Vec::new(), &user());
    decided(&mut state, &Command { validate_only: true, ..make("new") }).unwrap();
    decided(&mut state, &make("new")).unwrap();
    assert_eq!(decided(&mut state, &make("new")).unwrap_err().reason, Reason::ServiceExists);
    let all: BTreeSet<_> = Permission::all().collect();
    let grant = Grant::new(HERE, all, Some(Role::Admin)).unwrap();
    let give = |service: &str| {
        operator(AccessAction::PutGrant { service: service_name(service), grant: grant.clone() })
    };
    assert_eq!(decided(&mut state, &give("nobody")).unwrap_err().reason, Reason::ServiceNotFound);
    assert!(decided(&mut state, &give("new")).unwrap().changed);
    assert!(!decided(&mut state, &give("new")).unwrap().changed);
    let changes = state.into_changes();
    let kinds: Vec<_> = changes.events.iter().map(|event| event.body.kind()).collect();
    assert_eq!(kinds, ["service_created", "grant_changed"]);
    let EventBody::GrantChanged { before: None, after: Some(after), .. } = &changes.events[1].body
    else {
        panic!("{:?}", changes.events[1].body)
    };
    assert_eq!(after.site.as_deref(), Some("acme"));
    let saved: Vec<_> =
        changes.saved_services.iter().map(|it| (it.after.id, it.after.version)).collect();
    assert_eq!(saved, [(3, 2)]);
}

#[test]
fn a_grant_says_something() {
    let of = |permissions: &[Permission], highest| {
        Grant::new(HERE, permissions.iter().copied().collect(), highest)
    };
    assert!(of(&[ReadUsers], None).is_ok());
    assert!(of(&[ReadUsers, ChangeRoles], Some(Role::Moderator)).is_ok());
    let wrong = [
        of(&[], None),
        of(&[ReadUsers], Some(Role::Admin)),
        of(&[ChangeRoles], None),
        of(&[ChangeRoles], Some(Role::Registered)),
    ];
    for wrong in wrong {
        assert_eq!(wrong.unwrap_err().reason, Reason::ValueInvalid);
    }
}

/// The rows of a service's command, in as few rounds as for others.
#[test]
fn a_command_of_a_service_needs_its_token_and_no_other_command_does() {
    let rounds = |command: &Command| {
        let mut state = State::default();
        let mut rounds = Vec::new();
        loop {
            let needs = needs(&state, std::iter::once(command));
            if needs.is_empty() {
                return rounds;
            }
            rounds.push((needs.sites.len(), needs.service_callers.len(), needs.services.len()));
            state.take_in(needs, Loaded::default());
        }
    };
    assert_eq!(rounds(&asks(deleting())), [(1, 0, 0), (0, 1, 0)]);
    assert_eq!(rounds(&ask(&okta(), deleting())), [(1, 0, 0)]);
    let grant = grant(HERE, &[Permission::ReadUsers], Role::Registered);
    assert_eq!(rounds(&asks(put("other", grant))), [(2, 0, 0), (0, 1, 1)]);
}
