//! Reading the ledger: what was decided, by which condition, in which order, page by page.

use super::fixture::*;
use provost_proto::v1;
use provost_proto::v1::event_state::State;
use provost_proto::v1::{EventOrder, Outcome, Role};
use tonic::{Code, Status};

on_both_databases!(
    an_event_tells_the_whole_decision,
    every_condition_finds_what_it_says,
    pages_join_without_gap_or_repetition,
    a_filter_that_finds_little_ends_after_a_bounded_look,
    what_a_newer_core_wrote_is_passed_through,
    a_ledger_says_where_it_begins_and_ends,
    ledgers_are_for_the_operator,
);

pub fn everything() -> v1::ListEventsRequest {
    v1::ListEventsRequest { site: SITE.to_owned(), ..v1::ListEventsRequest::default() }
}

async fn page(
    fixture: &Fixture,
    request: &v1::ListEventsRequest,
) -> Result<v1::ListEventsResponse, Status> {
    let mut ledgers = ledgers(&fixture.core, OPERATOR);
    Ok(ledgers.list_events(request.clone()).await?.into_inner())
}

/// The revisions of all pages, and how many pages there were.
pub async fn revisions(fixture: &Fixture, mut request: v1::ListEventsRequest) -> (Vec<i64>, usize) {
    let (mut found, mut pages) = (Vec::new(), 0);
    loop {
        let page = page(fixture, &request).await.unwrap();
        found.extend(page.events.iter().map(|event| event.revision));
        pages += 1;
        if page.next_page_token.is_empty() {
            return (found, pages);
        }
        request.page_token = page.next_page_token;
    }
}

fn user(state: Option<v1::EventState>) -> v1::UserSnapshot {
    match state.and_then(|state| state.state) {
        Some(State::User(user)) => user,
        other => panic!("no user: {other:?}"),
    }
}

async fn an_event_tells_the_whole_decision(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Admin).await;
    let created = fixture.event(2).await;
    assert_eq!((created.kind.as_str(), created.caller.as_str()), ("user_created", "operator"));
    assert_eq!((created.asked, created.before), (vec!["create".to_owned()], None));
    let shown = user(created.after);
    assert_eq!((shown.user_name.as_deref(), shown.role()), (Some("ada"), Role::Admin));
    assert_eq!((shown.active, created.user_id), (Some(true), ada.id.clone()));

    let options = v1::WriteOptions { reason: "she asked".to_owned(), ..Default::default() };
    let asked = vec![set_title("Countess"), set_role(Role::Registered)];
    let refused = change(&mut fixture.users(), &ada.id, asked, options.clone()).await;
    assert_eq!(reason(&refused.unwrap_err()).1, "LAST_ADMIN");
    let refused = fixture.event(3).await;
    assert_eq!((refused.outcome(), refused.reason.as_str()), (Outcome::Refused, "she asked"));
    assert_eq!(refused.asked, ["set_attribute", "set_role"]);
    assert_eq!((refused.before, refused.after), (None, None));
    let [notice] = &refused.notices[..] else { panic!("{:?}", refused.notices) };
    assert_eq!((notice.reason.as_str(), notice.attribute.as_str()), ("LAST_ADMIN", "role"));
    assert!(!notice.message.is_empty());

    let mut users = fixture.users();
    let asked = vec![set_title("Countess")];
    let decision = change(&mut users, &ada.id, asked, options).await.unwrap();
    let changed = fixture.event(decision.revision).await;
    let (before, after) = (user(changed.before), user(changed.after));
    assert_eq!((before.version, after.version), (1, 2));
    assert_eq!(before.attributes["title"], v1::Value { kind: None });
    assert_eq!(after.attributes["title"], text("Countess"));
    assert_eq!((after.user_name, after.role, after.holds), (None, None, None));
    assert_eq!(changed.time, decision.user.unwrap().update_time);

    fixture.token(SITE).await;
    let made = fixture.event(5).await;
    let Some(State::Token(token)) = made.after.and_then(|state| state.state) else { panic!() };
    assert_eq!((token.name.as_str(), made.kind.as_str()), ("test 0", "token_created"));
    let first = fixture.event(1).await;
    let Some(State::Settings(settings)) = first.after.and_then(|state| state.state) else {
        panic!()
    };
    assert!(settings.enabled && first.kind == "site_created");

    for revision in [0, 6, -1, i64::MAX] {
        let request = v1::GetEventRequest { site: SITE.to_owned(), revision, ..Default::default() };
        let absent = ledgers(&fixture.core, OPERATOR).get_event(request).await.unwrap_err();
        assert_eq!(reason(&absent), (Code::NotFound, "EVENT_NOT_FOUND".to_owned()));
    }
}

async fn every_condition_finds_what_it_says(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Admin).await;
    let bob = fixture.user("bob", Role::Registered).await;
    let mut okta = fixture.connection().await;
    let mut operator = fixture.users();
    let none = v1::WriteOptions::default;
    change(&mut okta, &bob.id, vec![set_title("x"), set_role(Role::Admin)], none()).await.unwrap();
    change(&mut operator, &ada.id, vec![set_active(false)], none()).await.unwrap_err();
    let request =
        v1::DeleteUserRequest { site: SITE.to_owned(), user_id: bob.id.clone(), options: None };
    operator.delete_user(request).await.unwrap();
    // 1 site, 2 ada, 3 bob, 4 token, 5 bob by okta, 6 ada refused, 7 bob deleted.
    let noon = fixture.event(5).await.time;
    let connection = fixture.event(5).await.caller;
    let any = everything;
    for (request, expected) in [
        (any(), &[7, 6, 5, 4, 3, 2, 1][..]),
        (
            v1::ListEventsRequest { order: EventOrder::OldestFirst.into(), ..any() },
            &[1, 2, 3, 4, 5, 6, 7],
        ),
        (v1::ListEventsRequest { user_id: bob.id.clone(), ..any() }, &[7, 5, 3]),
        (v1::ListEventsRequest { user_id: ada.id.to_uppercase(), ..any() }, &[6, 2]),
        (v1::ListEventsRequest { caller: connection.clone(), ..any() }, &[5]),
        (
            v1::ListEventsRequest {
                caller: "operator".to_owned(),
                kind: "user_created".to_owned(),
                ..any()
            },
            &[3, 2],
        ),
        (v1::ListEventsRequest { kind: "user_merged".to_owned(), ..any() }, &[]),
        (v1::ListEventsRequest { outcome: Outcome::Refused.into(), ..any() }, &[6]),
        (v1::ListEventsRequest { outcome: Outcome::PartlyAccepted.into(), ..any() }, &[5]),
        (v1::ListEventsRequest { reason: "LAST_ADMIN".to_owned(), ..any() }, &[6]),
        (v1::ListEventsRequest { reason: "ADMIN_PROMOTION_CLOSED".to_owned(), ..any() }, &[5]),
        (v1::ListEventsRequest { reason: "LAST%".to_owned(), ..any() }, &[]),
        (v1::ListEventsRequest { reason: "LAST_ADMI_".to_owned(), ..any() }, &[]),
        (v1::ListEventsRequest { start_time: noon, ..any() }, &[7, 6, 5]),
        (v1::ListEventsRequest { end_time: noon, ..any() }, &[4, 3, 2, 1]),
        (v1::ListEventsRequest { start_time: noon, end_time: noon, ..any() }, &[]),
    ] {
        for page_size in [0, 1] {
            let (found, _) =
                revisions(&fixture, v1::ListEventsRequest { page_size, ..request.clone() }).await;
            assert_eq!(found, expected, "{request:?}");
        }
    }
    for (request, expected) in [
        (v1::ListEventsRequest { user_id: "bob".to_owned(), ..any() }, "USER_NOT_FOUND"),
        (v1::ListEventsRequest { outcome: 9, ..any() }, "VALUE_INVALID"),
        (v1::ListEventsRequest { kind: "a\0".to_owned(), ..any() }, "VALUE_INVALID"),
        (v1::ListEventsRequest { caller: "x".repeat(257), ..any() }, "LIMIT_EXCEEDED"),
        (v1::ListEventsRequest { page_size: -1, ..any() }, "VALUE_INVALID"),
        (v1::ListEventsRequest { page_token: "00".to_owned(), ..any() }, "PAGE_TOKEN_INVALID"),
    ] {
        let refusal = page(&fixture, &request).await.unwrap_err();
        assert_eq!(reason(&refusal), (refusal.code(), expected.to_owned()), "{request:?}");
    }
}

/// Rows of the ledger past the core, behind those that there are.
pub async fn fill(fixture: &Fixture, from: i64, until: i64) {
    let columns = "site_id, revision, user_id, at, caller, kind, outcome, notices, body, trace_id";
    let body = r#"{"kind":"user_changed","version":2,"asked":["set_active"]}"#;
    let fill = format!(
        "WITH RECURSIVE n(x) AS (SELECT {from} UNION ALL SELECT x + 1 FROM n WHERE x < {until}) \
         INSERT INTO events ({columns}) SELECT e.site_id, n.x, NULL, e.at + n.x * CAST(1000000 AS bigint), \
         CASE WHEN n.x = 7 THEN 'connection:rare' ELSE 'operator' END, 'user_changed', \
         'accepted', '[]', '{body}', NULL FROM n CROSS JOIN events AS e WHERE e.revision = 1 \
         RETURNING kind"
    );
    fixture.rows(&fill).await;
}

async fn pages_join_without_gap_or_repetition(fixture: Fixture) {
    fill(&fixture, 2, 2_345).await;
    for (order, first) in [(EventOrder::NewestFirst, 2_345), (EventOrder::OldestFirst, 1)] {
        for page_size in [100, 999, 5_000] {
            let request = v1::ListEventsRequest { order: order.into(), page_size, ..everything() };
            let (mut found, pages) = revisions(&fixture, request).await;
            let size = usize::try_from(page_size).unwrap().min(1000);
            assert_eq!((found[0], pages), (first, 2_345_usize.div_ceil(size)));
            found.sort_unstable();
            assert_eq!(found, (1..=2_345).collect::<Vec<_>>());
        }
    }
    // A page stays what it is while events come.
    let asked = v1::ListEventsRequest { page_size: 10, ..everything() };
    let first = page(&fixture, &asked).await.unwrap();
    fixture.rows("UPDATE sites SET revision = 2345 RETURNING name").await;
    fixture.user("ada", Role::Registered).await;
    let token = first.next_page_token;
    let second = v1::ListEventsRequest { page_token: token.clone(), ..asked };
    assert_eq!(page(&fixture, &second).await.unwrap().events[0].revision, 2_335);
    let other = v1::ListEventsRequest { kind: "user_changed".to_owned(), ..second };
    let refusal = page(&fixture, &other).await.unwrap_err();
    assert_eq!(reason(&refusal).1, "PAGE_TOKEN_INVALID");
}

/// However many events there are, a page looks at so many; the token leads on.
async fn a_filter_that_finds_little_ends_after_a_bounded_look(fixture: Fixture) {
    fill(&fixture, 2, 60_000).await;
    let rare = v1::ListEventsRequest { caller: "connection:rare".to_owned(), ..everything() };
    let first = page(&fixture, &rare).await.unwrap();
    assert!(first.events.is_empty() && !first.next_page_token.is_empty());
    assert_eq!(revisions(&fixture, rare.clone()).await, (vec![7], 2));
    // Times are found without a look at what lies before them.
    let end_time = fixture.event(7).await.time;
    let early = v1::ListEventsRequest { end_time, ..rare };
    assert_eq!(revisions(&fixture, early).await, (vec![], 1));
}

async fn what_a_newer_core_wrote_is_passed_through(fixture: Fixture) {
    let body = r#"{"kind":"user_merged","version":3,"into":"somebody"}"#;
    let notices = r#"[{"reason":"USER_FROZEN","attribute":"active","message":"m","more":1}]"#;
    let newer = format!(
        "UPDATE events SET caller = 'service:billing', kind = 'user_merged', outcome = 'deferred', \
         notices = '{notices}', body = '{body}' RETURNING kind"
    );
    fixture.rows(&newer).await;
    let event = fixture.event(1).await;
    assert_eq!((event.caller.as_str(), event.outcome()), ("service:billing", Outcome::Unspecified));
    assert_eq!((event.kind.as_str(), event.kind_version), ("user_merged", 3));
    assert_eq!(event.unknown_body, body);
    assert_eq!(event.notices[0].reason, "USER_FROZEN");
    for request in [
        v1::ListEventsRequest { reason: "USER_FROZEN".to_owned(), ..everything() },
        v1::ListEventsRequest { kind: "user_merged".to_owned(), ..everything() },
        v1::ListEventsRequest { caller: "service:billing".to_owned(), ..everything() },
    ] {
        assert_eq!(page(&fixture, &request).await.unwrap().events, std::slice::from_ref(&event));
    }
}

async fn a_ledger_says_where_it_begins_and_ends(fixture: Fixture) {
    fixture.user("ada", Role::Registered).await;
    let request = v1::GetLedgerRequest { site: SITE.to_owned(), ..Default::default() };
    let answer = ledgers(&fixture.core, OPERATOR).get_ledger(request).await.unwrap();
    let (first, last) = (fixture.event(1).await, fixture.event(2).await);
    let expected = v1::Ledger {
        oldest_revision: 1,
        oldest_time: first.time,
        head_revision: 2,
        head_time: last.time,
        retention_days: 0,
    };
    assert_eq!(answer.into_inner().ledger, Some(expected));
}

async fn ledgers_are_for_the_operator(fixture: Fixture) {
    fixture.site("globex").await;
    let token = fixture.token(SITE).await;
    for (token, site, expected) in [
        (token.as_str(), SITE, (Code::PermissionDenied, "CALLER_NOT_PERMITTED")),
        (token.as_str(), "nobody", (Code::PermissionDenied, "CALLER_NOT_PERMITTED")),
        ("unknown", SITE, (Code::Unauthenticated, "TOKEN_INVALID")),
        (OPERATOR, "nobody", (Code::NotFound, "SITE_NOT_FOUND")),
    ] {
        let (mut ledgers, site) = (ledgers(&fixture.core, token), site.to_owned());
        let list = v1::ListEventsRequest { site: site.clone(), ..everything() };
        let get = v1::GetEventRequest { site: site.clone(), revision: 1, ..Default::default() };
        for refusal in [
            ledgers.list_events(list).await.unwrap_err(),
            ledgers.get_event(get).await.unwrap_err(),
            ledgers
                .get_ledger(v1::GetLedgerRequest { site, ..Default::default() })
                .await
                .unwrap_err(),
        ] {
            assert_eq!(reason(&refusal), (expected.0, expected.1.to_owned()));
        }
    }
    // The ledger of a deleted site stays.
    let site = "globex".to_owned();
    let request = v1::DeleteSiteRequest { site, options: None };
    fixture.sites().delete_site(request).await.unwrap();
    // Nothing of another site.
    let other = v1::ListEventsRequest { site: "globex".to_owned(), ..everything() };
    assert_eq!(revisions(&fixture, other).await.0, [2, 1]);
}
