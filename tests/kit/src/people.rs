//! Example people, as the contract's profiles. The only place in the tests that knows how a
//! profile is put together from names and addresses; must never know a rule.

use provost_proto::v1::value::Kind;
use provost_proto::v1::{Complex, List, Profile, Value};

/// A profile as an assertion brings it: names from the part before the `@`, one work address.
pub fn person(user_name: &str) -> Profile {
    let (given, rest) = user_name.split_once('.').unwrap_or((user_name, "Example"));
    let family = rest.split('@').next().unwrap_or_default();
    profile(given, family, user_name)
}

/// A profile of these names, with one primary work address.
pub fn profile(given: &str, family: &str, email: &str) -> Profile {
    let attributes = [
        ("given_name", text(given)),
        ("family_name", text(family)),
        ("display_name", text(&format!("{given} {family}"))),
        ("emails", emails([(email, Some("work"), true)])),
    ];
    Profile { attributes: attributes.map(|(name, value)| (name.to_owned(), value)).into() }
}

/// A list of addresses: each with its type and whether it is the primary one.
pub fn emails<'a>(addresses: impl IntoIterator<Item = (&'a str, Option<&'a str>, bool)>) -> Value {
    let element = |(address, kind, primary): (&str, Option<&str>, bool)| {
        let parts = [
            Some(("value", text(address))),
            kind.map(|kind| ("type", text(kind))),
            primary.then(|| ("primary", value(Kind::Boolean(true)))),
        ];
        let parts = parts.into_iter().flatten().map(|(name, part)| (name.to_owned(), part));
        value(Kind::Complex(Complex { attributes: parts.collect() }))
    };
    value(Kind::List(List { elements: addresses.into_iter().map(element).collect() }))
}

/// A text of a profile.
pub fn text(text: &str) -> Value {
    value(Kind::Text(text.to_owned()))
}

/// The elements of a list of a profile.
pub fn list<'a>(profile: &'a Profile, name: &str) -> &'a [Value] {
    match &profile.attributes[name].kind {
        Some(Kind::List(list)) => &list.elements,
        other => panic!("{name} is no list: {other:?}"),
    }
}

/// The text of a sub-attribute.
pub fn sub_text<'a>(element: &'a Value, name: &str) -> Option<&'a String> {
    let Some(Kind::Complex(complex)) = &element.kind else { return None };
    match complex.attributes.get(name)?.kind.as_ref()? {
        Kind::Text(text) => Some(text),
        _ => None,
    }
}

fn value(kind: Kind) -> Value {
    Value { kind: Some(kind) }
}
