//! Filters and pages: SQL gives the same answers as the domain does in memory.

use super::fixture::{Fixture, on_both_databases};
use super::people::{attribute, element, id, move_in, person, set_list, set_text};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRng, TestRunner};
use provost_domain::{
    AttributeName, Comparison, DirectoryStatus, ElementFilter, ElementPart, ElementTest,
    ExternalId, Filter, Hold, HoldName, KeyField, OrderOperator, Page, Role, SiteId, TextOperator,
    TimeField, Timestamp, User, UserFilter, UserScope, UserTest,
};

on_both_databases!(
    every_test_answers_as_in_memory,
    trees_of_tests_answer_as_in_memory,
    pages_cover_the_list_once,
);

pub const EVERYBODY: Page = Page { after: None, skip: 0, limit: 1000 };

/// Texts that have each other as parts, in cases and scripts, and what SQL patterns, JSON and
/// quoting could trip over.
const WORDS: [&str; 20] = [
    "a",
    "A",
    "ada",
    "Ada",
    "ADA",
    "ada lovelace",
    "Lovelace",
    "b",
    "%",
    "_",
    "a%a",
    "a_a",
    "é",
    "É",
    "日本",
    "\u{1F600}",
    "it's",
    "\"q\"",
    "back\\slash",
    "$.a[0]",
];
const LISTS: [&str; 2] = ["emails", "phone_numbers"];
const SUBS: [&str; 2] = ["value", "type"];
const TEXTS: [&str; 2] = ["display_name", "title"];
pub const TEXT_OPERATORS: [TextOperator; 8] = [
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
/// So many users a population has.
pub const POPULATION: u128 = 40;

async fn every_test_answers_as_in_memory(fixture: &Fixture) {
    let population = populate(fixture).await;
    for test in every_test() {
        agrees(fixture, &population, &Filter::Is(test.clone())).await;
        agrees(fixture, &population, &Filter::Not(Box::new(Filter::Is(test)))).await;
    }
}

async fn trees_of_tests_answer_as_in_memory(fixture: &Fixture) {
    let population = populate(fixture).await;
    let mut runner = runner();
    let mut telling = 0;
    for _ in 0..400 {
        let filter = user_filter().new_tree(&mut runner).unwrap().current();
        let selected = agrees(fixture, &population, &filter).await;
        telling += usize::from(selected > 0 && selected < population.users.len());
    }
    assert!(telling > 100, "only {telling} of 400 filters divide the population");
}

async fn pages_cover_the_list_once(fixture: &Fixture) {
    let population = populate(fixture).await;
    let site = population.site;
    let active = Filter::Is(UserTest::Active(true));
    for (scope, filter) in [
        (UserScope::All, None),
        (UserScope::NotDeleted, None),
        (UserScope::All, Some(&active)),
        (UserScope::NotDeleted, Some(&active)),
    ] {
        let whole = fixture.store.list(site, scope, filter, EVERYBODY).await.unwrap();
        assert!(whole.is_sorted_by_key(|user| user.id));
        assert_eq!(
            fixture.store.count(site, scope, filter).await.unwrap(),
            u64::try_from(whole.len()).unwrap()
        );
        let mut pages = Vec::new();
        let mut after = None;
        loop {
            let page = Page { after, skip: 0, limit: 7 };
            let page = fixture.store.list(site, scope, filter, page).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            pages.extend(page);
        }
        assert_eq!(pages, whole);
        let skipped = Page { after: Some(whole[1].id), skip: 3, limit: 4 };
        assert_eq!(fixture.store.list(site, scope, filter, skipped).await.unwrap(), whole[5..9]);
        let beyond = Page { after: None, skip: u64::MAX, limit: u64::MAX };
        assert_eq!(fixture.store.list(site, scope, filter, beyond).await.unwrap(), []);
        let none = Page { after: None, skip: 0, limit: 0 };
        assert_eq!(fixture.store.list(site, scope, filter, none).await.unwrap(), []);
    }
}

/// The users of a site, in the order of their ids.
pub struct Population {
    pub site: SiteId,
    pub users: Vec<User>,
}

/// Asks the store, and answers how many users it selected of all.
pub async fn agrees(fixture: &Fixture, population: &Population, filter: &UserFilter) -> usize {
    let selected: Vec<_> = population.users.iter().filter(|user| filter.selects(user)).collect();
    for scope in [UserScope::NotDeleted, UserScope::All] {
        let expected = selected.iter().filter(|user| scope.shows(user)).map(|user| user.id);
        let expected: Vec<_> = expected.collect();
        let found = fixture.store.list(population.site, scope, Some(filter), EVERYBODY).await;
        let found = found.unwrap_or_else(|error| panic!("{filter:?}: {error}"));
        let found: Vec<_> = found.iter().map(|user| user.id).collect();
        assert_eq!(found, expected, "{scope:?} {filter:?}");
        let counted = fixture.store.count(population.site, scope, Some(filter)).await.unwrap();
        assert_eq!(counted, u64::try_from(expected.len()).unwrap(), "{scope:?} {filter:?}");
    }
    selected.len()
}

/// Forty users drawn from the words, and as many in another site that must never be selected.
pub async fn populate(fixture: &Fixture) -> Population {
    let (site, other) = (fixture.site("acme").await.id, fixture.site("other").await.id);
    let mut runner = runner();
    let users: Vec<User> = (0..POPULATION).map(|number| drawn(&mut runner, site, number)).collect();
    let strangers: Vec<User> =
        users.iter().map(|user| User { site: other, ..user.clone() }).collect();
    move_in(&fixture.store, &users).await;
    move_in(&fixture.store, &strangers).await;
    Population { site, users }
}

/// The same draw every time, so that a failure can be looked into.
pub fn runner() -> TestRunner {
    let rng = TestRng::deterministic_rng(Config::default().rng_algorithm);
    TestRunner::new_with_rng(Config::default(), rng)
}

fn drawn(runner: &mut TestRunner, site: SiteId, number: u128) -> User {
    let word = select(&WORDS[..]);
    let maybe = prop::option::of(word.clone());
    let drawn = (maybe.clone(), maybe.clone(), any::<bool>());
    let list = prop::collection::vec(drawn, 0..3);
    let parts = (word, maybe.clone(), maybe.clone(), maybe, list.clone(), list, 0..3usize, 0..4i64);
    let (name, external, display, title, emails, phones, role, at) =
        parts.new_tree(runner).unwrap().current();
    let mut user = User {
        external_id: external.map(|text| ExternalId::as_stored(text.to_owned())),
        directory_status: match at {
            0 => DirectoryStatus::Inactive,
            1 => DirectoryStatus::Deleted,
            _ => DirectoryStatus::Active,
        },
        role: Role::ALL[role],
        created_at: Timestamp(at),
        updated_at: Timestamp(10 - at),
        ..person(site, scattered(number), &format!("{name}{number}"))
    };
    if number.is_multiple_of(7) {
        user.holds.push(Hold {
            name: HoldName::manual(),
            owner: "operator".to_owned(),
            note: String::new(),
            placed_at: Timestamp(1),
            expires_at: None,
        });
    }
    for (attribute, text) in [("display_name", display), ("title", title)] {
        if let Some(text) = text {
            set_text(&mut user, attribute, text);
        }
    }
    for (list, elements) in LISTS.into_iter().zip([emails, phones]) {
        let elements: Vec<_> = elements
            .into_iter()
            .map(|(value, kind, primary)| {
                let texts = [("value", value), ("type", kind)];
                let texts: Vec<_> =
                    texts.into_iter().filter_map(|(sub, text)| Some((sub, text?))).collect();
                element(list, &texts, primary)
            })
            .collect();
        set_list(&mut user, list, elements);
    }
    user
}

/// Ids whose texts differ from the first digit on.
fn scattered(number: u128) -> u128 {
    number << 122 | number << 60 | number
}

fn names(names: [&str; 2]) -> [AttributeName; 2] {
    names.map(|name| attribute(name).name())
}

fn parts() -> [ElementPart; 2] {
    SUBS.map(|sub| ElementPart::Sub(attribute("emails").sub_attribute(sub).unwrap().name()))
}

/// The words, no text, a user name, and an id: whole, in upper case, its beginning and its end.
fn asked_texts() -> Vec<String> {
    let uuid = id(scattered(3)).0.to_string();
    let of_id =
        [uuid.clone(), uuid.to_ascii_uppercase(), uuid[..9].to_owned(), uuid[19..].to_owned()];
    let words = WORDS.iter().map(|word| (*word).to_owned());
    words.chain(of_id).chain([String::new(), "ADA3".to_owned(), " a ".to_owned()]).collect()
}

fn every_test() -> Vec<UserTest> {
    let mut tests = vec![UserTest::Active(true), UserTest::Active(false)];
    tests.extend(Role::ALL.map(UserTest::Role));
    for field in [KeyField::Id, KeyField::UserName, KeyField::ExternalId] {
        tests.push(UserTest::HasKey(field));
        for operator in TEXT_OPERATORS {
            let asked = asked_texts().into_iter();
            tests.extend(asked.map(|text| UserTest::Key(field, operator, text)));
        }
    }
    for name in names(TEXTS) {
        tests.push(UserTest::Has(name.clone()));
        for operator in TEXT_OPERATORS {
            let asked = asked_texts().into_iter().map(|text| Comparison::Text(operator, text));
            tests.extend(asked.map(|asked| UserTest::Value(name.clone(), asked)));
        }
    }
    for field in [TimeField::Created, TimeField::Updated] {
        for operator in ORDER_OPERATORS {
            tests.extend([0, 2, 8, 99].map(|at| UserTest::Time(field, operator, Timestamp(at))));
        }
    }
    for list in names(LISTS) {
        let over_list = |test| UserTest::Element(list.clone(), test);
        tests.extend([Filter::All(Vec::new()), Filter::Any(Vec::new())].map(over_list));
        tests.extend(element_tests().into_iter().map(|test| over_list(Filter::Is(test))));
    }
    tests
}

fn element_tests() -> Vec<ElementTest> {
    let mut tests = vec![ElementTest::Primary(true), ElementTest::Primary(false)];
    for part in parts() {
        tests.push(ElementTest::Has(part.clone()));
        for operator in TEXT_OPERATORS {
            let asked = WORDS.iter().chain(&[""]);
            let asked = asked.map(|text| Comparison::Text(operator, (*text).to_owned()));
            tests.extend(asked.map(|asked| ElementTest::Value(part.clone(), asked)));
        }
    }
    tests
}

fn user_filter() -> impl Strategy<Value = UserFilter> {
    let list = select(names(LISTS).to_vec());
    let over_list =
        (list, element_filter()).prop_map(|(list, filter)| UserTest::Element(list, filter));
    let leaf = prop_oneof![select(every_test()), over_list];
    tree(leaf.boxed())
}

fn element_filter() -> impl Strategy<Value = ElementFilter> {
    tree(select(element_tests()).boxed())
}

fn tree<Test: Clone + std::fmt::Debug + 'static>(
    leaf: BoxedStrategy<Test>,
) -> BoxedStrategy<Filter<Test>> {
    leaf.prop_map(Filter::Is)
        .prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Filter::All),
                prop::collection::vec(inner.clone(), 0..4).prop_map(Filter::Any),
                inner.prop_map(|filter| Filter::Not(Box::new(filter))),
            ]
        })
        .boxed()
}
