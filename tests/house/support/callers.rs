//! The gRPC callers: the operator, or anybody with a token. Owns channels and metadata; must
//! never know what is asked.

use std::net::SocketAddr;

use provost_proto::v1::access_service_client::AccessServiceClient;
use provost_proto::v1::group_service_client::GroupServiceClient;
use provost_proto::v1::ledger_service_client::LedgerServiceClient;
use provost_proto::v1::session_service_client::SessionServiceClient;
use provost_proto::v1::site_service_client::SiteServiceClient;
use provost_proto::v1::user_service_client::UserServiceClient;
use provost_proto::v1::{
    CreateServiceRequest, CreateServiceTokenRequest, Grant, Permission, PutGrantRequest, Role,
    grant,
};
use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

type Authorised = InterceptedService<Channel, Bearer>;
pub type Users = UserServiceClient<Authorised>;
pub type Groups = GroupServiceClient<Authorised>;
pub type Sites = SiteServiceClient<Authorised>;
pub type Services = AccessServiceClient<Authorised>;
pub type Ledgers = LedgerServiceClient<Authorised>;
pub type Sessions = SessionServiceClient<Authorised>;

/// Whoever holds a token, at one core.
#[derive(Clone)]
pub struct Callers {
    channel: Channel,
    bearer: Bearer,
}

#[derive(Clone)]
pub struct Bearer(String);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if self.0.is_empty() {
            return Ok(request);
        }
        let value = MetadataValue::try_from(format!("Bearer {}", self.0))
            .map_err(|_| Status::internal("the token of the test is no metadata value"))?;
        request.metadata_mut().insert("authorization", value);
        Ok(request)
    }
}

impl Callers {
    pub fn new(core: SocketAddr, token: &str) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://{core}")).unwrap();
        Self { channel: endpoint.connect_lazy(), bearer: Bearer(token.to_owned()) }
    }

    /// The same core, another token. The empty one sends none.
    pub fn with_token(&self, token: &str) -> Self {
        Self { channel: self.channel.clone(), bearer: Bearer(token.to_owned()) }
    }

    /// The same caller at another core.
    pub fn at(&self, core: SocketAddr) -> Self {
        Self::new(core, &self.bearer.0)
    }

    /// For calls that no client of the contract makes.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    pub fn users(&self) -> Users {
        UserServiceClient::with_interceptor(self.channel.clone(), self.bearer.clone())
    }

    pub fn groups(&self) -> Groups {
        GroupServiceClient::with_interceptor(self.channel.clone(), self.bearer.clone())
    }

    pub fn services(&self) -> Services {
        AccessServiceClient::with_interceptor(self.channel.clone(), self.bearer.clone())
    }

    /// The value of a token of a new service, which may do everything that a service may.
    pub async fn service_token(&self, name: &str) -> String {
        let all = (1..).map_while(|number| Permission::try_from(number).ok());
        let scope = grant::Scope::AllSites(true);
        self.service_token_with(name, scope, all.collect()).await
    }

    /// The token of a new service with these permissions there, for roles up to Admin.
    pub async fn service_token_with(
        &self,
        name: &str,
        scope: grant::Scope,
        permissions: Vec<Permission>,
    ) -> String {
        let (mut services, name) = (self.services(), name.to_owned());
        let request = CreateServiceRequest { name: name.clone(), options: None };
        services.create_service(request).await.unwrap();
        let may_promote = permissions.contains(&Permission::ChangeRoles);
        let grant = Some(Grant {
            scope: Some(scope),
            permissions: permissions.into_iter().map(i32::from).collect(),
            highest_role: if may_promote { Role::Admin.into() } else { 0 },
        });
        let request = PutGrantRequest { service: name.clone(), grant, options: None };
        services.put_grant(request).await.unwrap();
        let request =
            CreateServiceTokenRequest { service: name.clone(), name, ..Default::default() };
        services.create_service_token(request).await.unwrap().into_inner().value
    }

    pub fn sites(&self) -> Sites {
        SiteServiceClient::with_interceptor(self.channel.clone(), self.bearer.clone())
    }

    pub fn sessions(&self) -> Sessions {
        SessionServiceClient::with_interceptor(self.channel.clone(), self.bearer.clone())
    }

    pub fn ledgers(&self) -> Ledgers {
        LedgerServiceClient::with_interceptor(self.channel.clone(), self.bearer.clone())
    }
}

/// Code and `ErrorInfo` reason of a refusal.
pub fn reason(status: &Status) -> (Code, String) {
    let info = status.get_details_error_info();
    if let Some(info) = &info {
        assert_eq!(info.domain, provost_proto::ERROR_DOMAIN);
    }
    (status.code(), info.map(|info| info.reason).unwrap_or_default())
}
