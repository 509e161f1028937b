//! The one way from the console to the core: calls with the token of who is signed in, each with a
//! deadline of its own.
//!
//! The only room that holds gRPC clients. Must never know what a call is about.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Request as HttpRequest, Response as HttpResponse};
use provost_proto::limits::MAX_RESPONSE_BYTES;
use provost_proto::v1::ErrorReason;
use provost_proto::v1::access_service_client::AccessServiceClient;
use provost_proto::v1::group_service_client::GroupServiceClient;
use provost_proto::v1::ledger_service_client::LedgerServiceClient;
use provost_proto::v1::session_service_client::SessionServiceClient;
use provost_proto::v1::site_service_client::SiteServiceClient;
use provost_proto::v1::user_service_client::UserServiceClient;
use tonic::body::Body;
use tonic::codegen::{Body as HttpBody, Bytes, Service, StdError};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::{Code, Request, Response, Status};
use tonic_types::StatusExt as _;
use tower::ServiceExt as _;
use tower::util::BoxCloneSyncService;

/// Any channel, so that pages need not know which.
type AnyChannel = BoxCloneSyncService<HttpRequest<Body>, HttpResponse<Body>, NoWay>;

/// What happened on the way to the core.
#[derive(Debug, thiserror::Error)]
#[error("the way to the core is broken")]
pub struct NoWay(#[source] StdError);

/// The channel of somebody who shows a token.
type OwnChannel = InterceptedService<AnyChannel, ShownToken>;

/// Why a call gave no answer.
#[derive(thiserror::Error)]
pub enum CallFailure {
    /// The token opens nothing.
    #[error("the token opens nothing")]
    NotSignedIn,
    /// It was refused, and here is why. The sentence is for whoever asked, and in no log.
    #[error("it was refused: {}", .reason.name())]
    Refused {
        /// For machines.
        reason: ErrorReason,
        /// The field that it is about; empty where it is about none.
        field: String,
        /// For people.
        message: String,
    },
    /// The core can't be reached or can't reach its database.
    #[error("the core or its database can't be reached")]
    Unavailable,
    /// The core took too long; whether it did what was asked is unknown.
    #[error("the core did not answer in time")]
    TooSlow,
    /// The core failed, or answered in a way that is not in the contract.
    #[error("the core failed")]
    Broken,
}

impl fmt::Debug for CallFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallFailure({self})")
    }
}

/// The core, as the console sees it.
#[derive(Debug, Clone)]
pub struct CoreDoor {
    channel: AnyChannel,
    timeout: Duration,
    address: Arc<str>,
}

/// Puts the token of who is signed in into the metadata of each call; none for somebody who signs in.
#[derive(Debug, Clone)]
pub struct ShownToken(Option<MetadataValue<Ascii>>);

impl Interceptor for ShownToken {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

impl CoreDoor {
    /// A core behind a channel, with its address for the log; each call may take this long.
    pub fn new<T, B>(channel: T, timeout: Duration, address: &str) -> Self
    where
        T: Service<HttpRequest<Body>, Response = HttpResponse<B>, Error: Into<StdError>>,
        T: Clone + Send + Sync + 'static,
        T::Future: Send + 'static,
        B: HttpBody<Data = Bytes, Error: Into<StdError>> + Send + 'static,
    {
        let channel = channel.map_err(|error| NoWay(error.into()));
        let channel = channel.map_response(|answer| answer.map(Body::new));
        Self { channel: BoxCloneSyncService::new(channel), timeout, address: address.into() }
    }

    /// The core for somebody who shows this token; refuses one that can't be sent.
    pub fn shown(&self, token: &str) -> Result<OwnCore, CallFailure> {
        let value = format!("Bearer {token}").parse::<MetadataValue<Ascii>>();
        let mut value = value.map_err(|_| CallFailure::NotSignedIn)?;
        value.set_sensitive(true);
        Ok(self.with(ShownToken(Some(value))))
    }

    /// The core for somebody who is nobody yet.
    pub fn nobody(&self) -> OwnCore {
        self.with(ShownToken(None))
    }

    fn with(&self, token: ShownToken) -> OwnCore {
        let channel = InterceptedService::new(self.channel.clone(), token);
        OwnCore { channel, timeout: self.timeout, address: Arc::clone(&self.address) }
    }
}

/// The core for one person: what they may ask, it says.
#[derive(Debug, Clone)]
pub struct OwnCore {
    channel: OwnChannel,
    timeout: Duration,
    address: Arc<str>,
}

impl OwnCore {
    /// Who is signed in.
    pub fn sessions(&self) -> SessionServiceClient<OwnChannel> {
        SessionServiceClient::new(self.channel.clone())
    }

    /// Sites, settings, connections and tokens.
    pub fn sites(&self) -> SiteServiceClient<OwnChannel> {
        SiteServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_RESPONSE_BYTES)
    }

    /// Internal services, their grants and tokens.
    pub fn services(&self) -> AccessServiceClient<OwnChannel> {
        let client = AccessServiceClient::new(self.channel.clone());
        client.max_decoding_message_size(MAX_RESPONSE_BYTES)
    }

    /// Users.
    pub fn users(&self) -> UserServiceClient<OwnChannel> {
        UserServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_RESPONSE_BYTES)
    }

    /// Groups and who is in them.
    pub fn groups(&self) -> GroupServiceClient<OwnChannel> {
        GroupServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_RESPONSE_BYTES)
    }

    /// Decisions, and requests that were refused before one.
    pub fn ledgers(&self) -> LedgerServiceClient<OwnChannel> {
        LedgerServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_RESPONSE_BYTES)
    }

    /// What a call answers, within the deadline, which nobody else keeps for a call in process.
    pub async fn answer<M>(
        &self,
        call: impl Future<Output = Result<Response<M>, Status>>,
    ) -> Result<M, CallFailure> {
        match tokio::time::timeout(self.timeout, call).await {
            Ok(Ok(response)) => Ok(response.into_inner()),
            Ok(Err(status)) => Err(self.failure(&status)),
            Err(_) => {
                tracing::warn!(core = &*self.address, "the core did not answer in time");
                Err(CallFailure::TooSlow)
            }
        }
    }

    fn failure(&self, status: &Status) -> CallFailure {
        let details = status.get_error_details();
        let info = details.error_info().filter(|info| info.domain == provost_proto::ERROR_DOMAIN);
        let reason = info.and_then(|info| ErrorReason::from_name(&info.reason));
        match (status.code(), reason) {
            // The core tells this console to wait, for everybody behind it. It has looked at the token
            // before, and whose it is waits by the count of this side.
            (_, Some(ErrorReason::TooManyFailedTokens)) | (Code::Unauthenticated, _) => {
                CallFailure::NotSignedIn
            }
            (Code::Unavailable, _) => {
                tracing::warn!(core = &*self.address, "the core can't be reached");
                CallFailure::Unavailable
            }
            (Code::DeadlineExceeded | Code::Cancelled, _) => CallFailure::TooSlow,
            (Code::Internal | Code::Unknown | Code::DataLoss, _) | (_, None) => {
                tracing::error!(core = &*self.address, code = %status.code(), "the core failed");
                CallFailure::Broken
            }
            (_, Some(reason)) => {
                let field = info.and_then(|info| info.metadata.get("attribute")).cloned();
                let message = status.message().to_owned();
                CallFailure::Refused { reason, field: field.unwrap_or_default(), message }
            }
        }
    }
}
