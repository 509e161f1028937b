//! One attribute of each type, and a list of each, from a request to the databases and back: what
//! it takes to add one is its line in a table.

use super::decode_change::changes;
use super::decode_filter::user_filter;
use super::{decode, encode};
use crate::store::Store;
use provost_domain::{
    AttributeType, Change, Changes, ConnectionPolicy, DirectoryStatus, ListOperation, Page,
    Profile, ProfileAttribute, ProfileSchema, Role, Saved, Site, SiteId, SiteName, Timestamp, User,
    UserId, UserName, UserScope, Value,
};
use provost_proto::v1;
use provost_proto::v1::Operator;
use provost_proto::v1::filter::Node;
use provost_proto::v1::value::Kind;
use serde::de::DeserializeSeed as _;
use std::sync::Arc;
use uuid::Uuid;

const PARTS: &[ProfileAttribute] = &[
    ProfileAttribute::new("binary", AttributeType::Binary),
    ProfileAttribute::new("boolean", AttributeType::Boolean),
    ProfileAttribute::new("date_time", AttributeType::DateTime),
    ProfileAttribute::new("decimal", AttributeType::Decimal),
    ProfileAttribute::new("integer", AttributeType::Integer),
    ProfileAttribute::new("primary", AttributeType::Boolean),
    ProfileAttribute::new("reference", AttributeType::Reference),
    ProfileAttribute::new("text", AttributeType::Text),
];

const SCHEMA: ProfileSchema = ProfileSchema::new(&[
    ProfileAttribute::new("binary", AttributeType::Binary),
    ProfileAttribute::list("binary_list", AttributeType::Binary),
    ProfileAttribute::new("boolean", AttributeType::Boolean),
    ProfileAttribute::list("boolean_list", AttributeType::Boolean),
    ProfileAttribute::new("complex", AttributeType::Complex(PARTS)),
    ProfileAttribute::list("complex_list", AttributeType::Complex(PARTS)),
    ProfileAttribute::new("date_time", AttributeType::DateTime),
    ProfileAttribute::list("date_time_list", AttributeType::DateTime),
    ProfileAttribute::new("decimal", AttributeType::Decimal),
    ProfileAttribute::list("decimal_list", AttributeType::Decimal),
    ProfileAttribute::new("integer", AttributeType::Integer),
    ProfileAttribute::list("integer_list", AttributeType::Integer),
    ProfileAttribute::new("reference", AttributeType::Reference),
    ProfileAttribute::list("reference_list", AttributeType::Reference),
    ProfileAttribute::new("text", AttributeType::Text),
    ProfileAttribute::list("text_list", AttributeType::Text),
]);

/// A value of each simple type: a small one, and a greater one.
fn simple(greater: bool) -> Vec<(&'static str, Kind)> {
    let pick = |small: &str, great: &str| if greater { great } else { small }.to_owned();
    let seconds = if greater { 1_800_000_000 } else { -5 };
    vec![
        ("binary", Kind::Binary(if greater { vec![0xff, 0] } else { vec![0, 1, 2] })),
        ("boolean", Kind::Boolean(greater)),
        ("date_time", Kind::DateTime(prost_types::Timestamp { seconds, nanos: 7_000 })),
        ("decimal", Kind::Decimal(if greater { 1e9 } else { -0.125 })),
        ("integer", Kind::Integer(if greater { i64::MAX } else { -44 })),
        ("reference", Kind::Reference(pick("https://a.example/?q=%", "urn:z"))),
        ("text", Kind::Text(pick("Ada \"x\" 日本", "Zoe"))),
    ]
}

fn value(kind: Kind) -> v1::Value {
    v1::Value { kind: Some(kind) }
}

fn known(greater: bool) -> v1::Profile {
    let parts = simple(greater).into_iter().map(|(name, kind)| (name.to_owned(), value(kind)));
    let complex = Kind::Complex(v1::Complex { attributes: parts.collect() });
    let all = simple(greater).into_iter().chain([("complex", complex)]);
    let both = all.flat_map(|(name, kind)| {
        let list = Kind::List(v1::List { elements: vec![value(kind.clone())] });
        [(name.to_owned(), value(kind)), (format!("{name}_list"), value(list))]
    });
    v1::Profile { attributes: both.collect() }
}

/// A change for each attribute.
fn asked(profile: &v1::Profile) -> Vec<v1::Change> {
    let change = |(name, value): (&String, &v1::Value)| match value.kind.clone() {
        Some(Kind::List(list)) => v1::change::Change::EditList(v1::EditList {
            list: name.clone(),
            selector: None,
            edit: Some(v1::edit_list::Edit::Add(list)),
        }),
        _ => v1::change::Change::SetAttribute(v1::SetAttribute {
            attribute: name.clone(),
            value: Some(value.clone()),
        }),
    };
    let wrapped = profile.attributes.iter().map(change);
    wrapped.map(|change| v1::Change { change: Some(change) }).collect()
}

/// What such changes ask for.
fn told(changes: Vec<Change>) -> Profile {
    let told = changes.into_iter().map(|change| match change {
        Change::SetAttribute(name, Some(value)) => (name, value),
        Change::EditList(edit) => {
            let ListOperation::Add(elements) = edit.edit else {
                panic!("only additions are asked for")
            };
            (edit.list, Value::List(elements))
        }
        other => panic!("not asked for: {other:?}"),
    });
    Profile { attributes: told.collect() }
}

fn person(site: SiteId, number: u128, profile: Profile) -> User {
    User {
        site,
        id: UserId(Uuid::from_u128(number)),
        user_name: UserName::parse(&format!("user{number}")).unwrap(),
        external_id: None,
        subject: None,
        directory_status: DirectoryStatus::Active,
        holds: Vec::new(),
        role: Role::Registered,
        base_role: None,
        profile: Arc::new(profile),
        recorded_refusals: Vec::new(),
        last_event: 0,
        version: 1,
        created_at: Timestamp(1),
        updated_at: Timestamp(1),
    }
}

/// As a version reads it that has the schema.
fn reread(profile: &Profile) -> Profile {
    let stored = serde_json::to_string(profile).unwrap();
    SCHEMA.deserialize(&mut serde_json::Deserializer::from_str(&stored)).unwrap()
}

fn comparison(attribute: &str, operator: Operator, kind: Kind) -> v1::Filter {
    let value = Some(value(kind));
    let attribute = attribute.to_owned();
    let node = Node::Comparison(v1::Comparison { attribute, operator: operator.into(), value });
    v1::Filter { node: Some(node) }
}

fn in_element(list: &str, filter: v1::Filter) -> v1::Filter {
    let element = v1::ElementFilter { list: list.to_owned(), filter: Some(Box::new(filter)) };
    v1::Filter { node: Some(Node::Element(Box::new(element))) }
}

/// Conditions that only the second user satisfies.
fn filters() -> Vec<v1::Filter> {
    let mut filters = Vec::new();
    for ((name, small), (_, great)) in simple(false).into_iter().zip(simple(true)) {
        let mut asked = vec![(Operator::Equal, great), (Operator::NotEqual, small.clone())];
        if !matches!(name, "binary" | "boolean") {
            asked.push((Operator::GreaterThan, small));
        }
        for (operator, kind) in asked {
            filters.push(comparison(name, operator, kind.clone()));
            filters.push(in_element("complex", comparison(name, operator, kind.clone())));
            filters.push(in_element("complex_list", comparison(name, operator, kind.clone())));
            let list = format!("{name}_list");
            filters.push(in_element(&list, comparison("value", operator, kind)));
        }
    }
    filters
}

async fn save(store: &Store, changes: &Changes) {
    let mut writer = store.group_writer();
    let (group, _) = writer.begin(&[].into(), &[].into(), &[].into()).await.unwrap();
    group.commit(changes).await.unwrap();
}

async fn each_type_goes_there_and_back(store: &Store) {
    let site = Site {
        id: SiteId(1),
        name: "acme".to_owned(),
        revision: 0,
        last_event_at: None,
        version: 1,
        policy: ConnectionPolicy::default(),
        created_at: Timestamp(1),
        group_rules: provost_domain::GroupRules::default(),
        group_count: 0,
    };
    let new_sites = vec![site.clone()];
    save(store, &Changes { new_sites, ..Changes::default() }).await;
    let site = site.id;

    let people: Vec<User> = [(1, known(false)), (2, known(true))]
        .into_iter()
        .map(|(number, known)| {
            let profile = decode::profile(SCHEMA, Some(known.clone())).unwrap();
            assert_eq!(told(changes(SCHEMA, asked(&known)).unwrap()), profile);
            assert_eq!(encode::profile(profile.clone()), known);
            person(site, number, profile)
        })
        .collect();
    let saved = people.iter().map(|user| Saved { before: None, after: user.clone() });
    save(store, &Changes { saved_users: saved.collect(), ..Changes::default() }).await;

    for user in &people {
        let found = store.user(site, user.id).await.unwrap().unwrap();
        assert_eq!(reread(&found.profile), *user.profile, "kept by a version without the schema");
    }
    let page = Page { after: None, skip: 0, limit: 10 };
    for wire in filters() {
        let filter = user_filter(SCHEMA, &wire).unwrap();
        let selected = people.iter().map(|user| filter.selects(user)).collect::<Vec<_>>();
        assert_eq!(selected, [false, true], "in memory: {filter:?}");
        let found = store.list(site, UserScope::All, Some(&filter), page).await.unwrap();
        let found: Vec<_> = found.iter().map(|user| user.id).collect();
        assert_eq!(found, [people[1].id], "{filter:?}");
    }
}

#[tokio::test]
async fn on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("provost.db").display());
    each_type_goes_there_and_back(&Store::open(&url).await.unwrap()).await;
}

#[tokio::test]
async fn on_postgres() {
    let Some(database) = provost_test_postgres::database() else { return };
    each_type_goes_there_and_back(&Store::open(database.url()).await.unwrap()).await;
}

/// Every type but the attribute's own is refused, by its name and with the type that is wanted.
#[test]
fn a_value_of_another_type_is_refused() {
    for attribute in SCHEMA.attributes() {
        for (name, other) in &known(false).attributes {
            let profile =
                v1::Profile { attributes: [(attribute.name.to_owned(), other.clone())].into() };
            let is_text_for_reference = attribute.name.starts_with("reference")
                && name.replace("text", "reference") == attribute.name;
            let Err(refusal) = decode::profile(SCHEMA, Some(profile)) else {
                assert!(name == attribute.name || is_text_for_reference, "{name}");
                continue;
            };
            assert_eq!(refusal.attribute, attribute.name);
            assert!(refusal.message.contains(attribute.kind.as_str()), "{refusal}");
        }
    }
}

#[test]
fn a_time_outside_of_the_calendar_is_refused() {
    for (seconds, nanos) in [(i64::MAX, 0), (0, -1), (253_402_300_800, 0)] {
        let at = Kind::DateTime(prost_types::Timestamp { seconds, nanos });
        let profile = v1::Profile { attributes: [("date_time".to_owned(), value(at))].into() };
        assert!(decode::profile(SCHEMA, Some(profile)).is_err(), "{seconds} {nanos}");
    }
}

/// The contract and the law each say it in their own words.
#[test]
fn the_site_without_a_name_is_the_one_of_the_contract() {
    assert_eq!(SiteName::parse("").unwrap().as_str(), provost_proto::DEFAULT_SITE);
}
