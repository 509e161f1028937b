//! A core that records what it is asked and answers from a script. Owns the script; must never
//! know a rule.

mod groups;

pub use groups::{group, group_decided, group_page};

use prost::Message as _;
use provost_proto::v1;
use provost_proto::v1::group_service_server::GroupServiceServer;
use provost_proto::v1::user_service_server::{UserService, UserServiceServer};
use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use tonic::metadata::MetadataMap;
use tonic::service::Routes;
use tonic::{Code, Request, Response, Status, async_trait};
use tonic_types::{ErrorDetails, StatusExt as _};

/// What the core was asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// Whether the token is good.
    CheckToken(v1::CheckTokenRequest),
    /// One user.
    Get(v1::GetUserRequest),
    /// A page of users.
    List(v1::ListUsersRequest),
    /// A new user.
    Create(v1::CreateUserRequest),
    /// Changes to a user.
    Change(v1::ChangeUserRequest),
    /// The end of a user.
    Delete(v1::DeleteUserRequest),
    /// Several writes.
    BatchWrite(v1::BatchWriteRequest),
    /// One group.
    GetGroup(v1::GetGroupRequest),
    /// A page of groups.
    ListGroups(v1::ListGroupsRequest),
    /// A page of members of a group.
    ListMembers(v1::ListGroupMembersRequest),
    /// A new group.
    CreateGroup(v1::CreateGroupRequest),
    /// Changes to a group.
    ChangeGroup(v1::ChangeGroupRequest),
    /// The end of a group.
    DeleteGroup(v1::DeleteGroupRequest),
}

/// One RPC as it arrived.
#[derive(Debug)]
pub struct Call {
    /// The message.
    pub asked: Asked,
    /// What came with it, as of HTTP headers.
    pub metadata: MetadataMap,
}

/// What the core answers.
pub enum Reply {
    /// The token is good.
    Admitted,
    /// The token is good, and its connection is held to the published protocol.
    AdmittedStrictly,
    /// One user.
    User(v1::User),
    /// A page of users.
    Page(v1::ListUsersResponse),
    /// What was decided about a new user, or about changes.
    Decided(v1::Decision),
    /// The user or the group is gone.
    Deleted,
    /// What became of several writes.
    Written(Vec<v1::BatchWriteResult>),
    /// One group.
    Group(v1::Group),
    /// A page of groups.
    GroupPage(v1::ListGroupsResponse),
    /// A page of members of a group.
    MemberPage(v1::ListGroupMembersResponse),
    /// What was decided about a new group, or about changes.
    GroupDecided(v1::GroupDecision),
    /// The message of the RPC without anything in it, which the contract does not allow.
    Empty,
    /// A refusal with a reason, as the core words it.
    Refused(Code, v1::ErrorReason, &'static str),
    /// A failure as the network tells it.
    Failed(Status),
    /// No answer: the core panics with these words.
    Panicked(&'static str),
    /// No answer, ever.
    Never,
}

#[derive(Default)]
struct Script {
    calls: Vec<Call>,
    replies: VecDeque<Reply>,
}

/// The core.
#[derive(Clone, Default)]
pub struct Fake(Arc<Mutex<Script>>);

impl Fake {
    /// A core that gives these answers, in this order.
    pub fn answering(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies = replies.into_iter().collect();
        Self(Arc::new(Mutex::new(Script { calls: Vec::new(), replies })))
    }

    /// As a channel.
    pub fn served(&self) -> Routes {
        let users = UserServiceServer::new(self.clone());
        Routes::new(users).add_service(GroupServiceServer::new(self.clone())).prepare()
    }

    /// What was asked since the last time.
    pub fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.0.lock().unwrap().calls)
    }

    async fn answer<Q, A: Default>(
        &self,
        request: Request<Q>,
        asked: impl FnOnce(Q) -> Asked,
        expected: impl FnOnce(Reply) -> Option<A>,
    ) -> Result<Response<A>, Status> {
        let (metadata, _, message) = request.into_parts();
        let reply = {
            let mut script = self.0.lock().unwrap();
            script.calls.push(Call { asked: asked(message), metadata });
            script.replies.pop_front().expect("the script has no answer for this call")
        };
        match reply {
            Reply::Empty => Ok(Response::new(A::default())),
            Reply::Refused(code, reason, message) => Err(refusal(code, reason, message)),
            Reply::Failed(status) => Err(status),
            Reply::Panicked(with) => panic!("{with}"),
            Reply::Never => std::future::pending().await,
            reply => Ok(Response::new(expected(reply).expect("the script answers another RPC"))),
        }
    }
}

fn refusal(code: Code, reason: v1::ErrorReason, message: &str) -> Status {
    let name = reason.name();
    let details = ErrorDetails::with_error_info(name, provost_proto::ERROR_DOMAIN, HashMap::new());
    Status::with_error_details(code, message, details)
}

/// What `async_trait` would write; it does not look into macros.
macro_rules! not_for_scim {
    ($($name:ident($request:ident) -> $response:ident;)*) => {
        $(
            fn $name<'s, 'f>(
                &'s self,
                _: Request<v1::$request>,
            ) -> Pin<Box<dyn Future<Output = Result<Response<v1::$response>, Status>> + Send + 'f>>
            where
                's: 'f,
            {
                panic!(concat!("SCIM has no use for ", stringify!($name)))
            }
        )*
    };
}
use not_for_scim;

#[async_trait]
impl UserService for Fake {
    async fn check_token(
        &self,
        request: Request<v1::CheckTokenRequest>,
    ) -> Result<Response<v1::CheckTokenResponse>, Status> {
        // What is only noted of a refusal comes when it likes.
        if request.get_ref().refused.is_some() && self.0.lock().unwrap().replies.is_empty() {
            return Ok(Response::new(v1::CheckTokenResponse::default()));
        }
        self.answer(request, Asked::CheckToken, |reply| match reply {
            Reply::Admitted => Some(v1::CheckTokenResponse::default()),
            Reply::AdmittedStrictly => Some(v1::CheckTokenResponse { is_strict: true }),
            _ => None,
        })
        .await
    }

    async fn get_user(
        &self,
        request: Request<v1::GetUserRequest>,
    ) -> Result<Response<v1::GetUserResponse>, Status> {
        self.answer(request, Asked::Get, |reply| match reply {
            Reply::User(user) => Some(v1::GetUserResponse { user: Some(user) }),
            _ => None,
        })
        .await
    }

    async fn list_users(
        &self,
        request: Request<v1::ListUsersRequest>,
    ) -> Result<Response<v1::ListUsersResponse>, Status> {
        self.answer(request, Asked::List, |reply| match reply {
            Reply::Page(page) => Some(page),
            _ => None,
        })
        .await
    }

    async fn create_user(
        &self,
        request: Request<v1::CreateUserRequest>,
    ) -> Result<Response<v1::CreateUserResponse>, Status> {
        self.answer(request, Asked::Create, |reply| match reply {
            Reply::Decided(decision) => Some(v1::CreateUserResponse { decision: Some(decision) }),
            _ => None,
        })
        .await
    }

    async fn change_user(
        &self,
        request: Request<v1::ChangeUserRequest>,
    ) -> Result<Response<v1::ChangeUserResponse>, Status> {
        self.answer(request, Asked::Change, |reply| match reply {
            Reply::Decided(decision) => Some(v1::ChangeUserResponse { decision: Some(decision) }),
            _ => None,
        })
        .await
    }

    async fn delete_user(
        &self,
        request: Request<v1::DeleteUserRequest>,
    ) -> Result<Response<v1::DeleteUserResponse>, Status> {
        self.answer(request, Asked::Delete, |reply| match reply {
            Reply::Deleted => Some(v1::DeleteUserResponse { revision: 7, changed: true }),
            _ => None,
        })
        .await
    }

    async fn batch_write(
        &self,
        request: Request<v1::BatchWriteRequest>,
    ) -> Result<Response<v1::BatchWriteResponse>, Status> {
        self.answer(request, Asked::BatchWrite, |reply| match reply {
            Reply::Written(results) => Some(v1::BatchWriteResponse { results, revision: 9 }),
            _ => None,
        })
        .await
    }

    not_for_scim! {
        lookup_user(LookupUserRequest) -> LookupUserResponse;
        batch_get_users(BatchGetUsersRequest) -> BatchGetUsersResponse;
        batch_change_users(BatchChangeUsersRequest) -> BatchChangeUsersResponse;
        register_sign_in(RegisterSignInRequest) -> RegisterSignInResponse;
        activate_user(ActivateUserRequest) -> ActivateUserResponse;
        deactivate_user(DeactivateUserRequest) -> DeactivateUserResponse;
        set_user_role(SetUserRoleRequest) -> SetUserRoleResponse;
        place_hold(PlaceHoldRequest) -> PlaceHoldResponse;
        lift_hold(LiftHoldRequest) -> LiftHoldResponse;
    }
}

/// Somebody the core may answer.
pub fn user() -> v1::User {
    v1::User {
        id: "0198b3a0-0000-7000-8000-000000000001".to_owned(),
        site: "acme".to_owned(),
        user_name: "jo@example.com".to_owned(),
        active: true,
        directory_status: v1::DirectoryStatus::Active.into(),
        role: v1::Role::Registered.into(),
        version: 3,
        ..v1::User::default()
    }
}

/// A write of several that was done, with the notices it gave.
pub fn written(id: &str, version: i64, notices: Vec<v1::Notice>) -> v1::BatchWriteResult {
    let decision =
        v1::BatchWriteDecision { id: id.to_owned(), version, changed: true, notices, revision: 9 };
    let result = Some(v1::batch_write_result::Result::Decision(decision));
    v1::BatchWriteResult { result }
}

/// A write of several that was refused, as the core words it.
pub fn unwritten(code: Code, reason: v1::ErrorReason, message: &str) -> v1::BatchWriteResult {
    let status = refusal(code, reason, message);
    let status = tonic_types::Status::decode(status.details()).expect("details of a status");
    let result = Some(v1::batch_write_result::Result::Status(status));
    v1::BatchWriteResult { result }
}

/// A page of these users, of so many in all.
pub fn page(users: Vec<v1::User>, total: i64) -> Reply {
    let next_page_token = String::new();
    Reply::Page(v1::ListUsersResponse { users, next_page_token, total: Some(total) })
}

/// A decision that left this user and gave these notices.
pub fn decided(user: v1::User, notices: Vec<v1::Notice>) -> Reply {
    Reply::Decided(v1::Decision { user: Some(user), changed: true, notices, revision: 9 })
}
