//! How large a profile may be, and the form in which its texts compare.

use super::court::{attribute, element, text};
use crate::{Attributes, Profile, ProfileSchema, Reason, Value};

/// Sixteen texts, of which each has so many bytes together with its name.
fn full(bytes: [usize; 16]) -> Profile {
    let texts = ProfileSchema::STANDARD.attributes().iter().filter(|known| !known.multi_valued);
    let attributes = texts.zip(bytes).map(|(known, bytes)| {
        let value = "x".repeat(bytes - known.name().as_str().len());
        (known.name(), text(&value))
    });
    Profile { attributes: attributes.collect() }
}

fn with(name: &str, value: Value) -> Profile {
    Profile { attributes: [(attribute(name).name(), value)].into_iter().collect() }
}

#[test]
fn a_profile_has_a_largest_size_and_shrinks_at_least() {
    let largest = full([4_096; 16]);
    let larger =
        |by: usize| full(std::array::from_fn(|at| if at == 3 { 4_096 + by } else { 4_096 }));
    assert_eq!((largest.size(), larger(1).size()), (64 * 1_024, 64 * 1_024 + 1));
    for (before, after, good) in [
        (Profile::default(), &largest, true),
        (Profile::default(), &larger(1), false),
        (largest.clone(), &larger(1), false),
        (larger(2), &larger(1), true),
        (larger(1), &larger(1), true),
        (larger(1), &larger(2), false),
    ] {
        let checked = after.check_limits(&before).map_err(|refusal| refusal.reason);
        let expected = if good { Ok(()) } else { Err(Reason::LimitExceeded) };
        assert_eq!(checked, expected, "{} {}", before.size(), after.size());
    }
}

#[test]
fn values_and_lists_have_a_largest_size() {
    let long = |bytes| "x".repeat(bytes);
    let list = |count: usize| Value::List(vec![element(&[("value", "a@x")], false); count]);
    let of_bytes = |bytes| Value::Binary(vec![7; bytes]);
    for (name, value, refused) in [
        ("title", text(&long(4_096)), None),
        ("title", text(&long(4_097)), Some(Reason::LimitExceeded)),
        ("title", text("a\0b"), Some(Reason::ValueInvalid)),
        ("profile_url", Value::Reference(long(4_097)), Some(Reason::LimitExceeded)),
        ("title", of_bytes(4_096), None),
        ("title", of_bytes(4_097), Some(Reason::LimitExceeded)),
        ("emails", list(100), None),
        ("emails", list(101), Some(Reason::LimitExceeded)),
        ("emails", Value::List(vec![text(&long(4_097))]), Some(Reason::LimitExceeded)),
        ("emails", element(&[("value", "a\0b")], false), Some(Reason::ValueInvalid)),
    ] {
        let checked = with(name, value).check_values();
        assert_eq!(checked.err().map(|refusal| refusal.reason), refused, "{name}");
    }
}

#[test]
fn the_size_of_a_profile_is_that_of_its_names_and_values() {
    for (name, value, size) in [
        ("title", text("Countess"), 5 + 8),
        ("title", Value::Reference("https://x".to_owned()), 5 + 9),
        ("title", Value::Binary(vec![1, 2, 3]), 5 + 3),
        ("title", Value::Boolean(true), 5 + 8),
        ("title", Value::Integer(7), 5 + 8),
        ("emails", Value::List(vec![element(&[("value", "a@x")], true); 2]), 6 + 2 * (8 + 15)),
    ] {
        assert_eq!(with(name, value.clone()).size(), size, "{value:?}");
    }
    assert_eq!(Profile::default().size(), 0);
}

/// Lower case of ASCII letters every database knows.
#[test]
fn only_texts_beyond_ascii_have_another_form() {
    let same = Value::List(vec![element(&[("value", "Ada@X"), ("type", "WORK")], true)]);
    for (name, value) in [
        ("title", text("COUNTESS")),
        ("title", Value::Integer(7)),
        ("title", Value::Binary("Ä".into())),
        ("emails", same),
    ] {
        assert_eq!(with(name, value.clone()).folded_beyond_ascii(), None, "{value:?}");
    }
    let list = |text: &str| Value::List(vec![element(&[("value", text)], true), Value::Integer(7)]);
    for (name, value, folded) in [
        ("title", text("ÄBTISSIN"), text("äbtissin")),
        (
            "title",
            Value::Reference("https://Ä".to_owned()),
            Value::Reference("https://ä".to_owned()),
        ),
        ("emails", list("Ä@X"), list("ä@x")),
    ] {
        let other: Attributes = [(attribute("locale").name(), text("DE"))].into_iter().collect();
        let mut profile = with(name, value);
        profile.attributes.extend(other);
        let mut expected = with(name, folded);
        expected.attributes.insert(attribute("locale").name(), text("de"));
        assert_eq!(profile.folded_beyond_ascii(), Some(expected), "{name}");
    }
}
