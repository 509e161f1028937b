//! Sign-ins, and the verbs of internal services: who may enter, and with which role.

use super::fixture::*;
use provost_proto::v1;
use provost_proto::v1::{DirectoryStatus, Role};
use std::collections::BTreeSet;
use tonic::{Code, Status};

on_both_databases!(
    the_first_sign_in_creates_and_later_ones_refresh,
    many_first_sign_ins_at_once_create_one_user,
    who_is_kept_out_is_told_by_what,
    a_subject_finds_the_user_whatever_they_are_called,
    a_user_name_of_somebody_else_is_never_taken_over,
    who_is_kept_out_is_bound_to_no_subject,
    a_subject_is_forgotten_and_the_next_sign_in_says_it_anew,
    whoever_has_a_subject_forgotten_could_give_the_role_of_the_user,
    two_cores_give_a_subject_to_one_user,
    a_manual_deactivation_shuts_the_door_until_it_is_lifted,
    a_deleted_user_is_gone_and_the_name_is_free,
);

async fn sign_in(users: &mut Users, name: &str, title: &str) -> v1::RegisterSignInResponse {
    let attributes = [("title".to_owned(), text(title))].into();
    let request = v1::RegisterSignInRequest {
        site: SITE.to_owned(),
        user_name: name.to_owned(),
        profile: Some(v1::Profile { attributes }),
        ..v1::RegisterSignInRequest::default()
    };
    users.register_sign_in(request).await.unwrap().into_inner()
}

/// Signs in with a subject, and nothing else to tell.
async fn sign_in_as(
    users: &mut Users,
    name: &str,
    subject: &str,
) -> Result<v1::RegisterSignInResponse, Status> {
    let (user_name, subject) = (name.to_owned(), subject.to_owned());
    let rest = v1::RegisterSignInRequest::default();
    let site = SITE.to_owned();
    let request = v1::RegisterSignInRequest { site, user_name, subject, ..rest };
    Ok(users.register_sign_in(request).await?.into_inner())
}

fn user_of(answer: v1::RegisterSignInResponse) -> v1::User {
    answer.decision.unwrap().user.unwrap()
}

async fn a_subject_finds_the_user_whatever_they_are_called(fixture: Fixture) {
    let mut users = fixture.users();
    // Whom the directory brought is known by the subject from the first sign-in with one on.
    let id = fixture.user("ada", Role::Moderator).await.id;
    let bound = user_of(sign_in_as(&mut users, "Ada", "s-1").await.unwrap());
    assert_eq!((bound.id.clone(), bound.version), (id.clone(), 2));
    let again = sign_in_as(&mut users, "ADA", "s-1").await.unwrap();
    assert!(!again.decision.clone().unwrap().changed);
    assert_eq!(user_of(again).user_name, "ada", "another case is no other name");
    let married = user_of(sign_in_as(&mut users, "ada.lovelace", "s-1").await.unwrap());
    assert_eq!((&married.id, married.user_name.as_str()), (&id, "ada.lovelace"));
    assert_eq!((married.role(), married.version), (Role::Moderator, 3));
    // Whoever is known by a subject is not found by the user name alone.
    let status = sign_in_as(&mut users, "ada.lovelace", "").await.unwrap_err();
    let expected = (Code::FailedPrecondition, "SUBJECT_MISMATCH".to_owned());
    assert_eq!(reason(&status), expected);
    assert!(status.message().contains("send"), "{status}");
    assert_eq!(fixture.get(&id).await, married);
    // A subject is compared with case, and a newcomer brings theirs.
    let other = sign_in_as(&mut users, "grace", "S-1").await.unwrap();
    assert!(other.created);
    let grace = user_of(other).id;
    assert_eq!(user_of(sign_in_as(&mut users, "hopper", "S-1").await.unwrap()).id, grace);
    let bodies = fixture.rows("SELECT body FROM events").await.concat();
    let bodies: Vec<_> = bodies.iter().filter(|body| body.contains("\"s-1\"")).collect();
    assert_eq!(bodies.len(), 1, "the ledger says when it came");

    // Whoever is deleted leaves it free.
    let delete =
        v1::DeleteUserRequest { site: SITE.to_owned(), user_id: id.clone(), options: None };
    users.delete_user(delete).await.unwrap();
    let anew = sign_in_as(&mut users, "ada", "s-1").await.unwrap();
    assert!(anew.created && user_of(anew).id != id);
}

async fn a_user_name_of_somebody_else_is_never_taken_over(fixture: Fixture) {
    let mut users = fixture.users();
    let ada = user_of(sign_in_as(&mut users, "ada", "s-1").await.unwrap());
    let bob = user_of(sign_in_as(&mut users, "bob", "s-2").await.unwrap());
    let eve = fixture.user("eve", Role::Admin).await;
    for (name, subject) in [
        // Another person got the name of an account.
        ("ada", "s-3"),
        // Somebody known comes with the name of somebody else, known by a subject or not.
        ("bob", "s-1"),
        ("EVE", "s-1"),
    ] {
        let status = sign_in_as(&mut users, name, subject).await.unwrap_err();
        let expected = (Code::FailedPrecondition, "SUBJECT_MISMATCH".to_owned());
        assert_eq!(reason(&status), expected, "{name} {subject}");
    }
    let refused = fixture.rows("SELECT body FROM events WHERE notices LIKE '%SUBJECT_%'").await;
    assert_eq!(refused.len(), 3, "the ledger tells of each: {refused:?}");
    for before in [ada, bob, eve] {
        assert_eq!(fixture.get(&before.id).await, before);
    }
    for bad in ["a\0b".to_owned(), "x".repeat(513)] {
        let status = sign_in_as(&mut users, "ada", &bad).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
    }
    // Nobody but sign-ins brings a subject, and a change of everything else leaves it.
    let rename = v1::change::Change::Replace(v1::Replace {
        user_name: Some("countess".to_owned()),
        ..v1::Replace::default()
    });
    let ada = fixture.rows("SELECT subject FROM users WHERE user_name = 'ada'").await;
    assert_eq!(ada, [["s-1"]]);
    let id = user_of(sign_in_as(&mut users, "ada", "s-1").await.unwrap()).id;
    change(&mut users, &id, vec![rename], v1::WriteOptions::default()).await.unwrap();
    assert_eq!(user_of(sign_in_as(&mut users, "ada", "s-1").await.unwrap()).id, id);
}

async fn who_is_kept_out_is_bound_to_no_subject(fixture: Fixture) {
    let before = fixture.user("ada", Role::Registered).await;
    let mut users = fixture.users();
    let hold = v1::change::Change::PlaceHold(v1::PlaceHold {
        name: "legal".to_owned(),
        ..v1::PlaceHold::default()
    });
    let lift = v1::change::Change::LiftHold(v1::LiftHold { name: "legal".to_owned() });
    let options = v1::WriteOptions::default;
    for (keep_out, let_in) in [(hold, lift), (set_active(false), set_active(true))] {
        change(&mut users, &before.id, vec![keep_out], options()).await.unwrap();
        // Somebody else got the name meanwhile.
        let answer = sign_in_as(&mut users, "ada", "s-9").await.unwrap();
        assert!(!answer.admitted && !answer.decision.unwrap().changed);
        change(&mut users, &before.id, vec![let_in], options()).await.unwrap();
    }
    let answer = sign_in_as(&mut users, "ada", "s-1").await.unwrap();
    assert!(answer.admitted);
    assert_eq!(user_of(answer).id, before.id);
    // Who is known stays so while they are kept out.
    change(&mut users, &before.id, vec![set_active(false)], options()).await.unwrap();
    assert!(!sign_in_as(&mut users, "ada", "s-1").await.unwrap().admitted);
    let status = sign_in_as(&mut users, "ada", "s-9").await.unwrap_err();
    assert_eq!(reason(&status).1, "SUBJECT_MISMATCH");
}

fn forget() -> Vec<v1::change::Change> {
    vec![v1::change::Change::ForgetSubject(v1::ForgetSubject {})]
}

/// The identity provider was changed for another one: it calls the same people otherwise.
async fn a_subject_is_forgotten_and_the_next_sign_in_says_it_anew(fixture: Fixture) {
    let mut users = fixture.users();
    let ada = user_of(sign_in_as(&mut users, "ada", "old").await.unwrap());
    let status = sign_in_as(&mut users, "ada", "new").await.unwrap_err();
    assert!(status.message().contains("provost user forget-subject"), "{status}");
    let options = v1::WriteOptions::default;
    let tried = v1::WriteOptions { validate_only: true, ..options() };
    change(&mut users, &ada.id, forget(), tried).await.unwrap();
    sign_in_as(&mut users, "ada", "new").await.unwrap_err();

    let forgotten = change(&mut users, &ada.id, forget(), options()).await.unwrap();
    assert!(forgotten.changed);
    let event = fixture.event(forgotten.revision).await;
    assert_eq!((&*event.kind, event.asked), ("user_changed", vec!["forget_subject".to_owned()]));
    let subject = |state: Option<v1::EventState>| match state.and_then(|state| state.state) {
        Some(v1::event_state::State::User(user)) => user.subject,
        other => panic!("{other:?}"),
    };
    assert_eq!(subject(event.before).as_deref(), Some("old"));
    assert_eq!(subject(event.after).as_deref(), Some(""));
    let again = change(&mut users, &ada.id, forget(), options()).await.unwrap();
    assert!(!again.changed, "there is nothing to forget");

    // Who it belonged to before is anybody, and whoever signs in by the name comes to the account.
    assert!(sign_in_as(&mut users, "eve", "old").await.unwrap().created);
    assert_eq!(user_of(sign_in_as(&mut users, "ada", "new").await.unwrap()).id, ada.id);
    assert_eq!(user_of(sign_in_as(&mut users, "ada.lovelace", "new").await.unwrap()).id, ada.id);
}

/// Who is let into an account has its role.
async fn whoever_has_a_subject_forgotten_could_give_the_role_of_the_user(fixture: Fixture) {
    let mut operator = fixture.users();
    for (name, role) in [("ada", Role::Moderator), ("bob", Role::Registered)] {
        fixture.user(name, role).await;
        sign_in_as(&mut operator, name, name).await.unwrap();
    }
    let of =
        async |name: &str| user_of(sign_in_as(&mut fixture.users(), name, name).await.unwrap()).id;
    let (ada, bob) = (of("ada").await, of("bob").await);
    let profiles = v1::Permission::ChangeProfiles;
    let only = grant(Some(SITE), &[profiles], Role::Unspecified);
    let token = fixture.service("desk", vec![only]).await;
    let mut desk = users(&fixture.core, &token);
    let options = v1::WriteOptions::default;
    let status = change(&mut desk, &ada, forget(), options()).await.unwrap_err();
    assert_eq!(reason(&status), (Code::PermissionDenied, "GRANT_MISSING".to_owned()));
    assert!(status.message().contains("up to Moderator"), "{status}");
    assert!(change(&mut desk, &bob, forget(), options()).await.unwrap().changed);
    let more = grant(Some(SITE), &[profiles, v1::Permission::ChangeRoles], Role::Moderator);
    fixture.give("desk", more).await;
    assert!(change(&mut desk, &ada, forget(), options()).await.unwrap().changed);
    // And one that is taken back with the rest of its batch is known as ever.
    sign_in_as(&mut operator, "ada", "ada").await.unwrap();
    let both = [set_role(Role::Admin), forget().remove(0)];
    change(&mut desk, &ada, both.to_vec(), options()).await.unwrap_err();
    sign_in_as(&mut operator, "ada.lovelace", "ada").await.unwrap();
}

async fn two_cores_give_a_subject_to_one_user(fixture: Fixture) {
    let second = open(&fixture.url).await;
    let cores = [&fixture.core, &second];
    let sign_ins = (0..16).map(async |number: usize| {
        let mut users = users(cores[number % 2], OPERATOR);
        sign_in_as(&mut users, &format!("ada-{}", number % 4), "s-1").await
    });
    let answers = futures::future::join_all(sign_ins).await;
    let ids: BTreeSet<_> = answers.into_iter().map(|answer| user_of(answer.unwrap()).id).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(fixture.rows("SELECT user_name FROM users").await.len(), 1);
    second.close().await;
}

async fn the_first_sign_in_creates_and_later_ones_refresh(fixture: Fixture) {
    let mut users = fixture.users();
    let first = sign_in(&mut users, "Ada@example.com", "Analyst").await;
    assert_eq!((first.created, first.admitted), (true, true));
    let created = first.decision.unwrap().user.unwrap();
    assert_eq!((created.role(), created.version), (Role::Registered, 1));
    assert_eq!(created.user_name, "Ada@example.com");

    let same = sign_in(&mut users, "ada@EXAMPLE.com", "Analyst").await;
    let decision = same.decision.unwrap();
    assert_eq!((same.created, decision.changed, decision.revision), (false, false, 2));
    assert_eq!(decision.user, Some(created.clone()));

    let later = sign_in(&mut users, "ada@example.com", "Countess").await;
    let refreshed = later.decision.unwrap().user.unwrap();
    assert_eq!((refreshed.id, refreshed.version), (created.id, 2));
    assert_eq!(refreshed.profile.unwrap().attributes["title"], text("Countess"));
}

async fn many_first_sign_ins_at_once_create_one_user(fixture: Fixture) {
    let second = open(&fixture.url).await;
    let cores = [&fixture.core, &second];
    let sign_ins = (0..16).map(async |number: usize| {
        sign_in(&mut users(cores[number % 2], OPERATOR), "ada@example.com", "Analyst").await
    });
    let answers = futures::future::join_all(sign_ins).await;
    assert_eq!(answers.iter().filter(|answer| answer.created).count(), 1);
    let id = |answer: &v1::RegisterSignInResponse| {
        answer.decision.clone().and_then(|decision| decision.user).map(|user| user.id)
    };
    assert!(answers.iter().all(|answer| id(answer) == id(&answers[0])));
    assert_eq!(fixture.lines().await, 2, "site and user");
    second.close().await;
}

async fn who_is_kept_out_is_told_by_what(fixture: Fixture) {
    let id = fixture.user("ada", Role::Registered).await.id;
    let mut users = fixture.users();
    assert_eq!(sign_in(&mut users, "ada", "x").await.denial, None);
    let options = v1::WriteOptions::default;
    let hold = |name: &str| {
        let (name, note) = (name.to_owned(), "case 7".to_owned());
        v1::change::Change::PlaceHold(v1::PlaceHold { name, note, expiration: None })
    };
    let lift = |name: &str| v1::change::Change::LiftHold(v1::LiftHold { name: name.to_owned() });
    for (changes, holds, status) in [
        (vec![hold("legal")], vec!["legal"], DirectoryStatus::Active),
        (
            vec![hold("security"), set_active(false)],
            vec!["legal", "security"],
            DirectoryStatus::Inactive,
        ),
        (vec![lift("legal"), lift("security")], vec![], DirectoryStatus::Inactive),
    ] {
        change(&mut users, &id, changes, options()).await.unwrap();
        let answer = sign_in(&mut users, "ada", "x").await;
        let denial = answer.denial.unwrap();
        assert!(!answer.admitted);
        assert_eq!(
            (denial.directory_status(), denial.holds),
            (status, holds.into_iter().map(str::to_owned).collect())
        );
    }
    change(&mut users, &id, vec![set_active(true)], options()).await.unwrap();
    assert_eq!(sign_in(&mut users, "ada", "x").await.denial, None);
}

async fn a_manual_deactivation_shuts_the_door_until_it_is_lifted(fixture: Fixture) {
    let id = fixture.user("ada", Role::Registered).await.id;
    let mut users = fixture.users();
    let mut okta = fixture.connection().await;
    let (site, user_id) = (SITE.to_owned(), id.clone());
    let note = "left the project".to_owned();
    let deactivate = v1::DeactivateUserRequest {
        site: site.clone(),
        user_id: user_id.clone(),
        note,
        options: None,
    };
    users.deactivate_user(deactivate).await.unwrap();
    assert!(!sign_in(&mut users, "ada", "x").await.admitted);

    // The next full sync does not undo it.
    let options = v1::WriteOptions::default();
    let sync = change(&mut okta, &id, vec![set_active(true)], options).await.unwrap();
    let deactivated = sync.user.unwrap();
    assert_eq!(
        (deactivated.active, deactivated.directory_status()),
        (false, DirectoryStatus::Active)
    );
    let hold = (deactivated.holds[0].name.as_str(), deactivated.holds[0].owner.as_str());
    assert_eq!(hold, ("manual", "operator"));
    assert_eq!(deactivated.holds[0].note, "left the project");
    assert_eq!(sync.notices[0].reason(), v1::ErrorReason::HoldInForce);
    let named = |key: &str| sync.notices[0].metadata[key].as_str();
    assert_eq!((named("hold"), named("owner")), ("manual", "operator"));

    let lift = |name: &str| v1::LiftHoldRequest {
        site: site.clone(),
        user_id: user_id.clone(),
        name: name.to_owned(),
        options: None,
    };
    let refusal = okta.lift_hold(lift("manual")).await.unwrap_err();
    assert_eq!(reason(&refusal), (Code::FailedPrecondition, "HOLD_NOT_OWNED".to_owned()));
    let activate =
        || v1::ActivateUserRequest { site: site.clone(), user_id: id.clone(), options: None };
    let refusal = okta.activate_user(activate()).await.unwrap_err();
    assert_eq!(reason(&refusal).1, "HOLD_NOT_OWNED");
    let place = v1::PlaceHoldRequest {
        site: site.clone(),
        user_id: user_id.clone(),
        name: "mine".to_owned(),
        ..v1::PlaceHoldRequest::default()
    };
    let refusal = okta.place_hold(place).await.unwrap_err();
    assert_eq!(reason(&refusal), (Code::PermissionDenied, "CALLER_NOT_PERMITTED".to_owned()));

    let other = users.lift_hold(lift("security")).await.unwrap().into_inner().decision.unwrap();
    assert!(!other.changed, "no such hold");
    let decision = users.activate_user(activate()).await.unwrap().into_inner().decision.unwrap();
    assert!(decision.user.unwrap().active);
    assert!(sign_in(&mut users, "ada", "x").await.admitted);
}

async fn a_deleted_user_is_gone_and_the_name_is_free(fixture: Fixture) {
    let id = fixture.user("ada", Role::Registered).await.id;
    let delete =
        || v1::DeleteUserRequest { site: SITE.to_owned(), user_id: id.clone(), options: None };
    let mut users = fixture.users();
    let revision = users.delete_user(delete()).await.unwrap().into_inner().revision;
    assert_eq!(fixture.ledger().await.last(), Some(&(revision, None)));
    for status in [
        users.delete_user(delete()).await.map(|_| ()).unwrap_err(),
        get(&mut users, &id).await.map(|_| ()).unwrap_err(),
    ] {
        assert_eq!(reason(&status), (Code::NotFound, "USER_NOT_FOUND".to_owned()));
    }
    let anew = sign_in(&mut users, "ADA", "x").await;
    assert!(anew.created);
    assert_ne!(anew.decision.unwrap().user.unwrap().id, id, "an id is never used again");
}
