//! Several users in one call.

use super::fixture::*;
use futures::future::join_all;
use prost::Message as _;
use provost_proto::v1;
use provost_proto::v1::batch_change_result::Result as Became;
use provost_proto::v1::{Permission, Role};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

on_both_databases!(
    several_users_are_read_by_their_ids,
    large_users_are_read_in_several_calls,
    all_of_a_batch_is_done_or_nothing,
    each_of_a_batch_is_done_by_itself_where_that_is_asked,
    a_batch_that_comes_again_has_no_second_effect,
    a_batch_is_within_its_limits,
    a_batch_of_a_thousand_is_one_transaction,
    large_users_are_left_out_of_an_answer,
    a_batch_needs_what_its_parts_need,
    others_are_decided_between_the_items,
);

async fn people(fixture: &Fixture, number: usize) -> Vec<String> {
    let made = (0..number)
        .map(async |number| fixture.user(&format!("user-{number}"), Role::Registered).await.id);
    join_all(made).await
}

async fn read(
    users: &mut Users,
    user_ids: Vec<String>,
) -> Result<v1::BatchGetUsersResponse, Status> {
    let site = SITE.to_owned();
    let request =
        v1::BatchGetUsersRequest { site, user_ids, ..v1::BatchGetUsersRequest::default() };
    Ok(users.batch_get_users(request).await?.into_inner())
}

fn item(id: &str, changes: Vec<v1::change::Change>) -> v1::UserChanges {
    let changes = changes.into_iter().map(|change| v1::Change { change: Some(change) }).collect();
    v1::UserChanges { user_id: id.to_owned(), changes, expected_version: None }
}

fn batch(items: Vec<v1::UserChanges>) -> v1::BatchChangeUsersRequest {
    let site = SITE.to_owned();
    v1::BatchChangeUsersRequest { site, items, ..v1::BatchChangeUsersRequest::default() }
}

fn each(items: Vec<v1::UserChanges>) -> v1::BatchChangeUsersRequest {
    v1::BatchChangeUsersRequest { return_partial_success: true, ..batch(items) }
}

async fn write(
    users: &mut Users,
    request: v1::BatchChangeUsersRequest,
) -> Result<v1::BatchChangeUsersResponse, Status> {
    Ok(users.batch_change_users(request).await?.into_inner())
}

/// What became of each item: whether it changed something, or why it was refused.
fn became(answer: &v1::BatchChangeUsersResponse) -> Vec<Result<bool, String>> {
    let one = |result: &v1::BatchChangeResult| match result.result.as_ref().unwrap() {
        Became::Decision(decision) => Ok(decision.changed),
        Became::Status(status) => Err(told(status).1),
    };
    answer.results.iter().map(one).collect()
}

fn told(status: &tonic_types::Status) -> (Code, String) {
    let details = status.encode_to_vec();
    let status = Status::with_details(status.code.into(), status.message.clone(), details.into());
    reason(&status)
}

fn titles(answer: &v1::BatchGetUsersResponse) -> Vec<Option<v1::Value>> {
    let title = |user: &v1::User| user.profile.as_ref().unwrap().attributes.get("title").cloned();
    answer.users.iter().map(title).collect()
}

async fn several_users_are_read_by_their_ids(fixture: Fixture) {
    fixture.site("other").await;
    let request = v1::CreateUserRequest {
        site: "other".to_owned(),
        user_name: "foreign".to_owned(),
        ..v1::CreateUserRequest::default()
    };
    let foreign = fixture.users().create_user(request).await.unwrap().into_inner();
    let foreign = foreign.decision.unwrap().user.unwrap().id;
    let ids = people(&fixture, 300).await;
    let nobody = "00000000-0000-0000-0000-000000000000";
    let mut asked: Vec<_> = ids.iter().rev().cloned().collect();
    asked.extend([ids[7].to_uppercase(), foreign.clone(), nobody.to_owned(), "x".to_owned()]);
    let answer = read(&mut fixture.users(), asked).await.unwrap();
    let found: Vec<_> = answer.users.iter().map(|user| user.id.clone()).collect();
    assert_eq!(found, ids.iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(answer.users[0], fixture.get(&ids[299]).await);
    let mut missing = answer.missing_user_ids;
    missing.sort();
    let mut expected = [foreign, nobody.to_owned(), "x".to_owned()];
    expected.sort();
    assert_eq!(missing, expected);
    assert!(answer.unread_user_ids.is_empty());
}

async fn large_users_are_read_in_several_calls(fixture: Fixture) {
    let ids = people(&fixture, 60).await;
    let large = |id: &String| item(id, large_profile());
    for some in ids.chunks(20) {
        let request = v1::BatchChangeUsersRequest {
            omit_users: true,
            ..each(some.iter().map(large).collect())
        };
        let answer = write(&mut fixture.users(), request).await.unwrap();
        assert!(became(&answer).iter().all(|became| *became == Ok(true)), "{answer:?}");
    }
    let (mut asked, mut calls, mut found) = (ids.clone(), 0, 0);
    while !asked.is_empty() {
        let answer = read(&mut fixture.users(), asked).await.unwrap();
        assert!(answer.encoded_len() < 4 << 20 && !answer.users.is_empty());
        found += answer.users.len();
        (asked, calls) = (answer.unread_user_ids, calls + 1);
    }
    assert_eq!(found, 60);
    assert!(calls > 1);
}

/// 60 KiB of addresses.
fn large_profile() -> Vec<v1::change::Change> {
    let long = "x".repeat(4_000);
    let elements = (0..15).map(|number| element("formatted", &format!("{number}{long}")));
    vec![v1::change::Change::EditList(v1::EditList {
        list: "addresses".to_owned(),
        selector: None,
        edit: Some(v1::edit_list::Edit::Add(v1::List { elements: elements.collect() })),
    })]
}

async fn all_of_a_batch_is_done_or_nothing(fixture: Fixture) {
    let admins = [
        fixture.user("admin-1", Role::Admin).await.id,
        fixture.user("admin-2", Role::Admin).await.id,
    ];
    let ids = people(&fixture, 3).await;
    let lines = fixture.lines().await;
    let step_down = |id: &str| item(id, vec![set_role(Role::Registered)]);
    let title = |id: &str| item(id, vec![set_title("x")]);
    let request = batch(vec![title(&ids[0]), step_down(&admins[0]), step_down(&admins[1])]);
    let refused = write(&mut fixture.users(), request).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "LAST_ADMIN".to_owned()));
    assert_eq!(refused.get_details_error_info().unwrap().metadata["item"], "2");
    assert_eq!(fixture.lines().await, lines + 1, "the refusal is written down");
    let stale = v1::UserChanges { expected_version: Some(9), ..title(&ids[1]) };
    for (bad, reason_of_it) in [
        (stale, "VERSION_MISMATCH"),
        (title("x"), "USER_NOT_FOUND"),
        (item(&ids[1], vec![set_text("shoe", "x")]), "VALUE_INVALID"),
    ] {
        let request = batch(vec![title(&ids[0]), bad]);
        let refused = write(&mut fixture.users(), request).await.unwrap_err();
        assert_eq!(reason(&refused).1, reason_of_it);
        assert_eq!(refused.get_details_error_info().unwrap().metadata["item"], "1");
    }
    assert_eq!(fixture.lines().await, lines + 1);
    assert_eq!(fixture.get(&ids[0]).await.version, 1);

    let tried = v1::WriteOptions { validate_only: true, ..v1::WriteOptions::default() };
    let request = batch(ids.iter().map(|id| title(id)).collect());
    let trial = v1::BatchChangeUsersRequest { options: Some(tried), ..request.clone() };
    assert_eq!(became(&write(&mut fixture.users(), trial).await.unwrap()), vec![Ok(true); 3]);
    assert_eq!(fixture.lines().await, lines + 1);
    let answer = write(&mut fixture.users(), request.clone()).await.unwrap();
    assert_eq!(became(&answer), vec![Ok(true); 3]);
    assert_eq!(fixture.lines().await, lines + 4);
    let read = read(&mut fixture.users(), ids.clone()).await.unwrap();
    assert_eq!(titles(&read), vec![Some(text("x")); 3]);
    let Some(Became::Decision(last)) = &answer.results[2].result else { panic!("{answer:?}") };
    assert_eq!((last.user.as_ref(), last.revision), (Some(&read.users[2]), answer.revision));
    let again = write(&mut fixture.users(), request).await.unwrap();
    assert_eq!((became(&again), again.revision), (vec![Ok(false); 3], answer.revision));
}

async fn each_of_a_batch_is_done_by_itself_where_that_is_asked(fixture: Fixture) {
    let admin = fixture.user("admin", Role::Admin).await.id;
    let ids = people(&fixture, 2).await;
    let title = |id: &str| item(id, vec![set_title("x")]);
    let request = each(vec![
        title(&ids[0]),
        item(&admin, vec![set_role(Role::Registered)]),
        title("x"),
        item(&ids[1], vec![set_text("shoe", "x")]),
        v1::UserChanges { expected_version: Some(9), ..title(&ids[1]) },
        title(&ids[1]),
        title(&ids[1]),
    ]);
    let answer = write(&mut fixture.users(), request).await.unwrap();
    let refused = |reason: &str| Err(reason.to_owned());
    let expected = [
        Ok(true),
        refused("LAST_ADMIN"),
        refused("USER_NOT_FOUND"),
        refused("VALUE_INVALID"),
        refused("VERSION_MISMATCH"),
        Ok(true),
        Ok(false),
    ];
    assert_eq!(became(&answer), expected);
    let read = read(&mut fixture.users(), ids.clone()).await.unwrap();
    assert_eq!(titles(&read), vec![Some(text("x")); 2]);
    let Some(Became::Decision(last)) = &answer.results[6].result else { panic!("{answer:?}") };
    assert_eq!((last.user.as_ref(), last.revision), (Some(&read.users[1]), answer.revision));
}

async fn a_batch_that_comes_again_has_no_second_effect(fixture: Fixture) {
    fixture.user("admin", Role::Admin).await;
    let ids = people(&fixture, 3).await;
    let with_id = |id: &str, request: v1::BatchChangeUsersRequest| {
        let options = v1::WriteOptions { request_id: id.to_owned(), ..v1::WriteOptions::default() };
        v1::BatchChangeUsersRequest { options: Some(options), ..request }
    };
    let items = |title: &str| {
        let items = ids.iter().map(|id| item(id, vec![set_title(title)]));
        items.chain([item("x", vec![])]).collect::<Vec<_>>()
    };
    for (id, request) in
        [("1", batch(items("x")[..3].to_vec())), ("2", each(items("y"))), ("3", batch(items("z")))]
    {
        let request = with_id(id, request);
        let first = write(&mut fixture.users(), request.clone()).await;
        let lines = fixture.lines().await;
        let again = write(&mut fixture.users(), request.clone()).await;
        match (first, again) {
            (Ok(first), Ok(again)) => assert_eq!(first, again, "{id}"),
            (Err(first), Err(again)) => assert_eq!(reason(&first), reason(&again)),
            (first, again) => panic!("{id}: {first:?} {again:?}"),
        }
        assert_eq!(fixture.lines().await, lines, "{id}");
    }
    let other = with_id("1", batch(items("other")[..3].to_vec()));
    let refused = write(&mut fixture.users(), other).await.unwrap_err();
    assert_eq!(reason(&refused).1, "REQUEST_ID_REUSED");
    let other = with_id("2", each(items("other")));
    let answer = write(&mut fixture.users(), other).await.unwrap();
    let again = Err("REQUEST_ID_REUSED".to_owned());
    assert_eq!(became(&answer)[..3], vec![again; 3]);

    let gone =
        v1::DeleteUserRequest { site: SITE.to_owned(), user_id: ids[1].clone(), options: None };
    fixture.users().delete_user(gone).await.unwrap();
    let request = with_id("1", batch(items("x")[..3].to_vec()));
    let answer = write(&mut fixture.users(), request).await.unwrap();
    let there = answer.results.iter().map(|result| match &result.result {
        Some(Became::Decision(decision)) => decision.user.is_some(),
        other => panic!("{other:?}"),
    });
    assert_eq!(there.collect::<Vec<_>>(), [true, false, true]);
}

async fn a_batch_is_within_its_limits(fixture: Fixture) {
    let id = fixture.user("ada", Role::Registered).await.id;
    let mut users = fixture.users();
    let refused = |status: Status| (reason(&status), status.get_details_bad_request().unwrap());
    for (number, expected) in
        [(0, Some("VALUE_INVALID")), (1000, None), (1001, Some("LIMIT_EXCEEDED"))]
    {
        let found = read(&mut users, vec![id.clone(); number]).await.map_err(refused);
        assert_eq!(found.err().map(|((_, reason), _)| reason).as_deref(), expected, "{number}");
        for request in
            [batch(vec![item(&id, vec![]); number]), each(vec![item(&id, vec![]); number])]
        {
            let found = write(&mut users, request).await.map_err(refused);
            assert_eq!(found.err().map(|((_, reason), _)| reason).as_deref(), expected, "{number}");
        }
    }
    let changes = |number| item(&id, vec![set_title("x"); number]);
    let within = batch(vec![changes(1000), changes(1000), changes(1000)]);
    write(&mut users, within).await.unwrap();
    let beyond = batch(vec![changes(1000), changes(1000), changes(1000), changes(1)]);
    let status = write(&mut users, beyond).await.unwrap_err();
    assert_eq!(reason(&status), (Code::InvalidArgument, "LIMIT_EXCEEDED".to_owned()));
    let options = v1::WriteOptions { expected_version: Some(1), ..v1::WriteOptions::default() };
    for request in [batch(vec![changes(1)]), each(vec![changes(1)])] {
        let request = v1::BatchChangeUsersRequest { options: Some(options.clone()), ..request };
        let status = write(&mut users, request).await.unwrap_err();
        assert_eq!(reason(&status).1, "VALUE_INVALID");
    }
}

async fn a_batch_of_a_thousand_is_one_transaction(fixture: Fixture) {
    let ids = people(&fixture, 1000).await;
    let items = ids.iter().map(|id| item(id, vec![set_active(false)])).collect();
    let answer = write(&mut fixture.users(), batch(items)).await.unwrap();
    assert_eq!(answer.results.len(), 1000);
    assert!(became(&answer).iter().all(|became| *became == Ok(true)));
    let stamps = fixture.rows("SELECT DISTINCT cast(updated_at AS text) FROM users").await;
    assert_eq!(stamps.len(), 1, "decided at one moment");
    let answer = read(&mut fixture.users(), ids).await.unwrap();
    assert!(answer.users.len() == 1000 && answer.users.iter().all(|user| !user.active));
}

async fn large_users_are_left_out_of_an_answer(fixture: Fixture) {
    let ids = people(&fixture, 60).await;
    for some in ids.chunks(20) {
        let items = some.iter().map(|id| item(id, large_profile())).collect();
        write(&mut fixture.users(), batch(items)).await.unwrap();
    }
    let items = || ids.iter().map(|id| item(id, vec![set_title("x")])).collect();
    let answer = write(&mut fixture.users(), batch(items())).await.unwrap();
    assert!(answer.encoded_len() < 4 << 20);
    let shown = |answer: &v1::BatchChangeUsersResponse| {
        let users = answer.results.iter().filter(|result| match &result.result {
            Some(Became::Decision(decision)) => decision.user.is_some(),
            other => panic!("{other:?}"),
        });
        users.count()
    };
    assert!((40..60).contains(&shown(&answer)), "{}", shown(&answer));
    let request = v1::BatchChangeUsersRequest { omit_users: true, ..each(items()) };
    assert_eq!(shown(&write(&mut fixture.users(), request).await.unwrap()), 0);
}

async fn a_batch_needs_what_its_parts_need(fixture: Fixture) {
    let ids = people(&fixture, 2).await;
    let grants = vec![grant(Some(SITE), &[Permission::ChangeStatus], Role::Unspecified)];
    let token = fixture.service("billing", grants).await;
    let mut own = users(&fixture.core, &token);
    let deactivate = |id: &str| item(id, vec![set_active(false)]);
    let rename = |id: &str| item(id, vec![set_title("x")]);
    write(&mut own, batch(vec![deactivate(&ids[0]), deactivate(&ids[1])])).await.unwrap();
    let status = write(&mut own, batch(vec![deactivate(&ids[0]), rename(&ids[1])])).await;
    assert_eq!(reason(&status.unwrap_err()).1, "GRANT_MISSING");
    let answer = write(&mut own, each(vec![deactivate(&ids[0]), rename(&ids[1])])).await.unwrap();
    assert_eq!(became(&answer), [Ok(false), Err("GRANT_MISSING".to_owned())]);
    assert_eq!(reason(&read(&mut own, ids).await.unwrap_err()).1, "GRANT_MISSING");
}

/// Also of its own site, which a thousand commands that wait would fill.
async fn others_are_decided_between_the_items(fixture: Fixture) {
    let ids = people(&fixture, 500).await;
    let other = fixture.user("other", Role::Registered).await.id;
    let items = ids.iter().cycle().take(1000).map(|id| item(id, vec![set_active(false)]));
    let batches = [each(items.clone().collect()), each(items.collect())];
    let all = async {
        let asked =
            batches.map(async |request| write(&mut fixture.users(), request).await.unwrap());
        join_all(asked).await
    };
    let alone = async {
        let mut decided = 0;
        for number in 0..10 {
            let mut users = fixture.users();
            let changes = vec![set_title(&number.to_string())];
            change(&mut users, &other, changes, v1::WriteOptions::default()).await.unwrap();
            decided += 1;
        }
        decided
    };
    let (answers, decided) = tokio::join!(all, alone);
    assert_eq!(decided, 10);
    for answer in answers {
        assert!(became(&answer).iter().all(Result::is_ok));
    }
}
