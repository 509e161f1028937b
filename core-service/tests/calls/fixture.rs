//! A core on a fresh database of either kind, and callers of it.

use super::signing_in;
use futures::future::BoxFuture;
use provost_core::{Core, CoreSettings, ProfileSchema, Secret, TokenKey, published_metadata};
use provost_proto::v1;
use provost_proto::v1::ErrorReason;
use provost_proto::v1::access_service_client::AccessServiceClient;
use provost_proto::v1::group_service_client::GroupServiceClient;
use provost_proto::v1::ledger_service_client::LedgerServiceClient;
use provost_proto::v1::session_service_client::SessionServiceClient;
use provost_proto::v1::site_service_client::SiteServiceClient;
use provost_proto::v1::user_service_client::UserServiceClient;
use provost_telemetry::Meters;
use provost_test_kit::Database;
use std::sync::atomic::{AtomicU64, Ordering};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::interceptor::InterceptedService;
use tonic::service::{Interceptor, Routes};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

pub const OPERATOR: &str = "operator-operator-operator";
pub const SITE: &str = "acme";

/// Makes of each named `async fn(Fixture)` a test on SQLite and a test on PostgreSQL.
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {
        provost_test_kit::on_both_databases!(crate::calls::fixture::Fixture: $($test),+);
    };
}
pub(crate) use on_both_databases;

pub type Users = UserServiceClient<InterceptedService<Routes, Bearer>>;
pub type Groups = GroupServiceClient<InterceptedService<Routes, Bearer>>;
pub type Services = AccessServiceClient<InterceptedService<Routes, Bearer>>;
pub type Sites = SiteServiceClient<InterceptedService<Routes, Bearer>>;
pub type Sessions = SessionServiceClient<InterceptedService<Routes, Bearer>>;
pub type Ledgers = LedgerServiceClient<InterceptedService<Routes, Bearer>>;

/// A core with the site `acme`, on a database that goes away with this value.
pub struct Fixture {
    pub core: Core,
    pub url: String,
    database: Database,
    /// How many tokens were made by [`Fixture::token`].
    tokens: AtomicU64,
}

/// Sends a token with every request; none when empty.
#[derive(Clone)]
pub struct Bearer(Option<MetadataValue<Ascii>>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = &self.0 {
            request.metadata_mut().insert("authorization", value.clone());
        }
        Ok(request)
    }
}

fn bearer(token: &str) -> Bearer {
    Bearer((!token.is_empty()).then(|| format!("Bearer {token}").parse().unwrap()))
}

pub fn users(core: &Core, token: &str) -> Users {
    UserServiceClient::with_interceptor(core.services(), bearer(token))
}

pub fn groups(core: &Core, token: &str) -> Groups {
    GroupServiceClient::with_interceptor(core.services(), bearer(token))
}

pub fn sites(core: &Core, token: &str) -> Sites {
    SiteServiceClient::with_interceptor(core.services(), bearer(token))
}

pub fn ledgers(core: &Core, token: &str) -> Ledgers {
    LedgerServiceClient::with_interceptor(core.services(), bearer(token))
}

pub fn services(core: &Core, token: &str) -> Services {
    AccessServiceClient::with_interceptor(core.services(), bearer(token))
}

pub fn sessions(core: &Core, token: &str) -> Sessions {
    SessionServiceClient::with_interceptor(core.services(), bearer(token))
}

/// As nobody yet.
pub fn arrivals(core: &Core) -> Sessions {
    sessions(core, "")
}

pub async fn open(url: &str) -> Core {
    let operator_token = Secret::from_text(OPERATOR);
    Core::open(CoreSettings {
        database_url: url.to_owned(),
        operator_token,
        command: "core",
        profile: ProfileSchema::STANDARD,
        identity_providers: signing_in::providers(),
        meters: Meters::uncollected(),
        token_key: TokenKey::from_hex(&"5".repeat(64)),
    })
    .await
    .unwrap()
}

impl Fixture {
    pub async fn on(database: Database) -> Self {
        let url = database.url().to_owned();
        let tokens = AtomicU64::default();
        let fixture = Self { core: open(&url).await, url, database, tokens };
        fixture.site(SITE).await;
        fixture
    }

    /// The same after its core was closed and another one opened.
    pub async fn restarted(self) -> Self {
        let Self { core, url, database, tokens } = self;
        core.close().await;
        Self { core: open(&url).await, url, database, tokens }
    }

    pub async fn site(&self, name: &str) {
        let request = v1::CreateSiteRequest { name: name.to_owned(), options: None };
        self.sites().create_site(request).await.unwrap();
    }

    /// As the operator.
    pub fn users(&self) -> Users {
        users(&self.core, OPERATOR)
    }

    /// As the operator.
    pub fn groups(&self) -> Groups {
        groups(&self.core, OPERATOR)
    }

    /// As the operator.
    pub fn sites(&self) -> Sites {
        sites(&self.core, OPERATOR)
    }

    /// The value of a new token of the site's first connection.
    pub async fn token(&self, site: &str) -> String {
        let request = v1::CreateTokenRequest {
            site: site.to_owned(),
            name: format!("test {}", self.tokens.fetch_add(1, Ordering::Relaxed)),
            ..v1::CreateTokenRequest::default()
        };
        self.sites().create_token(request).await.unwrap().into_inner().value
    }

    /// As a connection of `acme`.
    pub async fn connection(&self) -> Users {
        users(&self.core, &self.token(SITE).await)
    }

    pub async fn settings(&self, change: v1::UpdateScimSettingsRequest) {
        let request = v1::UpdateScimSettingsRequest { site: SITE.to_owned(), ..change };
        self.sites().update_scim_settings(request).await.unwrap();
    }

    /// A new user of `acme`.
    pub async fn user(&self, user_name: &str, role: v1::Role) -> v1::User {
        create(&mut self.users(), user_name, role).await.unwrap()
    }

    pub async fn get(&self, id: &str) -> v1::User {
        get(&mut self.users(), id).await.unwrap()
    }

    /// What a statement answers, past the core: rows of texts, `-` for null.
    pub async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        self.database.rows(sql).await
    }

    /// The event of this revision of the site's ledger.
    pub async fn event(&self, revision: i64) -> v1::Event {
        let request = v1::GetEventRequest {
            site: SITE.to_owned(),
            revision,
            ..v1::GetEventRequest::default()
        };
        let mut ledgers = ledgers(&self.core, OPERATOR);
        ledgers.get_event(request).await.unwrap().into_inner().event.unwrap()
    }

    /// The ledger: each revision, and the version of the user that it left.
    pub async fn ledger(&self) -> Vec<(i64, Option<i64>)> {
        let sql =
            "SELECT cast(revision AS text), body FROM events ORDER BY site_id, events.revision";
        let version = |body: &str| {
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            body["after"]["version"].as_i64()
        };
        let rows = self.rows(sql).await;
        rows.iter().map(|row| (row[0].parse().unwrap(), version(&row[1]))).collect()
    }

    /// How many lines the ledgers have.
    pub async fn lines(&self) -> usize {
        self.ledger().await.len()
    }
}

pub async fn create(
    users: &mut Users,
    user_name: &str,
    role: v1::Role,
) -> Result<v1::User, Status> {
    let request = v1::CreateUserRequest {
        site: SITE.to_owned(),
        user_name: user_name.to_owned(),
        role: role.into(),
        ..v1::CreateUserRequest::default()
    };
    Ok(users.create_user(request).await?.into_inner().decision.unwrap().user.unwrap())
}

pub async fn get(users: &mut Users, id: &str) -> Result<v1::User, Status> {
    let request = v1::GetUserRequest {
        on_behalf_of: String::new(),
        site: SITE.to_owned(),
        user_id: id.to_owned(),
        include_groups: false,
    };
    Ok(users.get_user(request).await?.into_inner().user.unwrap())
}

/// Asks for changes to a user of `acme`.
pub fn change<'a>(
    users: &'a mut Users,
    id: &str,
    changes: Vec<v1::change::Change>,
    options: v1::WriteOptions,
) -> BoxFuture<'a, Result<v1::Decision, Status>> {
    let request = v1::ChangeUserRequest {
        site: SITE.to_owned(),
        user_id: id.to_owned(),
        changes: changes.into_iter().map(|change| v1::Change { change: Some(change) }).collect(),
        options: Some(options),
        include_groups: false,
    };
    Box::pin(async { Ok(users.change_user(request).await?.into_inner().decision.unwrap()) })
}

/// The code and the typed reason of a refusal.
pub fn reason(status: &Status) -> (Code, String) {
    let info = status.get_details_error_info().unwrap_or_else(|| panic!("no reason: {status:?}"));
    assert_eq!(info.domain, "provost");
    let published = ErrorReason::from_name(&info.reason).map(published_metadata);
    let published = published.unwrap_or_else(|| panic!("not published: {info:?}"));
    let of_any = ["attribute", "item"];
    for key in info.metadata.keys().filter(|key| !of_any.contains(&key.as_str())) {
        assert!(published.contains(&key.as_str()), "{key} is not published: {info:?}");
    }
    // Only what is not known is left out.
    for key in
        published.iter().filter(|key| !["expected_version", "site", "trace_id"].contains(key))
    {
        assert!(info.metadata.contains_key(*key), "{key} is missing: {info:?}");
    }
    (status.code(), info.reason)
}

pub fn set_title(title: &str) -> v1::change::Change {
    set_text("title", title)
}

pub fn set_text(attribute: &str, value: &str) -> v1::change::Change {
    set(attribute, text(value))
}

pub fn set(attribute: &str, value: v1::Value) -> v1::change::Change {
    v1::change::Change::SetAttribute(v1::SetAttribute {
        attribute: attribute.to_owned(),
        value: Some(value),
    })
}

pub fn value(kind: v1::value::Kind) -> v1::Value {
    v1::Value { kind: Some(kind) }
}

pub fn text(text: &str) -> v1::Value {
    value(v1::value::Kind::Text(text.to_owned()))
}

/// An element of one sub-attribute.
pub fn element(name: &str, text: &str) -> v1::Value {
    let attributes = [(name.to_owned(), self::text(text))].into();
    value(v1::value::Kind::Complex(v1::Complex { attributes }))
}

pub fn set_role(role: v1::Role) -> v1::change::Change {
    v1::change::Change::SetRole(v1::SetRole { role: role.into() })
}

pub fn set_active(active: bool) -> v1::change::Change {
    v1::change::Change::SetActive(v1::SetActive { active })
}

pub fn add_email(address: &str) -> v1::change::Change {
    let elements = vec![element("value", address)];
    v1::change::Change::EditList(v1::EditList {
        list: "emails".to_owned(),
        selector: None,
        edit: Some(v1::edit_list::Edit::Add(v1::List { elements })),
    })
}

/// A grant for `acme`, or for all sites without a name.
pub fn grant(site: Option<&str>, permissions: &[v1::Permission], role: v1::Role) -> v1::Grant {
    let scope = match site {
        Some(site) => v1::grant::Scope::Site(site.to_owned()),
        None => v1::grant::Scope::AllSites(true),
    };
    v1::Grant {
        scope: Some(scope),
        permissions: permissions.iter().map(|it| i32::from(*it)).collect(),
        highest_role: role.into(),
    }
}

impl Fixture {
    /// As the operator.
    pub fn services(&self) -> Services {
        services(&self.core, OPERATOR)
    }

    /// The value of a token of a new service with these grants.
    pub async fn service(&self, name: &str, grants: Vec<v1::Grant>) -> String {
        let mut services = self.services();
        let request = v1::CreateServiceRequest { name: name.to_owned(), options: None };
        services.create_service(request).await.unwrap();
        for grant in grants {
            self.give(name, grant).await;
        }
        let (service, token) = (name.to_owned(), "test".to_owned());
        let request = v1::CreateServiceTokenRequest {
            service,
            name: token,
            ..v1::CreateServiceTokenRequest::default()
        };
        services.create_service_token(request).await.unwrap().into_inner().value
    }

    /// Gives a service a grant, as the operator.
    pub async fn give(&self, service: &str, grant: v1::Grant) -> v1::PutGrantResponse {
        let (service, grant) = (service.to_owned(), Some(grant));
        let request = v1::PutGrantRequest { service, grant, options: None };
        self.services().put_grant(request).await.unwrap().into_inner()
    }
}
