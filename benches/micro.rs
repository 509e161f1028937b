//! Single steps by themselves: filter parsing, PATCH translation, the law, JSON in and out.
//! `cargo bench -p provost-bench`

#![expect(clippy::unwrap_used, reason = "inputs are constants; what can't be read must stop it")]

#[path = "src/person.rs"]
mod person;

use divan::{Bencher, black_box};
use person::Person;
use provost_domain::{
    Ask, Attribute, Caller, Case, Change, ConnectionPolicy, Creation, CreationPolicy,
    DirectoryStatus, ExternalId, Profile, ProfileSchema, Replacement, Role, Site, SiteId,
    Timestamp, User, UserId, UserName, Value, Verb, decide,
};
use provost_gateway::translate;
use provost_proto::v1;
use provost_proto::v1::value::Kind;
use provost_scim::filter::Filter;
use provost_scim::{Projection, input, patch};
use std::fmt;

const ID: &str = "0198c5a0-6f3e-7c1d-9b52-3f8e4a6d2c10";
const LOOK_UP: &str = r#"userName eq "ada.lovelace.5@corp.example.com""#;
const COMPLEX: &str = r#"(userName sw "ada" or emails[type eq "work" and value co "@corp"]) and not (active eq false) and meta.lastModified gt "2026-01-01T00:00:00Z""#;
const PATCH_ACTIVE: &[u8] = br#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}"#;
const PATCH_MANY: &[u8] = br#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
{"op":"Replace","path":"displayName","value":"Ada King"},
{"op":"Replace","path":"emails[type eq \"work\"].value","value":"ada.king@corp.example.com"},
{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Research"},
{"op":"Replace","value":{"name.familyName":"King","title":"Countess","active":"True"}},
{"op":"Remove","path":"phoneNumbers[type eq \"mobile\"]"}]}"#;

/// An input under the name by which the results show it.
struct Input<T: ?Sized + 'static>(&'static str, &'static T);

impl<T: ?Sized> fmt::Display for Input<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

const FILTERS: [Input<str>; 2] = [Input("look_up", LOOK_UP), Input("complex", COMPLEX)];
const PATCHES: [Input<[u8]>; 2] = [Input("active", PATCH_ACTIVE), Input("many", PATCH_MANY)];

fn main() {
    divan::main();
}

#[divan::bench(args = FILTERS)]
fn filter_parsed(Input(_, text): &Input<str>) -> bool {
    Filter::parse(black_box(text)).is_ok()
}

#[divan::bench]
fn filter_translated(bencher: Bencher<'_, '_>) {
    let filter = Filter::parse(COMPLEX).unwrap();
    bencher.bench(|| translate::filter(black_box(&filter)).unwrap());
}

#[divan::bench(args = PATCHES)]
fn patch_read(Input(_, body): &Input<[u8]>) -> usize {
    patch::read(black_box(body)).unwrap().len()
}

#[divan::bench(args = PATCHES)]
fn patch_read_and_translated(Input(_, body): &Input<[u8]>) -> usize {
    translate::changes(patch::read(black_box(body)).unwrap()).len()
}

#[divan::bench]
fn put_read_and_translated(bencher: Bencher<'_, '_>) {
    let body = Person::new(7).resource(ID, true, None).to_string();
    bencher.bench(|| translate::replacement(input::replace(black_box(body.as_bytes())).unwrap()));
}

#[divan::bench]
fn resource_written(bencher: Bencher<'_, '_>) {
    let user: v1::User = Person::new(7).user(ID);
    let projection = Projection::read(None, None).unwrap();
    bencher.bench(|| {
        let resource = translate::resource(black_box(&user), "http://127.0.0.1:8080/Users");
        let mut buffer = Vec::with_capacity(1024);
        serde_json::to_writer(&mut buffer, &resource.projected(&projection)).unwrap();
        buffer
    });
}

#[divan::bench]
fn law_on_a_new_status(bencher: Bencher<'_, '_>) {
    let change = Change::SetDirectoryStatus(DirectoryStatus::Inactive);
    decided(bencher, change);
}

#[divan::bench]
fn law_on_a_role(bencher: Bencher<'_, '_>) {
    decided(bencher, Change::SetRole(Role::Moderator));
}

#[divan::bench]
fn law_on_a_replacement_that_changes_nothing(bencher: Bencher<'_, '_>) {
    decided(bencher, Change::Replace(Box::new(replacement())));
}

fn decided(bencher: Bencher<'_, '_>, change: Change) {
    let site = site();
    let case = case(&site);
    let user = user(&case);
    let ask = ask(Verb::Change(vec![change]));
    bencher.bench_local(|| decide(black_box(&case), Some(&user), &ask));
}

fn site() -> Site {
    Site {
        id: SiteId(1),
        name: "default".to_owned(),
        revision: 0,
        policy: ConnectionPolicy {
            allow_moderator_promotion: true,
            creation: CreationPolicy::Create,
            ..ConnectionPolicy::default()
        },
        created_at: Timestamp(0),
    }
}

fn case(site: &Site) -> Case<'_> {
    Case {
        site,
        now: Timestamp(1_772_529_327_000_000),
        fresh_id: UserId(uuid::Uuid::nil()),
        other_active_admins: 1,
        owner_of: &|_| None,
    }
}

fn ask(verb: Verb) -> Ask {
    Ask {
        caller: Caller::Connection { site: SiteId(1), name: "scim".to_owned() },
        verb,
        expected_version: None,
        trace_id: Some("4bf92f3577b34da6a3ce929d0e0e4736".to_owned()),
    }
}

/// The person of the runs, as the law makes them.
fn user(case: &Case<'_>) -> User {
    let creation = Creation {
        user_name: UserName::parse(&Person::new(7).user_name()).unwrap(),
        changes: vec![Change::Replace(Box::new(replacement()))],
    };
    decide(case, None, &ask(Verb::Create(creation))).answer.unwrap().user
}

/// The person of the runs as they are.
fn replacement() -> Replacement {
    let person = Person::new(7);
    let profile = person.creation().profile.unwrap_or_default();
    let attributes = profile.attributes.into_iter().map(|(name, value)| {
        let attribute = ProfileSchema::STANDARD.attribute(&name).unwrap();
        (attribute.name(), known(attribute, value))
    });
    let profile = Profile { attributes: attributes.collect() };
    Replacement {
        user_name: Some(UserName::parse(&person.user_name()).unwrap()),
        external_id: ExternalId::parse(&person.external_id()).unwrap(),
        directory_status: Some(DirectoryStatus::Active),
        role: None,
        profile,
    }
}

/// A value of the kinds that the person has.
fn known(attribute: &Attribute, value: v1::Value) -> Value {
    match value.kind.unwrap() {
        Kind::Text(text) => Value::Text(text),
        Kind::Boolean(boolean) => Value::Boolean(boolean),
        Kind::List(list) => {
            Value::List(list.elements.into_iter().map(|value| known(attribute, value)).collect())
        }
        Kind::Complex(complex) => {
            let parts = complex.attributes.into_iter().map(|(name, value)| {
                let part = attribute.sub_attribute(&name).unwrap();
                (part.name(), known(part, value))
            });
            Value::Complex(parts.collect())
        }
        other => panic!("the person has no such value: {other:?}"),
    }
}
