//! Ways to the core: its own services as a value, or a connection over the network.
//!
//! Both are channels of the same generated clients. Must never look into a call.

use std::fmt;
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_util::rt::TokioIo;
use provost_proto::v1::access_service_client::AccessServiceClient;
use provost_proto::v1::group_service_client::GroupServiceClient;
use provost_proto::v1::ledger_service_client::LedgerServiceClient;
use provost_proto::v1::operations_service_client::OperationsServiceClient;
use provost_proto::v1::session_service_client::SessionServiceClient;
use provost_proto::v1::site_service_client::SiteServiceClient;
use provost_proto::v1::user_service_client::UserServiceClient;
use provost_telemetry::{Grpc, ServerSpans, ServerSpansLayer, TraceInjection, TraceInjectionLayer};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tonic::body::Body;
use tonic::codegen::{Body as HttpBody, Bytes, StdError};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Routes;
use tonic::service::interceptor::{InterceptedService, Interceptor};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tower::{Layer as _, Service, service_fn};

use crate::tls::{ClientTls, DialError};

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a gateway that starts waits for a word about whether its core is there.
const FIRST_TRY: Duration = Duration::from_secs(1);

/// The core's services as a channel: a call is a function call, without a socket.
pub type InProcess = TraceInjection<ServerSpans<Routes, Grpc>>;

/// A way to a core in this process, whose calls have spans as they have over the network, and no lines
/// of their own.
pub fn in_process(core: &provost_core::Core, spans: &ServerSpansLayer<Grpc>) -> InProcess {
    // Prepared once, so that a clone for each request stays cheap.
    TraceInjectionLayer.layer(spans.clone().in_process().layer(core.services().prepare()))
}

/// Where somebody is, and how they are dialled there: a core, or a collector.
#[derive(Debug, Clone)]
pub struct Destination {
    /// `http://host:port`, or with `https` over TLS.
    pub address: Uri,
    /// None in clear.
    pub tls: Option<ClientTls>,
}

impl Destination {
    /// Over TLS it is the connector that knows of it, which the library asks by `http` only.
    fn endpoint(&self) -> Endpoint {
        let mut parts = self.address.clone().into_parts();
        parts.scheme = Some(Scheme::HTTP);
        let dialled = Uri::from_parts(parts).unwrap_or_else(|_| self.address.clone());
        Endpoint::from(dialled).origin(self.address.clone())
    }

    fn dialling(
        &self,
        tls: &ClientTls,
    ) -> impl Service<Uri, Response = TokioIo<TlsStream<TcpStream>>, Error = DialError, Future: Send>
    + Send
    + use<> {
        let tls = tls.clone();
        let address = self.address.clone();
        service_fn(move |_| {
            let (tls, address) = (tls.clone(), address.clone());
            async move { tls.dial(address).await.map(TokioIo::new) }
        })
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.address.to_string().trim_end_matches('/'))
    }
}

/// A connection over the network as a channel.
pub type Remote = TraceInjection<Channel>;

/// A connection that is made with the first call and again after a loss, so that a gateway may
/// start before its core.
pub fn remote(core: &Destination) -> Remote {
    TraceInjectionLayer.layer(connection(core))
}

/// The same, of which no trace is told.
pub fn connection(to: &Destination) -> Channel {
    dialled(to, to.endpoint())
}

/// The same, each call of which may take so long.
pub fn connection_within(to: &Destination, timeout: Duration) -> Channel {
    dialled(to, to.endpoint().timeout(timeout))
}

fn dialled(to: &Destination, endpoint: Endpoint) -> Channel {
    let endpoint = endpoint
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        // A core that vanished without a goodbye is noticed in the middle of a quiet night too.
        .http2_keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(CONNECT_TIMEOUT)
        .keep_alive_while_idle(true);
    match &to.tls {
        None => endpoint.connect_lazy(),
        Some(tls) => endpoint.connect_with_connector_lazy(to.dialling(tls)),
    }
}

/// Whether anybody answers there at the moment.
pub async fn answers(way: &Destination) -> bool {
    let endpoint = way.endpoint().connect_timeout(FIRST_TRY);
    let connected = match &way.tls {
        None => endpoint.connect().await,
        Some(tls) => endpoint.connect_with_connector(way.dialling(tls)).await,
    };
    connected.is_ok()
}

/// An operator token that can't be sent.
#[derive(Debug, thiserror::Error)]
#[error("The operator token holds characters that can't be sent: copy it again from its file.")]
pub struct UnsendableToken;

/// Puts the operator token into the metadata of each call.
#[derive(Clone)]
pub struct AsOperator(MetadataValue<Ascii>);

impl AsOperator {
    /// Takes the token; refuses one that can't be sent.
    pub fn new(token: &str) -> Result<Self, UnsendableToken> {
        let value = format!("Bearer {token}").parse::<MetadataValue<Ascii>>();
        let mut value = value.map_err(|_| UnsendableToken)?;
        value.set_sensitive(true);
        Ok(Self(value))
    }
}

impl Interceptor for AsOperator {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// The clients of an operator over any channel.
#[derive(Clone)]
pub struct Clients<T> {
    /// Sites, settings, tokens.
    pub sites: SiteServiceClient<InterceptedService<T, AsOperator>>,
    /// Users.
    pub users: UserServiceClient<InterceptedService<T, AsOperator>>,
    /// Groups.
    pub groups: GroupServiceClient<InterceptedService<T, AsOperator>>,
    /// Ledgers.
    pub ledgers: LedgerServiceClient<InterceptedService<T, AsOperator>>,
    /// Services and their grants.
    pub services: AccessServiceClient<InterceptedService<T, AsOperator>>,
    /// How the installation is.
    pub operations: OperationsServiceClient<InterceptedService<T, AsOperator>>,
    /// Who is signed in.
    pub sessions: SessionServiceClient<InterceptedService<T, AsOperator>>,
}

impl<T, B> Clients<T>
where
    T: Service<http::Request<Body>, Response = http::Response<B>> + Clone,
    T::Error: Into<StdError>,
    B: HttpBody<Data = Bytes, Error: Into<StdError> + Send> + Send + 'static,
{
    /// Speaks as the operator over the channel.
    pub fn new(channel: T, operator: AsOperator) -> Self {
        let authorized = InterceptedService::new(channel, operator);
        Self {
            sites: SiteServiceClient::new(authorized.clone()),
            users: UserServiceClient::new(authorized.clone()),
            groups: GroupServiceClient::new(authorized.clone()),
            ledgers: LedgerServiceClient::new(authorized.clone()),
            services: AccessServiceClient::new(authorized.clone()),
            operations: OperationsServiceClient::new(authorized.clone()),
            sessions: SessionServiceClient::new(authorized),
        }
    }
}
