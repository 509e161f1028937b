//! The names of profile attributes in the two languages.
//!
//! `nickName` is `nick_name`, `name.givenName` is `given_name`: a rule with three exceptions, so
//! that a new attribute needs nothing here.

use provost_scim::Attribute;
use provost_scim::schema;
use std::collections::HashMap;
use std::sync::LazyLock;

/// SCIM paths whose last word alone would not say enough.
const EXCEPTIONS: [(&str, &str); 3] = [
    ("name.formatted", "formatted_name"),
    ("manager.value", "manager_id"),
    ("manager.displayName", "manager_display_name"),
];

struct Names {
    contract: HashMap<&'static str, String>,
    paths: HashMap<String, &'static str>,
}

/// Attributes and parts of elements in one table: where a path and a part share a name, they
/// share the translation.
static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let parts = schema::lists().flat_map(|list| list.parts().iter());
    let every = schema::singles().chain(schema::lists()).chain(parts);
    let contract: HashMap<_, _> =
        every.map(|attribute| (attribute.path, contract_name(attribute.path))).collect();
    let paths = contract.iter().map(|(path, name)| (name.clone(), *path)).collect();
    Names { contract, paths }
});

/// The contract's name of an attribute, a list or a part of an element.
pub(super) fn contract(attribute: &'static Attribute) -> &'static str {
    NAMES.contract.get(attribute.path).map_or(attribute.path, String::as_str)
}

/// The SCIM path of the contract's name, if SCIM has one for it.
pub(super) fn path(name: &str) -> Option<&'static str> {
    NAMES.paths.get(name).copied()
}

fn contract_name(path: &str) -> String {
    if let Some((_, name)) = EXCEPTIONS.iter().find(|(exception, _)| *exception == path) {
        return (*name).to_owned();
    }
    let last = path.rsplit('.').next().unwrap_or(path);
    let mut name = String::with_capacity(last.len() + 4);
    for letter in last.chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rule_and_lead_back() {
        for (path_here, name) in [
            ("title", "title"),
            ("nickName", "nick_name"),
            ("name.givenName", "given_name"),
            ("name.formatted", "formatted_name"),
            ("manager.value", "manager_id"),
            ("phoneNumbers", "phone_numbers"),
            ("streetAddress", "street_address"),
            ("preferredLanguage", "preferred_language"),
        ] {
            assert_eq!(contract_name(path_here), name);
            assert_eq!(path(name), Some(path_here));
        }
        assert_eq!(path("shoe_size"), None);
    }
}
