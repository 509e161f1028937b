//! The groups of one user are those that many are told, however many ask at once and however many there are.

use super::fixture::{Fixture, on_both_databases};
use super::people::{move_in, person, save};
use futures::future::join_all;
use provost_domain::{
    Changes, Group, GroupId, GroupName, ListedUserGroup, Membership, SiteId, Timestamp, User,
};
use uuid::Uuid;

on_both_databases!(
    who_asks_alone_is_told_what_many_are_told,
    who_is_in_too_many_groups_takes_none_from_others,
);

/// More than are read for all who ask at once.
const VERY_MANY: u128 = 1_001;

fn club(site: SiteId, number: u128) -> Group {
    Group {
        site,
        id: GroupId(Uuid::from_u128(number)),
        display_name: GroupName::as_stored(format!("club {number}")),
        external_id: None,
        version: 1,
        created_at: Timestamp(1),
        updated_at: Timestamp(1),
    }
}

/// People of a site, each of whom is in as many of the first clubs as their number says, and their ids.
async fn populate(fixture: &Fixture, site: SiteId, clubs: u128, of: &[u128]) -> Vec<User> {
    let users = of.iter().enumerate();
    let users: Vec<_> = users
        .map(|(at, number)| {
            let at = u128::try_from(at).unwrap();
            person(site, at << 120 | 1, &format!("user{at} of {number}"))
        })
        .collect();
    move_in(&fixture.store, &users).await;
    let mut changes = Changes::default();
    // From the last one on: the order of ids is not that in which they came.
    changes.saved_groups.extend((0..clubs).rev().map(|number| club(site, number)));
    for (user, number) in users.iter().zip(of) {
        let group = |number: u128| GroupId(Uuid::from_u128(number));
        let member = |number| Membership { site, group: group(number), user: user.id };
        changes.new_members.extend((0..*number).rev().map(member));
    }
    save(&fixture.store, changes).await;
    users
}

fn expected(user: &User, number: u128) -> Vec<ListedUserGroup> {
    let listed = |number: u128| ListedUserGroup {
        user: user.id,
        group: GroupId(Uuid::from_u128(number)),
        display_name: format!("club {number}"),
    };
    (0..number).map(listed).collect()
}

async fn who_asks_alone_is_told_what_many_are_told(fixture: &Fixture) {
    let (site, other) = (fixture.site("acme").await.id, fixture.site("other").await.id);
    let of = [0, 1, 7, 3];
    let users = populate(fixture, site, 7, &of).await;
    // The same ids, in other clubs.
    populate(fixture, other, 7, &[5, 5, 5, 5]).await;

    let asked = (0..40).flat_map(|_| users.iter().zip(of));
    let told = join_all(asked.map(async |(user, number)| {
        let told = fixture.store.groups_of(site, &[user.id], 100).await.unwrap();
        assert_eq!(told, expected(user, number));
    }));
    told.await;

    let ids: Vec<_> = users.iter().map(|user| user.id).collect();
    let all: Vec<_> =
        users.iter().zip(of).flat_map(|(user, number)| expected(user, number)).collect();
    assert_eq!(fixture.store.groups_of(site, &ids, 100).await.unwrap(), all);
    let first_two = fixture.store.groups_of(site, &[users[2].id], 2).await.unwrap();
    assert_eq!(first_two, expected(&users[2], 2));
}

async fn who_is_in_too_many_groups_takes_none_from_others(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    let of = [VERY_MANY, 2];
    let users = populate(fixture, site, VERY_MANY, &of).await;
    let asked = (0..20).flat_map(|_| users.iter().zip(of));
    let told = join_all(asked.map(async |(user, number)| {
        let told = fixture.store.groups_of(site, &[user.id], 10_001).await.unwrap();
        assert_eq!(told, expected(user, number));
    }));
    told.await;
}
