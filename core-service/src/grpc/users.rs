//! `UserService`.

use super::call::{RequestMetadata, call};
use super::decode_change::{changes, place_hold};
use super::decode_expiration::{expire_time, ttl};
use super::decode_users::creation;
use super::held_turn::with_turn;
use super::refused_requests::{is_of, told};
use super::status::published;
use super::user_groups::decided;
use super::{decode, encode};
use crate::authenticator::Admitted;
use crate::metrics::ConnectionRequests;
use crate::{AppState, Failure};
use provost_domain::{
    Action, Answer, Caller, Change, Command, Decision, HoldName, Refusal, RequestFingerprint,
    SignIn, Site, Subject, TokenId, UserId, UserName, UserNameKey,
};
use provost_proto::v1;
use provost_proto::v1::lookup_user_request::Key;
use provost_proto::v1::place_hold_request::Expiration;
use provost_proto::v1::user_service_server::UserService;
use provost_telemetry::record_reason;
use std::sync::Arc;
use std::time::Instant;
use tonic::{Request, Response, Status, async_trait};

/// The door to the users.
pub(super) struct UserHandlers(pub Arc<AppState>);

/// A caller who has been let in.
pub(super) struct CallContext {
    pub caller: Caller,
    pub token: Option<TokenId>,
    pub on_behalf_of: Option<UserId>,
    pub site: Arc<Site>,
    pub trace_id: Option<String>,
    pub fingerprint: Option<RequestFingerprint>,
    pub deadline: Option<Instant>,
    pub activity: Option<Arc<ConnectionRequests>>,
}

impl CallContext {
    fn new(
        admitted: Admitted,
        (trace_id, fingerprint, deadline): (
            Option<String>,
            Option<RequestFingerprint>,
            Option<Instant>,
        ),
    ) -> Self {
        let Admitted { caller, token, on_behalf_of, site, activity } = admitted;
        Self { caller, token, on_behalf_of, site, trace_id, fingerprint, deadline, activity }
    }

    /// Takes note of the user that is answered.
    pub(super) fn saw(&self, user: UserId) {
        if let Some(activity) = &self.activity {
            activity.saw(user);
        }
    }
}

impl UserHandlers {
    /// Admits the caller of a read.
    pub(super) async fn admit(
        &self,
        metadata: RequestMetadata,
        site: &str,
        on_behalf_of: &str,
    ) -> Result<CallContext, Failure> {
        let RequestMetadata { bearer, trace_id, fingerprint, deadline } = metadata;
        let admitted = self.0.admit_to_read(bearer, site, on_behalf_of).await?;
        Ok(CallContext::new(admitted, (trace_id, fingerprint, deadline)))
    }

    /// Admits the caller of a write.
    pub(super) async fn admit_writer(
        &self,
        metadata: RequestMetadata,
        site: &str,
        options: Option<&v1::WriteOptions>,
    ) -> Result<CallContext, Failure> {
        let RequestMetadata { bearer, trace_id, fingerprint, deadline } = metadata;
        let admitted = self.0.admit_to_write(bearer, site, options).await?;
        Ok(CallContext::new(admitted, (trace_id, fingerprint, deadline)))
    }

    pub(super) async fn decide(
        &self,
        context: CallContext,
        action: Action,
        options: Option<v1::WriteOptions>,
    ) -> Result<(Decision, Arc<Site>), Failure> {
        let CallContext {
            caller,
            token,
            on_behalf_of,
            site,
            trace_id,
            fingerprint,
            deadline,
            activity,
        } = context;
        let decode::CommandOptions { expected_version, request, validate_only, reason } =
            decode::options(options, fingerprint)?;
        let command = Command {
            site: Some(site.id),
            caller,
            token,
            on_behalf_of,
            action,
            expected_version,
            request,
            validate_only,
            reason,
            trace_id,
        };
        let decision = self.0.writer.submit(command, deadline).await?;
        if let Some(activity) = &activity {
            activity.decided(&decision);
        }
        for notice in &decision.notices {
            record_reason(published(notice.reason).name(), notice.reason.is_judgement());
        }
        Ok((decision, site))
    }

    /// One change, decided for the user with this id.
    async fn change(
        &self,
        metadata: RequestMetadata,
        (site, user_id): (&str, &str),
        changes: impl FnOnce() -> Result<Vec<Change>, Refusal>,
        options: Option<v1::WriteOptions>,
    ) -> Result<Option<v1::Decision>, Failure> {
        let context = self.admit_writer(metadata, site, options.as_ref()).await?;
        let user = decode::user_id(user_id)?;
        let action = Action::ChangeUser { user, changes: changes()? };
        let (decision, site) = self.decide(context, action, options).await?;
        Ok(Some(encode::decision(decision, &site.name)?))
    }
}

#[async_trait]
impl UserService for UserHandlers {
    async fn check_token(
        &self,
        request: Request<v1::CheckTokenRequest>,
    ) -> Result<Response<v1::CheckTokenResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::CheckTokenRequest { site, refused, refused_parts, may_be_read_again } = message;
            // What is read again may be refused for something else.
            let is_read_again = may_be_read_again && metadata.bearer.is_strict();
            let refused = refused.into_iter().chain(refused_parts).filter(|_| !is_read_again);
            let refused = told(&metadata, &site, refused);
            let admitted = self.admit(metadata, &site, "").await;
            for refused in refused {
                if is_of(&refused, admitted.as_ref().err()) {
                    self.0.refused.note(refused);
                }
            }
            admitted.map(|context| v1::CheckTokenResponse { is_strict: context.caller.is_strict() })
        })
        .await
    }

    async fn get_user(
        &self,
        request: Request<v1::GetUserRequest>,
    ) -> Result<Response<v1::GetUserResponse>, Status> {
        call(request, async |metadata, message| {
            let context = self.admit(metadata, &message.site, &message.on_behalf_of).await?;
            let id = decode::user_id(&message.user_id)?;
            let found = self.0.users.get(&context.site, context.caller.scope(), id).await?;
            let user = Arc::unwrap_or_clone(found);
            context.saw(user.id);
            let mut user = [encode::user(user, &context.site.name)];
            self.0.show_groups(&context.site, message.include_groups, &mut user).await?;
            let [user] = user;
            Ok(v1::GetUserResponse { user: Some(user) })
        })
        .await
    }

    async fn lookup_user(
        &self,
        request: Request<v1::LookupUserRequest>,
    ) -> Result<Response<v1::LookupUserResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::LookupUserRequest { site, key, on_behalf_of } = message;
            let context = self.admit(metadata, &site, &on_behalf_of).await?;
            let (users, scope) = (&self.0.users, context.caller.scope());
            let found = match decode::some(key, "key")? {
                Key::UserName(name) => {
                    users.named(&context.site, scope, &UserNameKey::of(&name)).await?
                }
                Key::ExternalId(id) => users.with_external_id(&context.site, scope, &id).await?,
            };
            let user = Arc::unwrap_or_clone(found);
            context.saw(user.id);
            Ok(v1::LookupUserResponse { user: Some(encode::user(user, &context.site.name)) })
        })
        .await
    }

    async fn batch_get_users(
        &self,
        request: Request<v1::BatchGetUsersRequest>,
    ) -> Result<Response<v1::BatchGetUsersResponse>, Status> {
        let found =
            call(request, async |metadata, message| self.batch_get(metadata, message).await);
        found.await.map(with_turn)
    }

    async fn batch_change_users(
        &self,
        request: Request<v1::BatchChangeUsersRequest>,
    ) -> Result<Response<v1::BatchChangeUsersResponse>, Status> {
        call(request, async |metadata, message| self.batch_change(metadata, message).await).await
    }

    async fn batch_write(
        &self,
        request: Request<v1::BatchWriteRequest>,
    ) -> Result<Response<v1::BatchWriteResponse>, Status> {
        call(request, async |metadata, message| self.write_each(metadata, message).await).await
    }

    async fn list_users(
        &self,
        request: Request<v1::ListUsersRequest>,
    ) -> Result<Response<v1::ListUsersResponse>, Status> {
        let listed = call(request, async |metadata, message| self.list(metadata, message).await);
        listed.await.map(with_turn)
    }

    async fn register_sign_in(
        &self,
        request: Request<v1::RegisterSignInRequest>,
    ) -> Result<Response<v1::RegisterSignInResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::RegisterSignInRequest { site, user_name, profile, options, subject } = message;
            let context = self.admit_writer(metadata, &site, options.as_ref()).await?;
            let user_name = UserName::parse(&user_name)?;
            let profile = decode::profile(self.0.profile, profile)?;
            let subject = Subject::parse(&subject)?;
            let action = Action::RegisterSignIn(SignIn { user_name, subject, profile });
            let (decision, site) = self.decide(context, action, options).await?;
            let Answer::User { user, created, .. } = &decision.answer else {
                return Err(Failure::OtherAnswer);
            };
            Ok(v1::RegisterSignInResponse {
                admitted: user.is_active(),
                created: *created,
                denial: encode::denial(user),
                decision: Some(encode::decision(decision, &site.name)?),
            })
        })
        .await
    }

    async fn create_user(
        &self,
        request: Request<v1::CreateUserRequest>,
    ) -> Result<Response<v1::CreateUserResponse>, Status> {
        call(request, async |metadata, message| {
            let (options, shows_groups) = (message.options.clone(), message.include_groups);
            let context = self.admit_writer(metadata, &message.site, options.as_ref()).await?;
            let action = Action::CreateUser(creation(self.0.profile, message)?);
            let (decision, site) = self.decide(context, action, options).await?;
            let mut decision = Some(encode::decision(decision, &site.name)?);
            self.0.show_groups(&site, shows_groups, decided(&mut decision)).await?;
            Ok(v1::CreateUserResponse { decision })
        })
        .await
    }

    async fn change_user(
        &self,
        request: Request<v1::ChangeUserRequest>,
    ) -> Result<Response<v1::ChangeUserResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::ChangeUserRequest { site, user_id, changes: list, options, include_groups } =
                message;
            let context = self.admit_writer(metadata, &site, options.as_ref()).await?;
            let user = decode::user_id(&user_id)?;
            let action = Action::ChangeUser { user, changes: changes(self.0.profile, list)? };
            let (decision, site) = self.decide(context, action, options).await?;
            let mut decision = Some(encode::decision(decision, &site.name)?);
            self.0.show_groups(&site, include_groups, decided(&mut decision)).await?;
            Ok(v1::ChangeUserResponse { decision })
        })
        .await
    }

    async fn activate_user(
        &self,
        request: Request<v1::ActivateUserRequest>,
    ) -> Result<Response<v1::ActivateUserResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::ActivateUserRequest { site, user_id, options } = message;
            let changes = || Ok(vec![Change::Activate]);
            let decision = self.change(metadata, (&site, &user_id), changes, options).await?;
            Ok(v1::ActivateUserResponse { decision })
        })
        .await
    }

    async fn deactivate_user(
        &self,
        request: Request<v1::DeactivateUserRequest>,
    ) -> Result<Response<v1::DeactivateUserResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::DeactivateUserRequest { site, user_id, note, options } = message;
            let changes = || Ok(vec![place_hold(HoldName::manual().as_str(), note, None)?]);
            let decision = self.change(metadata, (&site, &user_id), changes, options).await?;
            Ok(v1::DeactivateUserResponse { decision })
        })
        .await
    }

    async fn set_user_role(
        &self,
        request: Request<v1::SetUserRoleRequest>,
    ) -> Result<Response<v1::SetUserRoleResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::SetUserRoleRequest { site, user_id, role, options } = message;
            let changes = || Ok(vec![Change::SetRole(decode::some(decode::role(role)?, "role")?)]);
            let decision = self.change(metadata, (&site, &user_id), changes, options).await?;
            Ok(v1::SetUserRoleResponse { decision })
        })
        .await
    }

    async fn place_hold(
        &self,
        request: Request<v1::PlaceHoldRequest>,
    ) -> Result<Response<v1::PlaceHoldResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::PlaceHoldRequest { site, user_id, name, note, options, expiration } = message;
            let changes = || {
                let expiration = expiration.map(|expiration| match expiration {
                    Expiration::ExpireTime(at) => expire_time(&at),
                    Expiration::Ttl(span) => ttl(span),
                });
                Ok(vec![place_hold(&name, note, expiration.transpose()?)?])
            };
            let decision = self.change(metadata, (&site, &user_id), changes, options).await?;
            Ok(v1::PlaceHoldResponse { decision })
        })
        .await
    }

    async fn lift_hold(
        &self,
        request: Request<v1::LiftHoldRequest>,
    ) -> Result<Response<v1::LiftHoldResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::LiftHoldRequest { site, user_id, name, options } = message;
            let changes = || Ok(vec![Change::LiftHold(HoldName::parse(&name)?)]);
            let decision = self.change(metadata, (&site, &user_id), changes, options).await?;
            Ok(v1::LiftHoldResponse { decision })
        })
        .await
    }

    async fn delete_user(
        &self,
        request: Request<v1::DeleteUserRequest>,
    ) -> Result<Response<v1::DeleteUserResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::DeleteUserRequest { site, user_id, options } = message;
            let context = self.admit_writer(metadata, &site, options.as_ref()).await?;
            let action = Action::DeleteUser { user: decode::user_id(&user_id)? };
            let (decision, _) = self.decide(context, action, options).await?;
            let Decision { revision, changed, .. } = decision;
            Ok(v1::DeleteUserResponse { revision, changed })
        })
        .await
    }
}
