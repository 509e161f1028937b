//! A core on a fresh database, asked by callers who have traces.

use crate::collected::Collected;
use provost_core::{Core, CoreSettings, IdentityProviders, ProfileSchema, Secret};
use provost_proto::v1;
use provost_proto::v1::site_service_client::SiteServiceClient;
use provost_proto::v1::user_service_client::UserServiceClient;
use provost_telemetry::{Grpc, Meters, Sampling, ServerSpans, ServerSpansLayer};
use provost_test_kit::{Database, Engine};
use tonic::service::Routes;
use tonic::{Request, Status};
use tower::Layer as _;

const OPERATOR: &str = "operator-operator-operator";
pub const SITE: &str = "acme";
/// The span below which callers ask.
pub const CALLER: u64 = 0x00f0_67aa_0ba9_02b7;

/// A core with the site `acme` and a user, on a database that goes away with this value.
pub struct Fixture {
    pub core: Core,
    pub user_id: String,
    pub collected: &'static Collected,
    _database: Database,
}

/// A trace, and whether it is sampled.
#[derive(Clone, Copy)]
pub struct Trace(pub u128, pub bool);

impl Trace {
    /// A request of the operator in this trace.
    pub fn asks<M>(self, message: M) -> Request<M> {
        let Self(id, sampled) = self;
        let context = format!("00-{id:032x}-{CALLER:016x}-{:02x}", u8::from(sampled));
        let mut request = Request::new(message);
        let metadata = request.metadata_mut();
        metadata.insert("traceparent", context.parse().unwrap());
        metadata.insert("authorization", format!("Bearer {OPERATOR}").parse().unwrap());
        request
    }
}

impl Fixture {
    pub async fn new() -> Self {
        let collected = Collected::everywhere();
        let database = Database::fresh(Engine::Sqlite).unwrap();
        let database_url = database.url().to_owned();
        let operator_token = Secret::from_text(OPERATOR);
        let core = Core::open(CoreSettings {
            database_url,
            operator_token,
            command: "core",
            profile: ProfileSchema::STANDARD,
            identity_providers: IdentityProviders::default(),
            meters: Meters::uncollected(),
            token_key: None,
        })
        .await
        .unwrap();
        let unseen = Trace(1, false);
        let site = v1::CreateSiteRequest { name: SITE.to_owned(), options: None };
        SiteServiceClient::new(services(&core)).create_site(unseen.asks(site)).await.unwrap();
        let user = v1::CreateUserRequest {
            site: SITE.to_owned(),
            user_name: "ada".to_owned(),
            ..v1::CreateUserRequest::default()
        };
        let created = users(&core).create_user(unseen.asks(user)).await.unwrap().into_inner();
        let user_id = created.decision.unwrap().user.unwrap().id;
        collected.built_here();
        Self { core, user_id, collected, _database: database }
    }

    /// What was told of it, once it can do nothing more: the thread of a connection may hold the
    /// span of a statement a moment longer than its caller waits.
    pub async fn close(self) -> &'static Collected {
        self.core.close().await;
        self.collected
    }

    pub async fn get(&self, trace: Trace) -> Result<v1::User, Status> {
        self.get_by_id(trace, &self.user_id).await
    }

    pub async fn get_by_id(&self, trace: Trace, id: &str) -> Result<v1::User, Status> {
        let request = v1::GetUserRequest {
            on_behalf_of: String::new(),
            site: SITE.to_owned(),
            user_id: id.to_owned(),
            include_groups: false,
        };
        let answer = users(&self.core).get_user(trace.asks(request)).await?;
        Ok(answer.into_inner().user.unwrap())
    }

    /// Takes the title that is given; each call should give another.
    pub async fn entitle(&self, trace: Trace, title: &str) {
        let kind = Some(v1::value::Kind::Text(title.to_owned()));
        let value = Some(v1::Value { kind });
        let set = v1::SetAttribute { attribute: "title".to_owned(), value };
        let request = v1::ChangeUserRequest {
            site: SITE.to_owned(),
            user_id: self.user_id.clone(),
            changes: vec![v1::Change { change: Some(v1::change::Change::SetAttribute(set)) }],
            options: None,
            include_groups: false,
        };
        users(&self.core).change_user(trace.asks(request)).await.unwrap();
    }
}

/// Behind the layer that stands in front of it in every process.
fn services(core: &Core) -> ServerSpans<Routes, Grpc> {
    let grpc = Grpc::of(provost_proto::DESCRIPTORS, &Meters::uncollected());
    ServerSpansLayer::new(grpc, Sampling::ParentBased(0.0)).layer(core.services())
}

pub fn users(core: &Core) -> UserServiceClient<ServerSpans<Routes, Grpc>> {
    UserServiceClient::new(services(core))
}
