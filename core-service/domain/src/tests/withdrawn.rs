//! What services may do, and who they show they are by, when a site or a service is no more.

use super::court::*;
use crate::{
    AccessAction, Action, Caller, Command, Context, EventBody, Grant, GrantScope, Loaded, Needs,
    Permission, Role, Service, ServiceName, ServiceToken, Site, SiteId, State, TokenId, decide,
};

const ELSEWHERE: SiteId = SiteId(8);

fn service_name(text: &str) -> ServiceName {
    ServiceName::parse(text).unwrap()
}

fn grant(scope: GrantScope) -> Grant {
    Grant { scope, permissions: [Permission::ReadUsers].into(), highest_role: Role::Registered }
}

/// Two services with a token each: `billing` reads users in `acme` and `umbrella`, `other` in `umbrella`.
fn state() -> State {
    let sites = [(SiteId::INSTALLATION, ""), (SITE, "acme")];
    let site =
        |(id, name): (SiteId, &str)| Site { id, name: name.to_owned(), ..Court::default().site };
    let service = |id, name, sites: &[SiteId]| Service {
        id,
        name: service_name(name),
        version: 5,
        created_at: BEFORE,
        grants: sites.iter().map(|site| grant(GrantScope::Site(*site))).collect(),
        deleted_at: None,
    };
    let token = |number, service| ServiceToken {
        id: TokenId(id(number).0),
        service: service_name(service),
        name: "one".to_owned(),
        certificate: None,
        created_at: BEFORE,
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    };
    let loaded = Loaded {
        sites: sites.map(site).to_vec(),
        services: vec![
            service(1, "billing", &[SITE, ELSEWHERE]),
            service(2, "other", &[ELSEWHERE]),
        ],
        grant_sites: vec![(SITE, "acme".to_owned()), (ELSEWHERE, "umbrella".to_owned())],
        service_tokens: vec![token(51, "billing"), token(52, "other")],
        next_service: Some(3),
        living_services: 2,
        ..Loaded::default()
    };
    let mut state = State::default();
    state.take_in(Needs::default(), loaded);
    state
}

fn decided(state: &mut State, site: SiteId, action: Action) -> bool {
    let command = Command { site: Some(site), ..ask(&Caller::Operator, action) };
    ask_for_the_rest(state, &command);
    let context = Context { now: NOW, fresh_id: &|| id(99).0 };
    decide(state, &context, &command).is_ok_and(|decision| decision.changed)
}

#[test]
fn with_a_site_the_grants_about_it_go() {
    let mut state = state();
    assert!(decided(&mut state, SITE, Action::DeleteSite));
    let changes = state.into_changes();
    let saved: Vec<_> = changes.saved_services.iter().map(|it| &it.after).collect();
    let [Service { name, version, grants, .. }] = saved[..] else { panic!("{saved:?}") };
    assert_eq!((name.as_str(), *version), ("billing", 6));
    assert_eq!(grants.iter().map(|it| it.scope).collect::<Vec<_>>(), [GrantScope::Site(ELSEWHERE)]);
    let told: Vec<_> = changes.events.iter().map(|event| (event.site, event.body.kind())).collect();
    assert_eq!(told, [(SITE, "site_deleted"), (SiteId::INSTALLATION, "grant_changed")]);
    let EventBody::GrantChanged { before: Some(before), after: None, .. } = &changes.events[1].body
    else {
        panic!("{:?}", changes.events[1].body)
    };
    assert_eq!(before.site.as_deref(), Some("acme"));
}

#[test]
fn with_a_service_its_own_tokens_go_and_the_ledger_names_its_sites() {
    let mut state = state();
    let deletion = AccessAction::DeleteService { name: service_name("billing") };
    assert!(decided(&mut state, SiteId::INSTALLATION, Action::Access(deletion)));
    let (service, token) = (service_name("other"), TokenId(id(52).0));
    let revocation = AccessAction::RevokeToken { service, token };
    assert!(decided(&mut state, SiteId::INSTALLATION, Action::Access(revocation)));
    let changes = state.into_changes();
    let EventBody::ServiceDeleted { before } = &changes.events[0].body else {
        panic!("{:?}", changes.events[0].body)
    };
    let sites: Vec<_> = before.grants.iter().map(|grant| grant.site.as_deref()).collect();
    assert_eq!(sites, [Some("acme"), Some("umbrella")]);
    let saved = changes.saved_services.iter().map(|it| (it.after.version, it.after.deleted_at));
    assert_eq!(saved.collect::<Vec<_>>(), [(6, Some(NOW)), (6, None)]);
}
