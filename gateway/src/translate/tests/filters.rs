//! Filters: by example, and by a property over all that can be asked.

use super::printed;
use crate::translate::{Vocabulary, filter};
use proptest::prelude::*;
use provost_scim::limits::MAX_FILTER_LENGTH;
use provost_scim::{Attribute, ScimFilter, Type, user};

fn read(text: &str) -> String {
    let parsed = ScimFilter::parse(user(), text).unwrap_or_else(|error| panic!("{text}: {error}"));
    printed::filter(&filter(Vocabulary::user(), &parsed))
}

#[test]
fn every_operator_has_its_counterpart() {
    for (word, operator) in [
        ("eq", "EQUAL"),
        ("ne", "NOT_EQUAL"),
        ("co", "CONTAINS"),
        ("sw", "STARTS_WITH"),
        ("ew", "ENDS_WITH"),
        ("gt", "GREATER_THAN"),
        ("ge", "GREATER_OR_EQUAL"),
        ("lt", "LESS_THAN"),
        ("le", "LESS_OR_EQUAL"),
    ] {
        assert_eq!(read(&format!("title {word} \"x\"")), format!("title {operator} \"x\""));
    }
    assert_eq!(read("title pr"), "title?");
}

#[test]
fn what_is_asked_arrives() {
    for (text, expected) in [
        // look-ups of identity providers (`okta_ref`, `ms_use`, `scimitar_q`)
        ("userName eq \"Jo@example.com\"", "user_name EQUAL \"Jo@example.com\""),
        ("externalId eq \"00u1\"", "external_id EQUAL \"00u1\""),
        ("id eq \"7\"", "id EQUAL \"7\""),
        (
            "emails[type eq \"work\"].value eq \"jo@example.com\"",
            "emails{(type EQUAL \"work\" & value EQUAL \"jo@example.com\")}",
        ),
        ("emails co \"@example.com\"", "emails{value CONTAINS \"@example.com\"}"),
        ("emails[not (primary eq true)]", "emails{!(primary EQUAL true)}"),
        ("addresses[postalCode sw \"1\"]", "addresses{postal_code STARTS_WITH \"1\"}"),
        ("emails pr", "emails?"),
        ("emails.value pr", "emails{value?}"),
        // joined
        ("title pr and active eq true", "(title? & active EQUAL true)"),
        (
            "title pr or not (active eq \"False\") and nickName pr",
            "(title? | (!(active EQUAL false) & nick_name?))",
        ),
        // points in time
        ("meta.created gt \"1970-01-01T00:00:01Z\"", "create_time GREATER_THAN 1.000000000"),
        (
            "meta.lastModified le \"1970-01-01T02:00:01.5+02:00\"",
            "update_time LESS_OR_EQUAL 1.500000000",
        ),
        ("meta.created lt \"1969-12-31T23:59:59.75Z\"", "create_time LESS_THAN -1.750000000"),
        ("meta.created pr", "create_time?"),
        // complex attributes, by their parts
        (
            "name pr",
            "(formatted_name? | family_name? | given_name? | middle_name? | honorific_prefix? | \
             honorific_suffix?)",
        ),
        ("manager eq \"7\"", "manager_id EQUAL \"7\""),
        ("manager.displayName eq \"x\"", "manager_display_name EQUAL \"x\""),
        ("title eq null", "!(title?)"),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

/// The role is told in `userType`, so its word can be searched like any other.
#[test]
fn the_word_of_a_role_is_searched_by_every_operator() {
    const NOBODY: &str = "!(role?)";
    for (text, expected) in [
        ("userType eq \"admin\"", "role EQUAL \"admin\""),
        ("userType ne \"Admin\"", "role NOT_EQUAL \"Admin\""),
        ("userType eq \"Employee\"", "role EQUAL \"Employee\""),
        ("userType pr", "role?"),
        ("userType sw \"MOD\"", "(role EQUAL \"Moderator\")"),
        ("userType co \"er\"", "(role EQUAL \"Registered\" | role EQUAL \"Moderator\")"),
        ("userType ew \"in\"", "(role EQUAL \"Admin\")"),
        ("userType gt \"moderator\"", "(role EQUAL \"Registered\")"),
        ("userType ge \"Moderator\"", "(role EQUAL \"Registered\" | role EQUAL \"Moderator\")"),
        ("userType lt \"moderator\"", "(role EQUAL \"Admin\")"),
        ("userType le \"MODERATOR\"", "(role EQUAL \"Moderator\" | role EQUAL \"Admin\")"),
        ("userType gt \"Registered\"", NOBODY),
        ("userType co \"x\"", NOBODY),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

/// What SCIM writes, and how the contract should come out.
#[derive(Debug, Clone)]
struct Pair {
    scim: String,
    contract: String,
}

/// The contract's names by its own rule: snake case, with the exceptions that `.proto` names.
fn name(path: &str) -> String {
    match path {
        "name.formatted" => "formatted_name".to_owned(),
        "manager.value" => "manager_id".to_owned(),
        "manager.displayName" => "manager_display_name".to_owned(),
        "manager.$ref" => "manager_ref".to_owned(),
        "meta.created" => "create_time".to_owned(),
        "meta.lastModified" => "update_time".to_owned(),
        "userType" => "role".to_owned(),
        _ => {
            let last = path.rsplit('.').next().unwrap();
            last.chars().fold(String::new(), |name, letter| match letter {
                'A'..='Z' => format!("{name}_{}", letter.to_ascii_lowercase()),
                _ => format!("{name}{letter}"),
            })
        }
    }
}

fn condition(attribute: &'static Attribute) -> BoxedStrategy<Pair> {
    let scim = attribute.to_string();
    let contract = name(attribute.path());
    let present = Just(Pair { scim: format!("{scim} pr"), contract: format!("{contract}?") });
    let equality = prop::sample::select(vec![("eq", "EQUAL"), ("ne", "NOT_EQUAL")]);
    let value = match attribute.value_type {
        Type::Boolean => any::<bool>().prop_map(|b| (b.to_string(), b.to_string())).boxed(),
        Type::Binary => prop::sample::select(vec![("AQID", "[1, 2, 3]"), ("/w==", "[255]")])
            .prop_map(|(base64, bytes)| (format!("\"{base64}\""), bytes.to_owned()))
            .boxed(),
        Type::DateTime => (0..2_000_000_000_i64)
            .prop_map(|seconds| {
                let at = time::OffsetDateTime::from_unix_timestamp(seconds).unwrap();
                let rfc3339 = time::format_description::well_known::Rfc3339;
                (format!("\"{}\"", at.format(&rfc3339).unwrap()), format!("{seconds}.000000000"))
            })
            .boxed(),
        _ => "[a-zA-Z@. ]{0,8}".prop_map(|t| (format!("\"{t}\""), format!("{t:?}"))).boxed(),
    };
    let comparison = (equality, value).prop_map(move |((word, operator), (text, value))| Pair {
        scim: format!("{scim} {word} {text}"),
        contract: format!("{contract} {operator} {value}"),
    });
    prop_oneof![present, comparison].boxed()
}

fn conditions(attributes: impl Iterator<Item = &'static Attribute>) -> BoxedStrategy<Pair> {
    // What always is the same is known before anybody is looked at.
    let searchable = attributes.filter(|a| a.searchable && a.constant.is_none());
    let searchable = searchable.collect::<Vec<_>>();
    prop::sample::select(searchable).prop_flat_map(condition).boxed()
}

fn joined(pairs: &[Pair], word: &str, sign: &str) -> Pair {
    let all = |side: fn(&Pair) -> &str, between: &str| {
        pairs.iter().map(side).collect::<Vec<_>>().join(between)
    };
    Pair {
        scim: format!("({})", all(|pair| &pair.scim, &format!(" {word} "))),
        contract: format!("({})", all(|pair| &pair.contract, &format!(" {sign} "))),
    }
}

/// Trees over conditions. `and` below `and` is one list in both languages, so joints alternate.
fn tree(leaf: BoxedStrategy<Pair>) -> BoxedStrategy<Pair> {
    let all =
        prop::collection::vec(leaf.clone(), 2..4).prop_map(|pairs| joined(&pairs, "and", "&"));
    let operand = prop_oneof![leaf.clone(), all.clone()];
    let any = prop::collection::vec(operand, 2..4).prop_map(|pairs| joined(&pairs, "or", "|"));
    let not = prop_oneof![leaf.clone(), all.clone(), any.clone()].prop_map(|pair| Pair {
        scim: format!("not ({})", pair.scim),
        contract: format!("!({})", pair.contract),
    });
    prop_oneof![leaf, all, any, not].boxed()
}

fn pairs() -> BoxedStrategy<Pair> {
    let lists = user().lists().collect::<Vec<_>>();
    let element = prop::sample::select(lists).prop_flat_map(|list| {
        tree(conditions(list.parts().iter())).prop_map(move |pair| Pair {
            scim: format!("{list}[{}]", pair.scim),
            contract: format!("{}{{{}}}", name(list.path()), pair.contract),
        })
    });
    tree(prop_oneof![conditions(user().singles()), element].boxed())
}

proptest! {
    #[test]
    fn every_filter_keeps_its_shape(pair in pairs()) {
        prop_assume!(pair.scim.len() <= MAX_FILTER_LENGTH);
        prop_assert_eq!(read(&pair.scim), pair.contract);
    }
}
