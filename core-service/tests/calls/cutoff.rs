//! Consumers of ledgers: what they acknowledge, and that it shows when somebody is out everywhere.

mod neighbours;
mod refusals;

use super::fixture::*;
use super::watches::{Watch, behind, of, of_all};
use provost_core::Core;
use provost_proto::v1;
use provost_proto::v1::get_cutoff_request::Decision;
use provost_proto::v1::watch_events_response::Content;
use provost_proto::v1::{Permission, Role, WatchStart};
use tonic::{Code, Status};

on_both_databases!(
    somebody_is_cut_off_when_every_consumer_has_passed,
    a_consumer_goes_on_and_back_where_it_is_told_to,
    a_snapshot_counts_when_it_is_complete,
    one_cursor_is_about_several_ledgers,
    a_deleted_site_is_acknowledged_to_its_last_event,
    a_service_that_is_deleted_takes_its_consumers_along,
    what_is_acknowledged_is_no_decision,
    who_comes_later_moves_no_cut_off,
    when_everybody_had_passed_is_written_down_once,
    a_cursor_that_leaves_out_a_deleted_site_stands_for_its_end,
);

/// Takes note as whoever has this token. Answers whether anything has moved.
pub async fn acknowledge(
    core: &Core,
    token: &str,
    consumer: &str,
    cursor: &str,
) -> Result<bool, Status> {
    let request = v1::AcknowledgeEventsRequest {
        consumer: consumer.to_owned(),
        cursor: cursor.to_owned(),
        rewind: false,
    };
    let answer = ledgers(core, token).acknowledge_events(request).await?;
    Ok(answer.into_inner().changed)
}

/// The cursor of the first response to a watch.
pub async fn cursor(fixture: &Fixture, request: v1::WatchEventsRequest) -> String {
    fixture.watch(request).await.response().await.unwrap().cursor
}

async fn head(fixture: &Fixture, site: &str) -> String {
    cursor(fixture, of(&[site], WatchStart::Now)).await
}

async fn cutoff(fixture: &Fixture, site: &str, decision: Decision) -> Result<v1::Cutoff, Status> {
    let site = site.to_owned();
    let request = v1::GetCutoffRequest { site, decision: Some(decision), installation: false };
    let answer = ledgers(&fixture.core, OPERATOR).get_cutoff(request).await?;
    Ok(answer.into_inner().cutoff.unwrap())
}

async fn of_user(fixture: &Fixture, id: &str) -> v1::Cutoff {
    cutoff(fixture, SITE, Decision::UserId(id.to_owned())).await.unwrap()
}

async fn consumers(fixture: &Fixture, site: &str) -> Vec<v1::Consumer> {
    let request = v1::ListConsumersRequest { site: site.to_owned(), installation: false };
    let answer = ledgers(&fixture.core, OPERATOR).list_consumers(request).await;
    answer.unwrap().into_inner().consumers
}

/// Whose they are, what they are called, and how far they have come.
fn places(consumers: &[v1::Consumer]) -> Vec<(&str, &str, i64)> {
    let place = |it: &v1::Consumer| it.revision;
    consumers.iter().map(|it| (it.caller.as_str(), it.name.as_str(), place(it))).collect()
}

fn passed(cutoff: &v1::Cutoff) -> Vec<bool> {
    for one in &cutoff.consumers {
        assert_eq!(one.pass_time.is_some(), one.passed);
    }
    cutoff.consumers.iter().map(|one| one.passed).collect()
}

async fn deactivate(fixture: &Fixture, id: &str, active: bool) {
    let options = v1::WriteOptions::default();
    change(&mut fixture.users(), id, vec![set_active(active)], options).await.unwrap();
}

fn may_follow(site: Option<&str>) -> v1::Grant {
    grant(site, &[Permission::ReadLedger], Role::Unspecified)
}

async fn somebody_is_cut_off_when_every_consumer_has_passed(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Registered).await.id;
    let bob = fixture.user("bob", Role::Registered).await.id;
    let billing = fixture.service("billing", vec![may_follow(Some(SITE))]).await;
    deactivate(&fixture, &ada, false).await;
    // Nobody follows: nothing is proven.
    let before = of_user(&fixture, &ada).await;
    assert_eq!((before.revision, before.cut_off, before.active_again), (4, false, false));
    assert_eq!((before.time, before.consumers), (fixture.event(4).await.time, Vec::new()));

    let earliest = of(&[SITE], WatchStart::Earliest);
    let mut watch = fixture.watch(earliest.clone()).await;
    let first = watch.response().await.unwrap().cursor;
    for (token, name) in [(&*billing, "mail"), (OPERATOR, "mail"), (OPERATOR, "audit")] {
        assert!(acknowledge(&fixture.core, token, name, &first).await.unwrap());
    }
    let at = |revision| {
        [
            ("operator", "audit", revision),
            ("operator", "mail", revision),
            ("service:billing", "mail", revision),
        ]
    };
    let listed = consumers(&fixture, SITE).await;
    let here = listed[0].revision;
    assert_eq!(places(&listed), at(here));
    let now = head(&fixture, SITE).await;
    deactivate(&fixture, &bob, false).await;
    let behind = consumers(&fixture, SITE).await;
    assert!(behind.iter().all(|one| one.pending == 5 - here && one.lag.is_some()), "{behind:?}");
    assert_eq!(passed(&of_user(&fixture, &bob).await), [false; 3]);
    // What was decided about ada lies before.
    for (token, name) in [(OPERATOR, "audit"), (OPERATOR, "mail")] {
        acknowledge(&fixture.core, token, name, &now).await.unwrap();
    }
    let two = of_user(&fixture, &ada).await;
    assert_eq!(
        (passed(&two)[..2].to_vec(), passed(&of_user(&fixture, &bob).await)),
        (vec![true; 2], vec![false; 3])
    );
    acknowledge(&fixture.core, &billing, "mail", &now).await.unwrap();
    let all = of_user(&fixture, &ada).await;
    assert!(all.cut_off && passed(&all) == [true; 3], "{all:?}");
    // They came when it was decided already, so the first that came had passed it for all of that time.
    let first =
        all.consumers.iter().filter_map(|one| one.pass_time.map(|at| (at.seconds, at.nanos))).min();
    assert_eq!(all.cut_off_time.map(|at| (at.seconds, at.nanos)), first);
    let by_revision = cutoff(&fixture, SITE, Decision::Revision(4)).await.unwrap();
    assert!(by_revision.cut_off && by_revision.cut_off_time == all.cut_off_time);
    assert_eq!(by_revision.time, all.time);
    let other = of_user(&fixture, &bob).await;
    assert!(!other.cut_off && other.cut_off_time.is_none() && passed(&other) == [false; 3]);

    deactivate(&fixture, &ada, true).await;
    let again = of_user(&fixture, &ada).await;
    assert_eq!((again.revision, again.active_again, again.cut_off), (4, true, false));
    let request = v1::DeleteUserRequest {
        site: SITE.to_owned(),
        user_id: ada.clone(),
        ..v1::DeleteUserRequest::default()
    };
    fixture.users().delete_user(request).await.unwrap();
    let gone = of_user(&fixture, &ada).await;
    assert_eq!((gone.revision, gone.active_again, gone.cut_off), (7, false, false));
    // One that is gone for good holds nobody up.
    let request = v1::DeleteConsumerRequest {
        site: SITE.to_owned(),
        consumer: "mail".to_owned(),
        caller: "service:billing".to_owned(),
        installation: false,
    };
    ledgers(&fixture.core, OPERATOR).delete_consumer(request).await.unwrap();
    let now = head(&fixture, SITE).await;
    for name in ["audit", "mail"] {
        acknowledge(&fixture.core, OPERATOR, name, &now).await.unwrap();
    }
    assert!(of_user(&fixture, &ada).await.cut_off && of_user(&fixture, &bob).await.cut_off);
    let at_head = consumers(&fixture, SITE).await;
    assert!(at_head.iter().all(|one| one.pending == 0 && one.lag.is_none()), "{at_head:?}");
}

async fn a_consumer_goes_on_and_back_where_it_is_told_to(fixture: Fixture) {
    let first = head(&fixture, SITE).await;
    fixture.user("ada", Role::Registered).await;
    let second = head(&fixture, SITE).await;
    let rewind = async |cursor: &str| {
        let request = v1::AcknowledgeEventsRequest {
            consumer: "mail".to_owned(),
            cursor: cursor.to_owned(),
            rewind: true,
        };
        let answer = ledgers(&fixture.core, OPERATOR).acknowledge_events(request).await;
        answer.unwrap().into_inner().changed
    };
    for (cursor, goes_back, changed, revision) in [
        (&second, false, true, 2),
        (&second, false, false, 2),
        (&first, false, false, 2),
        (&first, true, true, 1),
        (&first, true, false, 1),
        (&second, true, true, 2),
    ] {
        let answer = if goes_back {
            rewind(cursor).await
        } else {
            acknowledge(&fixture.core, OPERATOR, "mail", cursor).await.unwrap()
        };
        assert_eq!(answer, changed, "{cursor} {goes_back}");
        assert_eq!(places(&consumers(&fixture, SITE).await), [("operator", "mail", revision)]);
    }
    // As another core that knows it further back: it does not go back either.
    let fixture = fixture.restarted().await;
    assert!(!acknowledge(&fixture.core, OPERATOR, "mail", &first).await.unwrap());
}

/// Whoever begins with a snapshot has not dealt with what was before until everybody was told.
async fn a_snapshot_counts_when_it_is_complete(fixture: Fixture) {
    fixture.user("ada", Role::Registered).await;
    let mut watch = fixture.watch(of(&[SITE], WatchStart::Snapshot)).await;
    let synced = loop {
        let response = watch.response().await.unwrap();
        if matches!(response.content, Some(Content::Synced(_))) {
            break response.cursor;
        }
        acknowledge(&fixture.core, OPERATOR, "mail", &response.cursor).await.unwrap();
        assert_eq!(places(&consumers(&fixture, SITE).await), [("operator", "mail", 0)]);
        assert!(consumers(&fixture, SITE).await[0].acknowledge_time.is_none());
    };
    assert!(acknowledge(&fixture.core, OPERATOR, "mail", &synced).await.unwrap());
    assert_eq!(places(&consumers(&fixture, SITE).await), [("operator", "mail", 2)]);
}

async fn one_cursor_is_about_several_ledgers(fixture: Fixture) {
    fixture.site("globex").await;
    let token = fixture.service("billing", vec![may_follow(Some(SITE))]).await;
    let named = cursor(&fixture, of(&["globex", SITE], WatchStart::Now)).await;
    acknowledge(&fixture.core, OPERATOR, "named", &named).await.unwrap();
    // Of all sites, as far as the caller may read them.
    let all = cursor(&fixture, of_all(WatchStart::Now)).await;
    acknowledge(&fixture.core, OPERATOR, "all", &all).await.unwrap();
    acknowledge(&fixture.core, &token, "all", &all).await.unwrap();
    let own = v1::WatchEventsRequest { installation: true, ..of(&[], WatchStart::Now) };
    let own = cursor(&fixture, own).await;
    acknowledge(&fixture.core, OPERATOR, "own", &own).await.unwrap();
    assert_eq!(
        places(&consumers(&fixture, SITE).await),
        [("operator", "all", 1), ("operator", "named", 1), ("service:billing", "all", 1)]
    );
    assert_eq!(
        places(&consumers(&fixture, "globex").await),
        [("operator", "all", 1), ("operator", "named", 1)]
    );
    let installation = v1::ListConsumersRequest { site: String::new(), installation: true };
    let answer = ledgers(&fixture.core, OPERATOR).list_consumers(installation).await.unwrap();
    assert_eq!(places(&answer.into_inner().consumers), [("operator", "own", 3)]);
    let request = v1::GetCutoffRequest {
        installation: true,
        decision: Some(Decision::Revision(2)),
        ..v1::GetCutoffRequest::default()
    };
    let answer = ledgers(&fixture.core, OPERATOR).get_cutoff(request).await.unwrap();
    assert!(answer.into_inner().cutoff.unwrap().cut_off);
}

/// Its grants go with it, and so would its last event.
async fn a_deleted_site_is_acknowledged_to_its_last_event(fixture: Fixture) {
    fixture.site("globex").await;
    let request = v1::CreateUserRequest {
        site: "globex".to_owned(),
        user_name: "ada".to_owned(),
        ..v1::CreateUserRequest::default()
    };
    let ada = fixture.users().create_user(request).await.unwrap().into_inner();
    let ada = ada.decision.unwrap().user.unwrap().id;
    let token = fixture.service("billing", vec![may_follow(Some("globex"))]).await;
    let request = of(&["globex"], WatchStart::Now);
    let mut watch = Watch::begin(ledgers(&fixture.core, &token), request.clone()).await.unwrap();
    let first = watch.response().await.unwrap().cursor;
    acknowledge(&fixture.core, &token, "mail", &first).await.unwrap();
    let deletion = v1::DeleteSiteRequest { site: "globex".to_owned(), options: None };
    fixture.sites().delete_site(deletion).await.unwrap();
    let (events, last) = watch.events(1).await;
    assert_eq!(events[0].kind, "site_deleted");
    let decision = || Decision::UserId(ada.clone());
    assert!(!cutoff(&fixture, "globex", decision()).await.unwrap().cut_off);
    assert!(acknowledge(&fixture.core, &token, "mail", &last).await.unwrap());
    let after = cutoff(&fixture, "globex", decision()).await.unwrap();
    assert_eq!((after.revision, after.cut_off), (events[0].revision, true));
    // Nobody begins to.
    let refused = acknowledge(&fixture.core, &token, "late", &last).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::PermissionDenied, "GRANT_MISSING".to_owned()));
    let of_operator = fixture.watch(behind(request, &first)).await.events(1).await.1;
    assert!(acknowledge(&fixture.core, OPERATOR, "late", &of_operator).await.unwrap());
}

async fn a_service_that_is_deleted_takes_its_consumers_along(fixture: Fixture) {
    let now = head(&fixture, SITE).await;
    for name in ["billing", "desk"] {
        let token = fixture.service(name, vec![may_follow(None)]).await;
        acknowledge(&fixture.core, &token, "mail", &now).await.unwrap();
    }
    let deletion = v1::DeleteServiceRequest { service: "billing".to_owned(), options: None };
    fixture.services().delete_service(deletion).await.unwrap();
    assert_eq!(places(&consumers(&fixture, SITE).await), [("service:desk", "mail", 1)]);
}

async fn what_is_acknowledged_is_no_decision(fixture: Fixture) {
    let lines = fixture.lines().await;
    let now = head(&fixture, SITE).await;
    acknowledge(&fixture.core, OPERATOR, "mail", &now).await.unwrap();
    let request = v1::DeleteConsumerRequest {
        site: SITE.to_owned(),
        consumer: "mail".to_owned(),
        ..v1::DeleteConsumerRequest::default()
    };
    ledgers(&fixture.core, OPERATOR).delete_consumer(request).await.unwrap();
    assert_eq!(consumers(&fixture, SITE).await, []);
    assert_eq!(fixture.lines().await, lines);
}

async fn who_comes_later_moves_no_cut_off(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Registered).await.id;
    let first = head(&fixture, SITE).await;
    acknowledge(&fixture.core, OPERATOR, "audit", &first).await.unwrap();
    deactivate(&fixture, &ada, false).await;
    let passed = head(&fixture, SITE).await;
    acknowledge(&fixture.core, OPERATOR, "audit", &passed).await.unwrap();
    let before = of_user(&fixture, &ada).await;
    assert!(before.cut_off && before.cut_off_time == before.consumers[0].pass_time, "{before:?}");
    // It holds it up until it has passed as well, and changes nothing about since when.
    acknowledge(&fixture.core, OPERATOR, "late", &first).await.unwrap();
    assert!(!of_user(&fixture, &ada).await.cut_off);
    acknowledge(&fixture.core, OPERATOR, "late", &passed).await.unwrap();
    let after = of_user(&fixture, &ada).await;
    assert_eq!((after.cut_off, after.cut_off_time), (true, before.cut_off_time));
}

/// What a consumer's own row tells of it grows less exact, and here is as if it was forgotten.
async fn when_everybody_had_passed_is_written_down_once(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Registered).await.id;
    let first = head(&fixture, SITE).await;
    for name in ["audit", "mail"] {
        acknowledge(&fixture.core, OPERATOR, name, &first).await.unwrap();
    }
    deactivate(&fixture, &ada, false).await;
    let passed = head(&fixture, SITE).await;
    for name in ["audit", "mail"] {
        acknowledge(&fixture.core, OPERATOR, name, &passed).await.unwrap();
    }
    let before = of_user(&fixture, &ada).await.cut_off_time.unwrap();
    fixture.user("bob", Role::Registered).await;
    let last = head(&fixture, SITE).await;
    for name in ["audit", "mail"] {
        acknowledge(&fixture.core, OPERATOR, name, &last).await.unwrap();
    }
    let forget = "UPDATE consumers SET passed = '[[4,4102444800000000]]' RETURNING name";
    assert_eq!(fixture.rows(forget).await.len(), 2);
    assert_eq!(of_user(&fixture, &ada).await.cut_off_time, Some(before));

    // Who goes back has not dealt with it.
    let back =
        v1::AcknowledgeEventsRequest { consumer: "mail".to_owned(), cursor: first, rewind: true };
    ledgers(&fixture.core, OPERATOR).acknowledge_events(back).await.unwrap();
    assert!(!of_user(&fixture, &ada).await.cut_off);
    acknowledge(&fixture.core, OPERATOR, "mail", &last).await.unwrap();
    let again = of_user(&fixture, &ada).await;
    assert!(again.cut_off);
    let later = again.cut_off_time.unwrap();
    assert!((later.seconds, later.nanos) > (before.seconds, before.nanos), "{later:?}");
}

/// As after a minute, when a watch has told its end for long enough, or of one that begins later.
async fn a_cursor_that_leaves_out_a_deleted_site_stands_for_its_end(fixture: Fixture) {
    for site in ["globex", "initech"] {
        fixture.site(site).await;
    }
    let begun = cursor(&fixture, of_all(WatchStart::Now)).await;
    let named = cursor(&fixture, of(&["initech"], WatchStart::Now)).await;
    acknowledge(&fixture.core, OPERATOR, "mail", &begun).await.unwrap();
    acknowledge(&fixture.core, OPERATOR, "desk", &named).await.unwrap();
    for site in ["globex", "initech"] {
        let deletion = v1::DeleteSiteRequest { site: site.to_owned(), options: None };
        fixture.sites().delete_site(deletion).await.unwrap();
    }
    // What is about something else says nothing of it.
    let here = head(&fixture, SITE).await;
    acknowledge(&fixture.core, OPERATOR, "desk", &here).await.unwrap();
    assert!(!acknowledge(&fixture.core, OPERATOR, "mail", &begun).await.unwrap());
    assert_eq!(consumers(&fixture, "globex").await[0].pending, 1);
    let later = cursor(&fixture, of_all(WatchStart::Now)).await;
    assert!(acknowledge(&fixture.core, OPERATOR, "mail", &later).await.unwrap());
    assert!(!acknowledge(&fixture.core, OPERATOR, "mail", &later).await.unwrap());
    assert_eq!(places(&consumers(&fixture, "globex").await), [("operator", "mail", 2)]);
    let expected = [("operator", "desk", 1), ("operator", "mail", 2)];
    assert_eq!(places(&consumers(&fixture, "initech").await), expected);
}
