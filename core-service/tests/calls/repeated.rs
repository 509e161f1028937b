//! Requests that are sent again with their id: one effect, however often and wherever they come.
//!
//! `PROVOST_RACE_ROUNDS` sets how often they race; a thousand rounds take a minute.

use super::fixture::*;
use futures::future::join_all;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use prost_types::method_options::IdempotencyLevel;
use provost_core::Core;
use provost_proto::v1;
use provost_proto::v1::{ErrorReason, Role};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;

/// The value of a token that is kept.
const TYPED: &str = "correct-horse-battery-staple";

on_both_databases!(
    every_write_is_done_once,
    a_request_is_remembered_by_a_core_that_starts_anew,
    a_refusal_is_remembered,
    a_refusal_of_permission_is_not_remembered,
    what_was_not_decided_is_not_remembered,
    ids_are_the_callers_own_in_each_site,
    what_is_only_tried_takes_no_id,
    who_is_gone_is_told,
    an_id_is_short_and_visible,
    one_request_from_sixteen_connections_has_one_effect,
    one_request_to_two_cores_has_one_effect,
    one_new_site_asked_of_two_cores_is_made_once,
    what_only_another_version_can_answer_is_told_and_not_done_again,
    of_many_notices_the_first_hundred_come_again,
    ids_go_with_their_site,
);

const CONNECTIONS: usize = 16;
const ROUNDS: usize = 20;

fn rounds() -> usize {
    let rounds = std::env::var("PROVOST_RACE_ROUNDS").ok().and_then(|text| text.parse().ok());
    rounds.unwrap_or(ROUNDS)
}

fn with_id(id: &str) -> v1::WriteOptions {
    v1::WriteOptions { request_id: id.to_owned(), ..v1::WriteOptions::default() }
}

/// What a write answers besides what it is about: as it was the first time.
fn told<A: Debug>(
    answer: Result<Response<A>, Status>,
    say: impl FnOnce(&A) -> (bool, i64),
) -> Result<(bool, i64), Status> {
    answer.map(|answer| say(answer.get_ref()))
}

fn of(decision: Option<&v1::Decision>) -> (bool, i64) {
    let decision = decision.unwrap();
    assert!(decision.user.is_some());
    (decision.changed, decision.revision)
}

type Answers = Vec<(&'static str, Result<(bool, i64), Status>)>;

/// Asks for a write with an id of its own. The note tells requests of one kind apart.
macro_rules! write {
    ($answers:ident, $note:ident, $client:ident.$rpc:ident, $say:expr,
        $message:ident { $($field:ident: $value:expr),* $(,)? }) => {
        let name = stringify!($message).strip_suffix("Request").unwrap();
        let options = v1::WriteOptions { reason: $note.to_owned(), ..with_id(name) };
        let request = v1::$message {
            options: Some(options),
            $($field: $value.into(),)*
            ..v1::$message::default()
        };
        $answers.push((name, told($client.$rpc(request).await, $say)));
    };
}

fn of_group(decision: Option<&v1::GroupDecision>) -> (bool, i64) {
    let decision = decision.unwrap();
    assert!(decision.group.is_some());
    (decision.changed, decision.revision)
}

/// Each write there is.
async fn every_write(fixture: &Fixture, subjects: &[String; 6], note: &str) -> Answers {
    let [user, leaver, token, group, dissolved, session] = subjects;
    let mut answers = writes_about_users(fixture, [user, leaver], note).await;
    answers.extend(writes_about_groups(fixture, [group, dissolved], note).await);
    answers.extend(writes_about_sites(fixture, token, note).await);
    answers.extend(writes_about_services(fixture, note).await);
    answers.extend(writes_about_sessions(fixture, session, note).await);
    answers
}

#[expect(clippy::needless_update, reason = "one shape for all messages")]
async fn writes_about_groups(
    fixture: &Fixture,
    [group, dissolved]: [&String; 2],
    note: &str,
) -> Answers {
    let (mut groups, mut answers) = (fixture.groups(), Answers::new());
    write!(
        answers,
        note,
        groups.create_group,
        |answer| of_group(answer.decision.as_ref()),
        CreateGroupRequest { site: SITE, display_name: "made" }
    );
    let name = v1::SetDisplayName { display_name: "renamed".to_owned() };
    let change = v1::group_change::Change::SetDisplayName(name);
    let changes = vec![v1::GroupChange { change: Some(change) }];
    write!(
        answers,
        note,
        groups.change_group,
        |answer| of_group(answer.decision.as_ref()),
        ChangeGroupRequest { site: SITE, group_id: group, changes: changes }
    );
    write!(
        answers,
        note,
        groups.delete_group,
        |answer| (answer.changed, answer.revision),
        DeleteGroupRequest { site: SITE, group_id: dissolved }
    );
    let ruled = |name: &str| {
        let by = v1::ruled_group::By::DisplayName(name.to_owned());
        Some(v1::RuledGroup { by: Some(by) })
    };
    write!(
        answers,
        note,
        groups.set_group_rule,
        |answer| {
            assert!(answer.rule.is_some());
            (answer.changed, answer.revision)
        },
        SetGroupRuleRequest { site: SITE, group: ruled("ruled"), role: Role::Admin }
    );
    write!(
        answers,
        note,
        groups.delete_group_rule,
        |answer| (answer.changed, answer.revision),
        DeleteGroupRuleRequest { site: SITE, group: ruled("ruled before") }
    );
    answers
}

#[expect(clippy::needless_update, reason = "one shape for all messages")]
async fn writes_about_users(
    fixture: &Fixture,
    [user, leaver]: [&String; 2],
    note: &str,
) -> Answers {
    let (mut users, mut answers) = (fixture.users(), Answers::new());
    write!(
        answers,
        note,
        users.create_user,
        |answer| of(answer.decision.as_ref()),
        CreateUserRequest { site: SITE, user_name: "made" }
    );
    write!(
        answers,
        note,
        users.register_sign_in,
        |answer| {
            assert!(answer.admitted && answer.created);
            of(answer.decision.as_ref())
        },
        RegisterSignInRequest { site: SITE, user_name: "signed-in" }
    );
    let changes = vec![v1::Change { change: Some(set_title("x")) }];
    write!(
        answers,
        note,
        users.change_user,
        |answer| of(answer.decision.as_ref()),
        ChangeUserRequest { site: SITE, user_id: user, changes: changes }
    );
    let changes = vec![v1::Change { change: Some(set_title("y")) }];
    let item = v1::UserChanges { user_id: user.clone(), changes, expected_version: None };
    write!(
        answers,
        note,
        users.batch_change_users,
        |answer| match &answer.results[0].result {
            Some(v1::batch_change_result::Result::Decision(decision)) => of(Some(decision)),
            other => panic!("{other:?}"),
        },
        BatchChangeUsersRequest { site: SITE, items: vec![item] }
    );
    write!(
        answers,
        note,
        users.deactivate_user,
        |answer| of(answer.decision.as_ref()),
        DeactivateUserRequest { site: SITE, user_id: user }
    );
    write!(
        answers,
        note,
        users.activate_user,
        |answer| of(answer.decision.as_ref()),
        ActivateUserRequest { site: SITE, user_id: user }
    );
    write!(
        answers,
        note,
        users.set_user_role,
        |answer| of(answer.decision.as_ref()),
        SetUserRoleRequest { site: SITE, user_id: user, role: Role::Moderator }
    );
    write!(
        answers,
        note,
        users.place_hold,
        |answer| of(answer.decision.as_ref()),
        PlaceHoldRequest { site: SITE, user_id: user, name: "legal" }
    );
    write!(
        answers,
        note,
        users.lift_hold,
        |answer| of(answer.decision.as_ref()),
        LiftHoldRequest { site: SITE, user_id: user, name: "legal" }
    );
    write!(
        answers,
        note,
        users.delete_user,
        |answer| (answer.changed, answer.revision),
        DeleteUserRequest { site: SITE, user_id: leaver }
    );
    answers
}

#[expect(clippy::needless_update, reason = "one shape for all messages")]
async fn writes_about_sites(fixture: &Fixture, token: &str, note: &str) -> Answers {
    let (mut sites, mut answers) = (fixture.sites(), Answers::new());
    write!(
        answers,
        note,
        sites.create_site,
        |answer| {
            assert_eq!(answer.site.as_ref().unwrap().name, "new");
            (answer.changed, answer.revision)
        },
        CreateSiteRequest { name: "new" }
    );
    write!(
        answers,
        note,
        sites.update_scim_settings,
        |answer| {
            assert!(answer.settings.as_ref().unwrap().allow_admin_promotion);
            (answer.changed, answer.revision)
        },
        UpdateScimSettingsRequest { site: SITE, allow_admin_promotion: Some(true) }
    );
    write!(
        answers,
        note,
        sites.create_connection,
        |answer| {
            assert_eq!(answer.connection.as_ref().unwrap().name, "okta");
            (answer.changed, answer.revision)
        },
        CreateConnectionRequest { site: SITE, name: "okta" }
    );
    write!(
        answers,
        note,
        sites.update_connection,
        |answer| {
            assert_eq!(answer.connection.as_ref().unwrap().name, "okta");
            (answer.changed, answer.revision)
        },
        UpdateConnectionRequest {
            site: SITE,
            connection: "okta",
            dialect: v1::ConnectionDialect::Strict
        }
    );
    write!(
        answers,
        note,
        sites.create_token,
        |answer| {
            assert_eq!(answer.token.as_ref().unwrap().name, "new");
            let notices: Vec<_> = answer.notices.iter().map(v1::Notice::reason).collect();
            let expected = answer.value.is_empty().then_some(ErrorReason::TokenValueNotKept);
            assert_eq!(notices, Vec::from_iter(expected));
            (answer.changed, answer.revision)
        },
        CreateTokenRequest { site: SITE, name: "new" }
    );
    write!(
        answers,
        note,
        sites.reveal_token,
        |answer| {
            // Only the first time.
            assert!([TYPED, ""].contains(&&*answer.value));
            (answer.changed, answer.revision)
        },
        RevealTokenRequest { site: SITE, token_id: token }
    );
    write!(
        answers,
        note,
        sites.revoke_token,
        |answer| {
            assert!(answer.token.as_ref().unwrap().revoke_time.is_some());
            (answer.changed, answer.revision)
        },
        RevokeTokenRequest { site: SITE, token_id: token }
    );
    write!(
        answers,
        note,
        sites.delete_connection,
        |answer| (answer.changed, answer.revision),
        DeleteConnectionRequest { site: SITE, connection: "okta" }
    );
    write!(
        answers,
        note,
        sites.delete_site,
        |answer| (answer.changed, answer.revision),
        DeleteSiteRequest { site: "new" }
    );
    answers
}

#[expect(clippy::needless_update, reason = "one shape for all messages")]
async fn writes_about_services(fixture: &Fixture, note: &str) -> Answers {
    let (mut access, mut answers) = (fixture.services(), Answers::new());
    write!(
        answers,
        note,
        access.create_service,
        |answer| {
            assert_eq!(answer.service.as_ref().unwrap().name, "billing");
            (answer.changed, answer.revision)
        },
        CreateServiceRequest { name: "billing" }
    );
    let scope = v1::grant::Scope::Site(SITE.to_owned());
    let permissions = vec![v1::Permission::ReadUsers.into()];
    let grant = v1::Grant { scope: Some(scope), permissions, ..v1::Grant::default() };
    write!(
        answers,
        note,
        access.put_grant,
        |answer| (answer.changed, answer.revision),
        PutGrantRequest { service: "billing", grant: grant }
    );
    let scope = v1::remove_grant_request::Scope::Site(SITE.to_owned());
    write!(
        answers,
        note,
        access.remove_grant,
        |answer| (answer.changed, answer.revision),
        RemoveGrantRequest { service: "billing", scope: scope }
    );
    let mut made = "00000000-0000-0000-0000-000000000000".to_owned();
    write!(
        answers,
        note,
        access.create_service_token,
        |answer| {
            let notices: Vec<_> = answer.notices.iter().map(v1::Notice::reason).collect();
            let expected = answer.value.is_empty().then_some(ErrorReason::TokenValueNotKept);
            assert_eq!(notices, Vec::from_iter(expected));
            made.clone_from(&answer.token.as_ref().unwrap().id);
            (answer.changed, answer.revision)
        },
        CreateServiceTokenRequest { service: "billing", name: "new" }
    );
    write!(
        answers,
        note,
        access.revoke_service_token,
        |answer| (answer.changed, answer.revision),
        RevokeServiceTokenRequest { service: "billing", token_id: made }
    );
    write!(
        answers,
        note,
        access.add_service_certificate,
        |answer| (answer.changed, answer.revision),
        AddServiceCertificateRequest { service: "billing", certificate_name: "billing.internal" }
    );
    write!(
        answers,
        note,
        access.remove_service_certificate,
        |answer| (answer.changed, answer.revision),
        RemoveServiceCertificateRequest {
            service: "billing",
            certificate_name: "billing.internal"
        }
    );
    write!(
        answers,
        note,
        access.delete_service,
        |answer| (answer.changed, answer.revision),
        DeleteServiceRequest { service: "leaver" }
    );
    answers
}

#[expect(clippy::needless_update, reason = "one shape for all messages")]
async fn writes_about_sessions(fixture: &Fixture, session: &str, note: &str) -> Answers {
    let (mut sessions, mut answers) = (sessions(&fixture.core, OPERATOR), Answers::new());
    let notices = |value: &str, notices: &[v1::Notice]| {
        let notices: Vec<_> = notices.iter().map(v1::Notice::reason).collect();
        let expected = value.is_empty().then_some(ErrorReason::TokenValueNotKept);
        assert_eq!(notices, Vec::from_iter(expected));
    };
    write!(
        answers,
        note,
        sessions.create_sign_in_code,
        |answer| {
            notices(&answer.code, &answer.notices);
            (answer.changed, answer.revision)
        },
        CreateSignInCodeRequest {}
    );
    write!(
        answers,
        note,
        sessions.create_session,
        |answer| {
            notices(&answer.token, &answer.notices);
            (answer.changed, answer.revision)
        },
        CreateSessionRequest {}
    );
    write!(
        answers,
        note,
        sessions.delete_session,
        |answer| (answer.changed, answer.revision),
        DeleteSessionRequest { session_id: session }
    );
    answers
}

/// The writes of the contract.
/// What is kept beside the ledger decides nothing, and is told for itself. And what an identity provider has
/// answered it takes once.
const NO_DECISIONS: [&str; 3] = ["AcknowledgeEvents", "DeleteConsumer", "CreateAdminSession"];

/// Each of its writes is answered by itself, which `batch_writes` tries.
const SEVERAL: &str = "BatchWrite";

fn writes() -> BTreeSet<String> {
    let descriptors = FileDescriptorSet::decode(provost_proto::DESCRIPTORS).unwrap();
    let services = descriptors.file.into_iter().flat_map(|file| file.service);
    let methods = services.flat_map(|service| service.method);
    let writes = methods.filter(|method| {
        let options = method.options.clone().unwrap_or_default();
        let writes = options.idempotency_level() != IdempotencyLevel::NoSideEffects;
        writes && method.name() != SEVERAL && !NO_DECISIONS.contains(&method.name())
    });
    writes.map(|method| method.name().to_owned()).collect()
}

async fn subjects(fixture: &Fixture) -> [String; 6] {
    let user = fixture.user("known", Role::Registered).await.id;
    let leaver = fixture.user("leaver", Role::Registered).await.id;
    let request = v1::CreateServiceRequest { name: "leaver".to_owned(), options: None };
    fixture.services().create_service(request).await.unwrap();
    let request = v1::CreateTokenRequest {
        site: SITE.to_owned(),
        name: "old".to_owned(),
        value: Some(TYPED.to_owned()),
        keep_value: true,
        ..v1::CreateTokenRequest::default()
    };
    let made = fixture.sites().create_token(request).await.unwrap().into_inner();
    let mut groups = Vec::new();
    for name in ["known", "dissolved"] {
        let request = v1::CreateGroupRequest {
            site: SITE.to_owned(),
            display_name: name.to_owned(),
            ..v1::CreateGroupRequest::default()
        };
        let made = fixture.groups().create_group(request).await.unwrap().into_inner();
        groups.push(made.decision.unwrap().group.unwrap().id);
    }
    let [group, dissolved] = groups.try_into().unwrap();
    let by = v1::ruled_group::By::DisplayName("ruled before".to_owned());
    let request = v1::SetGroupRuleRequest {
        site: SITE.to_owned(),
        group: Some(v1::RuledGroup { by: Some(by) }),
        role: Role::Moderator.into(),
        options: None,
    };
    fixture.groups().set_group_rule(request).await.unwrap();
    let mut sessions = sessions(&fixture.core, OPERATOR);
    let request = v1::CreateSessionRequest { options: None };
    let session = sessions.create_session(request).await.unwrap().into_inner().session;
    [user, leaver, made.token.unwrap().id, group, dissolved, session.unwrap().id]
}

async fn every_write_is_done_once(fixture: Fixture) {
    let subjects = subjects(&fixture).await;
    let first = every_write(&fixture, &subjects, "").await;
    let named: BTreeSet<_> = first.iter().map(|(rpc, _)| (*rpc).to_owned()).collect();
    assert_eq!(named, writes(), "every write of the contract is tried here");
    let lines = fixture.lines().await;
    let again = every_write(&fixture, &subjects, "").await;
    for ((rpc, first), (_, again)) in first.into_iter().zip(again) {
        let first = first.unwrap_or_else(|status| panic!("{rpc}: {status:?}"));
        assert!(first.0, "{rpc}");
        assert_eq!(again.unwrap_or_else(|status| panic!("{rpc}: {status:?}")), first, "{rpc}");
    }
    for (rpc, other) in every_write(&fixture, &subjects, "another request").await {
        let refusal = reason(&other.unwrap_err());
        assert_eq!(refusal, (Code::AlreadyExists, "REQUEST_ID_REUSED".to_owned()), "{rpc}");
    }
    assert_eq!(fixture.lines().await, lines);
}

async fn rename(fixture: &Fixture, id: &str, options: v1::WriteOptions) -> v1::Decision {
    change(&mut fixture.users(), id, vec![set_title("x")], options).await.unwrap()
}

async fn a_request_is_remembered_by_a_core_that_starts_anew(fixture: Fixture) {
    let id = fixture.user("ada", Role::Registered).await.id;
    let first = rename(&fixture, &id, with_id("1")).await;
    let request = v1::CreateTokenRequest {
        site: SITE.to_owned(),
        name: "new".to_owned(),
        options: Some(with_id("2")),
        ..v1::CreateTokenRequest::default()
    };
    let made = fixture.sites().create_token(request.clone()).await.unwrap().into_inner();
    let fixture = fixture.restarted().await;
    let mut users = fixture.users();
    let later = change(&mut users, &id, vec![set_title("y")], with_id("3")).await.unwrap();
    let again = rename(&fixture, &id, with_id("1")).await;
    // Decided as then, and the user as now in force.
    assert_eq!((again.changed, again.revision), (true, first.revision));
    assert_eq!(again.user, later.user);
    let again = fixture.sites().create_token(request).await.unwrap().into_inner();
    assert_eq!((again.token, &*again.value), (made.token, ""));
    for row in fixture.rows("SELECT fingerprint, outcome FROM request_ids").await {
        assert!(!row.concat().contains(&made.value), "a secret is kept: {row:?}");
    }
}

async fn what_only_another_version_can_answer_is_told_and_not_done_again(fixture: Fixture) {
    let id = fixture.user("ada", Role::Registered).await.id;
    rename(&fixture, &id, with_id("1")).await;
    let newer =
        r#"UPDATE request_ids SET outcome = '{"kind":"postponed","until":[1]}' RETURNING id"#;
    assert_eq!(fixture.rows(newer).await, [["1"]]);
    let lines = fixture.lines().await;
    let fixture = fixture.restarted().await;
    let again = change(&mut fixture.users(), &id, vec![set_title("x")], with_id("1")).await;
    let refusal = again.unwrap_err();
    let told = (Code::FailedPrecondition, "OUTCOME_UNREADABLE".to_owned());
    assert_eq!(reason(&refusal), told);
    assert_eq!(named(&refusal)["request_id"], "1");
    assert_eq!(fixture.lines().await, lines);
    rename(&fixture, &id, with_id("2")).await;
}

async fn of_many_notices_the_first_hundred_come_again(fixture: Fixture) {
    let id = fixture.user("ada", Role::Registered).await.id;
    let ignored = |number: i32| {
        v1::change::Change::Ignored(v1::Ignored {
            attribute: format!("attribute {number}"),
            reason: ErrorReason::AttributeNotKept.into(),
            message: "it is not kept".to_owned(),
        })
    };
    let asked = || (0..150).map(ignored).collect::<Vec<_>>();
    let mut users = fixture.users();
    let first = change(&mut users, &id, asked(), with_id("1")).await.unwrap();
    assert_eq!(first.notices.len(), 150);
    let again = change(&mut users, &id, asked(), with_id("1")).await.unwrap();
    assert_eq!(again.notices, first.notices[..100]);
}

async fn ids_go_with_their_site(fixture: Fixture) {
    fixture.site("other").await;
    let kept = "SELECT id FROM request_ids ORDER BY id";
    for (site, request) in [(SITE, "here"), ("other", "there")] {
        let request = v1::CreateUserRequest {
            site: site.to_owned(),
            user_name: "ada".to_owned(),
            options: Some(with_id(request)),
            ..v1::CreateUserRequest::default()
        };
        fixture.users().create_user(request).await.unwrap();
    }
    assert_eq!(fixture.rows(kept).await, [["here"], ["there"]]);
    let request = v1::DeleteSiteRequest { site: "other".to_owned(), options: None };
    fixture.sites().delete_site(request).await.unwrap();
    // The core is told of it and removes what is left, a little at a time.
    while fixture.rows(kept).await != [["here"]] {}
}

/// What a refusal names for machines.
fn named(refusal: &Status) -> BTreeMap<String, String> {
    let info = refusal.get_details_error_info().unwrap();
    info.metadata.into_iter().chain([("reason".to_owned(), info.reason)]).collect()
}

async fn a_refusal_is_remembered(fixture: Fixture) {
    let admin = fixture.user("admin", Role::Admin).await.id;
    let mut users = fixture.users();
    let step_down = |id: &str| v1::SetUserRoleRequest {
        site: SITE.to_owned(),
        user_id: admin.clone(),
        role: Role::Registered.into(),
        options: Some(with_id(id)),
    };
    let refused = users.set_user_role(step_down("1")).await.unwrap_err();
    assert_eq!(reason(&refused).1, "LAST_ADMIN");
    let stale = v1::WriteOptions { expected_version: Some(9), ..with_id("2") };
    let mismatch = change(&mut users, &admin, vec![set_title("x")], stale.clone()).await;
    fixture.user("other-admin", Role::Admin).await;
    let lines = fixture.lines().await;
    let again = users.set_user_role(step_down("1")).await.unwrap_err();
    assert_eq!((again.code(), again.message()), (refused.code(), refused.message()));
    assert_eq!(named(&again), named(&refused));
    let again = change(&mut users, &admin, vec![set_title("x")], stale).await.unwrap_err();
    assert_eq!(named(&again), named(&mismatch.unwrap_err()));
    assert_eq!(fixture.lines().await, lines);
    assert!(users.set_user_role(step_down("3")).await.is_ok());
}

async fn a_refusal_of_permission_is_not_remembered(fixture: Fixture) {
    let id = fixture.user("ada", Role::Registered).await.id;
    let may = |highest| grant(Some(SITE), &[v1::Permission::ChangeRoles], highest);
    let token = fixture.service("billing", vec![may(Role::Moderator)]).await;
    let promotion = v1::SetUserRoleRequest {
        site: SITE.to_owned(),
        user_id: id,
        role: Role::Admin.into(),
        options: Some(with_id("1")),
    };
    let mut own = users(&fixture.core, &token);
    let refused = own.set_user_role(promotion.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::PermissionDenied, "GRANT_MISSING".to_owned()));
    fixture.give("billing", may(Role::Admin)).await;
    let first = own.set_user_role(promotion.clone()).await.unwrap().into_inner();
    assert!(first.decision.clone().unwrap().changed);
    assert_eq!(own.set_user_role(promotion).await.unwrap().into_inner(), first);
}

async fn what_was_not_decided_is_not_remembered(fixture: Fixture) {
    let request = || {
        tonic::Request::new(v1::CreateUserRequest {
            site: SITE.to_owned(),
            user_name: "late".to_owned(),
            options: Some(with_id("1")),
            ..v1::CreateUserRequest::default()
        })
    };
    let mut late = request();
    late.metadata_mut().insert("grpc-timeout", "0n".parse().unwrap());
    let status = fixture.users().create_user(late).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    fixture.users().create_user(request()).await.unwrap();
}

async fn ids_are_the_callers_own_in_each_site(fixture: Fixture) {
    fixture.site("other").await;
    let create = |site: &str| v1::CreateUserRequest {
        site: site.to_owned(),
        user_name: format!("ada@{site}"),
        options: Some(with_id("1")),
        ..v1::CreateUserRequest::default()
    };
    let create_user = v1::UpdateScimSettingsRequest {
        creation: v1::CreationPolicy::Create.into(),
        ..v1::UpdateScimSettingsRequest::default()
    };
    fixture.settings(create_user).await;
    fixture.users().create_user(create(SITE)).await.unwrap();
    fixture.users().create_user(create("other")).await.unwrap();
    let mut connection = fixture.connection().await;
    let other = v1::CreateUserRequest { user_name: "grace".to_owned(), ..create(SITE) };
    let first = connection.create_user(other.clone()).await.unwrap().into_inner();
    let again = connection.create_user(other).await.unwrap().into_inner();
    assert_eq!(first, again);
    // Not even of what was only read.
    let taken = v1::CreateUserRequest { user_name: "mary".to_owned(), ..create(SITE) };
    let refused = connection.create_user(taken).await.unwrap_err();
    assert_eq!(reason(&refused).1, "REQUEST_ID_REUSED");
}

async fn what_is_only_tried_takes_no_id(fixture: Fixture) {
    let id = fixture.user("ada", Role::Registered).await.id;
    let tried = || v1::WriteOptions { validate_only: true, ..with_id("1") };
    assert_eq!(rename(&fixture, &id, tried()).await.user.unwrap().version, 2);
    assert!(rename(&fixture, &id, with_id("1")).await.changed);
    assert!(!rename(&fixture, &id, tried()).await.changed);
    assert!(fixture.rows("SELECT id FROM request_ids").await.len() == 1);
}

async fn who_is_gone_is_told(fixture: Fixture) {
    let id = fixture.user("ada", Role::Registered).await.id;
    rename(&fixture, &id, with_id("1")).await;
    let request =
        v1::DeleteUserRequest { site: SITE.to_owned(), user_id: id.clone(), options: None };
    fixture.users().delete_user(request).await.unwrap();
    let again = change(&mut fixture.users(), &id, vec![set_title("x")], with_id("1")).await;
    let told = again.unwrap_err();
    assert_eq!(reason(&told), (Code::NotFound, "USER_NOT_FOUND".to_owned()));
    assert!(told.message().contains("done before"), "{told}");
}

async fn an_id_is_short_and_visible(fixture: Fixture) {
    let id = fixture.user("ada", Role::Registered).await.id;
    for bad in ["with a space", "é", &"x".repeat(65)] {
        let asked = change(&mut fixture.users(), &id, vec![set_title("x")], with_id(bad)).await;
        let refused = reason(&asked.unwrap_err());
        assert_eq!(refused, (Code::InvalidArgument, "VALUE_INVALID".to_owned()), "{bad}");
    }
    assert!(rename(&fixture, &id, with_id(&"x".repeat(64))).await.changed);
}

async fn one_request_from_sixteen_connections_has_one_effect(fixture: Fixture) {
    race(&fixture, &[&fixture.core]).await;
}

async fn one_request_to_two_cores_has_one_effect(fixture: Fixture) {
    let second = open(&fixture.url).await;
    race(&fixture, &[&fixture.core, &second]).await;
    second.close().await;
}

/// Each round one request by which a user gets another title, sent by so many clients at once.
async fn race(fixture: &Fixture, cores: &[&Core]) {
    let id = fixture.user("ada", Role::Registered).await.id;
    for round in 0..rounds() {
        let request_id = format!("round-{round}");
        let asked = (0..CONNECTIONS).map(async |number| {
            let mut users = users(cores[number % cores.len()], OPERATOR);
            let changes = vec![set_title(&round.to_string())];
            change(&mut users, &id, changes, with_id(&request_id)).await.unwrap()
        });
        let answers = join_all(asked).await;
        let revision = i64::try_from(round).unwrap() + 3;
        for decision in answers {
            assert_eq!((decision.changed, decision.revision), (true, revision), "round {round}");
            assert_eq!(decision.user.unwrap().version, revision - 1, "round {round}");
        }
    }
    assert_eq!(fixture.lines().await, rounds() + 2);
}

async fn one_new_site_asked_of_two_cores_is_made_once(fixture: Fixture) {
    let second = open(&fixture.url).await;
    for round in 0..rounds() {
        let asked = (0..CONNECTIONS).map(async |number| {
            let core = if number % 2 == 0 { &fixture.core } else { &second };
            let (name, options) = (format!("site-{round}"), Some(with_id(&format!("id-{round}"))));
            let request = v1::CreateSiteRequest { name, options };
            sites(core, OPERATOR).create_site(request).await.unwrap().into_inner()
        });
        let answers = join_all(asked).await;
        assert!(answers.iter().all(|answer| *answer == answers[0] && answer.changed));
    }
    second.close().await;
}
