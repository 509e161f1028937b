//! Databases that an older release made (`tests/databases/make` says how): today's opens them,
//! brings them to its schema and goes on where the older one stopped.

use std::fs;
use std::path::{Path, PathBuf};

use provost_proto::v1::{
    ActivateUserRequest, CreationPolicy, DeletionPolicy, DirectoryStatus, GetScimSettingsRequest,
    KnownUserPolicy, ListConnectionsRequest, ListTokensRequest, LookupUserRequest, RefusalPolicy,
    Role, StatusAuthority, User, lookup_user_request::Key,
};
use sea_orm::FromQueryResult;
use serde_json::{Value, json};

use crate::support::{Database, Engine, House, Shape, Site};

/// Tokens that `make` typed.
const TOKEN: &str = "old-token-of-acme-0123456789";
const REVOKED: &str = "revoked-token-of-acme-012345";

#[tokio::test]
async fn an_old_sqlite_file_is_lived_in_again() {
    lived_in_again(Engine::Sqlite).await;
}

#[tokio::test]
async fn an_old_postgres_database_is_lived_in_again() {
    lived_in_again(Engine::Postgres).await;
}

async fn lived_in_again(engine: Engine) {
    let Some(database) = old_database(engine) else { return };
    let lines = ledger_lines(&database).await;
    assert_eq!(kinds(&database).await, ALL_KINDS, "the fixture has an event of every kind");
    let house = House::open(Shape::AllInOne, database).await;
    assert_eq!(ledger_lines(house.database()).await, lines, "the ledger is what it was");
    let site = Site {
        house: &house,
        name: "acme".to_owned(),
        base: "/c/acme/auth/scim/v2".to_owned(),
        token: TOKEN.to_owned(),
    };
    users_read_the_same(&site, engine).await;
    services_read_the_same(&site).await;
    settings_and_tokens_stand(&site).await;
    assert_eq!(ledger_lines(house.database()).await, lines, "reading writes nothing");
    life_goes_on(&site).await;
    assert_eq!(ledger_lines(house.database()).await, lines + 2);
    house.stop().await;
}

/// Over SCIM, to the last member, as the old binary said it.
async fn users_read_the_same(site: &Site<'_>, engine: Engine) {
    let golden = fs::read(fixtures().join(match engine {
        Engine::Sqlite => "sqlite.users.json",
        Engine::Postgres => "postgres.users.json",
    }));
    let golden: Value = serde_json::from_slice(&golden.unwrap()).unwrap();
    let mut page = site.get("/Users?count=100&filter=userName%20pr").await.expect(200);
    let users = page["Resources"].as_array_mut().unwrap();
    users.sort_by_key(|user| user["userName"].as_str().unwrap().to_owned());
    for user in &mut *users {
        let location = user["meta"]["location"].as_str().unwrap();
        let path = location.find("/c/").unwrap();
        user["meta"]["location"] = location[path..].into();
        for part in ["created", "lastModified"] {
            // The old binary cut times short that it compared to the microsecond.
            let at = user["meta"][part].as_str().unwrap();
            user["meta"][part] = format!("{}Z", &at[..at.len() - "456Z".len()]).into();
        }
    }
    assert_eq!(Value::from(users.clone()), golden);
    for filter in [
        "userName eq \"ADA.lovelace@example.com\"",
        "externalId eq \"ext-ada-É\\\"1\"",
        "emails.value eq \"ADA@home.example\"",
        "phoneNumbers[type eq \"mobile\"]",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"G\"",
    ] {
        let query =
            percent_encoding::utf8_percent_encode(filter, percent_encoding::NON_ALPHANUMERIC);
        let found = site.get(&format!("/Users?filter={query}")).await.expect(200);
        assert_eq!(found["totalResults"], 1, "{filter}: {found}");
    }
}

async fn services_read_the_same(site: &Site<'_>) {
    let expected = [
        ("Ada.Lovelace@Example.com", true, Role::Admin, &[][..]),
        ("bare", true, Role::Registered, &[]),
        ("break.glass@example.com", true, Role::Admin, &[]),
        ("carol@example.com", false, Role::Moderator, &[]),
        (
            "grace.hopper@example.com",
            false,
            Role::Registered,
            &[("manual", "left the project"), ("legal", "see \"case\" 7")],
        ),
    ];
    for (user_name, active, role, holds) in expected {
        let user = look_up(site, user_name).await;
        assert_eq!(user.user_name, user_name);
        assert_eq!((user.active, user.role()), (active, role), "{user_name}");
        let inactive = user_name == "carol@example.com";
        assert_eq!(user.directory_status() == DirectoryStatus::Inactive, inactive, "{user_name}");
        let mut stand: Vec<(&str, &str)> =
            user.holds.iter().map(|hold| (hold.name.as_str(), hold.note.as_str())).collect();
        stand.sort_unstable_by(|one, other| other.cmp(one));
        assert_eq!(stand, holds, "{user_name}");
        assert!(user.holds.iter().all(|hold| hold.owner == "operator"));
    }
}

async fn settings_and_tokens_stand(site: &Site<'_>) {
    let mut sites = site.house.operator.sites();
    let name = || site.name.clone();
    let settings = sites
        .get_scim_settings(GetScimSettingsRequest { on_behalf_of: String::new(), site: name() })
        .await
        .unwrap();
    let settings = settings.into_inner().settings.unwrap();
    assert!(settings.enabled && settings.allow_moderator_promotion);
    assert!(!settings.allow_admin_promotion);
    assert_eq!(settings.creation(), CreationPolicy::Create);
    assert_eq!(settings.deletion(), DeletionPolicy::Delete);
    assert_eq!(settings.refusals(), RefusalPolicy::Notice);
    assert_eq!(settings.protected_user_names, ["break.glass@example.com"]);
    assert_eq!(settings.status_authority(), StatusAuthority::Both);
    assert!(settings.single_sign_on && settings.user_name_assertion.is_empty());
    assert_eq!(settings.known_users(), KnownUserPolicy::Refuse);
    let dark = GetScimSettingsRequest { on_behalf_of: String::new(), site: "dark".to_owned() };
    let dark = sites.get_scim_settings(dark).await.unwrap().into_inner();
    assert!(!dark.settings.unwrap().enabled);

    let connections = sites
        .list_connections(ListConnectionsRequest {
            site: name(),
            ..ListConnectionsRequest::default()
        })
        .await;
    let connections = connections.unwrap().into_inner().connections;
    let mut names: Vec<&str> = connections.iter().map(|one| one.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["okta", "scim"]);
    let tokens =
        sites.list_tokens(ListTokensRequest { site: name(), ..ListTokensRequest::default() }).await;
    let tokens = tokens.unwrap().into_inner().tokens;
    let find = |name: &str| tokens.iter().find(|token| token.name == name).unwrap();
    assert_eq!(find("first").connection, "okta");
    assert!(find("first").revoke_time.is_none() && find("first").expire_time.is_none());
    assert!(find("leaked").revoke_time.is_some() && find("leaked").expire_time.is_some());
    let bearer = format!("Bearer {REVOKED}");
    let refused = site.push("GET", "/Users").header("Authorization", &bearer).send().await;
    refused.refusal(401);
}

/// Two decisions, each a line of the ledger, and one that changes nothing.
async fn life_goes_on(site: &Site<'_>) {
    let ada = look_up(site, "ada.lovelace@example.com").await;
    let title = json!([{"op": "replace", "path": "title", "value": "Baroness"}]);
    let patched = site.patch(&ada.id, &title).await.expect(200);
    assert_eq!(patched["title"], "Baroness");
    assert_eq!(patched["emails"].as_array().unwrap().len(), 3, "the rest is untouched");
    assert_eq!(site.stored(&ada.id).await.version, ada.version + 1);

    let grace = look_up(site, "grace.hopper@example.com").await;
    let active = json!([{"op": "replace", "path": "active", "value": true}]);
    let answer = site.patch(&grace.id, &active).await;
    assert!(answer.all("Provost-Notice").contains("HOLD_IN_FORCE"), "{answer:?}");
    assert_eq!(answer.expect(200)["active"], false, "SCIM lifts no hold");
    let lift = ActivateUserRequest {
        site: site.name.clone(),
        user_id: grace.id.clone(),
        ..ActivateUserRequest::default()
    };
    site.house.operator.users().activate_user(lift).await.unwrap();
    let grace = site.stored(&grace.id).await;
    assert_eq!(grace.holds.len(), 1, "legal stands");
    assert!(!grace.active);
}

async fn look_up(site: &Site<'_>, user_name: &str) -> User {
    let key = Some(Key::UserName(user_name.to_owned()));
    let request = LookupUserRequest { on_behalf_of: String::new(), site: site.name.clone(), key };
    site.house.operator.users().lookup_user(request).await.unwrap().into_inner().user.unwrap()
}

const ALL_KINDS: [&str; 10] = [
    "connection_created accepted",
    "settings_changed accepted",
    "site_created accepted",
    "token_created accepted",
    "token_revoked accepted",
    "user_changed accepted",
    "user_changed partly_accepted",
    "user_changed refused",
    "user_created accepted",
    "user_deleted accepted",
];

#[derive(FromQueryResult)]
struct Kind {
    kind: String,
}

/// Read in the old schema, before it is migrated.
async fn kinds(database: &Database) -> Vec<String> {
    let sql = "SELECT DISTINCT kind || ' ' || outcome AS kind FROM events";
    let mut kinds: Vec<String> =
        database.query::<Kind>(sql).await.into_iter().map(|row| row.kind).collect();
    kinds.sort();
    kinds
}

#[derive(FromQueryResult)]
struct Count {
    lines: i64,
}

async fn ledger_lines(database: &Database) -> i64 {
    database.query::<Count>("SELECT COUNT(*) AS lines FROM events").await[0].lines
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/databases")
}

/// A copy of the old database.
fn old_database(engine: Engine) -> Option<Database> {
    Database::restored(
        engine,
        &match engine {
            Engine::Sqlite => fixtures().join("sqlite.db"),
            Engine::Postgres => fixtures().join("postgres.sql"),
        },
    )
}
