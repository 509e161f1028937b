//! Who had a role at a time, whether they were active, and by whose decision.

use super::fixture::*;
use provost_proto::v1;
use provost_proto::v1::{Permission, Role, RoleHolder};
use tonic::Code;

on_both_databases!(
    roles_are_told_for_any_time,
    what_an_older_core_decided_is_told,
    what_is_not_known_yet_is_not_told,
    what_was_decided_for_somebody_names_them,
    pages_show_everybody_once,
    the_order_of_the_ledger_counts_and_no_clock,
    a_long_life_is_looked_at_only_where_it_matters,
    only_roles_above_registered_have_holders,
);

async fn asked(fixture: &Fixture, request: v1::ListRoleHoldersRequest) -> Vec<RoleHolder> {
    let answer = ledgers(&fixture.core, OPERATOR).list_role_holders(request).await.unwrap();
    let v1::ListRoleHoldersResponse { holders, next_page_token } = answer.into_inner();
    assert_eq!(next_page_token, "");
    holders
}

fn holding(role: Role) -> v1::ListRoleHoldersRequest {
    let site = SITE.to_owned();
    v1::ListRoleHoldersRequest { site, role: role.into(), ..Default::default() }
}

/// Name, which event gave the role and by whom, whether active, by which event and by whom.
type Told = (String, i64, String, bool, i64, String);

/// Right after an event, or now.
async fn told(fixture: &Fixture, role: Role, revision: Option<i64>) -> Vec<Told> {
    let as_of_time = match revision {
        Some(revision) => fixture.event(revision).await.time,
        None => None,
    };
    let mut told: Vec<Told> =
        asked(fixture, v1::ListRoleHoldersRequest { as_of_time, ..holding(role) })
            .await
            .into_iter()
            .map(|holder| {
                let (role, status) =
                    (holder.role_decision.unwrap(), holder.status_decision.unwrap());
                let active = holder.active;
                (
                    holder.user_name,
                    role.revision,
                    role.caller,
                    active,
                    status.revision,
                    status.caller,
                )
            })
            .collect();
    told.sort();
    told
}

fn one(name: &str, (role, by): (i64, &str), (active, status, whose): (bool, i64, &str)) -> Told {
    (name.to_owned(), role, by.to_owned(), active, status, whose.to_owned())
}

fn none() -> v1::WriteOptions {
    v1::WriteOptions::default()
}

/// Roles and status of two people change in every way; says who was an Admin right after which event.
async fn a_history(fixture: &Fixture) -> Vec<(i64, Vec<Told>)> {
    let mut operator = fixture.users();
    let ada = fixture.user("ada", Role::Admin).await;
    let bob = fixture.user("bob", Role::Registered).await;
    change(&mut operator, &bob.id, vec![set_active(false)], none()).await.unwrap();
    change(&mut operator, &bob.id, vec![set_role(Role::Admin)], none()).await.unwrap();
    change(&mut operator, &bob.id, vec![set_active(true)], none()).await.unwrap();
    // 1 site, 2 ada, 3 bob, 4 inactive, 5 Admin, 6 active, 7 token.
    let mut okta = fixture.connection().await;
    change(&mut okta, &ada.id, vec![set_active(false)], none()).await.unwrap();
    change(&mut okta, &ada.id, vec![set_active(true), set_title("Countess")], none())
        .await
        .unwrap();
    let hold = v1::PlaceHoldRequest {
        site: SITE.to_owned(),
        user_id: ada.id.clone(),
        name: "legal".to_owned(),
        ..v1::PlaceHoldRequest::default()
    };
    operator.place_hold(hold).await.unwrap();
    change(&mut operator, &ada.id, vec![set_role(Role::Moderator)], none()).await.unwrap();
    let user_id = ada.id.clone();
    let deletion = v1::DeleteUserRequest { site: SITE.to_owned(), user_id, options: None };
    operator.delete_user(deletion).await.unwrap();
    // 8 ada inactive, 9 active, 10 held, 11 Moderator, 12 deleted.
    let (by, connection) = ("operator", "connection:scim");
    let bob = || one("bob", (5, by), (true, 6, by));
    let ada = |status| one("ada", (2, by), status);
    vec![
        (1, vec![]),
        (2, vec![ada((true, 2, by))]),
        (5, vec![ada((true, 2, by)), one("bob", (5, by), (false, 5, by))]),
        (7, vec![ada((true, 2, by)), bob()]),
        (8, vec![ada((false, 8, connection)), bob()]),
        (9, vec![ada((true, 9, connection)), bob()]),
        (10, vec![ada((false, 10, by)), bob()]),
        (11, vec![bob()]),
        (12, vec![bob()]),
    ]
}

async fn check(fixture: &Fixture, expected: &[(i64, Vec<Told>)]) {
    for (revision, admins) in expected {
        assert_eq!(told(fixture, Role::Admin, Some(*revision)).await, *admins, "{revision}");
    }
    let moderator = [one("ada", (11, "operator"), (false, 10, "operator"))];
    assert_eq!(told(fixture, Role::Moderator, Some(11)).await, moderator);
    for revision in [10, 12] {
        assert_eq!(told(fixture, Role::Moderator, Some(revision)).await, []);
    }
}

const KEPT: &str = "SELECT cast(revision AS text), coalesce(cast(role AS text), '-'), \
    coalesce(cast(cast(active AS integer) AS text), '-'), user_name, caller \
    FROM standing_changes ORDER BY standing_changes.revision";

async fn roles_are_told_for_any_time(fixture: Fixture) {
    let expected = a_history(&fixture).await;
    check(&fixture, &expected).await;
    assert_eq!(told(&fixture, Role::Admin, None).await, expected[8].1);
    let fixture = fixture.restarted().await;
    check(&fixture, &expected).await;
    let site = v1::DeleteSiteRequest { site: SITE.to_owned(), options: None };
    fixture.sites().delete_site(site).await.unwrap();
    assert_eq!(told(&fixture, Role::Admin, None).await, [], "in a site that is no more");
    check(&fixture, &expected).await;
}

/// Asks until the core has gone through the ledger. It never answers without what is missing.
async fn caught_up(fixture: &Fixture) {
    loop {
        match ledgers(&fixture.core, OPERATOR).list_role_holders(holding(Role::Admin)).await {
            Ok(_) => return,
            Err(refusal) => {
                let told = (Code::Unavailable, "ROLE_HISTORY_PENDING".to_owned());
                assert_eq!(reason(&refusal), told);
            }
        }
    }
}

/// A core of before `standing_changes` writes events that name none before them, and no more than that.
/// Whichever of them it was that it wrote, beside a newer core or before it, the same is told.
async fn what_an_older_core_decided_is_told(fixture: Fixture) {
    let expected = a_history(&fixture).await;
    let kept = fixture.rows(KEPT).await;
    assert_eq!(kept.len(), 8, "{kept:?}");
    let single = (2..=12).map(|revision| format!("revision = {revision}"));
    let many = ["revision % 2 = 0", "revision % 2 = 1", "revision < 8", "revision > 5", "1 = 1"];
    for events in single.chain(many.map(str::to_owned)) {
        // The core may look at any moment, so nothing is missing before the events say so.
        let as_before = format!(
            "UPDATE events SET previous_revision = NULL WHERE user_id IS NOT NULL AND {events} \
             RETURNING kind"
        );
        let changes = format!("DELETE FROM standing_changes WHERE {events} RETURNING user_name");
        fixture.rows(&changes).await;
        fixture.rows(&as_before).await;
        fixture.rows("DELETE FROM standing_fills RETURNING 'gone'").await;
        caught_up(&fixture).await;
        assert_eq!(fixture.rows(KEPT).await, kept, "{events}");
        check(&fixture, &expected).await;
    }
}

/// What was decided before the first event that is missing is told at once.
async fn what_is_not_known_yet_is_not_told(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Admin).await;
    let ago = "UPDATE events SET at = at - 3600000000 WHERE user_id IS NULL RETURNING kind";
    fixture.rows(ago).await;
    let long_ago = fixture.event(1).await.time;
    let unwritten = "UPDATE events SET previous_revision = NULL \
        WHERE user_id IS NOT NULL RETURNING kind";
    fixture.rows("DELETE FROM standing_changes RETURNING user_name").await;
    fixture.rows(unwritten).await;
    let request = v1::ListRoleHoldersRequest { as_of_time: long_ago, ..holding(Role::Admin) };
    assert_eq!(asked(&fixture, request).await, []);
    caught_up(&fixture).await;
    let holders = asked(&fixture, holding(Role::Admin)).await;
    assert_eq!(holders.iter().map(|holder| &holder.user_id).collect::<Vec<_>>(), [&ada.id]);
}

async fn what_was_decided_for_somebody_names_them(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Admin).await;
    let bob = fixture.user("bob", Role::Registered).await;
    let console = grant(Some(SITE), &[Permission::ActForUsers], Role::Unspecified);
    let console = fixture.service("console", vec![console]).await;
    let options = v1::WriteOptions { on_behalf_of: ada.id.clone(), ..none() };
    let mut console = users(&fixture.core, &console);
    change(&mut console, &bob.id, vec![set_role(Role::Admin)], options).await.unwrap();
    let holders = asked(&fixture, holding(Role::Admin)).await;
    let bob = holders.into_iter().find(|holder| holder.user_id == bob.id).unwrap();
    for decision in [bob.role_decision.unwrap(), bob.status_decision.unwrap()] {
        assert_eq!(
            (decision.caller.as_str(), decision.on_behalf_of),
            ("service:console", ada.id.clone())
        );
    }
}

async fn pages_show_everybody_once(fixture: Fixture) {
    for number in 0..5 {
        fixture.user(&format!("admin{number}"), Role::Admin).await;
        fixture.user(&format!("moderator{number}"), Role::Moderator).await;
    }
    let mut request = v1::ListRoleHoldersRequest { page_size: 2, ..holding(Role::Admin) };
    let (mut found, mut pages) = (Vec::new(), 0);
    loop {
        let mut ledgers = ledgers(&fixture.core, OPERATOR);
        let page = ledgers.list_role_holders(request.clone()).await.unwrap().into_inner();
        assert!(page.holders.len() <= 2);
        found.extend(page.holders.into_iter().map(|holder| holder.user_name));
        request.page_token = page.next_page_token;
        pages += 1;
        if request.page_token.is_empty() {
            break;
        }
        let other = v1::ListRoleHoldersRequest { role: Role::Moderator.into(), ..request.clone() };
        let refusal = ledgers.list_role_holders(other).await.unwrap_err();
        assert_eq!(reason(&refusal).1, "PAGE_TOKEN_INVALID");
    }
    found.sort();
    assert_eq!(found, (0..5).map(|number| format!("admin{number}")).collect::<Vec<_>>());
    assert!(pages >= 3, "{pages}");
}

/// Cores that share a database need not agree about the time.
async fn the_order_of_the_ledger_counts_and_no_clock(fixture: Fixture) {
    fixture.user("ada", Role::Admin).await;
    let bob = fixture.user("bob", Role::Admin).await;
    let demotion = vec![set_role(Role::Registered)];
    change(&mut fixture.users(), &bob.id, demotion, none()).await.unwrap();
    let early =
        "UPDATE standing_changes SET at = at - 10000000 WHERE revision = 4 RETURNING user_name";
    fixture.rows(early).await;
    let [ada] = told(&fixture, Role::Admin, None).await.try_into().unwrap();
    assert_eq!(ada.0, "ada");
}

async fn a_long_life_is_looked_at_only_where_it_matters(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Admin).await;
    let bob = fixture.user("bob", Role::Registered).await;
    let mut operator = fixture.users();
    for title in ["a", "b"] {
        for user in [&ada, &bob] {
            change(&mut operator, &user.id, vec![set_title(title)], none()).await.unwrap();
        }
    }
    change(&mut operator, &bob.id, vec![set_active(false)], none()).await.unwrap();
    assert_eq!(fixture.rows(KEPT).await.len(), 1, "but one of them was ever more than Registered");
}

async fn only_roles_above_registered_have_holders(fixture: Fixture) {
    for role in [Role::Unspecified, Role::Registered] {
        let refusal = ledgers(&fixture.core, OPERATOR).list_role_holders(holding(role)).await;
        assert_eq!(reason(&refusal.unwrap_err()).1, "VALUE_INVALID");
    }
    fixture.site("globex").await;
    fixture.user("ada", Role::Admin).await;
    let elsewhere =
        v1::ListRoleHoldersRequest { site: "globex".to_owned(), ..holding(Role::Admin) };
    assert_eq!(asked(&fixture, elsewhere).await, []);
    assert_eq!(asked(&fixture, holding(Role::Admin)).await.len(), 1);
}
