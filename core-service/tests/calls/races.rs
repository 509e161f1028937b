//! A directory, services and the operator decide about the same people at once, at two cores: somebody stays in
//! charge, and the ledger tells in its order how everybody became what they are.
//!
//! `PROVOST_RACE_ROUNDS` sets how often; a thousand rounds take some minutes.

use super::fixture::*;
use futures::future::join_all;
use provost_core::Core;
use provost_proto::v1::{self, Permission, Role};
use provost_test_kit::{Database, Engine};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tonic::Status;

const ROUNDS: usize = 10;
/// How many are asked about, each by how many at once.
const PEOPLE: usize = 4;
const AT_ONCE: usize = 6;
/// What may be answered to who is too late.
const EXPECTED: [&str; 2] = ["LAST_ADMIN", "HOLD_NOT_OWNED"];

#[tokio::test(flavor = "multi_thread")]
async fn whoever_decides_at_once_the_ledger_tells_what_has_become_of_it() {
    let Some(database) = Database::fresh(Engine::Postgres) else { return };
    let fixture = Fixture::on(database).await;
    let on = Some(true);
    fixture
        .settings(v1::UpdateScimSettingsRequest {
            allow_moderator_promotion: on,
            allow_admin_promotion: on,
            ..v1::UpdateScimSettingsRequest::default()
        })
        .await;
    let permissions = [
        Permission::ReadUsers,
        Permission::ChangeStatus,
        Permission::PlaceHolds,
        Permission::ChangeRoles,
    ];
    let [mut billing, mut desk] = ["", ""].map(str::to_owned);
    for (name, token) in [("billing", &mut billing), ("desk", &mut desk)] {
        let grants = vec![grant(Some(SITE), &permissions, Role::Admin)];
        token.clone_from(&fixture.service(name, grants).await);
    }
    let directory = fixture.token(SITE).await;
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(fixture.user(&format!("user-{number}"), Role::Admin).await.id);
    }
    let other = open(&fixture.url).await;
    let cores = [&fixture.core, &other];
    let rounds = std::env::var("PROVOST_RACE_ROUNDS").ok().and_then(|text| text.parse().ok());
    for round in 0..rounds.unwrap_or(ROUNDS) {
        let asked = (0..PEOPLE * AT_ONCE).map(|number| {
            let (who, way) = (&people[number % PEOPLE], number / PEOPLE + number + round);
            // Each caller at either core.
            let core = cores[(number + round / 5) % 2];
            let token = [&billing, &desk, &directory, OPERATOR][(way + round) % 4];
            decide(core, token, who, token == directory, way)
        });
        for refused in join_all(asked).await.into_iter().filter_map(Result::err) {
            assert!(EXPECTED.contains(&&*reason(&refused).1), "round {round}: {refused:?}");
        }
        let mut left = 0;
        for who in &people {
            let user = fixture.get(who).await;
            left += usize::from(user.active && user.role() == Role::Admin);
        }
        assert!(left > 0, "round {round}: nobody is left in charge");
    }
    let told = told(&fixture).await;
    for who in &people {
        let user = get(&mut users(&other, OPERATOR), who).await.unwrap();
        let holds: Vec<_> = user.holds.iter().map(|hold| hold.name.as_str()).collect();
        let role: &str = user.role().into();
        let known = &told[who];
        assert_eq!(known["version"], user.version, "{known:?}");
        assert_eq!((&known["active"], &known["role"]), (&user.active.into(), &role.into()));
        let named = known.get("holds").and_then(Value::as_array).into_iter().flatten();
        assert_eq!(named.map(|hold| &hold["name"]).collect::<Vec<_>>(), holds);
    }
    other.close().await;
}

/// One decision of twelve, of which the directory knows fewer.
async fn decide(
    core: &Core,
    token: &str,
    who: &str,
    is_directory: bool,
    way: usize,
) -> Result<(), Status> {
    use v1::change::Change;
    let hold = |name: &str| {
        Change::PlaceHold(v1::PlaceHold { name: name.to_owned(), ..v1::PlaceHold::default() })
    };
    let lift = |name: &str| Change::LiftHold(v1::LiftHold { name: name.to_owned() });
    let changes = match (is_directory, way % 12) {
        (true, number) if number.is_multiple_of(3) => vec![set_active(false)],
        (true, number) if number % 3 == 1 => vec![set_active(true)],
        (_, 0) => vec![set_role(Role::Registered)],
        (_, 1 | 2) => vec![set_role(Role::Admin)],
        (_, 3) => vec![set_role(Role::Moderator)],
        (true, _) => vec![set_active(true), set_role(Role::Admin)],
        (false, 4) => vec![hold("legal")],
        (false, 5 | 6) => vec![lift("legal")],
        (false, 7) => vec![hold("manual")],
        (false, 8 | 9) => vec![lift("manual")],
        // Two in one, of which the second may be refused, and both with it.
        (false, 10) => vec![set_role(Role::Registered), hold("legal")],
        (false, _) => vec![lift("legal"), set_role(Role::Admin)],
    };
    change(&mut users(core, token), who, changes, v1::WriteOptions::default()).await.map(|_| ())
}

/// What everybody has become, from the events in their order: each begins where the one before it ended.
async fn told(fixture: &Fixture) -> BTreeMap<String, Map<String, Value>> {
    let sql = "SELECT cast(user_id AS text), body FROM events WHERE user_id IS NOT NULL AND \
        site_id > 0 ORDER BY site_id, revision";
    let mut people = BTreeMap::<_, Map<_, _>>::new();
    for row in fixture.rows(sql).await {
        let body: Value = serde_json::from_str(&row[1]).unwrap();
        let known = people.entry(row[0].clone()).or_default();
        for (field, value) in body["before"].as_object().into_iter().flatten() {
            let is_none = known.get(field).is_none() && value.as_array().is_some_and(Vec::is_empty);
            assert!(
                is_none || known.get(field) == Some(value),
                "{field} before {body} was {known:?}"
            );
        }
        for (field, value) in body["after"].as_object().into_iter().flatten() {
            known.insert(field.clone(), value.clone());
        }
    }
    people
}
