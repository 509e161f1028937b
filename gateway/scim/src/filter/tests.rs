//! The grammar by example and by property.

use proptest::prelude::*;

use super::*;
use crate::limits::{MAX_FILTER_DEPTH, MAX_FILTER_LENGTH};
use crate::schema::{Type, user};

fn parse(text: &str) -> Result<ScimFilter<'static>, FilterError> {
    ScimFilter::parse(user(), text)
}

/// What is written, and the canonical form that is read.
const READ: &[(&str, &str)] = &[
    // RFC 7644 section 3.4.2.2, figure 2
    ("userName eq \"bjensen\"", "userName eq \"bjensen\""),
    ("name.familyName co \"O'Malley\"", "name.familyName co \"O'Malley\""),
    ("urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"J\"", "userName sw \"J\""),
    ("title pr", "title pr"),
    (
        "meta.lastModified gt \"2011-05-13T04:42:34Z\"",
        "meta.lastModified gt \"2011-05-13T04:42:34Z\"",
    ),
    ("title pr and userType eq \"Employee\"", "title pr and userType eq \"Employee\""),
    (
        "userType eq \"Employee\" and (emails co \"example.com\" or emails.value co \"example.org\")",
        "userType eq \"Employee\" and (emails[value co \"example.com\"] or emails[value co \"example.org\"])",
    ),
    (
        "userType ne \"Employee\" and not (emails co \"example.com\")",
        "userType ne \"Employee\" and not (emails[value co \"example.com\"])",
    ),
    (
        "emails[type eq \"work\" and value co \"@example.com\"] or ims[type eq \"xmpp\" and value co \"@foo.com\"]",
        "emails[type eq \"work\" and value co \"@example.com\"] or ims[type eq \"xmpp\" and value co \"@foo.com\"]",
    ),
    // precedence: not, and, or
    ("title pr or active eq true and nickName pr", "title pr or active eq true and nickName pr"),
    (
        "(title pr or active eq true) and nickName pr",
        "(title pr or active eq true) and nickName pr",
    ),
    ("not (title pr) and nickName pr", "not (title pr) and nickName pr"),
    ("((title pr))", "title pr"),
    ("not(title pr)", "not (title pr)"),
    // Entra's look-up (`ms_use`, `scimitar_q`)
    (
        "emails[type eq \"work\"].value eq \"jo@example.com\"",
        "emails[type eq \"work\" and value eq \"jo@example.com\"]",
    ),
    ("emails[type eq \"work\"].Value pr", "emails[type eq \"work\" and value pr]"),
    // PingOne's odd case (`ping_filter`)
    ("USERNAME Eq \"x\" AND Active EQ True", "userName eq \"x\" and active eq true"),
    ("active eq \"False\"", "active eq false"),
    ("emails[primary eq \"True\"]", "emails[primary eq true]"),
    // Microsoft's missing quotation marks (`ms_use`)
    ("externalId eq jyoung", "externalId eq \"jyoung\""),
    ("(externalId eq jyoung)", "externalId eq \"jyoung\""),
    ("userName eq jo+x@example.com", "userName eq \"jo+x@example.com\""),
    (
        "employeeNumber eq 701984",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq \"701984\"",
    ),
    // Entra's reference check (`ms_use`)
    (
        "id eq \"1\" and manager eq \"2\"",
        "id eq \"1\" and urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq \"2\"",
    ),
    (
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager[value eq \"2\"]",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq \"2\"",
    ),
    ("title eq null", "not (title pr)"),
    ("title ne NULL", "title pr"),
    ("emails pr", "emails pr"),
    ("meta pr", "meta.created pr or meta.lastModified pr"),
    (
        "addresses[region eq \"NW\" and primary ne false]",
        "addresses[region eq \"NW\" and primary ne false]",
    ),
    (r#"userName eq "a\"b\\c\u00e9)] and""#, r#"userName eq "a\"b\\cé)] and""#),
    ("  userName   eq   \"x\"  ", "userName eq \"x\""),
    // single quotes, as in SQL and OData
    ("userName eq 'jo'", "userName eq \"jo\""),
    ("emails[type eq 'work'].value eq 'jo'", "emails[type eq \"work\" and value eq \"jo\"]"),
    ("(title eq 'a b') and active eq 'True'", "title eq \"a b\" and active eq true"),
    ("name.familyName eq 'O''Brien'", "name.familyName eq \"O'Brien\""),
    (r"name.familyName eq 'O\'Brien'", "name.familyName eq \"O'Brien\""),
    (r#"title eq '\\ ""'"#, r#"title eq "\\ \"\"""#),
    ("title eq ''", "title eq \"\""),
    ("title eq 'null'", "title eq \"null\""),
    ("name.familyName eq O'Brien", "name.familyName eq \"O'Brien\""),
    ("externalId eq abc==", "externalId eq \"abc==\""),
    ("title eq ${user.title}", "title eq \"${user.title}\""),
    ("userName eq\"x\"", "userName eq \"x\""),
];

#[test]
fn what_clients_write_is_read() {
    for (written, canonical) in READ {
        let filter = parse(written).unwrap_or_else(|error| panic!("{written}: {error}"));
        assert_eq!(filter.to_string(), *canonical, "{written}");
        assert_eq!(parse(canonical).unwrap(), filter, "{canonical}");
    }
}

#[test]
fn and_binds_stronger_than_or() {
    let filter = parse("title pr or nickName pr and locale pr").unwrap();
    let ScimFilter::Any(filters) = filter else { panic!("not an or") };
    assert!(matches!(&filters[..], [ScimFilter::Present(_), ScimFilter::All(_)]));
}

/// What is written, and where and how it is refused.
const REFUSED: &[(&str, &str)] = &[
    ("", "at position 1: an attribute was expected, found the end"),
    ("userName", "at position 9: an operator such as eq was expected, found the end"),
    ("userName eq", "at position 12: a value was expected, found the end"),
    ("userName is \"x\"", "\"is\" at position 10, which is not an operator"),
    ("userName eq \"x", "quoted text at position 13"),
    ("userName eq \"CORP\\jo\"", "quoted text at position 13"),
    // Quotation marks are neither stored nor compared.
    ("title eq 'x", "quoted text at position 10"),
    ("title eq 'x'y", "quoted text at position 10"),
    ("title eq 'O'Brien'", "quoted text at position 10"),
    (r"title eq 'CORP\jo'", "quoted text at position 10"),
    ("title eq x'", "the value x' at position 10"),
    ("title eq \u{201c}x\u{201d}", "Put it in straight double quotes, like \"work\""),
    ("title eq \u{2018}x\u{2019}", "can't be read"),
    ("title eq \u{ab}x\u{bb}", "can't be read"),
    ("title eq \u{201e}x\u{201c}", "can't be read"),
    ("title eq `x`", "can't be read"),
    (r#"title eq \"x\""#, "can't be read"),
    (r"title eq \'x\'", "can't be read"),
    ("title eq %22x%22", "can't be read"),
    ("title eq &quot;x&quot;", "can't be read"),
    ("title eq x,", "can't be read"),
    ("emails[type eq`work`]", "not an operator"),
    ("é eq \"x\"", "names é at position 1, which this service does not keep"),
    ("title pr and shoeSize eq 4", "names shoeSize at position 14"),
    ("password eq \"x\"", "names password at position 1"),
    ("stackUserType eq \"Admin\"", "names stackUserType at position 1, which can't be searched"),
    ("meta.version eq \"x\"", "can't be searched"),
    ("name eq \"x\"", "made of parts. Name one of them, such as name.formatted"),
    ("addresses eq \"x\"", "such as addresses.formatted"),
    ("title[value eq \"x\"]", "puts brackets after title at position 1"),
    ("emails.value[value eq \"x\"]", "puts brackets after value"),
    ("emails[shoe eq \"x\"]", "names shoe at position 8"),
    (
        "emails[type eq \"x\"",
        "at position 19: and, or, or a closing bracket was expected, found the end",
    ),
    ("emails[type[value eq \"x\"]]", "puts brackets after type at position 8"),
    ("(title pr", "at position 10: and, or, or a closing parenthesis was expected"),
    ("title pr)", "at position 9: and, or, or the end was expected, found \")\""),
    ("title pr nickName pr", "at position 10: and, or, or the end"),
    ("not title pr", "at position 5: an opening parenthesis after not was expected"),
    ("title pr and", "at position 13: an attribute was expected"),
    (
        "active gt true",
        "compares active with gt at position 1. active can only be compared with eq, ne or pr",
    ),
    ("active eq \"maybe\"", "Write true or false"),
    ("meta.created co \"2020\"", "can only be compared with eq, ne, gt, ge, lt, le or pr"),
    ("title gt null", "use eq or ne with null"),
    ("meta.created gt \"yesterday\"", "meta.created at position 1 with a value that it can't have"),
    (
        "meta.created gt 2026-03-01",
        "Write a point in time of the years 1 to 9999, like \"2026-03-01T00:00:00Z\".",
    ),
    ("meta.created gt \"\"", "Write a point in time"),
    ("not (title pr and meta.created gt \"2026-13-01T00:00:00Z\")", "meta.created at position 19"),
];

#[test]
fn what_cannot_be_read_is_refused_with_place_and_reason() {
    for (written, sentence) in REFUSED {
        let error = parse(written).expect_err(written).to_string();
        assert!(error.contains(sentence), "{written}: {error}");
    }
}

/// What was closed is no longer a level.
#[test]
fn depth_is_counted_where_it_is_deepest() {
    let many = vec!["(title pr)"; MAX_FILTER_DEPTH + 8].join(" and ");
    assert!(parse(&many).is_ok());
    let lists = vec!["emails[type pr]"; MAX_FILTER_DEPTH + 8].join(" or ");
    assert!(parse(&lists).is_ok());
}

#[test]
fn length_and_depth_have_limits_of_their_own() {
    let nested = |depth: usize| format!("{}title pr{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(MAX_FILTER_DEPTH)).is_ok());
    let error = parse(&nested(MAX_FILTER_DEPTH + 1)).unwrap_err();
    assert_eq!(error, FilterError::TooDeep { position: MAX_FILTER_DEPTH + 1 });

    let long = format!("userName eq \"{}\"", "x".repeat(MAX_FILTER_LENGTH));
    assert_eq!(parse(&long).unwrap_err(), FilterError::TooLong { length: long.len() });
}

fn comparison(attribute: &'static Attribute) -> BoxedStrategy<ScimFilter<'static>> {
    use Operator::*;
    let equality = prop_oneof![Just(Equal), Just(NotEqual)];
    let order =
        prop_oneof![Just(GreaterThan), Just(GreaterOrEqual), Just(LessThan), Just(LessOrEqual)];
    let text = prop_oneof![Just(Contains), Just(StartsWith), Just(EndsWith)];
    let operator = match attribute.value_type {
        Type::Boolean | Type::Binary => equality.boxed(),
        Type::DateTime => prop_oneof![equality, order].boxed(),
        _ => prop_oneof![equality, order, text].boxed(),
    };
    let text = ".{0,12}";
    let value = match attribute.value_type {
        Type::Boolean => any::<bool>().prop_map(ScimValue::Boolean).boxed(),
        Type::DateTime => (0..2_000_000_000_i64)
            .prop_map(|seconds| time::OffsetDateTime::from_unix_timestamp(seconds).unwrap())
            .prop_map(ScimValue::DateTime)
            .boxed(),
        Type::Binary => prop::collection::vec(any::<u8>(), 1..12)
            .prop_map(|bytes| ScimValue::Binary(bytes.into()))
            .boxed(),
        Type::Reference => text.prop_map(|text| ScimValue::Reference(text.into())).boxed(),
        _ => text.prop_map(|text| ScimValue::Text(text.into())).boxed(),
    };
    (operator, value)
        .prop_map(move |(operator, value)| ScimFilter::Comparison { attribute, operator, value })
        .boxed()
}

fn leaf(attributes: Vec<&'static Attribute>) -> BoxedStrategy<ScimFilter<'static>> {
    // What always is the same is known before anything is looked at.
    let is_drawn = |a: &&Attribute| a.searchable && a.constant.is_none();
    let searchable: Vec<_> = attributes.into_iter().filter(is_drawn).collect();
    prop::sample::select(searchable)
        .prop_flat_map(|a| prop_oneof![comparison(a), Just(ScimFilter::Present(a))])
        .boxed()
}

fn tree(leaf: BoxedStrategy<ScimFilter<'static>>) -> BoxedStrategy<ScimFilter<'static>> {
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(ScimFilter::All),
            prop::collection::vec(inner.clone(), 2..4).prop_map(ScimFilter::Any),
            inner.prop_map(|filter| ScimFilter::Not(Box::new(filter))),
        ]
    })
    .boxed()
}

fn filters() -> BoxedStrategy<ScimFilter<'static>> {
    let element = prop::sample::select(user().lists().collect::<Vec<_>>()).prop_flat_map(|list| {
        tree(leaf(list.parts().iter().collect()))
            .prop_map(move |filter| ScimFilter::Element { list, filter: Box::new(filter) })
    });
    let present =
        prop::sample::select(user().lists().collect::<Vec<_>>()).prop_map(ScimFilter::Present);
    tree(prop_oneof![leaf(user().singles().collect()), element, present].boxed())
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(filter in filters()) {
        let text = filter.to_string();
        prop_assume!(text.len() <= MAX_FILTER_LENGTH);
        prop_assert_eq!(parse(&text), Ok(filter));
    }

    #[test]
    fn any_text_is_answered(text in ".{0,60}") {
        let _ = parse(&text);
    }

    #[test]
    fn any_likely_text_is_answered(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "userName", "emails", "[", "]", "(", ")", "eq", "pr", "and", "or", "not", "\"x\"",
                "\"", ".", ".value", "true", "null", "name", "active", " ", "\\", "é",
            ]),
            0..20,
        )
    ) {
        let text = words.join(" ");
        if let Ok(filter) = parse(&text) {
            prop_assert_eq!(parse(&filter.to_string()), Ok(filter));
        }
        let _ = parse(&words.concat());
    }
}
