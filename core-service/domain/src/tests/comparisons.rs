//! Every operator over every type: what satisfies a comparison, and what it describes.

use crate::{Comparison, Decimal, OrderOperator, TextOperator, Timestamp, Value};
use std::cmp::Ordering;

const ORDERS: [(OrderOperator, [bool; 3]); 5] = [
    (OrderOperator::Equal, [false, true, false]),
    (OrderOperator::Greater, [false, false, true]),
    (OrderOperator::GreaterOrEqual, [false, true, true]),
    (OrderOperator::Less, [true, false, false]),
    (OrderOperator::LessOrEqual, [true, true, false]),
];

fn decimal(number: f64) -> Decimal {
    Decimal::new(number).unwrap()
}

/// Of each type, a value that is less, one that is the same and one that is greater than what is
/// compared with.
#[test]
fn numbers_and_times_compare_by_their_order() {
    for (operator, expected) in ORDERS {
        let integers = [-3, 4, 5].map(Value::Integer);
        let decimals = [0.5, 1.5, 2.5].map(|number| Value::Decimal(decimal(number)));
        let times = [1, 2, 3].map(|at| Value::DateTime(Timestamp(at)));
        for (comparison, values) in [
            (Comparison::Integer(operator, 4), &integers),
            (Comparison::Decimal(operator, decimal(1.5)), &decimals),
            (Comparison::DateTime(operator, Timestamp(2)), &times),
        ] {
            let found = values.each_ref().map(|value| comparison.holds(value));
            assert_eq!(found, expected, "{comparison:?}");
        }
    }
}

#[test]
fn texts_compare_by_every_operator() {
    // Less, the same, greater; then one that only ends with it, starts with it, contains it.
    let have = ["a", "Man", "z", "woman", "manor", "amanda"];
    for (operator, expected) in [
        (TextOperator::Equal, [false, true, false, false, false, false]),
        (TextOperator::Contains, [false, true, false, true, true, true]),
        (TextOperator::StartsWith, [false, true, false, false, true, false]),
        (TextOperator::EndsWith, [false, true, false, true, false, false]),
        (TextOperator::Greater, [false, false, true, true, true, false]),
        (TextOperator::GreaterOrEqual, [false, true, true, true, true, false]),
        (TextOperator::Less, [true, false, false, false, false, true]),
        (TextOperator::LessOrEqual, [true, true, false, false, false, true]),
    ] {
        let texts = have.map(|text| Value::Text(text.to_owned()));
        let of_text = Comparison::Text(operator, "mAN".to_owned());
        assert_eq!(texts.each_ref().map(|text| of_text.holds(text)), expected, "{operator:?}");
        let uris = have.map(|uri| Value::Reference(uri.to_owned()));
        let of_uri = Comparison::Reference(operator, "mAN".to_owned());
        assert_eq!(uris.each_ref().map(|uri| of_uri.holds(uri)), expected, "{operator:?}");
    }
}

#[test]
fn booleans_and_bytes_are_equal_or_not() {
    for (asked, have) in [(true, true), (true, false), (false, true), (false, false)] {
        let holds = Comparison::Boolean(asked).holds(&Value::Boolean(have));
        assert_eq!(holds, asked == have);
    }
    let bytes = Comparison::Binary(vec![1, 2]);
    assert!(bytes.holds(&Value::Binary(vec![1, 2])));
    assert!(!bytes.holds(&Value::Binary(vec![1, 3])));
}

/// What satisfies an equality is the value it describes, of its own type only.
#[test]
fn an_equality_describes_the_value_that_satisfies_it() {
    let text = || "a".to_owned();
    let equalities = [
        (Comparison::Text(TextOperator::Equal, text()), Value::Text(text())),
        (Comparison::Reference(TextOperator::Equal, text()), Value::Reference(text())),
        (Comparison::Boolean(false), Value::Boolean(false)),
        (Comparison::Integer(OrderOperator::Equal, 4), Value::Integer(4)),
        (Comparison::Decimal(OrderOperator::Equal, decimal(4.0)), Value::Decimal(decimal(4.0))),
        (Comparison::DateTime(OrderOperator::Equal, Timestamp(4)), Value::DateTime(Timestamp(4))),
        (Comparison::Binary(vec![4]), Value::Binary(vec![4])),
    ];
    for (at, (comparison, value)) in equalities.iter().enumerate() {
        assert_eq!(comparison.described().as_ref(), Some(value));
        for (other, (_, value)) in equalities.iter().enumerate() {
            assert_eq!(comparison.holds(value), at == other, "{comparison:?} of {value:?}");
        }
    }
}

#[test]
fn nothing_else_describes_a_value() {
    for (operator, _) in ORDERS.into_iter().skip(1) {
        for comparison in [
            Comparison::Integer(operator, 4),
            Comparison::Decimal(operator, decimal(4.0)),
            Comparison::DateTime(operator, Timestamp(4)),
        ] {
            assert_eq!(comparison.described(), None, "{comparison:?}");
        }
    }
    for operator in [TextOperator::Contains, TextOperator::StartsWith, TextOperator::EndsWith] {
        assert_eq!(Comparison::Text(operator, "a".to_owned()).described(), None);
        assert_eq!(Comparison::Reference(operator, "a".to_owned()).described(), None);
    }
}

#[test]
fn decimals_order_as_numbers() {
    assert_eq!(decimal(-1.0).cmp(&decimal(1.0)), Ordering::Less);
}
