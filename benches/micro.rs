//! Single steps by themselves: filter parsing, PATCH translation, the law, JSON in and out.
//! `cargo bench -p provost-bench`

#![expect(clippy::unwrap_used, reason = "inputs are constants; what can't be read must stop it")]

#[path = "src/person.rs"]
mod person;

use divan::{Bencher, black_box};
use person::Person;
use provost_domain::{
    Action, Answer, Caller, Change, Command, ConnectionPolicy, ConnectionSettings, Context,
    Creation, CreationPolicy, DirectoryStatus, ExternalId, Loaded, Needs, Profile,
    ProfileAttribute, ProfileSchema, Replacement, Role, Site, SiteId, State, Timestamp, User,
    UserName, Value, decide,
};
use provost_gateway::translate::{self, Vocabulary};
use provost_proto::v1;
use provost_proto::v1::value::Kind;
use provost_scim::{Projection, ScimFilter, input, patch, user};
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
    ScimFilter::parse(user(), black_box(text)).is_ok()
}

#[divan::bench]
fn filter_translated(bencher: Bencher<'_, '_>) {
    let filter = ScimFilter::parse(user(), COMPLEX).unwrap();
    bencher.bench(|| translate::filter(Vocabulary::user(), black_box(&filter)));
}

#[divan::bench(args = PATCHES)]
fn patch_read(Input(_, body): &Input<[u8]>) -> usize {
    patch::read(user(), black_box(body)).unwrap().len()
}

#[divan::bench(args = PATCHES)]
fn patch_read_and_translated(Input(_, body): &Input<[u8]>) -> usize {
    translate::changes(Vocabulary::user(), patch::read(user(), black_box(body)).unwrap()).len()
}

#[divan::bench]
fn put_read_and_translated(bencher: Bencher<'_, '_>) {
    let body = Person::new(7).resource(ID, true, None).to_string();
    bencher.bench(|| {
        let edits = input::replace(user(), black_box(body.as_bytes())).unwrap();
        translate::replacement(Vocabulary::user(), edits)
    });
}

#[divan::bench]
fn resource_written(bencher: Bencher<'_, '_>) {
    let person: v1::User = Person::new(7).user(ID);
    bencher.bench(|| {
        let users = "http://127.0.0.1:8080/Users";
        let resource = translate::resource(Vocabulary::user(), black_box(&person), users);
        let mut buffer = Vec::with_capacity(1024);
        serde_json::to_writer(&mut buffer, &resource.projected(&Projection::All)).unwrap();
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
    let user = account();
    let command = command(Action::ChangeUser { user: user.id, changes: vec![change] });
    bencher
        .with_inputs(|| state(Some(user.clone())))
        .bench_local_values(|mut state| decide(&mut state, &CONTEXT, black_box(&command)));
}

fn site() -> Site {
    Site {
        id: SiteId(1),
        name: "default".to_owned(),
        revision: 0,
        last_event_at: None,
        version: 1,
        policy: ConnectionPolicy {
            allow_moderator_promotion: true,
            creation: CreationPolicy::Create,
            ..ConnectionPolicy::default()
        },
        created_at: Timestamp(0),
        group_rules: provost_domain::GroupRules::default(),
        group_count: 0,
    }
}

const CONTEXT: Context<'_> =
    Context { now: Timestamp(1_772_529_327_000_000), fresh_id: &uuid::Uuid::nil };

/// What a group that is about one user has loaded.
fn state(user: Option<User>) -> State {
    let mut state = State::default();
    let loaded = Loaded {
        sites: vec![site()],
        users: user.into_iter().collect(),
        active_admins: vec![(SiteId(1), 1)],
        ..Loaded::default()
    };
    state.take_in(Needs::default(), loaded);
    state
}

fn command(action: Action) -> Command {
    Command {
        on_behalf_of: None,
        site: Some(SiteId(1)),
        caller: Caller::Connection {
            site: SiteId(1),
            name: "scim".to_owned(),
            settings: ConnectionSettings::USUAL,
        },
        action,
        expected_version: None,
        request: None,
        validate_only: false,
        reason: None,
        token: None,
        trace_id: Some("4bf92f3577b34da6a3ce929d0e0e4736".to_owned()),
    }
}

/// The person of the runs, as the law makes them.
fn account() -> User {
    let creation = Creation {
        user_name: UserName::parse(&Person::new(7).user_name()).unwrap(),
        changes: vec![Change::Replace(Box::new(replacement()))],
    };
    let command = command(Action::CreateUser(creation));
    match decide(&mut state(None), &CONTEXT, &command).unwrap().answer {
        Answer::User { user, .. } => user,
        other => panic!("{other:?}"),
    }
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
fn known(attribute: &ProfileAttribute, value: v1::Value) -> Value {
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
