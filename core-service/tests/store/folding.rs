//! Texts compare without case in every script: SQL gives the same answers as the domain does in
//! memory, whatever Unicode they are made of.

use super::filters::{POPULATION, Population, TEXT_OPERATORS, agrees, runner};
use super::fixture::{Fixture, on_both_databases};
use super::people::{attribute, element, move_in, person, save, set_emails, set_list, set_text};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use provost_domain::{
    Changes, Comparison, ElementPart, ElementTest, Filter, Saved, SiteId, TextOperator, User,
    UserFilter, UserTest,
};

on_both_databases!(
    random_texts_answer_as_in_memory,
    the_folded_form_follows_the_profile,
    folded_addresses_are_found_by_their_index,
);

/// Letters that fold in ways of their own, and what composes with them.
const CHARACTERS: [char; 32] = [
    'a',
    'A',
    'e',
    'E',
    'é',
    'É',
    'å',
    'Å',
    '\u{301}',
    '\u{30a}',
    '\u{212b}',
    '\u{212a}',
    'k',
    'i',
    'I',
    'ı',
    'İ',
    '\u{307}',
    'σ',
    'ς',
    'Σ',
    'ß',
    'ẞ',
    'ǆ',
    'ǅ',
    'Ǆ',
    'Ж',
    'ж',
    '\u{10400}',
    '\u{10428}',
    ' ',
    '%',
];

async fn random_texts_answer_as_in_memory(fixture: &Fixture) {
    let population = populate(fixture).await;
    let mut runner = runner();
    let mut telling = 0;
    for _ in 0..400 {
        let asked = asked(&population, &mut runner);
        let operator = drawn(&mut runner, select(&TEXT_OPERATORS[..]));
        for filter in filters(operator, &asked) {
            let selected = agrees(fixture, &population, &filter).await;
            telling += usize::from(selected > 0 && selected < population.users.len());
        }
    }
    assert!(telling > 200, "only {telling} filters divide the population");
}

/// One over an attribute and one over the elements of a list.
fn filters(operator: TextOperator, asked: &str) -> [UserFilter; 2] {
    let compared = || Comparison::Text(operator, asked.to_owned());
    let emails = attribute("emails");
    let value = ElementPart::Sub(emails.sub_attribute("value").unwrap().name());
    let element = Filter::Is(ElementTest::Value(value, compared()));
    [
        Filter::Is(UserTest::Value(attribute("display_name").name(), compared())),
        Filter::Is(UserTest::Element(emails.name(), element)),
    ]
}

async fn populate(fixture: &Fixture) -> Population {
    let site = fixture.site("acme").await.id;
    let mut runner = runner();
    let users: Vec<User> = (0..POPULATION)
        .map(|number| {
            let mut user = person(site, number, &format!("user{number}"));
            set_text(&mut user, "display_name", &text(&mut runner));
            let emails = [(); 2].map(|()| text(&mut runner));
            set_emails(&mut user, &emails.each_ref().map(String::as_str));
            user
        })
        .collect();
    move_in(&fixture.store, &users).await;
    Population { site, users }
}

/// Never empty, and without NUL, as texts are kept.
fn text(runner: &mut TestRunner) -> String {
    let character = prop_oneof![
        8 => select(&CHARACTERS[..]),
        1 => any::<char>().prop_filter("NUL is not kept", |character| *character != '\0'),
    ];
    drawn(runner, prop::collection::vec(character, 1..6)).into_iter().collect()
}

/// A text that somebody has, or a part of it, in some case; or one that nobody need have.
fn asked(population: &Population, runner: &mut TestRunner) -> String {
    let user = drawn(runner, select(population.users.clone()));
    let have = user.profile.text("display_name").unwrap();
    let (form, from, to) = drawn(runner, (0..6, 0..3usize, 1..6usize));
    let part: String = have.chars().skip(from).take(to).collect();
    match form {
        0 => have.to_owned(),
        1 => have.to_uppercase(),
        2 => have.to_lowercase(),
        3 => part.to_uppercase(),
        4 => format!("{part}\0{part}"),
        _ => text(runner),
    }
}

fn drawn<T: std::fmt::Debug>(runner: &mut TestRunner, from: impl Strategy<Value = T>) -> T {
    from.new_tree(runner).unwrap().current()
}

async fn the_folded_form_follows_the_profile(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    let folded = async || {
        fixture.rows("SELECT coalesce(profile_folded, '-') FROM users").await[0][0].clone()
    };
    let mut user = person(site, 1, "emile");
    set_text(&mut user, "display_name", "ÉMILE");
    move_in(&fixture.store, std::slice::from_ref(&user)).await;
    assert_eq!(folded().await, r#"{"display_name":"émile"}"#);
    // Once with the columns of a profile alone, once with all.
    for (name, user_name, expected) in [
        ("Émile Zola", "emile", r#"{"display_name":"émile zola"}"#),
        ("Emile", "emile", "-"),
        ("Zoë", "zola", "-"),
        ("ZOË", "emile", r#"{"display_name":"zoë"}"#),
    ] {
        let before = user.clone();
        user.user_name = provost_domain::UserName::parse(user_name).unwrap();
        set_text(&mut user, "display_name", name);
        let saved = Saved { before: Some(before), after: user.clone() };
        save(&fixture.store, Changes { saved_users: vec![saved], ..Changes::default() }).await;
        assert_eq!(folded().await, expected, "{name}");
    }
}

async fn folded_addresses_are_found_by_their_index(fixture: &Fixture) {
    let site: SiteId = fixture.site("acme").await.id;
    let mut user = person(site, 1, "zoe");
    let work = element("emails", &[("type", "Work"), ("value", "ZOË@Example.com")], true);
    set_list(&mut user, "emails", vec![work]);
    move_in(&fixture.store, std::slice::from_ref(&user)).await;
    let population = Population { site, users: vec![user] };
    for asked in ["zoë@example.com", "ZOE\u{308}@EXAMPLE.COM"] {
        let [_, filter] = filters(TextOperator::Equal, asked);
        assert_eq!(agrees(fixture, &population, &filter).await, 1, "{asked}");
    }
}
