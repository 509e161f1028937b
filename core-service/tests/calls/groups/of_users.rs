//! The groups of users, beside them where they are asked for.

use super::*;

on_both_databases!(
    a_user_comes_with_groups_where_they_are_asked_for,
    where_there_are_no_groups_nobody_looks
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
