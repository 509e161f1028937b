//! Lists of groups: SQL finds the same groups as a slow look at each of them does, and puts them into the
//! same order; pages of it cover the list once.

use super::filters::runner;
use super::fixture::{Fixture, on_both_databases};
use super::people::{id, move_in, person, save, set_text};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use provost_domain::{
    Changes, DirectoryStatus, ExternalId, Filter, Group, GroupFilter, GroupId, GroupKey, GroupName,
    GroupNameKey, GroupSort, GroupSortKey, GroupTest, MemberFilter, MemberTest, Membership,
    OrderOperator, Page, SiteId, Sort, TextOperator, TimeField, Timestamp, User, UserScope, fold,
};
use std::cmp::Ordering;
use uuid::Uuid;

on_both_databases!(
    every_test_of_groups_answers_as_in_memory,
    trees_of_tests_of_groups_answer_as_in_memory,
    every_order_of_groups_is_that_in_memory,
);

/// What names and identifiers begin with.
const WORDS: [&str; 12] =
    ["a", "A", "Tour", "tour guides", "é", "É", "%", "_", "\u{1F600}", "it's", "\"q\"", "b\\c"];
const TEXT_OPERATORS: [TextOperator; 8] = [
    TextOperator::Equal,
    TextOperator::Contains,
    TextOperator::StartsWith,
    TextOperator::EndsWith,
    TextOperator::Greater,
    TextOperator::GreaterOrEqual,
    TextOperator::Less,
    TextOperator::LessOrEqual,
];
const ORDER_OPERATORS: [OrderOperator; 5] = [
    OrderOperator::Equal,
    OrderOperator::Greater,
    OrderOperator::GreaterOrEqual,
    OrderOperator::Less,
    OrderOperator::LessOrEqual,
];
const EVERYTHING: u64 = 1000;

/// The groups of a site in the order of their ids, each with who is in it.
struct Clubs {
    site: SiteId,
    groups: Vec<(Group, Vec<User>)>,
}

fn drawn<T: std::fmt::Debug>(runner: &mut TestRunner, from: impl Strategy<Value = T>) -> T {
    from.new_tree(runner).unwrap().current()
}

fn group_id(number: u128) -> GroupId {
    GroupId(Uuid::from_u128(number << 121 | number))
}

/// Thirty groups of ten people, and as many of another site that must never be found.
async fn populate(fixture: &Fixture) -> Clubs {
    let (site, other) = (fixture.site("acme").await.id, fixture.site("other").await.id);
    let mut runner = runner();
    let users: Vec<User> = (0..10).map(|number| somebody(&mut runner, site, number)).collect();
    let strangers: Vec<User> =
        users.iter().map(|user| User { site: other, ..user.clone() }).collect();
    move_in(&fixture.store, &users).await;
    move_in(&fixture.store, &strangers).await;
    let groups: Vec<_> = (0..30)
        .map(|number: u128| {
            let members = drawn(&mut runner, subsequence(users.clone(), 0..=users.len()));
            // Some groups are empty.
            let members = if number.is_multiple_of(5) { Vec::new() } else { members };
            (club(&mut runner, site, number), members)
        })
        .collect();
    for of in [site, other] {
        let mut changes = Changes::default();
        for (group, members) in &groups {
            changes.saved_groups.push(Group { site: of, ..group.clone() });
            let member = |user: &User| Membership { site: of, group: group.id, user: user.id };
            changes.new_members.extend(members.iter().map(member));
        }
        save(&fixture.store, changes).await;
    }
    Clubs { site, groups }
}

fn somebody(runner: &mut TestRunner, site: SiteId, number: u128) -> User {
    let mut user = person(site, number << 121 | number, &format!("user{number}"));
    if let Some(word) = drawn(runner, prop::option::of(select(&WORDS[..]))) {
        set_text(&mut user, "display_name", word);
    }
    if number.is_multiple_of(4) {
        user.directory_status = DirectoryStatus::Deleted;
    }
    user
}

fn club(runner: &mut TestRunner, site: SiteId, number: u128) -> Group {
    let word = select(&WORDS[..]);
    let (name, external, at) = drawn(runner, (word.clone(), prop::option::of(word), 0..4_i64));
    Group {
        site,
        id: group_id(number),
        display_name: GroupName::as_stored(format!("{name} {number}")),
        external_id: external.map(|text| ExternalId::as_stored(text.to_owned())),
        version: 1,
        created_at: Timestamp(at),
        updated_at: Timestamp(10 - at),
    }
}

fn text_holds(operator: TextOperator, have: &str, asked: &str) -> bool {
    match operator {
        TextOperator::Equal => have == asked,
        TextOperator::Contains => have.contains(asked),
        TextOperator::StartsWith => have.starts_with(asked),
        TextOperator::EndsWith => have.ends_with(asked),
        TextOperator::Greater => have > asked,
        TextOperator::GreaterOrEqual => have >= asked,
        TextOperator::Less => have < asked,
        TextOperator::LessOrEqual => have <= asked,
    }
}

fn holds<Test>(filter: &Filter<Test>, test: &dyn Fn(&Test) -> bool) -> bool {
    match filter {
        Filter::All(operands) => operands.iter().all(|operand| holds(operand, test)),
        Filter::Any(operands) => operands.iter().any(|operand| holds(operand, test)),
        Filter::Not(operand) => !holds(operand, test),
        Filter::Is(is) => test(is),
    }
}

fn group_holds(test: &GroupTest, group: &Group, members: &[&User]) -> bool {
    let external = group.external_id.as_ref().map(ExternalId::as_str);
    match test {
        GroupTest::Key(GroupKey::Id, operator, asked) => {
            text_holds(*operator, &group.id.0.to_string(), asked)
        }
        GroupTest::Key(GroupKey::DisplayName, operator, asked) => {
            let asked = GroupNameKey::of(asked);
            text_holds(*operator, group.display_name.key().as_str(), asked.as_str())
        }
        GroupTest::Key(GroupKey::ExternalId, operator, asked) => {
            external.is_some_and(|have| text_holds(*operator, have, asked))
        }
        GroupTest::HasExternalId => external.is_some(),
        GroupTest::Time(field, operator, asked) => {
            let have = match field {
                TimeField::Created => group.created_at.0,
                TimeField::Updated => group.updated_at.0,
            };
            match operator {
                OrderOperator::Equal => have == asked.0,
                OrderOperator::Greater => have > asked.0,
                OrderOperator::GreaterOrEqual => have >= asked.0,
                OrderOperator::Less => have < asked.0,
                OrderOperator::LessOrEqual => have <= asked.0,
            }
        }
        GroupTest::Member(condition) => {
            members.iter().any(|user| holds(condition, &|test| member_holds(test, user)))
        }
    }
}

fn member_holds(test: &MemberTest, user: &User) -> bool {
    match test {
        MemberTest::User(operator, asked) => text_holds(*operator, &user.id.0.to_string(), asked),
        MemberTest::Display(operator, asked) => {
            let shown = user.profile.text("display_name").unwrap_or(user.user_name.as_str());
            text_holds(*operator, &fold(shown), &fold(asked))
        }
    }
}

fn selected<'c>(
    clubs: &'c Clubs,
    scope: UserScope,
    filter: Option<&GroupFilter>,
) -> Vec<&'c Group> {
    let selects = |(group, members): &&(Group, Vec<User>)| {
        let seen: Vec<_> = members.iter().filter(|user| scope.shows(user)).collect();
        filter.is_none_or(|filter| holds(filter, &|test| group_holds(test, group, &seen)))
    };
    clubs.groups.iter().filter(selects).map(|(group, _)| group).collect()
}

/// Asks the store, and answers how many groups it found.
async fn agrees(fixture: &Fixture, clubs: &Clubs, filter: &GroupFilter) -> usize {
    let mut found = 0;
    for scope in [UserScope::All, UserScope::NotDeleted] {
        let expected = selected(clubs, scope, Some(filter));
        let page = Page { after: None, skip: 0, limit: EVERYTHING };
        let at = (clubs.site, scope);
        let listed =
            fixture.store.groups(at, Some(filter), &GroupSort::BY_ID, &page).await.unwrap();
        assert_eq!(listed.iter().collect::<Vec<_>>(), expected, "{scope:?} {filter:?}");
        let counted = fixture.store.count_groups(at, Some(filter)).await.unwrap();
        assert_eq!(counted, expected.len() as u64, "{scope:?} {filter:?}");
        found = expected.len();
    }
    found
}

/// Words, an id whole and in pieces, and what somebody else is called.
fn asked() -> Vec<String> {
    let of_group = group_id(3).0.to_string();
    let of_user = id(3 << 121 | 3).0.to_string();
    let ids = [
        of_group.to_uppercase(),
        of_group[..6].to_owned(),
        of_group,
        of_user[30..].to_owned(),
        of_user,
    ];
    let words = WORDS.iter().map(|word| (*word).to_owned());
    words.chain(ids).chain(["tour 2", " Tour 2 ", "USER3", ""].map(str::to_owned)).collect()
}

fn member_tests() -> Vec<MemberTest> {
    let text = |operator| {
        asked().into_iter().flat_map(move |asked| {
            [MemberTest::User(operator, asked.clone()), MemberTest::Display(operator, asked)]
        })
    };
    TEXT_OPERATORS.into_iter().flat_map(text).collect()
}

fn group_tests() -> Vec<GroupTest> {
    let mut tests = vec![GroupTest::HasExternalId];
    for key in [GroupKey::Id, GroupKey::DisplayName, GroupKey::ExternalId] {
        for operator in TEXT_OPERATORS {
            tests.extend(asked().into_iter().map(|asked| GroupTest::Key(key, operator, asked)));
        }
    }
    for field in [TimeField::Created, TimeField::Updated] {
        for operator in ORDER_OPERATORS {
            tests.extend([0, 2, 8, 99].map(|at| GroupTest::Time(field, operator, Timestamp(at))));
        }
    }
    tests.extend([Filter::All(Vec::new()), Filter::Any(Vec::new())].map(GroupTest::Member));
    tests.extend(member_tests().into_iter().map(|test| GroupTest::Member(Filter::Is(test))));
    tests
}

fn tree<Test: Clone + std::fmt::Debug + 'static>(
    leaf: BoxedStrategy<Test>,
) -> BoxedStrategy<Filter<Test>> {
    let several = |inner| prop::collection::vec(inner, 0..4);
    leaf.prop_map(Filter::Is)
        .prop_recursive(3, 12, 3, move |inner| {
            prop_oneof![
                several(inner.clone()).prop_map(Filter::All),
                several(inner.clone()).prop_map(Filter::Any),
                inner.prop_map(|filter| Filter::Not(Box::new(filter))),
            ]
        })
        .boxed()
}

async fn every_test_of_groups_answers_as_in_memory(fixture: &Fixture) {
    let clubs = populate(fixture).await;
    for test in group_tests() {
        agrees(fixture, &clubs, &Filter::Is(test.clone())).await;
        agrees(fixture, &clubs, &Filter::Not(Box::new(Filter::Is(test)))).await;
    }
}

async fn trees_of_tests_of_groups_answer_as_in_memory(fixture: &Fixture) {
    let clubs = populate(fixture).await;
    let member: BoxedStrategy<MemberFilter> = tree(select(member_tests()).boxed());
    let leaf = prop_oneof![select(group_tests()), member.prop_map(GroupTest::Member)];
    let filters: BoxedStrategy<GroupFilter> = tree(leaf.boxed());
    let mut runner = runner();
    let mut telling = 0;
    for _ in 0..300 {
        let filter = drawn(&mut runner, &filters);
        let found = agrees(fixture, &clubs, &filter).await;
        telling += usize::from(found > 0 && found < clubs.groups.len());
    }
    assert!(telling > 75, "only {telling} of 300 filters divide the groups");
}

/// What a group is sorted by, so that it compares as a text.
fn sort_key(by: GroupSortKey, group: &Group) -> Option<String> {
    match by {
        GroupSortKey::Key(GroupKey::Id) => Some(group.id.0.to_string()),
        GroupSortKey::Key(GroupKey::DisplayName) => {
            Some(group.display_name.key().as_str().to_owned())
        }
        GroupSortKey::Key(GroupKey::ExternalId) => {
            group.external_id.as_ref().map(|id| id.as_str().to_owned())
        }
        GroupSortKey::Time(TimeField::Created) => Some(format!("{:020}", group.created_at.0)),
        GroupSortKey::Time(TimeField::Updated) => Some(format!("{:020}", group.updated_at.0)),
    }
}

/// Who has no value comes last, and first where the order is turned round; then the ids decide.
fn compare(sort: &GroupSort, left: &Group, right: &Group) -> Ordering {
    let keys = [left, right].map(|group| {
        let key = sort_key(sort.by, group);
        (key.is_none(), key, group.id.0)
    });
    let order = keys[0].cmp(&keys[1]);
    if sort.descending { order.reverse() } else { order }
}

async fn every_order_of_groups_is_that_in_memory(fixture: &Fixture) {
    let clubs = populate(fixture).await;
    let mut runner = runner();
    let at = (clubs.site, UserScope::NotDeleted);
    let named = Filter::Is(GroupTest::HasExternalId);
    let keys = [GroupKey::Id, GroupKey::DisplayName, GroupKey::ExternalId].map(GroupSortKey::Key);
    let times = [TimeField::Created, TimeField::Updated].map(GroupSortKey::Time);
    for by in keys.into_iter().chain(times) {
        for (descending, filter) in
            [(false, None), (true, None), (false, Some(&named)), (true, Some(&named))]
        {
            let sort = Sort { by, descending };
            let mut expected = selected(&clubs, at.1, filter);
            expected.sort_by(|left, right| compare(&sort, left, right));
            let limit = drawn(&mut runner, select(vec![1, 4, 29, 30, 31]));
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = Page { after, skip: 0, limit };
                let by_position = fixture.store.groups(at, filter, &sort, &page).await.unwrap();
                let page = Page { after: None, skip: seen.len() as u64, limit };
                let by_number = fixture.store.groups(at, filter, &sort, &page).await.unwrap();
                assert_eq!(by_position, by_number, "{sort:?}");
                let Some(last) = by_position.last() else { break };
                after = Some(sort.position(last));
                seen.extend(by_position);
            }
            assert_eq!(seen.iter().collect::<Vec<_>>(), expected, "{sort:?}");
        }
    }
}
