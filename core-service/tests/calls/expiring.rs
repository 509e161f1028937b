//! Holds that end by themselves: at their time, without anybody's request, once.

use super::fixture::*;
use futures::future::join_all;
use provost_proto::v1;
use provost_proto::v1::place_hold_request::Expiration;
use provost_proto::v1::{ErrorReason, Role};
use std::collections::BTreeSet;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

on_both_databases!(
    a_hold_is_lifted_at_its_time_and_the_ledger_says_so,
    what_expired_while_no_core_was_there_is_lifted_by_the_next,
    two_cores_lift_each_hold_once,
    many_holds_expire_together,
    a_hold_can_only_end_in_the_future,
    who_placed_a_hold_changes_its_note_and_its_end,
);

const MOMENT: Expiration = Expiration::Ttl(prost_types::Duration { seconds: 0, nanos: 1_000_000 });
const HOUR: Expiration = Expiration::Ttl(prost_types::Duration { seconds: 3_600, nanos: 0 });

async fn place(
    users: &mut Users,
    user_id: &str,
    (name, note): (&str, &str),
    expiration: Option<Expiration>,
) -> Result<v1::User, Status> {
    let request = v1::PlaceHoldRequest {
        site: SITE.to_owned(),
        user_id: user_id.to_owned(),
        name: name.to_owned(),
        note: note.to_owned(),
        expiration,
        ..v1::PlaceHoldRequest::default()
    };
    Ok(users.place_hold(request).await?.into_inner().decision.unwrap().user.unwrap())
}

/// The user, once this is so.
async fn once(fixture: &Fixture, id: &str, is: impl Fn(&v1::User) -> bool) -> v1::User {
    loop {
        let user = fixture.get(id).await;
        if is(&user) {
            return user;
        }
    }
}

/// Caller and body of each line that the core wrote without being asked.
async fn lifted(fixture: &Fixture) -> Vec<serde_json::Value> {
    let rows =
        fixture.rows("SELECT body FROM events WHERE caller = 'core' ORDER BY revision").await;
    rows.iter().map(|row| serde_json::from_str(&row[0]).unwrap()).collect()
}

async fn a_hold_is_lifted_at_its_time_and_the_ledger_says_so(fixture: Fixture) {
    let id = fixture.user("ada", Role::Registered).await.id;
    let mut users = fixture.users();
    let held = place(&mut users, &id, ("legal", "case 7"), None).await.unwrap();
    assert_eq!(held.holds[0].expire_time, None);
    let held = place(&mut users, &id, ("security", "incident 42"), Some(MOMENT)).await.unwrap();
    assert!(!held.active);
    let expiry = held.holds[1].expire_time.unwrap();

    let left = once(&fixture, &id, |user| user.holds.len() == 1).await;
    assert_eq!((left.holds[0].name.as_str(), left.active), ("legal", false));
    assert_eq!(left.version, held.version + 1);
    assert!(left.update_time.unwrap().seconds >= expiry.seconds);
    let [line] = &lifted(&fixture).await[..] else { panic!("one line") };
    assert_eq!(line["asked"], serde_json::json!(["lift_expired_holds"]));
    assert_eq!(line["before"]["holds"][1]["name"], "security");
    assert_eq!(line["after"]["holds"].as_array().unwrap().len(), 1);

    // The other one again, and with it the account is active: also to lists.
    place(&mut users, &id, ("legal", ""), Some(MOMENT)).await.unwrap();
    assert!(once(&fixture, &id, |user| user.holds.is_empty()).await.active);
    let all = v1::ListUsersRequest { site: SITE.to_owned(), ..v1::ListUsersRequest::default() };
    assert!(users.list_users(all).await.unwrap().into_inner().users[0].active);
    assert_eq!(
        fixture.rows("SELECT user_name FROM users WHERE next_hold_expiry > 0").await.len(),
        0
    );
}

async fn what_expired_while_no_core_was_there_is_lifted_by_the_next(fixture: Fixture) {
    let id = fixture.user("ada", Role::Registered).await.id;
    let held = place(&mut fixture.users(), &id, ("security", ""), Some(HOUR)).await.unwrap();
    let at = held.holds[0].expire_time.unwrap();
    let micros = at.seconds * 1_000_000 + i64::from(at.nanos / 1_000);
    let fixture = fixture.restarted().await;
    assert!(!fixture.get(&id).await.active, "its time has not come");
    // An hour has passed.
    let past = format!(
        "UPDATE users SET holds = replace(holds, '{micros}', '1'), next_hold_expiry = 1 \
         RETURNING user_name"
    );
    assert_eq!(fixture.rows(&past).await.len(), 1);
    let fixture = fixture.restarted().await;
    assert!(once(&fixture, &id, |user| user.holds.is_empty()).await.active);
    assert_eq!(lifted(&fixture).await.len(), 1);
}

async fn two_cores_lift_each_hold_once(fixture: Fixture) {
    let second = open(&fixture.url).await;
    let mut ids = Vec::new();
    for number in 0..16 {
        ids.push(fixture.user(&format!("user-{number}"), Role::Registered).await.id);
    }
    let cores = [&fixture.core, &second];
    let placed = ids.iter().enumerate().map(async |(number, id)| {
        let mut users = users(cores[number % 2], OPERATOR);
        place(&mut users, id, ("security", ""), Some(MOMENT)).await.unwrap();
    });
    join_all(placed).await;
    for id in &ids {
        once(&fixture, id, |user| user.active).await;
    }
    second.close().await;
    let versions: BTreeSet<_> = lifted(&fixture)
        .await
        .iter()
        .map(|line| line["after"]["version"].clone().to_string())
        .collect();
    assert_eq!((lifted(&fixture).await.len(), versions), (16, ["3".to_owned()].into()));
}

/// More than are lifted at once, and those whose time has not come stay.
async fn many_holds_expire_together(fixture: Fixture) {
    let make = (0..230).map(async |number| {
        let id = fixture.user(&format!("user-{number}"), Role::Registered).await.id;
        let end = if number < 220 { MOMENT } else { HOUR };
        place(&mut fixture.users(), &id, ("security", ""), Some(end)).await.unwrap();
        (id, number < 220)
    });
    for (id, expires) in join_all(make).await {
        if expires {
            once(&fixture, &id, |user| user.active).await;
        } else {
            assert!(!fixture.get(&id).await.active);
        }
    }
    assert_eq!(lifted(&fixture).await.len(), 220);
}

async fn a_hold_can_only_end_in_the_future(fixture: Fixture) {
    let id = fixture.user("ada", Role::Registered).await.id;
    let mut users = fixture.users();
    let ttl = |seconds, nanos| Expiration::Ttl(prost_types::Duration { seconds, nanos });
    let at = |seconds, nanos| Expiration::ExpireTime(prost_types::Timestamp { seconds, nanos });
    for (expiration, field) in [
        (ttl(0, 0), "ttl"),
        (ttl(-1, 0), "ttl"),
        (ttl(i64::MAX, 0), "ttl"),
        (ttl(300_000_000_000, 0), "ttl"),
        (at(1, 0), "expire_time"),
        (at(1 << 40, 0), "expire_time"),
        (at(4_000_000_000, -1), "expire_time"),
    ] {
        let status = place(&mut users, &id, ("legal", ""), Some(expiration)).await.unwrap_err();
        assert_eq!(reason(&status), (Code::InvalidArgument, "VALUE_INVALID".to_owned()));
        let named = status.get_details_error_info().unwrap().metadata;
        assert_eq!(named.get("attribute").map(String::as_str), Some(field), "{status:?}");
    }
    assert!(fixture.get(&id).await.active);
    let last = at(253_402_300_799, 999_999_000);
    let held = place(&mut users, &id, ("legal", ""), Some(last)).await.unwrap();
    assert_eq!(held.holds[0].expire_time.unwrap().seconds, 253_402_300_799);
}

async fn who_placed_a_hold_changes_its_note_and_its_end(fixture: Fixture) {
    let id = fixture.user("ada", Role::Registered).await.id;
    let mut users = fixture.users();
    let first = place(&mut users, &id, ("legal", "case 7"), Some(HOUR)).await.unwrap();
    let longer =
        Expiration::ExpireTime(prost_types::Timestamp { seconds: 4_000_000_000, nanos: 0 });
    let second = place(&mut users, &id, ("legal", ""), Some(longer)).await.unwrap();
    assert_eq!((second.version, second.holds.len()), (first.version + 1, 1));
    let [before, after] = [&first.holds[0], &second.holds[0]];
    assert_eq!((&after.note, after.create_time), (&before.note, before.create_time));
    assert_eq!(after.expire_time.unwrap().seconds, 4_000_000_000);
    let same = place(&mut users, &id, ("legal", "case 7"), Some(longer)).await.unwrap();
    assert_eq!(same, second, "nothing changed");
    let third = place(&mut users, &id, ("legal", "case 8"), None).await.unwrap();
    assert_eq!((third.holds[0].note.as_str(), third.holds[0].expire_time), ("case 8", None));
    // So it stays also where it would have ended.
    let rows = fixture.rows("SELECT user_name FROM users WHERE next_hold_expiry IS NOT NULL").await;
    assert_eq!(rows.len(), 0);

    let mut okta = fixture.connection().await;
    let status = place(&mut okta, &id, ("legal", "mine"), None).await.unwrap_err();
    assert_eq!(reason(&status).1, ErrorReason::CallerNotPermitted.name());
}
