//! What services show who they are by: certificates and tokens, how many there may be, and how they go.

use super::court::*;
use crate::{
    AccessAction, Action, Answer, Caller, CertificateName, CertificateRegistration, Changes,
    Command, Context, Decision, Grants, Loaded, MAX_SERVICE_TOKENS, MAX_SERVICES, Needs, Reason,
    Refusal, Service, ServiceName, ServiceToken, ServiceTokenCreation, Site, SiteId, State,
    Timestamp, TokenId, TokenName, decide,
};

fn service_name(text: &str) -> ServiceName {
    ServiceName::parse(text).unwrap()
}

fn certificate_name(text: &str) -> CertificateName {
    CertificateName::parse(text).unwrap()
}

fn token(number: u128, service: &str) -> ServiceToken {
    ServiceToken {
        id: TokenId(id(number).0),
        service: service_name(service),
        name: format!("token {number}"),
        certificate: None,
        created_at: BEFORE,
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    }
}

fn certificate(number: u128, service: &str, name: &str) -> ServiceToken {
    ServiceToken { certificate: Some(certificate_name(name)), ..token(number, service) }
}

/// The services `billing` and `other`, each of which was changed four times.
fn state(service_tokens: Vec<ServiceToken>, living_services: u64) -> State {
    let service = |id, name| Service {
        id,
        name: service_name(name),
        version: 5,
        created_at: BEFORE,
        grants: Grants::default(),
        deleted_at: None,
    };
    let loaded = Loaded {
        sites: vec![Site { id: SiteId::INSTALLATION, ..Court::default().site }],
        services: vec![service(1, "billing"), service(2, "other")],
        service_tokens,
        next_service: Some(3),
        living_services,
        ..Loaded::default()
    };
    let mut state = State::default();
    state.take_in(Needs::default(), loaded);
    state
}

fn asked(action: AccessAction) -> Command {
    Command { site: Some(SiteId::INSTALLATION), ..ask(&Caller::Operator, Action::Access(action)) }
}

fn tried(action: AccessAction) -> Command {
    Command { validate_only: true, ..asked(action) }
}

fn decided(state: &mut State, command: &Command) -> Result<Decision, Refusal> {
    ask_for_the_rest(state, command);
    decide(state, &Context { now: NOW, fresh_id: &|| id(99).0 }, command)
}

fn refused(state: &mut State, action: AccessAction) -> Option<Reason> {
    decided(state, &asked(action)).err().map(|refusal| refusal.reason)
}

fn add(service: &str, name: &str) -> AccessAction {
    AccessAction::AddCertificate(CertificateRegistration {
        service: service_name(service),
        certificate: certificate_name(name),
        hash: [3; 32],
    })
}

fn remove(service: &str, name: &str) -> AccessAction {
    let (service, certificate) = (service_name(service), certificate_name(name));
    AccessAction::RemoveCertificate { service, certificate }
}

fn create_token(service: &str, name: &str) -> AccessAction {
    AccessAction::CreateToken(ServiceTokenCreation {
        service: service_name(service),
        name: TokenName::parse(name).unwrap(),
        hash: [4; 32],
        expiration: None,
    })
}

fn revoke(service: &str, number: u128) -> AccessAction {
    AccessAction::RevokeToken { service: service_name(service), token: TokenId(id(number).0) }
}

/// Names and versions of the services that are saved, and kinds of events.
fn kept(changes: &Changes) -> (Vec<(String, i64)>, Vec<String>) {
    let saved = changes.saved_services.iter();
    let saved = saved.map(|it| (it.after.name.as_str().to_owned(), it.after.version)).collect();
    (saved, changes.events.iter().map(|event| event.body.kind().to_owned()).collect())
}

const NAME: &str = "spiffe://example.com/billing";

#[test]
fn a_certificate_is_registered_with_one_service() {
    let mut state = state(Vec::new(), 2);
    assert!(decided(&mut state, &tried(add("billing", NAME))).unwrap().changed);
    let decision = decided(&mut state, &asked(add("billing", NAME))).unwrap();
    let Answer::ServiceToken(made) = &decision.answer else { panic!("{decision:?}") };
    assert_eq!(
        (decision.changed, made.certificate.as_ref()),
        (true, Some(&certificate_name(NAME)))
    );
    assert!(!decided(&mut state, &asked(add("billing", NAME))).unwrap().changed);
    assert_eq!(refused(&mut state, add("other", NAME)), Some(Reason::CertificateExists));
    let changes = state.into_changes();
    let new = &changes.new_service_tokens[..];
    assert_eq!((new.len(), &new[0].token, new[0].service, new[0].hash), (1, made, 1, [3; 32]));
    let expected = (vec![("billing".to_owned(), 6)], vec!["certificate_added".to_owned()]);
    assert_eq!(kept(&changes), expected);
}

#[test]
fn a_certificate_is_removed_from_its_own_service() {
    let mut state = state(vec![certificate(51, "other", NAME), token(52, "other")], 2);
    assert_eq!(refused(&mut state, remove("billing", NAME)), Some(Reason::CertificateNotFound));
    assert!(decided(&mut state, &tried(remove("other", NAME))).unwrap().changed);
    let decision = decided(&mut state, &asked(remove("other", NAME))).unwrap();
    let Answer::ServiceToken(removed) = &decision.answer else { panic!("{decision:?}") };
    assert_eq!((decision.changed, removed.revoked_at), (true, Some(NOW)));
    assert_eq!(refused(&mut state, remove("other", NAME)), Some(Reason::CertificateNotFound));
    assert!(decided(&mut state, &asked(add("billing", NAME))).unwrap().changed);
    let expected = [("billing".to_owned(), 6), ("other".to_owned(), 6)];
    let kinds = ["certificate_removed", "certificate_added"].map(str::to_owned);
    assert_eq!(kept(&state.into_changes()), (expected.to_vec(), kinds.to_vec()));
}

#[test]
fn a_token_is_revoked_once_and_by_the_name_of_its_own_service() {
    let mut state = state(vec![token(51, "other"), certificate(52, "other", NAME)], 2);
    // By its name a certificate is removed, and by no id.
    for (service, number) in [("billing", 51), ("other", 52), ("other", 77)] {
        let reason = refused(&mut state, revoke(service, number));
        assert_eq!(reason, Some(Reason::TokenNotFound), "{service} {number}");
    }
    assert!(decided(&mut state, &tried(revoke("other", 51))).unwrap().changed);
    for changed in [true, false] {
        let decision = decided(&mut state, &asked(revoke("other", 51))).unwrap();
        let Answer::ServiceToken(revoked) = &decision.answer else { panic!("{decision:?}") };
        assert_eq!((decision.changed, revoked.revoked_at), (changed, Some(NOW)));
    }
    let expected = (vec![("other".to_owned(), 6)], vec!["service_token_revoked".to_owned()]);
    assert_eq!(kept(&state.into_changes()), expected);
}

#[test]
fn a_new_token_is_a_new_version_of_its_service() {
    let mut state = state(Vec::new(), 2);
    for command in [tried(create_token("other", "t")), asked(create_token("other", "t"))] {
        assert!(decided(&mut state, &command).unwrap().changed);
    }
    let expected = (vec![("other".to_owned(), 6)], vec!["service_token_created".to_owned()]);
    assert_eq!(kept(&state.into_changes()), expected);
}

/// Of each kind so many, and what opens nothing any more doesn't count.
#[test]
fn a_service_has_so_many_tokens_and_as_many_certificates() {
    let most = MAX_SERVICE_TOKENS as u128;
    let tokens = |count| (100..100 + count).map(|number| token(number, "billing"));
    let certificates = |count| {
        let of = |number| certificate(number, "billing", &format!("{number}.example.com"));
        (300..300 + count).map(of)
    };
    let dead = [
        ServiceToken { revoked_at: Some(BEFORE), ..token(51, "billing") },
        ServiceToken { expires_at: Some(NOW), ..token(52, "billing") },
        ServiceToken { revoked_at: Some(BEFORE), ..certificate(53, "billing", "a.example.com") },
        ServiceToken { expires_at: Some(Timestamp(NOW.0 + 1)), ..token(54, "other") },
    ];
    for (token_count, certificate_count) in [(most - 1, most), (most, most - 1)] {
        let all = tokens(token_count).chain(certificates(certificate_count)).chain(dead.clone());
        let mut state = state(all.collect(), 2);
        let is_full = |count| (count == most).then_some(Reason::LimitExceeded);
        assert_eq!(refused(&mut state, create_token("billing", "new")), is_full(token_count));
        assert_eq!(refused(&mut state, add("billing", NAME)), is_full(certificate_count));
        // With the new one there are as many as may be.
        let one_more = [create_token("billing", "newer"), add("billing", "b.example.com")];
        for action in one_more {
            assert_eq!(refused(&mut state, action), Some(Reason::LimitExceeded));
        }
        assert_eq!(refused(&mut state, create_token("other", "new")), None);
    }
}

#[test]
fn there_are_so_many_services_and_one_more_where_one_is_deleted() {
    let create = |name: &str| AccessAction::CreateService { name: service_name(name) };
    let delete = |name: &str| AccessAction::DeleteService { name: service_name(name) };
    let mut state = state(Vec::new(), MAX_SERVICES - 1);
    assert_eq!(refused(&mut state, create("one")), None);
    assert_eq!(refused(&mut state, create("two")), Some(Reason::LimitExceeded));
    assert_eq!(refused(&mut state, delete("other")), None);
    assert_eq!(refused(&mut state, create("two")), None);
    assert_eq!(refused(&mut state, create("three")), Some(Reason::LimitExceeded));
    let saved = state.into_changes().saved_services;
    let keys: Vec<_> = saved.iter().map(|it| (it.after.id, it.after.name.as_str())).collect();
    assert_eq!(keys, [(2, "other"), (3, "one"), (4, "two")]);
}
