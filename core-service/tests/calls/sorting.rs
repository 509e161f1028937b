//! Lists in an order, and walks through lists while others write.

use super::fixture::*;
use super::groups::make;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRng, TestRunner};
use provost_proto::v1;
use provost_proto::v1::Role;
use std::collections::BTreeSet;
use tonic::Code;

on_both_databases!(
    users_are_sorted_by_every_kind_of_attribute,
    groups_are_sorted,
    a_page_token_belongs_to_its_order,
    nothing_is_sorted_by_what_does_not_compare,
    more_than_may_be_sorted_are_refused,
    walks_meet_everybody_who_stays_once,
    walks_meet_every_group_that_stays_once,
);

fn by(attribute: &str, sub_attribute: &str, descending: bool) -> v1::Sort {
    let [attribute, sub_attribute] = [attribute, sub_attribute].map(str::to_owned);
    v1::Sort { attribute, sub_attribute, descending }
}

fn sorted(sort: v1::Sort) -> v1::ListUsersRequest {
    let (site, sort) = (SITE.to_owned(), Some(sort));
    v1::ListUsersRequest { site, sort, ..v1::ListUsersRequest::default() }
}

async fn names(users: &mut Users, request: v1::ListUsersRequest) -> Vec<String> {
    let found = users.list_users(request).await.unwrap().into_inner().users;
    found.into_iter().map(|user| user.user_name).collect()
}

/// Whoever has no value comes last, and first where the order is turned round.
async fn users_are_sorted_by_every_kind_of_attribute(fixture: Fixture) {
    let mut users = fixture.users();
    for (name, role) in [("cid", Role::Registered), ("Ada", Role::Admin), ("bob", Role::Moderator)]
    {
        fixture.user(name, role).await;
    }
    let [cid, ada, bob]: [_; 3] = {
        let found = users.list_users(sorted(by("create_time", "", false))).await.unwrap();
        found.into_inner().users.try_into().unwrap()
    };
    let none = v1::WriteOptions::default;
    change(&mut users, &ada.id, vec![set_text("title", "Émigré")], none()).await.unwrap();
    change(&mut users, &cid.id, vec![set_text("title", "zoologist")], none()).await.unwrap();
    change(&mut users, &bob.id, vec![add_email("Z@example.com"), set_active(false)], none())
        .await
        .unwrap();
    change(&mut users, &bob.id, vec![add_email("b@example.com")], none()).await.unwrap();
    change(&mut users, &cid.id, vec![add_email("y@example.com")], none()).await.unwrap();
    for (attribute, part, expected) in [
        ("id", "", "cid Ada bob"),
        ("user_name", "", "Ada bob cid"),
        ("create_time", "", "cid Ada bob"),
        ("update_time", "", "Ada bob cid"),
        ("role", "", "cid bob Ada"),
        ("active", "", "bob cid Ada"),
        ("title", "", "cid Ada bob"),
        ("emails", "", "cid bob Ada"),
        ("emails", "value", "cid bob Ada"),
        ("emails", "type", "cid Ada bob"),
        ("external_id", "", "cid Ada bob"),
    ] {
        let found = names(&mut users, sorted(by(attribute, part, false))).await;
        assert_eq!(found.join(" "), expected, "{attribute}");
        let mut turned = names(&mut users, sorted(by(attribute, part, true))).await;
        turned.reverse();
        assert_eq!(turned, found, "{attribute}");
        // Page by page, by tokens and by numbers.
        let (mut by_token, mut by_number, mut page_token) = (Vec::new(), Vec::new(), String::new());
        loop {
            let asked = sorted(by(attribute, part, false));
            let skip = i64::try_from(by_number.len()).unwrap();
            let at = v1::ListUsersRequest { page_size: 1, skip, ..asked.clone() };
            by_number.extend(names(&mut users, at).await);
            let asked =
                v1::ListUsersRequest { page_size: 1, page_token, count_total: true, ..asked };
            let page = users.list_users(asked).await.unwrap().into_inner();
            assert_eq!(page.total, Some(3));
            by_token.extend(page.users.into_iter().map(|user| user.user_name));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!((&by_token, &by_number), (&found, &found), "{attribute}");
    }
}

async fn groups_are_sorted(fixture: Fixture) {
    for name in ["pilots", "Éclaireurs", "Guides"] {
        make(&fixture, name, &[]).await;
    }
    let mut groups = fixture.groups();
    for (attribute, expected) in [
        ("id", "pilots Éclaireurs Guides"),
        ("display_name", "Guides pilots Éclaireurs"),
        ("create_time", "pilots Éclaireurs Guides"),
        ("external_id", "pilots Éclaireurs Guides"),
    ] {
        for descending in [false, true] {
            let (mut found, mut page_token) = (Vec::new(), String::new());
            loop {
                let request = v1::ListGroupsRequest {
                    site: SITE.to_owned(),
                    sort: Some(by(attribute, "", descending)),
                    page_size: 2,
                    page_token,
                    ..v1::ListGroupsRequest::default()
                };
                let page = groups.list_groups(request).await.unwrap().into_inner();
                found.extend(page.groups.into_iter().map(|group| group.display_name));
                page_token = page.next_page_token;
                if page_token.is_empty() {
                    break;
                }
            }
            if descending {
                found.reverse();
            }
            assert_eq!(found.join(" "), expected, "{attribute} {descending}");
        }
    }
    let members = v1::ListGroupsRequest {
        site: SITE.to_owned(),
        sort: Some(by("members", "", false)),
        ..v1::ListGroupsRequest::default()
    };
    let refusal = reason(&groups.list_groups(members).await.unwrap_err());
    assert_eq!(refusal, (Code::InvalidArgument, "VALUE_INVALID".to_owned()));
}

async fn a_page_token_belongs_to_its_order(fixture: Fixture) {
    for name in ["ada", "bob"] {
        fixture.user(name, Role::Registered).await;
    }
    let mut users = fixture.users();
    let asked = |sort, page_token: &str| v1::ListUsersRequest {
        page_size: 1,
        page_token: page_token.to_owned(),
        ..sorted(sort)
    };
    let first = users.list_users(asked(by("title", "", false), "")).await.unwrap().into_inner();
    let token = first.next_page_token;
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    assert_eq!(names(&mut users, asked(by("title", "", false), &token)).await, ["bob"]);
    let mut forged = token.clone();
    let last = forged.pop().unwrap();
    forged.push(if last == 'A' { 'Q' } else { 'A' });
    let unsorted = v1::ListUsersRequest { sort: None, ..asked(by("", "", false), &token) };
    for foreign in [
        asked(by("title", "", true), &token),
        asked(by("locale", "", false), &token),
        asked(by("title", "", false), &forged),
        unsorted,
    ] {
        let refusal = reason(&users.list_users(foreign).await.unwrap_err());
        assert_eq!(refusal, (Code::InvalidArgument, "PAGE_TOKEN_INVALID".to_owned()));
    }
}

async fn nothing_is_sorted_by_what_does_not_compare(fixture: Fixture) {
    let mut users = fixture.users();
    for sort in [
        by("", "", false),
        by("shoe_size", "", false),
        by("groups", "", false),
        by("groups", "value", false),
        by("title", "value", false),
        by("user_name", "value", false),
        by("active", "value", false),
        by("emails", "colour", false),
    ] {
        let refusal = reason(&users.list_users(sorted(sort.clone())).await.unwrap_err());
        assert_eq!(refusal, (Code::InvalidArgument, "VALUE_INVALID".to_owned()), "{sort:?}");
    }
}

/// As many as may be sorted by what no index has.
const MOST: usize = 50_000;

async fn more_than_may_be_sorted_are_refused(fixture: Fixture) {
    fixture.user("ada", Role::Registered).await;
    let uuid =
        if fixture.url.starts_with("sqlite") { "randomblob(16)" } else { "gen_random_uuid()" };
    let crowd = format!(
        "INSERT INTO users (site_id, id, user_name, user_name_key, directory_active, \
         directory_deleted, role, holds, profile, unmet, last_event, version, created_at, \
         updated_at, active) SELECT site_id, {uuid}, 'u' || n, 'u' || n, TRUE, FALSE, 1, '[]', \
         '{{}}', '[]', 0, 1, 1, 1, TRUE FROM users, (WITH RECURSIVE numbers(n) AS \
         (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {MOST}) SELECT n FROM numbers) AS m"
    );
    fixture.rows(&crowd).await;
    fixture.rows(&format!("UPDATE sites SET user_count = {} WHERE id > 0", MOST + 1)).await;
    let mut users = fixture.users();
    let few = |sort| v1::ListUsersRequest { page_size: 1, ..sorted(sort) };
    let refused = users.list_users(few(by("title", "", false))).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::InvalidArgument, "TOO_MUCH_WORK".to_owned()));
    for sort in [by("user_name", "", true), by("id", "", true)] {
        assert_eq!(names(&mut users, few(sort)).await.len(), 1);
    }
    let delete = "DELETE FROM users WHERE user_name = 'u7'";
    fixture.rows(delete).await;
    fixture.rows(&format!("UPDATE sites SET user_count = {MOST} WHERE id > 0")).await;
    assert_eq!(names(&mut users, few(by("title", "", false))).await.len(), 1);
}

/// Whoever is there from the first page to the last is met once, by tokens and by numbers, with and
/// without a filter, whoever comes, goes and changes between two pages.
async fn walks_meet_everybody_who_stays_once(fixture: Fixture) {
    let mut users = fixture.users();
    let rng = TestRng::deterministic_rng(Config::default().rng_algorithm);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut drawn = |below: usize| (0..below).new_tree(&mut runner).unwrap().current();
    let mut number = 0;
    for round in 0..8 {
        let mut stays = BTreeSet::new();
        for _ in 0..30 {
            number += 1;
            stays.insert(fixture.user(&format!("user-{number}"), Role::Registered).await.id);
        }
        let filter = (round % 2 == 1)
            .then(|| v1::Filter { node: Some(v1::filter::Node::Present("user_name".to_owned())) });
        let sort = (round % 4 > 1).then(|| by("user_name", "", round % 8 > 5));
        let (mut seen, mut page_token) = (Vec::new(), String::new());
        let by_token = round < 4;
        loop {
            let skip = if by_token { 0 } else { i64::try_from(seen.len()).unwrap() };
            let request = v1::ListUsersRequest {
                site: SITE.to_owned(),
                filter: filter.clone(),
                sort: sort.clone(),
                page_size: 1 + i32::try_from(drawn(9)).unwrap(),
                page_token,
                skip,
                count_total: true,
                ..v1::ListUsersRequest::default()
            };
            let page = users.list_users(request).await.unwrap().into_inner();
            let told = page.users.len();
            seen.extend(page.users.into_iter().map(|user| user.id));
            page_token = page.next_page_token;
            let total = usize::try_from(page.total.unwrap()).unwrap();
            let is_last = if by_token { page_token.is_empty() } else { seen.len() >= total };
            if is_last || told == 0 {
                break;
            }
            page_token = if by_token { page_token } else { String::new() };
            for _ in 0..drawn(4) {
                let one = stays.iter().nth(drawn(stays.len())).unwrap().clone();
                match drawn(3) {
                    0 => {
                        number += 1;
                        fixture.user(&format!("user-{number}"), Role::Registered).await;
                    }
                    1 => {
                        let title = vec![set_title(&format!("{number}"))];
                        change(&mut users, &one, title, v1::WriteOptions::default()).await.unwrap();
                    }
                    _ => {
                        let request = v1::DeleteUserRequest {
                            site: SITE.to_owned(),
                            user_id: one.clone(),
                            options: None,
                        };
                        users.delete_user(request).await.unwrap();
                        stays.remove(&one);
                    }
                }
            }
        }
        let distinct: BTreeSet<_> = seen.iter().cloned().collect();
        assert_eq!(distinct.len(), seen.len(), "round {round}: somebody twice");
        let missed: Vec<_> = stays.difference(&distinct).collect();
        assert!(missed.is_empty(), "round {round}: {missed:?}");
        for id in stays {
            let request =
                v1::DeleteUserRequest { site: SITE.to_owned(), user_id: id, options: None };
            users.delete_user(request).await.unwrap();
        }
    }
}

/// The same of groups, by name and by id.
async fn walks_meet_every_group_that_stays_once(fixture: Fixture) {
    let mut groups = fixture.groups();
    let rng = TestRng::deterministic_rng(Config::default().rng_algorithm);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut drawn = |below: usize| (0..below).new_tree(&mut runner).unwrap().current();
    let somebody = fixture.user("ada", Role::Registered).await.id;
    let mut number = 0;
    for round in 0..8 {
        let mut stays = BTreeSet::new();
        for _ in 0..20 {
            number += 1;
            stays.insert(make(&fixture, &format!("group-{number:03}"), &[]).await.id);
        }
        let filter = (round % 2 == 1).then(|| v1::Filter {
            node: Some(v1::filter::Node::Present("display_name".to_owned())),
        });
        let sort = (round % 4 > 1).then(|| by("display_name", "", round % 8 > 5));
        let (mut seen, mut page_token) = (Vec::new(), String::new());
        let by_token = round < 4;
        loop {
            let skip = if by_token { 0 } else { i64::try_from(seen.len()).unwrap() };
            let request = v1::ListGroupsRequest {
                site: SITE.to_owned(),
                filter: filter.clone(),
                sort: sort.clone(),
                page_size: 1 + i32::try_from(drawn(7)).unwrap(),
                page_token,
                skip,
                count_total: true,
                ..v1::ListGroupsRequest::default()
            };
            let page = groups.list_groups(request).await.unwrap().into_inner();
            let told = page.groups.len();
            seen.extend(page.groups.into_iter().map(|group| group.id));
            page_token = page.next_page_token;
            let total = usize::try_from(page.total.unwrap()).unwrap();
            let is_last = if by_token { page_token.is_empty() } else { seen.len() >= total };
            if is_last || told == 0 {
                break;
            }
            page_token = if by_token { page_token } else { String::new() };
            for _ in 0..drawn(4) {
                let one = stays.iter().nth(drawn(stays.len())).unwrap().clone();
                match drawn(3) {
                    0 => {
                        number += 1;
                        make(&fixture, &format!("group-{number:03}"), &[]).await;
                    }
                    1 => {
                        let user_ids = vec![somebody.clone()];
                        let change = v1::group_change::Change::AddMembers(v1::AddMembers {
                            user_ids,
                            selected: false,
                        });
                        let request = v1::ChangeGroupRequest {
                            site: SITE.to_owned(),
                            group_id: one,
                            changes: vec![v1::GroupChange { change: Some(change) }],
                            options: None,
                        };
                        groups.change_group(request).await.unwrap();
                    }
                    _ => {
                        delete_group(&mut groups, &one).await;
                        stays.remove(&one);
                    }
                }
            }
        }
        let distinct: BTreeSet<_> = seen.iter().cloned().collect();
        assert_eq!(distinct.len(), seen.len(), "round {round}: a group twice");
        let missed: Vec<_> = stays.difference(&distinct).collect();
        assert!(missed.is_empty(), "round {round}: {missed:?}");
        for id in stays {
            delete_group(&mut groups, &id).await;
        }
    }
}

async fn delete_group(groups: &mut Groups, id: &str) {
    let request =
        v1::DeleteGroupRequest { site: SITE.to_owned(), group_id: id.to_owned(), options: None };
    groups.delete_group(request).await.unwrap();
}
