//! Every test of a user and of an element, met and missed, and how they combine.

use super::court::*;
use crate::{
    Comparison, DirectoryStatus, ElementFilter, ElementPart, ElementTest, ExternalId, Filter,
    KeyField, OrderOperator, Role, TextOperator, TimeField, Timestamp, User, UserFilter, UserTest,
    Value,
};
use std::sync::Arc;

/// An Admin with a title and two addresses, created and changed at different times.
fn ada() -> User {
    let addresses = vec![
        element(&[("value", "a@x"), ("type", "work")], true),
        element(&[("value", "b@x")], false),
    ];
    let mut profile = crate::Profile::default();
    profile.set(&attribute_name("emails"), Some(Value::List(addresses)));
    profile.set(&attribute_name("title"), Some(text("Countess")));
    User {
        external_id: ExternalId::parse("Ext-1").unwrap(),
        role: Role::Admin,
        profile: Arc::new(profile),
        created_at: Timestamp(1_000),
        updated_at: Timestamp(2_000),
        ..user()
    }
}

fn is(word: &str) -> Comparison {
    Comparison::Text(TextOperator::Equal, word.to_owned())
}

fn key(field: KeyField, word: &str) -> UserTest {
    UserTest::Key(field, TextOperator::Equal, word.to_owned())
}

fn time(field: TimeField, at: i64) -> UserTest {
    UserTest::Time(field, OrderOperator::Equal, Timestamp(at))
}

fn sub(name: &str, word: &str) -> ElementFilter {
    Filter::Is(ElementTest::Value(ElementPart::Sub(sub_name(name)), is(word)))
}

fn emails(condition: ElementFilter) -> UserTest {
    UserTest::Element(attribute_name("emails"), condition)
}

#[test]
fn each_test_of_a_user_is_met_or_missed() {
    let id_text = id(1).0.to_string();
    let title = |word| UserTest::Value(attribute_name("title"), is(word));
    let primary = |primary| emails(Filter::Is(ElementTest::Primary(primary)));
    let has_type = Filter::Is(ElementTest::Has(ElementPart::Sub(sub_name("type"))));
    let has_display = Filter::Is(ElementTest::Has(ElementPart::Sub(sub_name("display"))));
    let both = |value| emails(Filter::All(vec![sub("type", "work"), sub("value", value)]));
    for (test, expected) in [
        (key(KeyField::Id, &id_text), true),
        (key(KeyField::Id, &id(2).0.to_string()), false),
        // User names compare by their key, external ids exactly.
        (key(KeyField::UserName, "ADA@example.com"), true),
        (key(KeyField::UserName, "eve@example.com"), false),
        (key(KeyField::ExternalId, "Ext-1"), true),
        (key(KeyField::ExternalId, "ext-1"), false),
        (UserTest::HasKey(KeyField::ExternalId), true),
        (UserTest::Active(true), true),
        (UserTest::Active(false), false),
        (UserTest::Role(Role::Admin), true),
        (UserTest::Role(Role::Moderator), false),
        (time(TimeField::Created, 1_000), true),
        (time(TimeField::Created, 2_000), false),
        (time(TimeField::Updated, 2_000), true),
        (time(TimeField::Updated, 1_000), false),
        (title("COUNTESS"), true),
        (title("Baroness"), false),
        (UserTest::Value(attribute_name("locale"), is("de")), false),
        (UserTest::Has(attribute_name("title")), true),
        (UserTest::Has(attribute_name("locale")), false),
        (emails(sub("value", "B@X")), true),
        (emails(sub("value", "c@x")), false),
        (emails(has_type), true),
        (emails(has_display), false),
        (primary(true), true),
        (primary(false), true),
        // One element must satisfy all of it.
        (both("a@x"), true),
        (both("b@x"), false),
    ] {
        assert_eq!(Filter::Is(test.clone()).selects(&ada()), expected, "{test:?}");
        let negated: UserFilter = Filter::Not(Box::new(Filter::Is(test.clone())));
        assert_eq!(negated.selects(&ada()), !expected, "not {test:?}");
    }
}

#[test]
fn a_filter_has_as_many_tests_as_it_has_leaves() {
    let leaf = || Filter::Is(UserTest::Active(true));
    let nested =
        Filter::Any(vec![leaf(), Filter::Not(Box::new(Filter::All(vec![leaf(), leaf()])))]);
    assert_eq!((leaf().tests(), nested.tests()), (1, 3));
    assert_eq!(UserFilter::All(Vec::new()).tests(), 0);
}

#[test]
fn what_is_absent_is_equal_to_nothing() {
    let nobody = user();
    for test in [
        key(KeyField::ExternalId, ""),
        UserTest::HasKey(KeyField::ExternalId),
        emails(Filter::All(Vec::new())),
    ] {
        assert!(!Filter::Is(test.clone()).selects(&nobody), "{test:?}");
    }
    let gone = User { directory_status: DirectoryStatus::Inactive, ..user() };
    assert!(Filter::Is(UserTest::Active(false)).selects(&gone));
}

#[test]
fn all_any_and_not_combine_as_in_logic() {
    let leaf = |holds| Filter::Is(UserTest::Active(holds));
    for one in [true, false] {
        for other in [true, false] {
            let operands = || vec![leaf(one), leaf(other)];
            assert_eq!(Filter::All(operands()).selects(&ada()), one && other);
            assert_eq!(Filter::Any(operands()).selects(&ada()), one || other);
        }
    }
    assert!(UserFilter::All(Vec::new()).selects(&ada()));
    assert!(!UserFilter::Any(Vec::new()).selects(&ada()));
}

/// To look at an element counts one for each test, and more for long texts, on either side.
#[test]
fn a_condition_takes_as_much_work_as_it_has_tests_and_text() {
    let has = || Filter::Is(ElementTest::Has(ElementPart::Sub(sub_name("value"))));
    let long = |bytes: usize| "x".repeat(bytes);
    for (condition, value, work) in [
        (has(), "a@x", 1),
        (has(), &*long(1_000), 1),
        (Filter::All(vec![has(), Filter::Not(Box::new(has()))]), "a@x", 2),
        (sub("value", "a@x"), "b@x", 1),
        (sub("value", &long(64)), &long(63), 1),
        (sub("value", &long(64)), &long(64), 2),
        (sub("value", &long(256)), "", 3),
        (sub("value", &long(256)), &long(384), 6),
    ] {
        assert_eq!(condition.work(&element(&[("value", value)], false)), work, "{condition:?}");
    }
    assert_eq!(sub("display", &long(256)).work(&element(&[("value", "a@x")], false)), 3);
}
