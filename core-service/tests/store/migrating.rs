//! A database of the first step of the schema is brought up to date and says the same as before.

use super::people::{attribute, element};
use provost_core::store::Store;
use provost_domain::{
    Asked, Comparison, ConnectionName, ConnectionPolicy, ConnectionSnapshot, DirectoryStatus,
    ElementPart, ElementTest, EventBody, EventFilter, EventOrder, Filter, Outcome, Page, Reason,
    RecordedOutcome, RecordedReason, SiteId, TextOperator, TokenId, TokenSnapshot, UserId,
    UserScope, UserSnapshot, UserTest, Value,
};
use provost_migrations::{Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait as _, Database, Statement};
use uuid::Uuid;

const POLICY: &str = r#"{"enabled":true,"allow_moderator_promotion":false,"allow_admin_promotion":false,"creation":"refuse","deletion":"refuse","refusals":"notice","protected":[]}"#;
const TOKEN: &str = r#"{"token":"00000000-0000-0000-0000-000000000007","name":"it's","connection":"okta","expires_at":9}"#;
const INACTIVE: &str = r#"{"version":2,"active":false,"directory_status":"inactive"}"#;
const ACTIVE: &str = r#"{"version":1,"active":true,"directory_status":"active"}"#;
/// Texts and lists apart, and texts that JSON and SQL write in a way of their own.
const OLD_PROFILE: &str = r#"{"texts":{"display_name":"Ada \"x\" \u0001\\ 日本","title":"Countess"},"lists":{"emails":[{"texts":{"type":"work","value":"a@x"},"primary":true},{"texts":{"value":"b@x"}}],"ims":[{"texts":{"value":"ada"}}]}}"#;
const TITLED: &str = r#"{"version":3,"texts":{"nick_name":"","title":"Countess"},"lists":{"emails":[{"texts":{"value":"a@x"},"primary":true}],"ims":[]}}"#;

/// Kind, what was asked, before and after, as the first step kept them.
fn old_events() -> [(&'static str, &'static str, &'static str, &'static str); 10] {
    [
        ("site_created", r#"["site_created"]"#, "", POLICY),
        ("settings_changed", r#"["settings_changed"]"#, POLICY, POLICY),
        ("connection_created", r#"["connection_created"]"#, "", r#"{"connection":"okta"}"#),
        ("token_created", r#"["token_created"]"#, "", TOKEN),
        ("token_revoked", r#"["token_revoked"]"#, TOKEN, ""),
        ("user_created", r#"["sign_in"]"#, "", ACTIVE),
        ("user_changed", r#"["set_active","set_text"]"#, ACTIVE, INACTIVE),
        ("user_changed", r#"["delete"]"#, "", ""),
        ("user_changed", r#"["set_text","edit_list"]"#, r#"{"version":2}"#, TITLED),
        ("user_deleted", r#"["delete"]"#, INACTIVE, ""),
    ]
}

fn bodies() -> Vec<EventBody> {
    let policy = ConnectionPolicy::default;
    let connection = ConnectionName::as_stored("okta".to_owned());
    let token = || TokenSnapshot {
        token: TokenId(Uuid::from_u128(7)),
        name: "it's".to_owned(),
        connection: connection.clone(),
        expires_at: Some(provost_domain::Timestamp(9)),
    };
    let user = |active: bool| {
        Some(Box::new(UserSnapshot {
            version: if active { 1 } else { 2 },
            active: Some(active),
            directory_status: Some(DirectoryStatus::from(active)),
            ..UserSnapshot::default()
        }))
    };
    let asked = vec![Asked::SetActive, Asked::SetAttribute];
    vec![
        EventBody::SiteCreated { after: policy() },
        EventBody::SettingsChanged { before: policy(), after: policy() },
        EventBody::ConnectionCreated {
            after: ConnectionSnapshot { connection: connection.clone() },
        },
        EventBody::TokenCreated { after: token() },
        EventBody::TokenRevoked { before: token() },
        EventBody::UserCreated { asked: vec![Asked::SignIn], after: user(true) },
        EventBody::UserChanged { asked, before: user(true), after: user(false) },
        EventBody::UserChanged { asked: vec![Asked::Delete], before: None, after: None },
        titled(),
        EventBody::UserDeleted { asked: vec![Asked::Delete], before: user(false) },
    ]
}

/// An old change of a profile: an empty text and an empty list told of what was not there.
fn titled() -> EventBody {
    let emails = Value::List(vec![element("emails", &[("value", "a@x")], true)]);
    let attributes = [
        ("emails", Some(emails)),
        ("ims", None),
        ("nick_name", None),
        ("title", Some(Value::Text("Countess".to_owned()))),
    ];
    let attributes = attributes.map(|(name, value)| (attribute(name).name(), value)).into();
    let before = UserSnapshot { version: 2, ..UserSnapshot::default() };
    let after = UserSnapshot { version: 3, attributes, ..UserSnapshot::default() };
    EventBody::UserChanged {
        asked: vec![Asked::SetAttribute, Asked::EditList],
        before: Some(Box::new(before)),
        after: Some(Box::new(after)),
    }
}

fn profile() -> provost_domain::Profile {
    let text = |text: &str| Value::Text(text.to_owned());
    let emails = vec![
        element("emails", &[("type", "work"), ("value", "a@x")], true),
        element("emails", &[("value", "b@x")], false),
    ];
    let attributes = [
        ("display_name", text("Ada \"x\" \u{1}\\ 日本")),
        ("emails", Value::List(emails)),
        ("ims", Value::List(vec![element("ims", &[("value", "ada")], false)])),
        ("title", text("Countess")),
    ];
    let attributes =
        attributes.map(|(name, value)| (attribute(name).name(), value)).into_iter().collect();
    provost_domain::Profile { attributes }
}

async fn old_documents_are_read_as_new_ones(url: &str) {
    let database = Database::connect(url).await.unwrap();
    Migrator::up(&database, Some(1)).await.unwrap();
    let site = "INSERT INTO sites (id, name, revision, enabled, allow_moderator_promotion, \
         allow_admin_promotion, creation, deletion, refusals, protected_user_names, created_at) \
         VALUES (1, 'acme', 10, true, false, false, 1, 1, 1, '[]', 1), \
         (2, 'other', 1, true, false, false, 1, 1, 1, '[]', 1)";
    database.execute_unprepared(site).await.unwrap();
    let blob = if url.starts_with("postgres") {
        "'00000000-0000-0000-0000-000000000005'"
    } else {
        "unhex('00000000000000000000000000000005')"
    };
    let notices = r#"[{"reason":"LAST_ADMIN","attribute":"role","message":"m"}]"#;
    let quoted = |text: &str| match text {
        "" => "NULL".to_owned(),
        text => format!("'{}'", text.replace('\'', "''")),
    };
    for (revision, (kind, asked, before, after)) in (1..).zip(old_events()) {
        let event = format!(
            "INSERT INTO events (site_id, revision, user_id, at, caller, kind, outcome, notices, \
             asked, before, after, trace_id) VALUES (1, {revision}, {blob}, 5, \
             'connection:okta', '{kind}', 'partly_accepted', '{notices}', '{asked}', {}, {}, NULL)",
            quoted(before),
            quoted(after)
        );
        database.execute_unprepared(&event).await.unwrap();
    }
    for (last, profile) in [('5', OLD_PROFILE), ('6', "{}")] {
        let id = blob.replace("5'", &format!("{last}'"));
        let user = format!(
            "INSERT INTO users (site_id, id, user_name, user_name_key, external_id, \
             directory_active, active, role, holds, profile, unmet, version, created_at, updated_at) \
             VALUES (1, {id}, 'ada{last}', 'ada{last}', NULL, true, true, 1, '[]', '{profile}', '[]', \
             1, 1, 1)"
        );
        database.execute_unprepared(&user).await.unwrap();
    }
    database.close().await.unwrap();

    let store = Store::open(url).await.unwrap();
    let (filter, order) = (EventFilter::default(), EventOrder::OldestFirst);
    let events = store.events(SiteId(1), 1..=100, &filter, order, 100).await.unwrap();
    let found: Vec<_> = events.iter().map(|event| event.body.clone()).collect();
    assert_eq!(found, bodies());
    for (revision, event) in (1..).zip(events) {
        assert_eq!((event.revision, event.user), (revision, Some(UserId(Uuid::from_u128(5)))));
        let outcome = RecordedOutcome::Known(Outcome::PartlyAccepted);
        assert_eq!((event.caller.as_str(), event.outcome), ("connection:okta", outcome));
        assert_eq!(event.notices[0].reason, RecordedReason::Known(Reason::LastAdmin));
    }
    for (last, expected) in [(5, profile()), (6, provost_domain::Profile::default())] {
        let found = store.user(SiteId(1), UserId(Uuid::from_u128(last))).await.unwrap().unwrap();
        assert_eq!(*found.profile, expected);
    }
    store.close().await.unwrap();
}

/// Users of the third step, one of whom is found without regard to case by ASCII letters alone.
async fn old_texts_are_folded(url: &str) {
    let database = Database::connect(url).await.unwrap();
    Migrator::up(&database, Some(3)).await.unwrap();
    let site = "INSERT INTO sites (id, name, enabled, allow_moderator_promotion, \
         allow_admin_promotion, creation, deletion, refusals, protected_user_names, created_at) \
         VALUES (1, 'acme', true, false, false, 1, 1, 1, '[]', 1)";
    database.execute_unprepared(site).await.unwrap();
    let profiles = [
        (
            1,
            r#"{"display_name":"ZOË \\Ö","emails":[{"primary":true,"value":"ZOË@x"},{"value":"É"}]}"#,
        ),
        (2, r#"{"display_name":"Zoë","emails":[{"value":"zoë@x"}]}"#),
        (3, r#"{"emails":[]}"#),
    ];
    for (number, profile) in profiles {
        let id = Uuid::from_u128(number);
        let user = "INSERT INTO users (site_id, id, user_name, user_name_key, external_id, \
             directory_active, active, role, holds, profile, unmet, version, created_at, updated_at) \
             VALUES (1, $1, $2, $2, NULL, true, true, 1, '[]', $3, '[]', 1, 1, 1)";
        let values = [id.into(), format!("u{number}").into(), profile.into()];
        let backend = database.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, user, values);
        database.execute_raw(statement).await.unwrap();
        let email = "INSERT INTO user_emails (site_id, value_key, user_id) VALUES (1, 'zoË@x', $1)";
        let statement = Statement::from_sql_and_values(backend, email, [id.into()]);
        database.execute_raw(statement).await.unwrap();
    }
    database.close().await.unwrap();

    let store = Store::open(url).await.unwrap();
    let first_is_found = async |test| {
        let page = Page { after: None, skip: 0, limit: 9 };
        let found =
            store.list(SiteId(1), UserScope::All, Some(&Filter::Is(test)), page).await.unwrap();
        found.first().is_some_and(|user| user.id == UserId(Uuid::from_u128(1)))
    };
    let text = |asked: &str| Comparison::Text(TextOperator::StartsWith, asked.to_owned());
    let name = attribute("display_name").name();
    assert!(first_is_found(UserTest::Value(name, text("zoë \\ö"))).await);
    for address in ["zoË@X", "é"] {
        let emails = attribute("emails");
        let value = ElementPart::Sub(emails.sub_attribute("value").unwrap().name());
        let equal = Comparison::Text(TextOperator::Equal, address.to_owned());
        let element = Filter::Is(ElementTest::Value(value, equal));
        assert!(first_is_found(UserTest::Element(emails.name(), element)).await, "{address}");
    }
    store.close().await.unwrap();
}

/// A step that fails leaves the ones before it, and the next start goes on there.
async fn each_step_is_kept_by_itself(url: &str) {
    let database = Database::connect(url).await.unwrap();
    database.execute_unprepared("CREATE TABLE refused_requests (id BIGINT)").await.unwrap();
    Store::open(url).await.unwrap_err();
    let applied = Migrator::get_migration_models(&database).await.unwrap();
    let last = applied.last().unwrap();
    assert!(last.version.ends_with("_000017_ledger_retention"), "{last:?}");
    database.execute_unprepared("DROP TABLE refused_requests").await.unwrap();
    database.close().await.unwrap();
    Store::open(url).await.unwrap().close().await.unwrap();
}

fn sqlite(folder: &tempfile::TempDir) -> String {
    format!("sqlite://{}?mode=rwc", folder.path().join("provost.db").display())
}

#[tokio::test]
async fn on_sqlite() {
    let [documents, texts, steps] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    old_documents_are_read_as_new_ones(&sqlite(&documents)).await;
    old_texts_are_folded(&sqlite(&texts)).await;
    each_step_is_kept_by_itself(&sqlite(&steps)).await;
}

#[tokio::test]
async fn on_postgres() {
    let Some(database) = provost_test_postgres::database() else { return };
    old_documents_are_read_as_new_ones(database.url()).await;
    let Some(database) = provost_test_postgres::database() else { return };
    old_texts_are_folded(database.url()).await;
    let Some(database) = provost_test_postgres::database() else { return };
    each_step_is_kept_by_itself(database.url()).await;
}
