//! Writes to users and groups in one call, each decided by itself, in their order.

use super::fixture::*;
use prost::Message as _;
use provost_proto::v1;
use provost_proto::v1::Role;
use provost_proto::v1::batch_write::Write;
use provost_proto::v1::batch_write_result::Result as Became;
use provost_proto::v1::value::Kind;
use std::collections::BTreeSet;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

on_both_databases!(
    each_write_is_decided_by_itself_in_its_place,
    no_write_overtakes_another_of_its_call,
    writes_that_come_again_have_no_second_effect,
    nothing_is_decided_behind_so_many_failures,
    failures_count_once_where_a_group_is_decided_again,
    what_is_broken_about_one_write_is_its_own,
    each_write_for_somebody_who_is_no_admin_is_refused,
    so_many_writes_and_no_more,
    so_many_changes_and_no_more,
    what_one_write_says_for_itself_is_refused,
    a_number_that_no_enum_has_is_refused,
    writes_are_decided_together,
);

fn create(user_name: &str) -> Write {
    let user_name = user_name.to_owned();
    Write::CreateUser(v1::CreateUserRequest { user_name, ..Default::default() })
}

fn change(id: &str, changes: Vec<v1::change::Change>) -> Write {
    let changes = changes.into_iter().map(|change| v1::Change { change: Some(change) }).collect();
    Write::ChangeUser(v1::ChangeUserRequest {
        user_id: id.to_owned(),
        changes,
        ..Default::default()
    })
}

fn delete(id: &str) -> Write {
    Write::DeleteUser(v1::DeleteUserRequest { user_id: id.to_owned(), ..Default::default() })
}

fn create_group(name: &str, members: &[&str]) -> Write {
    Write::CreateGroup(v1::CreateGroupRequest {
        display_name: name.to_owned(),
        user_ids: members.iter().map(|id| (*id).to_owned()).collect(),
        ..Default::default()
    })
}

fn request(writes: Vec<Write>) -> v1::BatchWriteRequest {
    let one = |write| v1::BatchWrite { write: Some(write), expected_versions: Vec::new() };
    v1::BatchWriteRequest {
        site: SITE.to_owned(),
        writes: writes.into_iter().map(one).collect(),
        ..Default::default()
    }
}

async fn write(
    fixture: &Fixture,
    request: v1::BatchWriteRequest,
) -> Result<v1::BatchWriteResponse, Status> {
    Ok(fixture.users().batch_write(request).await?.into_inner())
}

/// What became of each: the version in force, or why it was refused.
fn became(answer: &v1::BatchWriteResponse) -> Vec<Result<i64, String>> {
    let one = |result: &v1::BatchWriteResult| match result.result.as_ref().unwrap() {
        Became::Decision(decision) => Ok(decision.version),
        Became::Status(status) => {
            let details = status.encode_to_vec();
            let message = status.message.clone();
            let status = Status::with_details(status.code.into(), message, details.into());
            Err(reason(&status).1)
        }
    };
    answer.results.iter().map(one).collect()
}

fn refused(reason: &str) -> Result<i64, String> {
    Err(reason.to_owned())
}

async fn each_write_is_decided_by_itself_in_its_place(fixture: Fixture) {
    let admin = fixture.user("admin", Role::Admin).await.id;
    let ada = fixture.user("ada", Role::Registered).await.id;
    let lines = fixture.lines().await;
    let mut request = request(vec![
        create("jo"),
        create("ADA"),
        change(&ada, vec![set_title("x")]),
        change(&ada, vec![set_title("x")]),
        change(&admin, vec![set_role(Role::Registered)]),
        create_group("Guides", &[&ada]),
        create_group("guides", &[]),
        create_group("Others", &["nobody"]),
        delete(&ada),
        change(&ada, vec![]),
        change(&admin, vec![set_title("y")]),
        change(&admin, vec![set_text("shoe", "y")]),
    ]);
    request.writes[10].expected_versions = vec![8, 9];
    let answer = write(&fixture, request).await.unwrap();
    let expected = [
        Ok(1),
        refused("USER_NAME_TAKEN"),
        Ok(2),
        Ok(2),
        refused("LAST_ADMIN"),
        Ok(1),
        refused("GROUP_NAME_TAKEN"),
        refused("MEMBER_NOT_FOUND"),
        Ok(0),
        refused("USER_NOT_FOUND"),
        refused("VERSION_MISMATCH"),
        refused("VALUE_INVALID"),
    ];
    assert_eq!(became(&answer), expected);
    let Some(Became::Decision(made)) = &answer.results[0].result else { panic!("{answer:?}") };
    assert_eq!(fixture.get(&made.id).await.user_name, "jo");
    // One line for each that did something, and for what the rules refused.
    assert_eq!(fixture.lines().await, lines + 5);
    let last = answer.results.iter().filter_map(|result| match &result.result {
        Some(Became::Decision(decision)) => Some(decision.revision),
        _ => None,
    });
    assert_eq!(answer.revision, last.max().unwrap());
}

/// Alone, a deactivation would go before changes of others that wait.
async fn no_write_overtakes_another_of_its_call(fixture: Fixture) {
    for round in 0..8 {
        let names = [format!("a{round}"), format!("b{round}")];
        let a = fixture.user(&names[0], Role::Registered).await.id;
        let b = fixture.user(&names[1], Role::Registered).await.id;
        let rename = |to: &str| {
            let user_name = to.to_owned();
            v1::change::Change::SetUserName(v1::SetUserName { user_name })
        };
        let writes = vec![
            change(&a, vec![rename(&names[1])]),
            change(&b, vec![rename(&format!("c{round}")), set_active(false)]),
            change(&a, vec![rename(&names[1])]),
        ];
        let answer = write(&fixture, request(writes)).await.unwrap();
        let came = became(&answer);
        assert_eq!(came[0], refused("USER_NAME_TAKEN"), "round {round}");
        assert!(came[1].is_ok() && came[2].is_ok(), "round {round}: {came:?}");
    }
}

async fn writes_that_come_again_have_no_second_effect(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Registered).await.id;
    let options = v1::WriteOptions { request_id: "1".to_owned(), ..Default::default() };
    let writes = vec![create("jo"), change(&ada, vec![set_title("x")]), create("ada")];
    let request = v1::BatchWriteRequest { options: Some(options.clone()), ..request(writes) };
    let first = write(&fixture, request.clone()).await.unwrap();
    let lines = fixture.lines().await;
    let again = write(&fixture, request).await.unwrap();
    assert_eq!(became(&again), became(&first));
    assert_eq!(again.results[..2], first.results[..2], "the same users");
    assert_eq!((fixture.lines().await, again.revision), (lines, first.revision));
    let other = self::request(vec![create("kim")]);
    let other = v1::BatchWriteRequest { options: Some(options), ..other };
    assert_eq!(became(&write(&fixture, other).await.unwrap()), [refused("REQUEST_ID_REUSED")]);
    let tried = v1::WriteOptions { validate_only: true, ..Default::default() };
    let request = self::request(vec![create("kim")]);
    let request = v1::BatchWriteRequest { options: Some(tried), ..request };
    assert_eq!(became(&write(&fixture, request).await.unwrap()).len(), 1);
    assert_eq!(fixture.lines().await, lines);
}

/// Whether it is the law that refuses, or the reader of the call; also where not all of them wait at once.
async fn nothing_is_decided_behind_so_many_failures(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Registered).await.id;
    let unread = || change(&ada, vec![set_text("shoe", "x")]);
    let title = |title: &str| change(&ada, vec![set_title(title)]);
    for refused in [create("ada"), unread()] {
        let five = [title("1"), refused.clone(), title("2"), refused, title("3")];
        for (most, decided, in_force) in [(1, 2, "1"), (2, 4, "2"), (3, 5, "3"), (0, 5, "3")] {
            let mut request = request(five.to_vec());
            request.stop_after_failures = most;
            let answer = write(&fixture, request).await.unwrap();
            assert_eq!(answer.results.len(), decided, "{most}");
            let profile = fixture.get(&ada).await.profile.unwrap();
            let kind = profile.attributes["title"].kind.clone();
            assert_eq!(kind, Some(Kind::Text(in_force.to_owned())), "{most}");
        }
    }
    let many = (0..600).map(|number| if number < 400 { title("4") } else { unread() });
    let mut request = request(many.chain([title("5")]).collect());
    request.stop_after_failures = 200;
    let answer = write(&fixture, request.clone()).await.unwrap();
    assert_eq!(answer.results.len(), 600);
    request.stop_after_failures = -1;
    let status = write(&fixture, request).await.unwrap_err();
    assert_eq!(reason(&status), (Code::InvalidArgument, "VALUE_INVALID".to_owned()));
}

/// A name that one write frees and the next one takes is refused by the database where one statement saves
/// both. Then each is decided alone, and what failed before with them fails only now.
async fn failures_count_once_where_a_group_is_decided_again(fixture: Fixture) {
    for (most, expected) in [(1, 3), (2, 5)] {
        let [ada, bob] = [format!("ada{most}"), format!("bob{most}")];
        let rename = |to: &str| {
            let user_name = to.to_owned();
            v1::change::Change::SetUserName(v1::SetUserName { user_name })
        };
        let one = fixture.user(&ada, Role::Registered).await.id;
        let other = fixture.user(&bob, Role::Registered).await.id;
        let mut request = request(vec![
            change(&other, vec![rename(&format!("robert{most}"))]),
            change(&one, vec![rename(&bob)]),
            create(&bob),
            create(&format!("eve{most}")),
            create(&bob),
            create(&format!("kim{most}")),
        ]);
        request.stop_after_failures = most;
        let came = became(&write(&fixture, request).await.unwrap());
        let taken = || refused("USER_NAME_TAKEN");
        assert_eq!(came, [Ok(2), Ok(2), taken(), Ok(1), taken()][..expected], "{most}");
    }
}

/// What is stored of one user can't be read. Nobody else's write fails by that, however many come behind it.
async fn what_is_broken_about_one_write_is_its_own(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Registered).await.id;
    fixture
        .rows("UPDATE users SET holds = '[{}]' WHERE user_name = 'ada' RETURNING user_name")
        .await;
    let names: Vec<_> = (0..300).map(|number| format!("user-{number}")).collect();
    let mut writes = vec![change(&ada, vec![set_title("x")])];
    writes.extend(names.iter().map(|name| create(name)));
    let answer = write(&fixture, request(writes)).await.unwrap();
    let mut expected = vec![Ok(1); 301];
    expected[0] = refused("INTERNAL");
    assert_eq!(became(&answer), expected);
}

/// The law looks at whom each of them is asked for, as at all else.
async fn each_write_for_somebody_who_is_no_admin_is_refused(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Registered).await.id;
    let root = fixture.user("root", Role::Admin).await.id;
    for (on_behalf_of, expected) in [(&ada, refused("ACTOR_NOT_PERMITTED")), (&root, Ok(1))] {
        let options = v1::WriteOptions {
            on_behalf_of: on_behalf_of.clone(),
            validate_only: true,
            ..Default::default()
        };
        let request = request(vec![create("jo"), create_group("Guides", &[])]);
        let request = v1::BatchWriteRequest { options: Some(options), ..request };
        let answer = write(&fixture, request).await.unwrap();
        assert_eq!(became(&answer), vec![expected; 2]);
    }
}

async fn so_many_writes_and_no_more(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Registered).await.id;
    for (number, expected) in
        [(0, Some("VALUE_INVALID")), (1000, None), (1001, Some("LIMIT_EXCEEDED"))]
    {
        let request = request(vec![change(&ada, vec![]); number]);
        let found = write(&fixture, request).await.map_err(|status| {
            status.get_details_bad_request().unwrap();
            reason(&status).1
        });
        assert_eq!(found.err().as_deref(), expected, "{number}");
    }
    let options = v1::WriteOptions { expected_version: Some(1), ..Default::default() };
    let request = request(vec![change(&ada, vec![])]);
    let request = v1::BatchWriteRequest { options: Some(options), ..request };
    let status = write(&fixture, request).await.unwrap_err();
    assert_eq!(reason(&status), (Code::InvalidArgument, "VALUE_INVALID".to_owned()));
}

async fn so_many_changes_and_no_more(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Registered).await.id;
    let titles = |number| vec![set_title("x"); number];
    for (last, expected) in [(0, None), (1, Some("LIMIT_EXCEEDED"))] {
        let mut writes = vec![change(&ada, titles(1000)); 3];
        writes.push(change(&ada, titles(last)));
        let answered = write(&fixture, request(writes)).await.map_err(|status| reason(&status).1);
        assert_eq!(answered.err().as_deref(), expected, "{last}");
    }
}

async fn a_number_that_no_enum_has_is_refused(fixture: Fixture) {
    let wrong = v1::CreateUserRequest {
        user_name: "jo".to_owned(),
        role: 7777,
        ..v1::CreateUserRequest::default()
    };
    let role = v1::change::Change::SetRole(v1::SetRole { role: 7777 });
    let ada = fixture.user("ada", Role::Registered).await.id;
    let writes = vec![Write::CreateUser(wrong), change(&ada, vec![role])];
    let answer = write(&fixture, request(writes)).await.unwrap();
    assert_eq!(became(&answer), vec![refused("ROLE_UNKNOWN"); 2]);
}

async fn what_one_write_says_for_itself_is_refused(fixture: Fixture) {
    let named = v1::CreateUserRequest { site: SITE.to_owned(), ..Default::default() };
    let optional =
        v1::DeleteGroupRequest { options: Some(v1::WriteOptions::default()), ..Default::default() };
    let mut request = request(vec![Write::CreateUser(named), Write::DeleteGroup(optional)]);
    request.writes.push(v1::BatchWrite::default());
    let answer = write(&fixture, request).await.unwrap();
    assert_eq!(became(&answer), vec![refused("VALUE_INVALID"); 3]);
}

async fn writes_are_decided_together(fixture: Fixture) {
    let names: Vec<_> = (0..1000).map(|number| format!("user-{number}")).collect();
    let answer = write(&fixture, request(names.iter().map(|name| create(name)).collect())).await;
    assert_eq!(became(&answer.unwrap()), vec![Ok(1); 1000]);
    let stamps = fixture.rows("SELECT DISTINCT cast(created_at AS text) FROM users").await;
    let stamps: BTreeSet<_> = stamps.into_iter().flatten().collect();
    assert!(stamps.len() <= 24, "{} transactions", stamps.len());
}
