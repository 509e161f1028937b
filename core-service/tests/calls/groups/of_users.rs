//! The groups of users, beside them where they are asked for.

use super::*;

on_both_databases!(
    a_user_comes_with_groups_where_they_are_asked_for,
    where_there_are_no_groups_nobody_looks,
    a_page_ends_before_groups_that_do_not_fit
);

fn names(user: &v1::User) -> Vec<&str> {
    assert!(!user.has_more_groups);
    user.groups.iter().map(|group| &*group.display_name).collect()
}

async fn get_with_groups(users: &mut Users, id: &str) -> v1::User {
    let request = v1::GetUserRequest {
        site: SITE.to_owned(),
        user_id: id.to_owned(),
        include_groups: true,
        ..v1::GetUserRequest::default()
    };
    users.get_user(request).await.unwrap().into_inner().user.unwrap()
}

async fn a_user_comes_with_groups_where_they_are_asked_for(fixture: Fixture) {
    let people = people(&fixture, &["ada", "bob", "cid"]).await;
    let guides = make(&fixture, "Guides", &[&people[0], &people[1]]).await;
    make(&fixture, "Pilots", &[&people[0]]).await;
    let mut users = users(&fixture.core, &fixture.token(SITE).await);
    let ada = get_with_groups(&mut users, &people[0]).await;
    assert_eq!(names(&ada), ["Guides", "Pilots"]);
    assert_eq!((&*ada.groups[0].group_id, ada.version), (&*guides.id, 1));
    assert!(names(&get_with_groups(&mut users, &people[2]).await).is_empty());
    assert!(names(&fixture.get(&people[0]).await).is_empty(), "nobody asked");
    let list = |include_groups| v1::ListUsersRequest {
        site: SITE.to_owned(),
        include_groups,
        ..v1::ListUsersRequest::default()
    };
    let listed = users.list_users(list(true)).await.unwrap().into_inner().users;
    let listed: Vec<_> = listed.iter().map(names).collect();
    assert_eq!(listed, [vec!["Guides", "Pilots"], vec!["Guides"], vec![]]);
    let listed = users.list_users(list(false)).await.unwrap().into_inner().users;
    assert!(listed.iter().all(|user| names(user).is_empty()));
    let retitle = v1::ChangeUserRequest {
        site: SITE.to_owned(),
        user_id: people[1].clone(),
        changes: vec![v1::Change { change: Some(set_title("x")) }],
        include_groups: true,
        ..v1::ChangeUserRequest::default()
    };
    let decided = users.change_user(retitle).await.unwrap().into_inner().decision.unwrap();
    assert_eq!(names(&decided.user.unwrap()), ["Guides"]);
    delete_group(&mut fixture.groups(), &guides.id).await.unwrap();
    assert_eq!(names(&get_with_groups(&mut users, &people[0]).await), ["Pilots"]);
}

/// Whether a site has groups is known with the site, without a look at the table.
async fn where_there_are_no_groups_nobody_looks(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Registered).await.id;
    let count = "SELECT cast(group_count AS text) FROM sites WHERE id > 0";
    assert_eq!(fixture.rows(count).await, [["0"]]);
    assert!(names(&get_with_groups(&mut fixture.users(), &ada).await).is_empty());
    let guides = make(&fixture, "Guides", &[&ada]).await;
    let pilots = make(&fixture, "Pilots", &[]).await;
    change_group(&mut fixture.groups(), &guides.id, vec![rename("Leaders")]).await.unwrap();
    assert_eq!(fixture.rows(count).await, [["2"]]);
    assert_eq!(names(&get_with_groups(&mut fixture.users(), &ada).await), ["Leaders"]);
    for group in [guides, pilots] {
        delete_group(&mut fixture.groups(), &group.id).await.unwrap();
    }
    assert_eq!(fixture.rows(count).await, [["0"]]);
    assert!(names(&get_with_groups(&mut fixture.users(), &ada).await).is_empty());
}

/// So many groups that two users with all of them don't fit one answer.
const MANY: &str = "INSERT INTO groups (site_id, id, display_name, display_name_key, version, created_at, \
    updated_at) SELECT id, {uuid}, 'g' || n, 'g' || n, 1, 1, 1 FROM sites, \
    (WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 5001) \
    SELECT n FROM numbers) AS m WHERE sites.id > 0";

async fn a_page_ends_before_groups_that_do_not_fit(fixture: Fixture) {
    let mut ids = Vec::new();
    for name in ["ada", "bob", "cid"] {
        ids.push(fixture.user(name, Role::Registered).await.id);
    }
    make(&fixture, "Guides", &[]).await;
    let is_sqlite = fixture.url.starts_with("sqlite");
    let uuid = if is_sqlite { "randomblob(16)" } else { "gen_random_uuid()" };
    fixture.rows(&MANY.replace("{uuid}", uuid)).await;
    fixture.rows("INSERT INTO group_members SELECT groups.site_id, groups.id, users.id FROM groups, users \
        WHERE users.site_id = groups.site_id AND user_name <> 'cid'").await;
    let mut users = fixture.users();
    let mut pages: Vec<Vec<(String, usize)>> = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = v1::ListUsersRequest {
            site: SITE.to_owned(),
            include_groups: true,
            page_token,
            ..v1::ListUsersRequest::default()
        };
        let page = users.list_users(request).await.unwrap().into_inner();
        assert!(page.users.iter().all(|user| !user.has_more_groups));
        pages.push(page.users.iter().map(|user| (user.id.clone(), user.groups.len())).collect());
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let [ada, bob, cid] = ids.try_into().unwrap();
    assert_eq!(pages, [vec![(ada, 5002)], vec![(bob, 5002), (cid, 0)]]);
}
