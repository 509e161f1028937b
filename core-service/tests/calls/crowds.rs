//! Many callers at once: no change is lost, no rule gives way, nobody pays for a neighbour. On
//! one core, and on two that share a database.

use super::fixture::*;
use futures::future::join_all;
use prost::Message as _;
use provost_core::Core;
use provost_proto::v1;
use provost_proto::v1::Role;
use std::collections::BTreeSet;
use tonic::Code;

on_both_databases!(
    sixteen_writers_on_one_user_lose_no_change,
    sixteen_writers_on_two_cores_lose_no_change,
    of_the_last_two_admins_one_stays,
    of_the_last_two_admins_one_stays_on_two_cores,
    asks_that_wait_are_decided_together_and_each_gets_its_own_answer,
    what_is_too_late_is_not_decided,
);

const WRITERS: usize = 16;
const ROUNDS: usize = 20;

async fn what_is_too_late_is_not_decided(fixture: Fixture) {
    let mut late = tonic::Request::new(v1::CreateUserRequest {
        site: SITE.to_owned(),
        user_name: "late".to_owned(),
        ..v1::CreateUserRequest::default()
    });
    late.metadata_mut().insert("grpc-timeout", "0n".parse().unwrap());
    let status = fixture.users().create_user(late).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    create(&mut fixture.users(), "late", Role::Registered).await.unwrap();
}

async fn sixteen_writers_on_one_user_lose_no_change(fixture: Fixture) {
    write_at_once(&fixture, &[&fixture.core]).await;
}

async fn sixteen_writers_on_two_cores_lose_no_change(fixture: Fixture) {
    let second = open(&fixture.url).await;
    write_at_once(&fixture, &[&fixture.core, &second]).await;
    second.close().await;
}

/// Each writer adds its own e-mail address and then, in a second request, its own attribute.
async fn write_at_once(fixture: &Fixture, cores: &[&Core]) {
    const ATTRIBUTES: [&str; WRITERS] = [
        "cost_center",
        "department",
        "display_name",
        "division",
        "employee_number",
        "family_name",
        "formatted_name",
        "given_name",
        "honorific_prefix",
        "honorific_suffix",
        "locale",
        "middle_name",
        "nick_name",
        "organization",
        "timezone",
        "title",
    ];
    let id = fixture.user("ada", Role::Registered).await.id;
    join_all(ATTRIBUTES.iter().enumerate().map(async |(number, attribute)| {
        let mut users = users(cores[number % cores.len()], OPERATOR);
        for asked in [add_email(&format!("{number}@example.com")), set_text(attribute, attribute)] {
            let options = v1::WriteOptions::default();
            let decision = change(&mut users, &id, vec![asked], options).await.unwrap();
            assert!(decision.changed);
        }
    }))
    .await;

    let user = fixture.get(&id).await;
    let mut attributes = user.profile.unwrap().attributes;
    let emails = attributes.remove("emails").and_then(|emails| emails.kind);
    assert_eq!(attributes.len(), WRITERS);
    assert!(attributes.iter().all(|(name, known)| *known == text(name)));
    let Some(v1::value::Kind::List(emails)) = emails else { panic!("{emails:?}") };
    let addresses: BTreeSet<_> = emails.elements.iter().map(v1::Value::encode_to_vec).collect();
    assert_eq!(addresses.len(), WRITERS);
    let changes = i64::try_from(2 * WRITERS).unwrap();
    assert_eq!(user.version, 1 + changes);

    // The site, the user and one line a change, without a gap, each on what the one before left.
    let ledger = fixture.ledger().await;
    let revisions: Vec<_> = ledger.iter().map(|(revision, _)| *revision).collect();
    assert_eq!(revisions, (1..=2 + changes).collect::<Vec<_>>());
    let versions: Vec<_> = ledger.iter().filter_map(|(_, version)| *version).collect();
    assert_eq!(versions, (1..=1 + changes).collect::<Vec<_>>());
}

async fn of_the_last_two_admins_one_stays(fixture: Fixture) {
    step_down_at_once(&fixture, [&fixture.core, &fixture.core]).await;
}

async fn of_the_last_two_admins_one_stays_on_two_cores(fixture: Fixture) {
    let second = open(&fixture.url).await;
    step_down_at_once(&fixture, [&fixture.core, &second]).await;
    second.close().await;
}

/// Each round two Admins leave in two of the ways there are, at once.
async fn step_down_at_once(fixture: &Fixture, cores: [&Core; 2]) {
    let switches = v1::UpdateScimSettingsRequest {
        allow_admin_promotion: Some(true),
        ..v1::UpdateScimSettingsRequest::default()
    };
    fixture.settings(switches).await;
    let token = fixture.token(SITE).await;
    let mut stayed = fixture.user("admin", Role::Admin).await.id;
    for round in 0..ROUNDS {
        let newcomer = fixture.user(&format!("admin-{round}"), Role::Admin).await.id;
        let admins = [stayed, newcomer];
        let ways = [round % WAYS, (round + 1 + round / WAYS) % WAYS];
        let (first, second) = tokio::join!(
            leave(cores[0], &token, &admins[0], ways[0]),
            leave(cores[1], &token, &admins[1], ways[1]),
        );
        let mut in_charge = Vec::new();
        for id in admins {
            match get(&mut fixture.users(), &id).await {
                Ok(user) if user.active && user.role() == Role::Admin => in_charge.push(id),
                Ok(_) => {}
                Err(status) => assert_eq!(status.code(), Code::NotFound),
            }
        }
        assert!(first != second, "round {round}: one of them leaves, {ways:?}");
        assert_eq!(in_charge.len(), 1, "round {round}, {ways:?}");
        stayed = in_charge.remove(0);
    }
}

const WAYS: usize = 5;

/// Whether the Admin left. Whoever did not was told why.
async fn leave(core: &Core, token: &str, id: &str, way: usize) -> bool {
    let (site, user_id) = (SITE.to_owned(), id.to_owned());
    let mut operator = users(core, OPERATOR);
    let answer = match way {
        0 => {
            let role = Role::Registered.into();
            let request = v1::SetUserRoleRequest { site, user_id, role, options: None };
            operator.set_user_role(request).await.map(|_| ())
        }
        1 => {
            let request =
                v1::DeactivateUserRequest { site, user_id, ..v1::DeactivateUserRequest::default() };
            operator.deactivate_user(request).await.map(|_| ())
        }
        2 => {
            let request = v1::DeleteUserRequest { site, user_id, options: None };
            operator.delete_user(request).await.map(|_| ())
        }
        connection => {
            let asked =
                if connection == 3 { set_active(false) } else { set_role(Role::Registered) };
            let mut users = users(core, token);
            let options = v1::WriteOptions::default();
            let decision = change(&mut users, id, vec![asked], options).await.unwrap();
            let told: Vec<_> = decision.notices.iter().map(v1::Notice::reason).collect();
            let refused = told == [v1::ErrorReason::LastAdmin];
            assert!(refused || told.is_empty(), "{told:?}");
            assert_ne!(decision.changed, refused);
            return !refused;
        }
    };
    if let Err(status) = &answer {
        assert_eq!(reason(status), (Code::FailedPrecondition, "LAST_ADMIN".to_owned()));
    }
    answer.is_ok()
}

/// One time stamp for all shows one group.
async fn asks_that_wait_are_decided_together_and_each_gets_its_own_answer(fixture: Fixture) {
    let taken = fixture.user("taken", Role::Registered).await;
    let admin = fixture.user("admin", Role::Admin).await;
    let lines = fixture.lines().await;
    let good = (0..20).map(async |number| {
        create(&mut fixture.users(), &format!("user-{number}"), Role::Registered).await
    });
    let bad = async {
        let mut users = [fixture.users(), fixture.users(), fixture.users()];
        let [one, two, three] = &mut users;
        let stale = v1::WriteOptions { expected_version: Some(9), ..v1::WriteOptions::default() };
        let fresh = v1::WriteOptions::default;
        tokio::join!(
            create(one, "TAKEN", Role::Registered),
            change(two, &taken.id, vec![set_title("x")], stale),
            change(three, &admin.id, vec![set_title("x"), set_role(Role::Registered)], fresh()),
        )
    };
    let (good, (name, version, last)) = tokio::join!(join_all(good), bad);
    let stamps: BTreeSet<_> =
        good.into_iter().map(|user| user.unwrap().update_time.unwrap().to_string()).collect();
    assert_eq!(stamps.len(), 1, "decided at one moment: {stamps:?}");
    let reasons = [name.unwrap_err(), version.unwrap_err(), last.unwrap_err()];
    let reasons: Vec<_> = reasons.iter().map(|status| reason(status).1).collect();
    assert_eq!(reasons, ["USER_NAME_TAKEN", "VERSION_MISMATCH", "LAST_ADMIN"]);
    assert_eq!(fixture.get(&taken.id).await, taken);
    assert_eq!(fixture.get(&admin.id).await, admin);
    // Twenty creations and one decision of the law.
    assert_eq!(fixture.lines().await, lines + 21);
}
