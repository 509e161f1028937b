//! `SiteService`: for the operator only.

use super::call::{RequestMetadata, call};
use super::{answers, decode, encode, paging};
use crate::secret::Secret;
use crate::{AppState, Failure};
use provost_domain::{
    Action, Answer, Caller, Command, Connection, ConnectionName, ConnectionPolicy, CreationPolicy,
    DeletionPolicy, Refusal, RefusalPolicy, SettingsChange, Site, SiteId, SiteName, Timestamp,
    Token, TokenCreation, TokenId, TokenName, UserName, UserNameKey, accept_typed_token,
    unknown_connection, unknown_token,
};
use provost_proto::v1;
use provost_proto::v1::site_service_server::SiteService;
use provost_telemetry::record_site;
use std::sync::Arc;
use tonic::{Request, Response, Status, async_trait};
use uuid::Uuid;

/// The door to the sites.
pub(super) struct SiteHandlers(pub Arc<AppState>);

impl SiteHandlers {
    /// Admits the operator, to the site of this name.
    fn admit(metadata: &RequestMetadata, site: &str) -> Result<SiteName, Failure> {
        metadata.bearer.admit_operator()?;
        let name = SiteName::parse(site)?;
        record_site(name.as_str());
        Ok(name)
    }

    /// Has something decided about the site of this name.
    async fn change(
        &self,
        metadata: RequestMetadata,
        site: &SiteName,
        action: Action,
    ) -> Result<Answer, Failure> {
        let site = self.0.authenticator.site(site).await?.id;
        self.submit(metadata, Some(site), action).await
    }

    async fn submit(
        &self,
        metadata: RequestMetadata,
        site: Option<SiteId>,
        action: Action,
    ) -> Result<Answer, Failure> {
        let command = Command {
            site,
            caller: Caller::Operator,
            action,
            expected_version: None,
            validate_only: false,
            token: None,
            trace_id: metadata.trace_id,
        };
        Ok(self.0.writer.submit(command, metadata.deadline).await?.answer)
    }
}

#[async_trait]
impl SiteService for SiteHandlers {
    async fn create_site(
        &self,
        request: Request<v1::CreateSiteRequest>,
    ) -> Result<Response<v1::CreateSiteResponse>, Status> {
        call(request, async |metadata, message| {
            let name = Self::admit(&metadata, &message.name)?;
            let answer = self.submit(metadata, None, Action::CreateSite { name }).await?;
            Ok(v1::CreateSiteResponse { site: Some(site(answers::site(answer)?)) })
        })
        .await
    }

    async fn list_sites(
        &self,
        request: Request<v1::ListSitesRequest>,
    ) -> Result<Response<v1::ListSitesResponse>, Status> {
        call(request, async |metadata, message| {
            metadata.bearer.admit_operator()?;
            let v1::ListSitesRequest { page_size, page_token } = message;
            let (question, rpc) = (v1::ListSitesRequest::default(), "ListSites");
            let after = paging::name(&page_token, rpc, &question)?;
            let limit = paging::page_size(page_size)?;
            let page = self.0.sites.list(after.as_deref(), limit).await?;
            let next_page_token =
                page.next(|last| paging::token(last.name.as_bytes(), rpc, &question));
            let sites = page.rows.into_iter().map(site).collect();
            Ok(v1::ListSitesResponse { sites, next_page_token })
        })
        .await
    }

    async fn get_scim_settings(
        &self,
        request: Request<v1::GetScimSettingsRequest>,
    ) -> Result<Response<v1::GetScimSettingsResponse>, Status> {
        call(request, async |metadata, message| {
            let name = Self::admit(&metadata, &message.site)?;
            let settings = Some(settings(self.0.sites.policy(&name).await?));
            Ok(v1::GetScimSettingsResponse { settings })
        })
        .await
    }

    async fn update_scim_settings(
        &self,
        request: Request<v1::UpdateScimSettingsRequest>,
    ) -> Result<Response<v1::UpdateScimSettingsResponse>, Status> {
        call(request, async |metadata, message| {
            let name = Self::admit(&metadata, &message.site)?;
            let action = Action::UpdateSettings(settings_change(message)?);
            let answer = self.change(metadata, &name, action).await?;
            let settings = Some(settings(answers::settings(answer)?));
            Ok(v1::UpdateScimSettingsResponse { settings })
        })
        .await
    }

    async fn create_connection(
        &self,
        request: Request<v1::CreateConnectionRequest>,
    ) -> Result<Response<v1::CreateConnectionResponse>, Status> {
        call(request, async |metadata, message| {
            let site = Self::admit(&metadata, &message.site)?;
            let action = Action::CreateConnection { name: ConnectionName::parse(&message.name)? };
            let answer = self.change(metadata, &site, action).await?;
            let connection = Some(connection(answers::connection(answer)?));
            Ok(v1::CreateConnectionResponse { connection })
        })
        .await
    }

    async fn list_connections(
        &self,
        request: Request<v1::ListConnectionsRequest>,
    ) -> Result<Response<v1::ListConnectionsResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::ListConnectionsRequest { site, page_size, page_token } = message;
            let site = Self::admit(&metadata, &site)?;
            let (of, rest) = (site.as_str().to_owned(), v1::ListConnectionsRequest::default());
            let (question, rpc) =
                (v1::ListConnectionsRequest { site: of, ..rest }, "ListConnections");
            let after = paging::name(&page_token, rpc, &question)?;
            let limit = paging::page_size(page_size)?;
            let page = self.0.sites.connections(&site, after.as_deref(), limit).await?;
            let next_page_token =
                page.next(|last| paging::token(last.name.as_str().as_bytes(), rpc, &question));
            let connections = page.rows.into_iter().map(connection).collect();
            Ok(v1::ListConnectionsResponse { connections, next_page_token })
        })
        .await
    }

    async fn create_token(
        &self,
        request: Request<v1::CreateTokenRequest>,
    ) -> Result<Response<v1::CreateTokenResponse>, Status> {
        call(request, async |metadata, message| {
            let site = Self::admit(&metadata, &message.site)?;
            let (creation, secret) = token_creation(message)?;
            let answer = self.change(metadata, &site, Action::CreateToken(creation)).await?;
            let token = Some(token(answers::token(answer)?));
            Ok(v1::CreateTokenResponse { token, value: secret.reveal().to_owned() })
        })
        .await
    }

    async fn list_tokens(
        &self,
        request: Request<v1::ListTokensRequest>,
    ) -> Result<Response<v1::ListTokensResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::ListTokensRequest { site, page_size, page_token } = message;
            let site = Self::admit(&metadata, &site)?;
            let (of, rest) = (site.as_str().to_owned(), v1::ListTokensRequest::default());
            let (question, rpc) = (v1::ListTokensRequest { site: of, ..rest }, "ListTokens");
            let after = paging::position(&page_token, rpc, &question)?.map(token_behind);
            let limit = paging::page_size(page_size)?;
            let page = self.0.sites.tokens(&site, after, limit).await?;
            let next_page_token =
                page.next(|last| paging::token(&token_position(last), rpc, &question));
            let tokens = page.rows.into_iter().map(token).collect();
            Ok(v1::ListTokensResponse { tokens, next_page_token })
        })
        .await
    }

    async fn revoke_token(
        &self,
        request: Request<v1::RevokeTokenRequest>,
    ) -> Result<Response<v1::RevokeTokenResponse>, Status> {
        call(request, async |metadata, message| {
            let site = Self::admit(&metadata, &message.site)?;
            let id = Uuid::try_parse(&message.token_id).map_err(|_| unknown_token())?;
            let action = Action::RevokeToken { token: TokenId(id) };
            let answer = self.change(metadata, &site, action).await?;
            Ok(v1::RevokeTokenResponse { token: Some(token(answers::token(answer)?)) })
        })
        .await
    }
}

/// Where a token stands among those of its site, oldest first.
fn token_position(token: &Token) -> [u8; 24] {
    let (at, id) = (token.created_at.0.to_be_bytes(), token.id.0.into_bytes());
    std::array::from_fn(|index| if index < 8 { at[index] } else { id[index - 8] })
}

/// The other way.
fn token_behind(position: [u8; 24]) -> (Timestamp, TokenId) {
    let at = std::array::from_fn(|index| position[index]);
    let id = std::array::from_fn(|index| position[index + 8]);
    (Timestamp(i64::from_be_bytes(at)), TokenId(Uuid::from_bytes(id)))
}

fn site(site: Site) -> v1::Site {
    v1::Site { name: site.name, create_time: Some(encode::time(site.created_at)) }
}

fn connection(connection: Connection) -> v1::Connection {
    let create_time = Some(encode::time(connection.created_at));
    v1::Connection { name: connection.name.into_string(), create_time }
}

fn token(token: Token) -> v1::Token {
    let Token { id, site: _, connection, name, created_at, expires_at, last_used_at, revoked_at } =
        token;
    v1::Token {
        id: id.0.to_string(),
        name,
        connection: connection.into_string(),
        create_time: Some(encode::time(created_at)),
        expire_time: expires_at.map(encode::time),
        last_use_time: last_used_at.map(encode::time),
        revoke_time: revoked_at.map(encode::time),
    }
}

fn settings(policy: ConnectionPolicy) -> v1::ScimSettings {
    let ConnectionPolicy {
        enabled,
        allow_moderator_promotion,
        allow_admin_promotion,
        creation,
        deletion,
        refusals,
        protected,
    } = policy;
    let creation = match creation {
        CreationPolicy::Refuse => v1::CreationPolicy::Refuse,
        CreationPolicy::Create => v1::CreationPolicy::Create,
    };
    let deletion = match deletion {
        DeletionPolicy::Refuse => v1::DeletionPolicy::Refuse,
        DeletionPolicy::Deactivate => v1::DeletionPolicy::Deactivate,
        DeletionPolicy::Delete => v1::DeletionPolicy::Delete,
    };
    let refusals = match refusals {
        RefusalPolicy::Notice => v1::RefusalPolicy::Notice,
        RefusalPolicy::Reject => v1::RefusalPolicy::Reject,
    };
    v1::ScimSettings {
        enabled,
        allow_moderator_promotion,
        allow_admin_promotion,
        creation: creation.into(),
        deletion: deletion.into(),
        refusals: refusals.into(),
        protected_user_names: protected,
    }
}

/// What the message asks for, and the value that is shown this once.
fn token_creation(message: v1::CreateTokenRequest) -> Result<(TokenCreation, Secret), Failure> {
    let v1::CreateTokenRequest { site: _, name, connection, expire_time, value } = message;
    let name = TokenName::parse(&name)?;
    let secret = match value {
        Some(value) => {
            accept_typed_token(&value)?;
            Secret::from_text(&value)
        }
        None => Secret::generate()?,
    };
    let connection = match connection.as_str() {
        "" => ConnectionName::first(),
        // No connection has a name that can't be one.
        other => ConnectionName::parse(other).map_err(|_| unknown_connection(other))?,
    };
    let expires_at =
        expire_time.as_ref().map(|at| decode::told_time(at, "expire_time")).transpose()?;
    let hash = *secret.hash().as_bytes();
    Ok((TokenCreation { name, connection, hash, expires_at }, secret))
}

fn settings_change(message: v1::UpdateScimSettingsRequest) -> Result<SettingsChange, Refusal> {
    let v1::UpdateScimSettingsRequest {
        site: _,
        enabled,
        allow_moderator_promotion,
        allow_admin_promotion,
        creation,
        deletion,
        refusals,
        protect_user_names,
        unprotect_user_names,
    } = message;
    let creation = match decode::known(creation, "creation")? {
        v1::CreationPolicy::Unspecified => None,
        v1::CreationPolicy::Refuse => Some(CreationPolicy::Refuse),
        v1::CreationPolicy::Create => Some(CreationPolicy::Create),
    };
    let deletion = match decode::known(deletion, "deletion")? {
        v1::DeletionPolicy::Unspecified => None,
        v1::DeletionPolicy::Refuse => Some(DeletionPolicy::Refuse),
        v1::DeletionPolicy::Deactivate => Some(DeletionPolicy::Deactivate),
        v1::DeletionPolicy::Delete => Some(DeletionPolicy::Delete),
    };
    let refusals = match decode::known(refusals, "refusals")? {
        v1::RefusalPolicy::Unspecified => None,
        v1::RefusalPolicy::Notice => Some(RefusalPolicy::Notice),
        v1::RefusalPolicy::Reject => Some(RefusalPolicy::Reject),
    };
    let protect = protect_user_names.iter().map(|name| UserName::parse(name));
    Ok(SettingsChange {
        enabled,
        allow_moderator_promotion,
        allow_admin_promotion,
        creation,
        deletion,
        refusals,
        protect: protect.collect::<Result<_, _>>()?,
        unprotect: unprotect_user_names.iter().map(|name| UserNameKey::of(name)).collect(),
    })
}
