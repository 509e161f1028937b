//! One attribute of each type, single and in a list, from POST to GET: nothing knows of them but
//! two tables that are passed in, one to the gateway and one to the core. Must never know how a
//! value is kept.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use provost::channel::{self, AsOperator, Clients};
use provost::config::Config;
use provost::{first_run, telemetry};
use provost_core::{
    AttributeType as Kept, Core, CoreSettings, ProfileAttribute, ProfileSchema, Secret,
};
use provost_gateway::translate::Vocabulary;
use provost_gateway::{GatewaySettings, Normalized};
use provost_proto::v1::event_state::State;
use provost_proto::v1::{self, CreationPolicy, UpdateScimSettingsRequest};
use provost_scim::Attribute;
use provost_scim::schema::{ResourceType, Schema, Type, user_with};
use provost_telemetry::Meters;
use provost_test_kit::on_both_databases;
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;

use crate::support::Database;

const EXTENSION: &str = "urn:example:params:scim:schemas:extension:acme:2.0:User";
const OPERATOR: &str = "provost_operator_every_type";

on_both_databases!(super::Fixture: an_attribute_of_each_type_is_written_found_and_read);

/// What the gateway reads and writes.
fn resource_type() -> ResourceType {
    let attribute = |name: &'static str, value_type| Attribute::new(name, value_type, "");
    let badge = || {
        Type::Complex(vec![
            attribute("number", Type::Integer),
            attribute("valid", Type::Boolean),
            attribute("until", Type::DateTime),
        ])
    };
    let attributes = vec![
        attribute("motto", Type::String),
        attribute("remote", Type::Boolean),
        attribute("level", Type::Integer),
        attribute("share", Type::Decimal),
        attribute("hired", Type::DateTime),
        attribute("wiki", Type::Reference),
        attribute("seal", Type::Binary),
        attribute("badge", badge()),
        attribute("mottos", Type::String).multi_valued(),
        attribute("answers", Type::Boolean).multi_valued(),
        attribute("levels", Type::Integer).multi_valued(),
        attribute("shares", Type::Decimal).multi_valued(),
        attribute("leaves", Type::DateTime).multi_valued(),
        attribute("wikis", Type::Reference).multi_valued(),
        attribute("seals", Type::Binary).multi_valued(),
        attribute("badges", badge()).multi_valued(),
    ];
    user_with(vec![Schema::new(EXTENSION, "AcmeUser", "", attributes)])
}

const BADGE: Kept = Kept::Complex(&[
    ProfileAttribute::new("number", Kept::Integer),
    ProfileAttribute::new("until", Kept::DateTime),
    ProfileAttribute::new("valid", Kept::Boolean),
]);

/// What the core keeps.
const PROFILE: ProfileSchema = ProfileSchema::new(&[
    ProfileAttribute::list("answers", Kept::Boolean),
    ProfileAttribute::new("badge", BADGE),
    ProfileAttribute::list("badges", BADGE),
    ProfileAttribute::new("hired", Kept::DateTime),
    ProfileAttribute::list("leaves", Kept::DateTime),
    ProfileAttribute::new("level", Kept::Integer),
    ProfileAttribute::list("levels", Kept::Integer),
    ProfileAttribute::new("motto", Kept::Text),
    ProfileAttribute::list("mottos", Kept::Text),
    ProfileAttribute::new("remote", Kept::Boolean),
    ProfileAttribute::new("seal", Kept::Binary),
    ProfileAttribute::list("seals", Kept::Binary),
    ProfileAttribute::new("share", Kept::Decimal),
    ProfileAttribute::list("shares", Kept::Decimal),
    ProfileAttribute::new("wiki", Kept::Reference),
    ProfileAttribute::list("wikis", Kept::Reference),
]);

/// For each attribute: what is posted, what it is then changed to, and a condition that holds of the
/// second and not of the first.
fn told() -> [(&'static str, Value, Value, &'static str); 16] {
    let badge = |number: i64, valid: bool, year: u16| json!({"number": number, "valid": valid, "until": day(year)});
    [
        ("motto", json!("first"), json!("second"), "eq \"SECOND\""),
        ("remote", json!(true), json!(false), "eq false"),
        ("level", json!(-44), json!(i64::MAX), "gt -44"),
        ("share", json!(0.1), json!(2.5), "ge 2.5"),
        ("hired", json!(day(2020)), json!(day(2026)), "gt \"2021-01-01T00:00:00+02:00\""),
        ("wiki", json!("https://w/1"), json!("urn:w:2"), "sw \"urn:\""),
        ("seal", json!("AQI="), json!("+/8="), "eq \"+/8=\""),
        ("badge", badge(7, true, 2020), badge(8, false, 2026), "[number eq 8 and valid eq false]"),
        ("mottos", json!(["a", "b"]), json!(["c"]), "eq \"C\""),
        ("answers", json!([true]), json!([false]), "[value eq false]"),
        ("levels", json!([1, 2]), json!([3]), "eq 3"),
        ("shares", json!([0.5]), json!([0.25, 1.5]), "[value gt 1]"),
        ("leaves", json!([day(2020)]), json!([day(2026)]), "[value ge \"2026-01-01T00:00:00Z\"]"),
        ("wikis", json!(["https://w/1"]), json!(["urn:w:2"]), "co \"w:\""),
        ("seals", json!(["AQI="]), json!(["+/8="]), "eq \"+/8=\""),
        (
            "badges",
            json!([badge(7, true, 2020)]),
            json!([badge(8, true, 2020), badge(9, false, 2026)]),
            "[valid eq false and until gt \"2025-12-31T23:59:59.999999Z\"]",
        ),
    ]
}

fn day(year: u16) -> String {
    format!("{year}-01-01T00:00:00.000000Z")
}

/// A gateway and a core in this process, with tables that no other has.
struct Fixture {
    core: Core,
    gateway: Normalized<Router>,
    token: String,
    database: Database,
}

impl Fixture {
    async fn on(database: Database) -> Self {
        let core = Self::core(&database).await;
        let spans =
            telemetry::grpc_spans(&Config::embedded().unwrap().telemetry, &Meters::uncollected());
        let operator = channel::in_process(&core, &spans);
        let token = first_run::prepare(operator.clone(), OPERATOR).await.unwrap().token.unwrap();
        let mut sites = Clients::new(operator, AsOperator::new(OPERATOR).unwrap()).sites;
        let settings = UpdateScimSettingsRequest {
            creation: CreationPolicy::Create.into(),
            ..UpdateScimSettingsRequest::default()
        };
        sites.update_scim_settings(settings).await.unwrap();
        Self { gateway: Self::gateway(&core), core, token, database }
    }

    /// The same after a new start, which remembers nothing.
    async fn restarted(self) -> Self {
        let Self { core, gateway, token, database } = self;
        drop(gateway);
        core.close().await;
        let core = Self::core(&database).await;
        Self { gateway: Self::gateway(&core), core, token, database }
    }

    async fn core(database: &Database) -> Core {
        let settings = CoreSettings {
            database_url: database.url().to_owned(),
            operator_token: Secret::from_text(OPERATOR),
            command: "core",
            profile: PROFILE,
            identity_providers: provost_core::IdentityProviders::default(),
            meters: Meters::uncollected(),
            token_key: None,
        };
        Core::open(settings).await.unwrap()
    }

    fn gateway(core: &Core) -> Normalized<Router> {
        let resource_type = Box::leak(Box::new(resource_type()));
        let settings = GatewaySettings {
            body_limit: 1 << 20,
            rpc_timeout: Duration::from_mins(1),
            core: "in this process".to_owned(),
            public_url: "https://id.example.com".to_owned(),
            hosts: [].into(),
            users: Box::leak(Box::new(Vocabulary::new(resource_type))),
            groups: Vocabulary::group(),
        };
        provost_gateway::router(core.services().prepare(), settings, &Meters::uncollected())
    }

    /// The body of an answer of this status.
    async fn ask(&self, method: &str, path: &str, body: Option<Value>, status: u16) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/scim/v2{path}"))
            .header("Host", "id.example.com")
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", "application/scim+json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())));
        let answer = self.gateway.clone().oneshot(request.unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        assert_eq!(parts.status, status, "{path}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }

    /// The values of the user as they are, and those that its last event shows.
    async fn recorded(&self, id: &str) -> [BTreeMap<String, v1::Value>; 2] {
        let spans =
            telemetry::grpc_spans(&Config::embedded().unwrap().telemetry, &Meters::uncollected());
        let channel = channel::in_process(&self.core, &spans);
        let mut clients = Clients::new(channel, AsOperator::new(OPERATOR).unwrap());
        let user = v1::GetUserRequest { user_id: id.to_owned(), ..v1::GetUserRequest::default() };
        let user = clients.users.get_user(user).await.unwrap().into_inner().user.unwrap();
        let last = v1::ListEventsRequest { page_size: 1, ..v1::ListEventsRequest::default() };
        let events = clients.ledgers.list_events(last).await.unwrap().into_inner().events;
        let Some(State::User(after)) = events[0].after.clone().unwrap().state else { panic!() };
        [user.profile.unwrap().attributes, after.attributes]
    }

    /// For each attribute, how many users fulfil its condition.
    async fn found(&self) -> Vec<(&'static str, Value)> {
        let mut found = Vec::new();
        for (name, _, _, condition) in told() {
            // Brackets follow the name at once, operators don't.
            let space = if condition.starts_with('[') { "" } else { " " };
            let filter = format!("{EXTENSION}:{name}{space}{condition}");
            let filter = utf8_percent_encode(&filter, NON_ALPHANUMERIC);
            let page = self.ask("GET", &format!("/Users?filter={filter}"), None, 200).await;
            found.push((name, page["totalResults"].clone()));
        }
        found
    }
}

async fn an_attribute_of_each_type_is_written_found_and_read(fixture: Fixture) {
    let object = |second: bool| {
        let value = |first, then| if second { then } else { first };
        let members = told().into_iter().map(|(name, first, then, _)| (name, value(first, then)));
        Value::Object(members.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
    };
    let counts = |count: u64| told().map(|(name, ..)| (name, json!(count)));

    let posted = json!({"userName": "ada@example.com", EXTENSION: object(false)});
    let created = fixture.ask("POST", "/Users", Some(posted), 201).await;
    assert_eq!(created[EXTENSION], object(false));
    assert_eq!(fixture.found().await, counts(0));

    let one = format!("/Users/{}", created["id"].as_str().unwrap());
    let replace = |(name, _, then, _)| json!({"op": "replace", "path": format!("{EXTENSION}:{name}"), "value": then});
    let operations: Vec<Value> = told().into_iter().map(replace).collect();
    let patch = json!({"Operations": operations});
    let patched = fixture.ask("PATCH", &one, Some(patch.clone()), 200).await;
    assert_eq!(patched[EXTENSION], object(true));
    assert_eq!(fixture.found().await, counts(1));
    let [kept, recorded] = fixture.recorded(created["id"].as_str().unwrap()).await;
    assert_eq!(kept, recorded, "the ledger has them in their types");

    // What was read from the database is what was written: nothing is left to change.
    let fixture = fixture.restarted().await;
    assert_eq!(fixture.ask("GET", &one, None, 200).await, patched);
    assert_eq!(fixture.ask("PATCH", &one, Some(patch), 200).await, patched);

    let selected = json!({"Operations": [
        {"op": "replace", "path": format!("{EXTENSION}:badges[valid eq false].number"), "value": 10},
        {"op": "remove", "path": format!("{EXTENSION}:shares[value lt 1]")},
        {"op": "remove", "path": format!("{EXTENSION}:hired")},
    ]});
    let patched = fixture.ask("PATCH", &one, Some(selected), 200).await;
    assert_eq!(patched[EXTENSION]["badges"][1]["number"], 10);
    assert_eq!(patched[EXTENSION]["shares"], json!([1.5]));
    assert_eq!(patched[EXTENSION]["hired"], Value::Null);

    let schema = fixture.ask("GET", &format!("/Schemas/{EXTENSION}"), None, 200).await;
    assert_eq!(schema["attributes"].as_array().map(Vec::len), Some(told().len()));
}
