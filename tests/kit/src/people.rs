//! Example people, as the contract's profiles. The only place in the tests that knows how a
//! profile is put together from names and addresses; must never know a rule.

use provost_proto::v1::{Element, Elements, Profile};

/// A profile as an assertion brings it: names from the part before the `@`, one work address.
pub fn person(user_name: &str) -> Profile {
    let (given, rest) = user_name.split_once('.').unwrap_or((user_name, "Example"));
    let family = rest.split('@').next().unwrap_or_default();
    profile(given, family, user_name)
}

/// A profile of these names, with one primary work address.
pub fn profile(given: &str, family: &str, email: &str) -> Profile {
    Profile {
        texts: [
            text("given_name", given),
            text("family_name", family),
            text("display_name", &format!("{given} {family}")),
        ]
        .into(),
        lists: [("emails".to_owned(), emails([(email, Some("work"), true)]))].into(),
    }
}

/// A list of addresses: each with its type and whether it is the primary one.
pub fn emails<'a>(
    addresses: impl IntoIterator<Item = (&'a str, Option<&'a str>, bool)>,
) -> Elements {
    let element = |(value, kind, primary): (&str, Option<&str>, bool)| {
        let kind = kind.map(|kind| text("type", kind));
        Element { texts: [text("value", value)].into_iter().chain(kind).collect(), primary }
    };
    Elements { elements: addresses.into_iter().map(element).collect() }
}

fn text(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
