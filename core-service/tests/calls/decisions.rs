//! What a caller may say about a write besides what it wants, and what it hears back.

use super::fixture::*;
use futures::FutureExt as _;
use provost_proto::v1;
use provost_proto::v1::Role;
use tonic::Code;

on_both_databases!(
    what_is_only_validated_is_not_stored,
    an_expected_version_is_held_against_the_user,
    a_clock_that_was_set_back_makes_nothing_older,
    a_decision_carries_the_user_the_notices_and_the_revision,
    a_request_that_was_dropped_is_done_whole_or_not_at_all,
    what_was_acknowledged_is_there_after_a_restart,
);

/// The last position in the ledger of the only site.
async fn head(fixture: &Fixture) -> i64 {
    i64::try_from(fixture.lines().await).unwrap()
}

async fn what_is_only_validated_is_not_stored(fixture: Fixture) {
    let before = fixture.user("ada", Role::Registered).await;
    let lines = fixture.lines().await;
    let validate = || v1::WriteOptions { validate_only: true, ..v1::WriteOptions::default() };
    let mut users = fixture.users();
    let asked = vec![set_title("Countess"), set_role(Role::Moderator)];
    let decision = change(&mut users, &before.id, asked, validate()).await.unwrap();
    let user = decision.user.unwrap();
    assert_eq!((decision.changed, decision.revision), (true, head(&fixture).await));
    assert_eq!((user.role(), user.version), (Role::Moderator, 2), "as it would be");

    // What would be refused is refused; the ledger keeps no rehearsals.
    let mut okta = fixture.connection().await;
    fixture
        .settings(v1::UpdateScimSettingsRequest {
            refusals: v1::RefusalPolicy::Reject.into(),
            ..v1::UpdateScimSettingsRequest::default()
        })
        .await;
    let lines_of_settings = fixture.lines().await - lines;
    let refusal = change(&mut okta, &before.id, vec![set_role(Role::Admin)], validate()).await;
    assert_eq!(reason(&refusal.unwrap_err()).1, "ADMIN_PROMOTION_CLOSED");

    let request = v1::DeleteUserRequest {
        site: SITE.to_owned(),
        user_id: before.id.clone(),
        options: Some(validate()),
    };
    let answer = users.delete_user(request).await.unwrap().into_inner();
    assert_eq!((answer.changed, answer.revision), (true, head(&fixture).await));
    assert_eq!(fixture.get(&before.id).await, before);
    assert_eq!(fixture.lines().await, lines + lines_of_settings);
}

/// Between two lives of the core the clock goes back by a minute: what was written before lies in
/// the future.
async fn a_clock_that_was_set_back_makes_nothing_older(fixture: Fixture) {
    let id = fixture.user("ada", Role::Registered).await.id;
    fixture.rows("UPDATE events SET at = at + 60000000 RETURNING caller").await;
    let ahead = "UPDATE sites SET last_event_at = last_event_at + 60000000 RETURNING name";
    fixture.rows(ahead).await;
    let ahead = "UPDATE users SET created_at = created_at + 60000000, \
        updated_at = updated_at + 60000000 RETURNING user_name";
    fixture.rows(ahead).await;
    let fixture = fixture.restarted().await;
    let options = v1::WriteOptions::default();
    change(&mut fixture.users(), &id, vec![set_title("x")], options).await.unwrap();
    let user = fixture.get(&id).await;
    let (created, updated) = (user.create_time.unwrap(), user.update_time.unwrap());
    assert!((created.seconds, created.nanos) < (updated.seconds, updated.nanos));
    let events = "SELECT cast(at AS text) FROM events ORDER BY site_id, events.revision";
    let times: Vec<i64> =
        fixture.rows(events).await.iter().map(|row| row[0].parse().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
}

async fn an_expected_version_is_held_against_the_user(fixture: Fixture) {
    let id = fixture.user("ada", Role::Registered).await.id;
    let expecting = |version| v1::WriteOptions {
        expected_version: Some(version),
        ..v1::WriteOptions::default()
    };
    let mut users = fixture.users();
    let second = change(&mut users, &id, vec![set_title("x")], expecting(1)).await.unwrap();
    assert_eq!(second.user.unwrap().version, 2);
    for version in [0, 1, 3] {
        let status = change(&mut users, &id, vec![set_title("y")], expecting(version)).await;
        let refusal = reason(&status.unwrap_err());
        assert_eq!(refusal, (Code::Aborted, "VERSION_MISMATCH".to_owned()), "{version}");
        let (site, user_id) = (SITE.to_owned(), id.clone());
        let request = v1::DeleteUserRequest { site, user_id, options: Some(expecting(version)) };
        assert_eq!(users.delete_user(request).await.unwrap_err().code(), Code::Aborted);
    }
    assert_eq!(fixture.get(&id).await.version, 2);
    for (expected_version, expected_versions, unexpected_versions) in [
        (None, vec![1, 3], vec![]),
        (None, vec![], vec![1, 2]),
        (Some(2), vec![1, 3], vec![]),
        (Some(1), vec![1, 2], vec![]),
    ] {
        let options = v1::WriteOptions {
            on_behalf_of: String::new(),
            expected_version,
            expected_versions,
            unexpected_versions,
            validate_only: true,
            ..v1::WriteOptions::default()
        };
        let refused = change(&mut users, &id, vec![set_title("y")], options).await.unwrap_err();
        assert_eq!(refused.code(), Code::Aborted);
    }
    let options = v1::WriteOptions {
        expected_versions: vec![1, 2],
        unexpected_versions: vec![1],
        validate_only: true,
        ..v1::WriteOptions::default()
    };
    change(&mut users, &id, vec![set_title("y")], options).await.unwrap();

    // Of two who read the same version, one is told that it is no longer so.
    let (mut one, mut other) = (fixture.users(), fixture.users());
    let (one, other) = tokio::join!(
        change(&mut one, &id, vec![set_title("a")], expecting(2)),
        change(&mut other, &id, vec![set_title("b")], expecting(2)),
    );
    let refused: Vec<_> = [one, other].into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(reason(&refused[0]).1, "VERSION_MISMATCH");
    assert_eq!(fixture.get(&id).await.version, 3);
}

async fn a_decision_carries_the_user_the_notices_and_the_revision(fixture: Fixture) {
    let before = fixture.user("ada", Role::Registered).await;
    let mut okta = fixture.connection().await;
    let revision = i64::try_from(fixture.lines().await).unwrap();
    let options = v1::WriteOptions::default;

    let asked = || vec![set_role(Role::Admin), set_title("Countess")];
    let partly = change(&mut okta, &before.id, asked(), options()).await.unwrap();
    let user = partly.user.clone().unwrap();
    assert_eq!((user.role(), user.version), (Role::Registered, 2));
    assert_eq!((partly.changed, partly.revision), (true, revision + 1));
    let [notice] = partly.notices.as_slice() else { panic!("one notice: {partly:?}") };
    let told = (notice.reason(), notice.attribute.as_str());
    assert_eq!(told, (v1::ErrorReason::AdminPromotionClosed, "role"));
    assert!(notice.message.contains("allow_admin_promotion"), "{}", notice.message);
    let named = [
        ("attribute", "role"),
        ("current_role", "Registered"),
        ("requested_role", "Admin"),
        ("setting", "allow_admin_promotion"),
    ];
    let named = named.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(notice.metadata, named.into(), "as an error would name it");

    // Again: what was refused is told again, but a sync that repeats itself writes nothing.
    let again = change(&mut okta, &before.id, asked(), options()).await.unwrap();
    assert_eq!((again.changed, again.revision), (false, revision + 1), "the head of the ledger");
    assert_eq!(again.notices, partly.notices);
    assert_eq!(again.user.as_ref(), Some(&user), "also its version and its time");

    let same = change(&mut okta, &before.id, vec![set_title("Countess")], options()).await.unwrap();
    assert_eq!((same.changed, same.revision), (false, revision + 1));
    assert_eq!(fixture.ledger().await.last(), Some(&(revision + 1, Some(2))));
    assert_eq!(fixture.get(&before.id).await, user);
}

/// A caller that goes away is told nothing; either nothing happened or all of it.
async fn a_request_that_was_dropped_is_done_whole_or_not_at_all(fixture: Fixture) {
    let id = fixture.user("ada", Role::Registered).await.id;
    for round in 0..20 {
        let before = fixture.get(&id).await;
        let lines = fixture.lines().await;
        let mut users = fixture.users();
        let asked =
            vec![set_title(&format!("{round}")), set_text("nick_name", &format!("{round}"))];
        let mut call = change(&mut users, &id, asked, v1::WriteOptions::default());
        // Dropped after more and more steps on its way.
        for _ in 0..round {
            if (&mut call).now_or_never().is_some() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(call);
        // The next decision comes after whatever became of that one.
        let options = v1::WriteOptions::default();
        change(&mut fixture.users(), &id, vec![set_active(round % 2 == 0)], options).await.unwrap();
        let after = fixture.get(&id).await;
        let lines_since = fixture.lines().await - lines;
        assert_eq!(after.version - before.version, i64::try_from(lines_since).unwrap());
        let known = after.profile.unwrap().attributes;
        assert_eq!(known.get("title"), known.get("nick_name"), "round {round}");
    }
}

async fn what_was_acknowledged_is_there_after_a_restart(fixture: Fixture) {
    let mut acknowledged = fixture.user("ada", Role::Moderator).await;
    let options = v1::WriteOptions::default();
    let decision =
        change(&mut fixture.users(), &acknowledged.id, vec![add_email("ada@x")], options).await;
    acknowledged = decision.unwrap().user.unwrap();
    let ledger = fixture.ledger().await;
    let fixture = fixture.restarted().await;
    assert_eq!(fixture.get(&acknowledged.id).await, acknowledged);
    assert_eq!(fixture.ledger().await, ledger);
}
