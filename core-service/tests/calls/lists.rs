//! Pages: by token and by number, each user once, in the order of ids.

use super::fixture::*;
use prost::Message as _;
use provost_proto::v1;
use provost_proto::v1::Role;
use provost_proto::v1::filter::Node;
use tonic::{Code, Status};

on_both_databases!(
    pages_follow_one_another,
    pages_are_counted,
    a_page_token_belongs_to_its_request,
    sites_connections_and_tokens_come_in_pages,
    what_was_added_meanwhile_does_not_shift_pages,
    positions_are_exact_whoever_went_meanwhile,
    pages_of_large_users_end_early,
    a_user_from_before_the_limits_is_read_and_made_smaller,
);

async fn list(
    users: &mut Users,
    request: v1::ListUsersRequest,
) -> Result<v1::ListUsersResponse, Status> {
    let request = v1::ListUsersRequest { site: SITE.to_owned(), ..request };
    Ok(users.list_users(request).await?.into_inner())
}

fn page(page_size: i32) -> v1::ListUsersRequest {
    v1::ListUsersRequest { page_size, ..v1::ListUsersRequest::default() }
}

fn names(response: &v1::ListUsersResponse) -> Vec<&str> {
    response.users.iter().map(|user| user.user_name.as_str()).collect()
}

fn role_is(role: &str) -> v1::Filter {
    v1::Filter {
        node: Some(Node::Comparison(v1::Comparison {
            attribute: "role".to_owned(),
            operator: v1::Operator::Equal.into(),
            value: Some(text(role)),
        })),
    }
}

async fn populated(fixture: &Fixture, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..count {
        let role = if number % 2 == 0 { Role::Moderator } else { Role::Registered };
        ids.push(fixture.user(&format!("user-{number}"), role).await.id);
    }
    assert!(ids.is_sorted(), "ids grow in the order of creation");
    ids
}

/// Every page size shows every user once, and the last page says that it is the last.
async fn pages_follow_one_another(fixture: Fixture) {
    let ids = populated(&fixture, 7).await;
    let mut users = fixture.users();
    for size in 1..=8 {
        let mut seen = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = v1::ListUsersRequest { page_token, ..page(size) };
            let found = list(&mut users, request).await.unwrap();
            seen.extend(found.users.into_iter().map(|user| user.id));
            page_token = found.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, ids, "pages of {size}");
        let skipped = v1::ListUsersRequest { skip: i64::from(size), ..page(2) };
        let found = list(&mut users, skipped).await.unwrap();
        let found: Vec<_> = found.users.into_iter().map(|user| user.id).collect();
        let expected: Vec<_> =
            ids.iter().skip(usize::try_from(size).unwrap()).take(2).cloned().collect();
        assert_eq!(found, expected, "after {size}");
    }
    let moderators = v1::ListUsersRequest { filter: Some(role_is("moderator")), ..page(3) };
    let first = list(&mut users, moderators.clone()).await.unwrap();
    assert_eq!(names(&first), ["user-0", "user-2", "user-4"]);
    let rest = v1::ListUsersRequest { page_token: first.next_page_token, ..moderators };
    let rest = list(&mut users, rest).await.unwrap();
    assert_eq!((names(&rest), rest.next_page_token.as_str()), (vec!["user-6"], ""));
}

async fn pages_are_counted(fixture: Fixture) {
    populated(&fixture, 5).await;
    let mut users = fixture.users();
    let counted = v1::ListUsersRequest { count_total: true, skip: 4, ..page(3) };
    let found = list(&mut users, counted).await.unwrap();
    assert_eq!((names(&found), found.total), (vec!["user-4"], Some(5)));
    let beyond = v1::ListUsersRequest { count_total: true, skip: 50, ..page(3) };
    let found = list(&mut users, beyond).await.unwrap();
    assert_eq!((found.users.len(), found.total), (0, Some(5)));
    let only = v1::ListUsersRequest {
        count_only: true,
        filter: Some(role_is("Moderator")),
        ..v1::ListUsersRequest::default()
    };
    let found = list(&mut users, only).await.unwrap();
    assert_eq!((found.users.len(), found.total), (0, Some(3)));
    assert_eq!(list(&mut users, page(3)).await.unwrap().total, None, "only when it was asked for");
    let everybody = list(&mut users, page(0)).await.unwrap();
    assert_eq!(everybody.users.len(), 5, "0 means the usual size");

    for (request, field) in
        [(page(-1), "page_size"), (v1::ListUsersRequest { skip: -1, ..page(1) }, "skip")]
    {
        let status = list(&mut users, request).await.unwrap_err();
        assert_eq!(reason(&status), (Code::InvalidArgument, "VALUE_INVALID".to_owned()));
        let details = tonic_types::StatusExt::get_details_bad_request(&status).unwrap();
        assert_eq!(details.field_violations[0].field, field);
    }
}

/// Size, position and count may differ from page to page, and nothing else.
async fn a_page_token_belongs_to_its_request(fixture: Fixture) {
    populated(&fixture, 5).await;
    fixture.site("other").await;
    let mut users = fixture.users();
    let moderators = v1::ListUsersRequest { filter: Some(role_is("moderator")), ..page(1) };
    let page_token = list(&mut users, moderators.clone()).await.unwrap().next_page_token;
    let next = v1::ListUsersRequest { page_token: page_token.clone(), ..moderators.clone() };
    let larger = v1::ListUsersRequest { page_size: 5000, count_total: true, ..next.clone() };
    let rest = list(&mut users, larger).await.unwrap();
    assert_eq!((names(&rest), rest.total), (vec!["user-2", "user-4"], Some(3)));

    let of_site = |site: &str| v1::ListUsersRequest { site: site.to_owned(), ..next.clone() };
    let here = v1::ListUsersRequest { page_token: page_token.clone(), ..page(1) };
    let in_acme = |request| v1::ListUsersRequest { site: SITE.to_owned(), ..request };
    let id = list(&mut users, moderators.clone()).await.unwrap().users[0].id.replace('-', "");
    for changed in [
        of_site("other"),
        in_acme(here.clone()),
        in_acme(v1::ListUsersRequest { filter: Some(role_is("registered")), ..next.clone() }),
        in_acme(v1::ListUsersRequest { count_only: true, ..next.clone() }),
        in_acme(v1::ListUsersRequest { page_token: id, ..moderators.clone() }),
        in_acme(v1::ListUsersRequest { page_token: "what?".to_owned(), ..moderators }),
    ] {
        let status = users.list_users(changed).await.unwrap_err();
        assert_eq!(reason(&status), (Code::InvalidArgument, "PAGE_TOKEN_INVALID".to_owned()));
        let details = tonic_types::StatusExt::get_details_bad_request(&status).unwrap();
        assert_eq!(details.field_violations[0].field, "page_token");
    }
}

/// Every row of a list, page by page of this size, where `page` answers rows and the next token.
async fn walked(mut page: impl AsyncFnMut(String) -> (Vec<String>, String)) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut token = String::new();
    loop {
        let (rows, next) = page(token).await;
        pages.push(rows);
        token = next;
        if token.is_empty() {
            return pages;
        }
    }
}

async fn sites_connections_and_tokens_come_in_pages(fixture: Fixture) {
    let mut sites = fixture.sites();
    for name in ["okta", "entra", "a-b", "ab"] {
        fixture.site(name).await;
        let (site, name) = (SITE.to_owned(), name.to_owned());
        let request = v1::CreateConnectionRequest { site, name, options: None };
        sites.create_connection(request).await.unwrap();
    }
    let mut made = Vec::new();
    for _ in 0..5 {
        fixture.token(SITE).await;
    }
    let all = v1::ListTokensRequest { site: SITE.to_owned(), ..v1::ListTokensRequest::default() };
    for token in sites.list_tokens(all.clone()).await.unwrap().into_inner().tokens {
        made.push(token.id);
    }
    for page_size in 1..=6 {
        let mut of_sites = fixture.sites();
        let names = walked(async |page_token| {
            let request = v1::ListSitesRequest { page_size, page_token };
            let page = of_sites.list_sites(request).await.unwrap().into_inner();
            (page.sites.into_iter().map(|site| site.name).collect(), page.next_page_token)
        });
        let names = names.await;
        let at_most = usize::try_from(page_size).unwrap();
        assert!(names.iter().all(|page| (1..=at_most).contains(&page.len())), "{names:?}");
        let mut names = names.concat();
        assert_eq!(names.len(), 5);
        names.sort();
        assert_eq!(names, ["a-b", "ab", "acme", "entra", "okta"]);

        let names = walked(async |page_token| {
            let request = v1::ListConnectionsRequest {
                on_behalf_of: String::new(),
                site: SITE.to_owned(),
                page_size,
                page_token,
            };
            let page = of_sites.list_connections(request).await.unwrap().into_inner();
            (page.connections.into_iter().map(|one| one.name).collect(), page.next_page_token)
        });
        let mut names = names.await.concat();
        names.sort();
        assert_eq!(names, ["a-b", "ab", "entra", "okta", "scim"]);

        let ids = walked(async |page_token| {
            let request = v1::ListTokensRequest { page_size, page_token, ..all.clone() };
            let page = of_sites.list_tokens(request).await.unwrap().into_inner();
            (page.tokens.into_iter().map(|token| token.id).collect(), page.next_page_token)
        });
        assert_eq!(ids.await.concat(), made);
        let newest = v1::ListTokensRequest { newest_first: true, ..all.clone() };
        let ids = walked(async |page_token| {
            let request = v1::ListTokensRequest { page_size, page_token, ..newest.clone() };
            let page = of_sites.list_tokens(request).await.unwrap().into_inner();
            (page.tokens.into_iter().map(|token| token.id).collect(), page.next_page_token)
        });
        let mut turned = ids.await.concat();
        turned.reverse();
        assert_eq!(turned, made);
    }
    let first = v1::ListTokensRequest { page_size: 1, ..all.clone() };
    let page_token = sites.list_tokens(first).await.unwrap().into_inner().next_page_token;
    let first_token = page_token.clone();
    let elsewhere = v1::ListTokensRequest { site: "okta".to_owned(), page_token, ..all.clone() };
    let refusal = reason(&sites.list_tokens(elsewhere).await.unwrap_err());
    assert_eq!(refusal, (Code::InvalidArgument, "PAGE_TOKEN_INVALID".to_owned()));
    // A place in one order is none in the other.
    let turned =
        v1::ListTokensRequest { page_token: first_token, newest_first: true, ..all.clone() };
    let refusal = reason(&sites.list_tokens(turned).await.unwrap_err());
    assert_eq!(refusal, (Code::InvalidArgument, "PAGE_TOKEN_INVALID".to_owned()));
    let revocation = v1::RevokeTokenRequest {
        site: SITE.to_owned(),
        token_id: made.remove(1),
        ..v1::RevokeTokenRequest::default()
    };
    sites.revoke_token(revocation).await.unwrap();
    // The newest one has expired.
    fixture
        .rows(
            "UPDATE tokens SET expires_at = 1 \
             WHERE created_at = (SELECT MAX(created_at) FROM tokens) RETURNING name",
        )
        .await;
    made.pop();
    let active = v1::ListTokensRequest { active_only: true, page_size: 2, ..all.clone() };
    let ids = walked(async |page_token| {
        let request = v1::ListTokensRequest { page_token, ..active.clone() };
        let page = sites.list_tokens(request).await.unwrap().into_inner();
        (page.tokens.into_iter().map(|token| token.id).collect(), page.next_page_token)
    });
    assert_eq!(ids.await.concat(), made);
    let negative = v1::ListTokensRequest { page_size: -1, ..all };
    let refusal = reason(&sites.list_tokens(negative).await.unwrap_err());
    assert_eq!(refusal, (Code::InvalidArgument, "VALUE_INVALID".to_owned()));
}

async fn what_was_added_meanwhile_does_not_shift_pages(fixture: Fixture) {
    let ids = populated(&fixture, 4).await;
    let mut users = fixture.users();
    let first = list(&mut users, page(2)).await.unwrap();
    let delete =
        v1::DeleteUserRequest { site: SITE.to_owned(), user_id: ids[1].clone(), options: None };
    users.delete_user(delete).await.unwrap();
    fixture.user("late", Role::Registered).await;
    let request = v1::ListUsersRequest { page_token: first.next_page_token, ..page(10) };
    let rest = list(&mut users, request).await.unwrap();
    assert_eq!(names(&rest), ["user-2", "user-3", "late"]);
}

/// A page is found by what a page before it remembered, unless somebody came or went.
async fn positions_are_exact_whoever_went_meanwhile(fixture: Fixture) {
    let ids = populated(&fixture, 9).await;
    let mut users = fixture.users();
    let at = async |users: &mut Users, skip: i64| {
        let request = v1::ListUsersRequest { skip, count_total: true, ..page(3) };
        let found = list(users, request).await.unwrap();
        let ids: Vec<_> = found.users.into_iter().map(|user| user.id).collect();
        (ids, found.total.unwrap())
    };
    for skip in [6, 3, 0, 6, 3] {
        let from = usize::try_from(skip).unwrap();
        assert_eq!(at(&mut users, skip).await, (ids[from..from + 3].to_vec(), 9), "{skip}");
    }
    for id in &ids[..3] {
        let user_id = id.clone();
        let request = v1::DeleteUserRequest { site: SITE.to_owned(), user_id, options: None };
        users.delete_user(request).await.unwrap();
    }
    assert_eq!(at(&mut users, 0).await, (ids[3..6].to_vec(), 6));
    assert_eq!(at(&mut users, 3).await, (ids[6..9].to_vec(), 6));
    assert_eq!(at(&mut users, 6).await, (vec![], 6));
    let late = fixture.user("late", Role::Registered).await.id;
    assert_eq!(at(&mut users, 6).await, (vec![late], 7));
}

/// A change that makes somebody as large as a user may be, nearly.
fn grow() -> v1::change::Change {
    let display = "x".repeat(4_000);
    let large = |number: usize| {
        let mut address = element("value", &format!("{number}@example.com"));
        if let Some(v1::value::Kind::Complex(complex)) = &mut address.kind {
            complex.attributes.insert("display".to_owned(), text(&display));
        }
        address
    };
    v1::change::Change::EditList(v1::EditList {
        list: "emails".to_owned(),
        selector: None,
        edit: Some(v1::edit_list::Edit::Add(v1::List { elements: (0..16).map(large).collect() })),
    })
}

/// What clients of gRPC read at most, unless they are told otherwise.
const USUAL_MESSAGE: usize = 4 << 20;

async fn pages_of_large_users_end_early(fixture: Fixture) {
    let ids = populated(&fixture, 60).await;
    let mut users = fixture.users();
    for id in &ids {
        change(&mut users, id, vec![grow()], v1::WriteOptions::default()).await.unwrap();
    }
    for filter in [None, Some(v1::Filter { node: Some(Node::Present("emails".to_owned())) })] {
        let (mut by_token, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = v1::ListUsersRequest { page_token, filter: filter.clone(), ..page(1000) };
            let found = list(&mut users, request).await.unwrap();
            assert!(found.encoded_len() <= USUAL_MESSAGE && !found.users.is_empty());
            by_token.extend(found.users.into_iter().map(|user| user.id));
            page_token = found.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!(by_token, ids);
        // Positions go on where the page ended, found by its anchor or not.
        for _ in 0..2 {
            let mut by_position: Vec<String> = Vec::new();
            while by_position.len() < ids.len() {
                let skip = i64::try_from(by_position.len()).unwrap();
                let filter = filter.clone();
                let request =
                    v1::ListUsersRequest { skip, count_total: true, filter, ..page(1000) };
                let found = list(&mut users, request).await.unwrap();
                assert_eq!(found.total, Some(60));
                assert!(!found.users.is_empty());
                by_position.extend(found.users.into_iter().map(|user| user.id));
            }
            assert_eq!(by_position, ids);
        }
    }
}

async fn a_user_from_before_the_limits_is_read_and_made_smaller(fixture: Fixture) {
    let ids = populated(&fixture, 3).await;
    let title = "x".repeat(5_000_000);
    fixture
        .rows(&format!(
            "UPDATE users SET profile = '{{\"title\":\"{title}\"}}' WHERE user_name = 'user-1'"
        ))
        .await;
    let mut users = fixture.users();
    let (mut sizes, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListUsersRequest { page_token, ..page(1000) };
        let found = users_of_any_size(&mut users, request).await;
        sizes.push(found.users.len());
        page_token = found.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(sizes, [1, 1, 1]);
    let changes = vec![set_title("Countess")];
    let decision = change(&mut users, &ids[1], changes, v1::WriteOptions::default()).await;
    assert!(decision.unwrap().changed);
    assert_eq!(list(&mut users, page(1000)).await.unwrap().users.len(), 3);
}

/// As a client that was told to read larger messages than the usual ones.
async fn users_of_any_size(
    users: &mut Users,
    request: v1::ListUsersRequest,
) -> v1::ListUsersResponse {
    let mut users = users.clone().max_decoding_message_size(16 << 20);
    list(&mut users, request).await.unwrap()
}
