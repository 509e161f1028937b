//! Orders: SQL puts users into the same order as the domain does in memory, and pages of it cover the
//! list once.

use super::filters::{EVERYBODY, Population, populate, runner};
use super::fixture::{Fixture, on_both_databases};
use super::people::attribute;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use provost_domain::{
    AttributeType, ElementPart, Filter, KeyField, Page, Role, Sort, SortPosition, TimeField, User,
    UserFilter, UserScope, UserSort, UserSortKey, UserTest,
};

on_both_databases!(every_order_is_that_in_memory, pages_of_every_order_cover_the_list_once);

fn keys() -> Vec<UserSortKey> {
    let text = AttributeType::Text;
    let of_list = |list, part| {
        let list = attribute(list);
        let sub = list.sub_attribute(part).unwrap();
        UserSortKey::Element(list.name(), ElementPart::Sub(sub.name()), sub.kind)
    };
    let mut keys = vec![UserSortKey::Active, UserSortKey::Role];
    keys.extend([KeyField::Id, KeyField::UserName, KeyField::ExternalId].map(UserSortKey::Key));
    keys.extend([TimeField::Created, TimeField::Updated].map(UserSortKey::Time));
    keys.extend(
        ["display_name", "title", "nick_name"]
            .map(|name| UserSortKey::Value(attribute(name).name(), text)),
    );
    keys.extend(["value", "type", "primary"].map(|part| of_list("emails", part)));
    keys.push(of_list("phone_numbers", "value"));
    keys
}

fn sorts() -> Vec<UserSort> {
    let both =
        |by: UserSortKey| [false, true].map(|descending| Sort { by: by.clone(), descending });
    keys().into_iter().flat_map(both).collect()
}

fn in_memory<'p>(
    population: &'p Population,
    scope: UserScope,
    filter: Option<&UserFilter>,
    sort: &UserSort,
) -> Vec<&'p User> {
    let users = population.users.iter().filter(|user| scope.shows(user));
    let mut users: Vec<_> =
        users.filter(|user| filter.is_none_or(|filter| filter.selects(user))).collect();
    users.sort_by(|left, right| sort.compare(left, right));
    users
}

async fn every_order_is_that_in_memory(fixture: &Fixture) {
    let population = populate(fixture).await;
    let moderators = Filter::Is(UserTest::Role(Role::Moderator));
    let Page { skip, limit, .. } = EVERYBODY;
    let everybody = Page { after: None, skip, limit };
    for sort in sorts() {
        for scope in [UserScope::All, UserScope::NotDeleted] {
            for filter in [None, Some(&moderators)] {
                let site = (population.site, scope);
                let found = fixture.store.sorted(site, filter, &sort, &everybody).await.unwrap();
                let found: Vec<_> = found.iter().collect();
                assert_eq!(found, in_memory(&population, scope, filter, &sort), "{sort:?}");
            }
        }
    }
}

/// Pages of drawn sizes, by positions and by numbers; also behind somebody who is not there any more.
async fn pages_of_every_order_cover_the_list_once(fixture: &Fixture) {
    let population = populate(fixture).await;
    let mut runner = runner();
    let site = (population.site, UserScope::All);
    for sort in sorts() {
        let whole = in_memory(&population, UserScope::All, None, &sort);
        let limit = select(vec![1, 3, 7, 39, 40, 41]).new_tree(&mut runner).unwrap().current();
        let mut seen: Vec<User> = Vec::new();
        let mut after: Option<SortPosition> = None;
        loop {
            let page = Page { after: after.clone(), skip: 0, limit };
            let by_position = fixture.store.sorted(site, None, &sort, &page).await.unwrap();
            let page = Page { after: None, skip: seen.len() as u64, limit };
            let by_number = fixture.store.sorted(site, None, &sort, &page).await.unwrap();
            assert_eq!(by_position, by_number, "{sort:?}");
            let Some(last) = by_position.last() else { break };
            after = Some(sort.position(last));
            seen.extend(by_position);
        }
        assert_eq!(seen.iter().collect::<Vec<_>>(), whole, "{sort:?}");
        let at = (0..whole.len() - 1).new_tree(&mut runner).unwrap().current();
        let SortPosition { id, value } = sort.position(whole[at]);
        let beside = |id: u128| provost_domain::UserId(uuid::Uuid::from_u128(id));
        let id = id.0.as_u128();
        let gone = beside(if sort.descending { id - 1 } else { id + 1 });
        let unique = matches!(sort.by, UserSortKey::Key(KeyField::UserName));
        let after = Some(SortPosition { id: gone, value });
        let page = Page { after, skip: 0, limit: 1 };
        let found = fixture.store.sorted(site, None, &sort, &page).await.unwrap();
        assert!(unique || found[0] == *whole[at + 1], "{sort:?}");
    }
}
