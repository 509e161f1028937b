//! The one way from the gateway to the core: a call with the caller's token and a
//! deadline of its own.
//!
//! The only room that holds the gRPC client. Must never know what a call is about.

use prost::Message;
use provost_proto::limits::{LimitExceeded, MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES};
use provost_proto::v1;
use provost_proto::v1::ErrorReason;
use provost_proto::v1::group_service_client::GroupServiceClient;
use provost_proto::v1::user_service_client::UserServiceClient;
use std::error::Error;
use std::fmt;
use std::iter::successors;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codegen::{Body as HttpBody, Bytes, StdError};
use tonic::metadata::MetadataValue;
use tonic::{Code, Request, Response, Status, TimeoutExpired};
use tonic_types::StatusExt as _;

/// By which door a call comes to the core, which lets in at SCIM's only who has a business there:
/// a connection, never the operator.
const DOOR: &str = "scim";

/// The bytes of an answer up to which work with it is short. A hundred usual users are fewer.
const SHORT_ANSWER_BYTES: usize = 256 * 1024;

/// Whether an answer is so large that others should be let go ahead while it is worked on.
pub fn is_large(answer: &impl Message) -> bool {
    answer.encoded_len() > SHORT_ANSWER_BYTES
}

/// The bytes of a message.
pub fn size(message: &impl Message) -> usize {
    message.encoded_len()
}

/// Who makes a call, and how what it carries was read.
#[derive(Clone, Copy)]
pub struct CallOrigin<'a> {
    /// What stands in `Authorization`, which the core reads.
    pub authorization: Option<&'a str>,
    /// Whether it was read strictly.
    pub is_strict: bool,
}

/// Why a call gave no answer.
pub enum CallError {
    /// The core refused, and says why.
    Refused {
        /// For machines.
        reason: ErrorReason,
        /// For people.
        message: String,
    },
    /// The request asks for more than the core reads, and was not sent.
    TooMuch(LimitExceeded),
    /// The core can't be reached or can't reach its database.
    Unavailable,
    /// The core took too long; whether it did what was asked is unknown.
    DeadlineExceeded,
    /// The core failed, or answered in a way that is not in the contract.
    Broken,
}

/// The sentence of a refusal is for whoever asked.
impl fmt::Debug for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { reason, message: _ } => {
                f.debug_struct("Refused").field("reason", reason).finish_non_exhaustive()
            }
            Self::TooMuch(exceeded) => f.debug_tuple("TooMuch").field(exceeded).finish(),
            Self::Unavailable => f.write_str("Unavailable"),
            Self::DeadlineExceeded => f.write_str("DeadlineExceeded"),
            Self::Broken => f.write_str("Broken"),
        }
    }
}

/// What a channel to the core must be able to do, in process or over the network.
pub trait Channel:
    GrpcService<
        Body,
        Future: Send,
        ResponseBody: HttpBody<Data = Bytes, Error: Into<StdError> + Send> + Send + 'static,
        Error: Into<StdError>,
    > + Clone
    + Send
    + Sync
    + 'static
{
}

impl<T> Channel for T where
    T: GrpcService<
            Body,
            Future: Send,
            ResponseBody: HttpBody<Data = Bytes, Error: Into<StdError> + Send> + Send + 'static,
            Error: Into<StdError>,
        > + Clone
        + Send
        + Sync
        + 'static
{
}

/// The core, as the gateway sees it.
#[derive(Debug, Clone)]
pub struct CoreClient<T> {
    users: UserServiceClient<T>,
    groups: GroupServiceClient<T>,
    timeout: Duration,
    address: Arc<str>,
}

macro_rules! calls {
    ($service:ident: $($(#[$doc:meta])* $name:ident($request:ident) -> $response:ident;)*) => {
        impl<T: Channel> CoreClient<T> {
            $(
                $(#[$doc])*
                pub async fn $name(
                    &self,
                    origin: CallOrigin<'_>,
                    message: v1::$request,
                ) -> Result<v1::$response, CallError> {
                    if message.encoded_len() > MAX_REQUEST_BYTES {
                        return Err(CallError::TooMuch(LimitExceeded::Bytes));
                    }
                    let mut service = self.$service.clone();
                    let call = pin!(service.$name(self.request(origin, message)));
                    self.within_deadline(call).await
                }
            )*
        }
    };
}

calls! {
    users:
    /// Whether the token opens the site.
    check_token(CheckTokenRequest) -> CheckTokenResponse;
    /// One user by id.
    get_user(GetUserRequest) -> GetUserResponse;
    /// A page of users.
    list_users(ListUsersRequest) -> ListUsersResponse;
    /// Creates a user.
    create_user(CreateUserRequest) -> CreateUserResponse;
    /// Changes a user.
    change_user(ChangeUserRequest) -> ChangeUserResponse;
    /// Deletes a user.
    delete_user(DeleteUserRequest) -> DeleteUserResponse;
    /// Writes to users and groups, each by itself.
    batch_write(BatchWriteRequest) -> BatchWriteResponse;
}

calls! {
    groups:
    /// One group by id.
    get_group(GetGroupRequest) -> GetGroupResponse;
    /// A page of groups.
    list_groups(ListGroupsRequest) -> ListGroupsResponse;
    /// A page of the members of a group.
    list_group_members(ListGroupMembersRequest) -> ListGroupMembersResponse;
    /// Creates a group.
    create_group(CreateGroupRequest) -> CreateGroupResponse;
    /// Changes a group.
    change_group(ChangeGroupRequest) -> ChangeGroupResponse;
    /// Deletes a group.
    delete_group(DeleteGroupRequest) -> DeleteGroupResponse;
}

impl<T: Channel> CoreClient<T> {
    /// A core behind a channel, with its address for the log; each call may take this long.
    pub fn new(channel: T, timeout: Duration, address: &str) -> Self {
        let groups = GroupServiceClient::new(channel.clone());
        let groups = groups.max_decoding_message_size(MAX_RESPONSE_BYTES);
        let users = UserServiceClient::new(channel).max_decoding_message_size(MAX_RESPONSE_BYTES);
        Self { users, groups, timeout, address: address.into() }
    }

    fn request<M>(&self, origin: CallOrigin<'_>, message: M) -> Request<M> {
        let CallOrigin { authorization, is_strict } = origin;
        let mut request = Request::new(message);
        request.set_timeout(self.timeout);
        let metadata = request.metadata_mut();
        metadata.insert(provost_proto::DOOR_KEY, MetadataValue::from_static(DOOR));
        if is_strict {
            metadata.insert(provost_proto::STRICT_KEY, MetadataValue::from_static(""));
        }
        let credential = authorization.map(MetadataValue::try_from);
        if let Some(Ok(mut credential)) = credential {
            credential.set_sensitive(true);
            metadata.insert("authorization", credential);
        }
        request
    }

    /// The deadline is kept here, because nobody keeps it for a call in process. The call stays where it
    /// is: it is large, and taken by value it would be kept twice.
    async fn within_deadline<M>(
        &self,
        call: Pin<&mut impl Future<Output = Result<Response<M>, Status>>>,
    ) -> Result<M, CallError> {
        match tokio::time::timeout(self.timeout, call).await {
            Ok(Ok(response)) => Ok(response.into_inner()),
            Ok(Err(status)) => Err(self.call_error(&status)),
            Err(_) => {
                tracing::warn!(core = &*self.address, "the core did not answer in time");
                Err(CallError::DeadlineExceeded)
            }
        }
    }

    /// Why a part of a call was not done, as if it had been a call of its own.
    pub fn failure_of_part(&self, status: &tonic_types::Status) -> CallError {
        let (code, details) = (Code::from(status.code), status.encode_to_vec());
        self.call_error(&Status::with_details(code, status.message.clone(), details.into()))
    }

    fn call_error(&self, status: &Status) -> CallError {
        // What came from the core has no source; what happened on the way has one, and any code.
        if let Some(error) = status.source() {
            return self.broken_way(error);
        }
        let details = status.get_error_details();
        let info = details.error_info().filter(|info| info.domain == provost_proto::ERROR_DOMAIN);
        let reason = info.and_then(|info| ErrorReason::from_name(&info.reason));
        match (status.code(), reason) {
            (Code::Unavailable, _) => CallError::Unavailable,
            (Code::DeadlineExceeded | Code::Cancelled, _) => CallError::DeadlineExceeded,
            (Code::Internal | Code::Unknown | Code::DataLoss, _) | (_, None) => {
                tracing::error!(core = &*self.address, code = %status.code(), "the core failed");
                CallError::Broken
            }
            (_, Some(reason)) => {
                CallError::Refused { reason, message: status.message().to_owned() }
            }
        }
    }

    fn broken_way(&self, error: &(dyn Error + 'static)) -> CallError {
        let mut causes = successors(Some(error), |&error| error.source());
        if causes.any(<dyn Error>::is::<TimeoutExpired>) {
            tracing::warn!(core = &*self.address, "the core did not answer in time");
            return CallError::DeadlineExceeded;
        }
        tracing::warn!(core = &*self.address, error, "the core can't be reached");
        CallError::Unavailable
    }
}
