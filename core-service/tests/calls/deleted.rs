//! Whom the directory deleted: every read shows them to the operator and to no connection.

use super::fixture::*;
use provost_proto::v1;
use provost_proto::v1::filter::Node;
use provost_proto::v1::lookup_user_request::Key;
use provost_proto::v1::{DeletionPolicy, DirectoryStatus, Role};
use tonic::Code;

on_both_databases!(
    no_read_of_a_connection_shows_them,
    positions_are_exact_for_each_who_asks,
    the_operator_deletes_them_for_good,
);

const EXTERNAL_ID: &str = "00u1";

/// The ids of as many users; the connection deleted those at the positions.
async fn populated(fixture: &Fixture, number_of_users: usize, deleted: &[usize]) -> Vec<String> {
    let mut ids = Vec::new();
    let mut operator = fixture.users();
    for number in 0..number_of_users {
        let id = fixture.user(&format!("user-{number}"), Role::Registered).await.id;
        let external_id = Some(EXTERNAL_ID.to_owned());
        let named = v1::change::Change::SetExternalId(v1::SetExternalId { external_id });
        change(&mut operator, &id, vec![named], v1::WriteOptions::default()).await.unwrap();
        ids.push(id);
    }
    let deletion = DeletionPolicy::Deactivate.into();
    fixture
        .settings(v1::UpdateScimSettingsRequest {
            deletion,
            ..v1::UpdateScimSettingsRequest::default()
        })
        .await;
    let mut connection = fixture.connection().await;
    for position in deleted {
        delete(&mut connection, &ids[*position]).await;
    }
    ids
}

fn count(ids: &[String]) -> i64 {
    i64::try_from(ids.len()).unwrap()
}

async fn delete(users: &mut Users, id: &str) {
    let (site, user_id) = (SITE.to_owned(), id.to_owned());
    let request = v1::DeleteUserRequest { site, user_id, options: None };
    users.delete_user(request).await.unwrap();
}

async fn found(users: &mut Users, key: Key) -> Result<String, (Code, String)> {
    let request = v1::LookupUserRequest {
        on_behalf_of: String::new(),
        site: SITE.to_owned(),
        key: Some(key),
    };
    let answer = users.lookup_user(request).await.map_err(|status| reason(&status))?;
    Ok(answer.into_inner().user.unwrap().id)
}

async fn listed(
    users: &mut Users,
    request: v1::ListUsersRequest,
) -> (Vec<String>, String, Option<i64>) {
    let request = v1::ListUsersRequest { site: SITE.to_owned(), ..request };
    let v1::ListUsersResponse { users, next_page_token, total } =
        users.list_users(request).await.unwrap().into_inner();
    (users.into_iter().map(|user| user.id).collect(), next_page_token, total)
}

fn filter(attribute: &str, value: v1::Value) -> v1::Filter {
    let operator = v1::Operator::Equal.into();
    let attribute = attribute.to_owned();
    let comparison = v1::Comparison { attribute, operator, value: Some(value) };
    v1::Filter { node: Some(Node::Comparison(comparison)) }
}

async fn no_read_of_a_connection_shows_them(fixture: Fixture) {
    let ids = populated(&fixture, 3, &[0]).await;
    let (mut connection, mut operator) = (fixture.connection().await, fixture.users());
    let seen = get(&mut operator, &ids[0]).await.unwrap();
    assert_eq!((seen.active, seen.directory_status()), (false, DirectoryStatus::Deleted));
    let unknown = || (Code::NotFound, "USER_NOT_FOUND".to_owned());
    assert_eq!(reason(&get(&mut connection, &ids[0]).await.unwrap_err()), unknown());
    let name = || Key::UserName("USER-0".to_owned());
    assert_eq!(found(&mut operator, name()).await.as_ref(), Ok(&ids[0]));
    assert_eq!(found(&mut connection, name()).await, Err(unknown()));
    let external = || Key::ExternalId(EXTERNAL_ID.to_owned());
    assert_eq!(found(&mut connection, external()).await.as_ref(), Ok(&ids[1]));
    for (filter, all, rest) in [
        (None, &ids[..], &ids[1..]),
        (Some(filter("external_id", text(EXTERNAL_ID))), &ids[..], &ids[1..]),
        (Some(filter("user_name", text("user-0"))), &ids[..1], &[]),
        (Some(filter("id", text(&ids[0]))), &ids[..1], &[]),
        (Some(filter("active", value(v1::value::Kind::Boolean(false)))), &ids[..1], &[]),
    ] {
        let request = v1::ListUsersRequest { filter, count_total: true, ..Default::default() };
        let only = v1::ListUsersRequest { count_only: true, ..request.clone() };
        for (users, expected) in [(&mut operator, all), (&mut connection, rest)] {
            let (ids, _, total) = listed(users, request.clone()).await;
            assert_eq!((&*ids, total), (expected, Some(count(expected))), "{request:?}");
            assert_eq!(listed(users, only.clone()).await.2, Some(count(expected)));
        }
    }
}

async fn positions_are_exact_for_each_who_asks(fixture: Fixture) {
    let ids = populated(&fixture, 9, &[0, 4]).await;
    let (mut connection, mut operator) = (fixture.connection().await, fixture.users());
    let rest = |gone: &[usize]| -> Vec<String> {
        let stays = |(position, _): &(usize, &String)| !gone.contains(position);
        ids.iter().enumerate().filter(stays).map(|(_, id)| id.clone()).collect()
    };
    // Anchors of pages are remembered for each who asks, and forgotten when somebody is deleted.
    for gone in [&[0, 4][..], &[0, 4, 1]] {
        if let Some(next) = gone.get(2) {
            delete(&mut connection, &ids[*next]).await;
        }
        for _ in 0..2 {
            for (users, expected) in [(&mut operator, &ids), (&mut connection, &rest(gone))] {
                let (mut by_position, mut by_token) = (Vec::new(), Vec::new());
                let mut page_token = String::new();
                while by_position.len() < expected.len() {
                    let skip = count(&by_position);
                    let request = v1::ListUsersRequest {
                        skip,
                        page_size: 2,
                        count_total: true,
                        ..Default::default()
                    };
                    let (page, _, total) = listed(users, request).await;
                    assert_eq!(total, Some(count(expected)));
                    assert!(!page.is_empty());
                    by_position.extend(page);
                    let request =
                        v1::ListUsersRequest { page_token, page_size: 2, ..Default::default() };
                    let page = listed(users, request).await;
                    by_token.extend(page.0);
                    page_token = page.1;
                }
                assert_eq!((&by_position, &by_token), (expected, expected));
                assert_eq!(page_token, "");
            }
        }
    }
}

async fn the_operator_deletes_them_for_good(fixture: Fixture) {
    let ids = populated(&fixture, 2, &[0]).await;
    let mut operator = fixture.users();
    delete(&mut operator, &ids[0]).await;
    assert_eq!(get(&mut operator, &ids[0]).await.unwrap_err().code(), Code::NotFound);
    for mut users in [operator, fixture.connection().await] {
        let request = v1::ListUsersRequest { count_total: true, ..Default::default() };
        assert_eq!(
            listed(&mut users, request).await,
            (vec![ids[1].clone()], String::new(), Some(1))
        );
    }
}
