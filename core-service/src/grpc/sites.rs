//! `SiteService`: for the operator only.

use super::call::{Envelope, call};
use super::{decode, encode};
use crate::sites::{TokenWish, unknown_token};
use crate::store::{Connection, Token};
use crate::trace::record_site;
use crate::{Failure, Rooms};
use provost_domain::{
    ConnectionPolicy, CreationPolicy, DeletionPolicy, RefusalPolicy, Site, SiteName, TokenId,
    UserName, UserNameKey,
};
use provost_proto::v1;
use provost_proto::v1::site_service_server::SiteService;
use std::sync::Arc;
use tonic::{Request, Response, Status, async_trait};
use uuid::Uuid;

/// The door to the sites.
pub(super) struct Door(pub Arc<Rooms>);

impl Door {
    /// Admits the operator, to the site of this name.
    async fn admit(&self, envelope: &Envelope, site: &str) -> Result<SiteName, Failure> {
        self.0.callers.admit_operator(&envelope.credential).await?;
        let name = SiteName::parse(site)?;
        record_site(name.as_str());
        Ok(name)
    }
}

#[async_trait]
impl SiteService for Door {
    async fn create_site(
        &self,
        request: Request<v1::CreateSiteRequest>,
    ) -> Result<Response<v1::CreateSiteResponse>, Status> {
        call(request, async |envelope, message| {
            let name = self.admit(&envelope, &message.name).await?;
            let site = Some(site(self.0.sites.create(&name, envelope.trace_id).await?));
            Ok(v1::CreateSiteResponse { site })
        })
        .await
    }

    async fn list_sites(
        &self,
        request: Request<v1::ListSitesRequest>,
    ) -> Result<Response<v1::ListSitesResponse>, Status> {
        call(request, async |envelope, _| {
            self.0.callers.admit_operator(&envelope.credential).await?;
            let sites = self.0.sites.list().await?.into_iter().map(site).collect();
            Ok(v1::ListSitesResponse { sites })
        })
        .await
    }

    async fn get_scim_settings(
        &self,
        request: Request<v1::GetScimSettingsRequest>,
    ) -> Result<Response<v1::GetScimSettingsResponse>, Status> {
        call(request, async |envelope, message| {
            let name = self.admit(&envelope, &message.site).await?;
            let settings = Some(settings(self.0.sites.policy(&name).await?));
            Ok(v1::GetScimSettingsResponse { settings })
        })
        .await
    }

    async fn update_scim_settings(
        &self,
        request: Request<v1::UpdateScimSettingsRequest>,
    ) -> Result<Response<v1::UpdateScimSettingsResponse>, Status> {
        call(request, async |envelope, message| {
            let name = self.admit(&envelope, &message.site).await?;
            for typed in &message.protect_user_names {
                UserName::parse(typed)?;
            }
            let change = |policy: &mut ConnectionPolicy| update(policy, message);
            let settings =
                Some(settings(self.0.sites.change_policy(&name, change, envelope.trace_id).await?));
            Ok(v1::UpdateScimSettingsResponse { settings })
        })
        .await
    }

    async fn create_connection(
        &self,
        request: Request<v1::CreateConnectionRequest>,
    ) -> Result<Response<v1::CreateConnectionResponse>, Status> {
        call(request, async |envelope, message| {
            let site = self.admit(&envelope, &message.site).await?;
            let created =
                self.0.sites.create_connection(&site, &message.name, envelope.trace_id).await?;
            Ok(v1::CreateConnectionResponse { connection: Some(connection(created)) })
        })
        .await
    }

    async fn list_connections(
        &self,
        request: Request<v1::ListConnectionsRequest>,
    ) -> Result<Response<v1::ListConnectionsResponse>, Status> {
        call(request, async |envelope, message| {
            let site = self.admit(&envelope, &message.site).await?;
            let found = self.0.sites.connections(&site).await?;
            let connections = found.into_iter().map(connection).collect();
            Ok(v1::ListConnectionsResponse { connections })
        })
        .await
    }

    async fn create_token(
        &self,
        request: Request<v1::CreateTokenRequest>,
    ) -> Result<Response<v1::CreateTokenResponse>, Status> {
        call(request, async |envelope, message| {
            let v1::CreateTokenRequest { site, name, connection, expire_time, value } = message;
            let site = self.admit(&envelope, &site).await?;
            let expires_at = expire_time.as_ref().map(decode::time);
            let wish = TokenWish { name, connection, expires_at, value };
            let (created, secret) =
                self.0.sites.create_token(&site, wish, envelope.trace_id).await?;
            let value = secret.reveal().to_owned();
            Ok(v1::CreateTokenResponse { token: Some(token(created)), value })
        })
        .await
    }

    async fn list_tokens(
        &self,
        request: Request<v1::ListTokensRequest>,
    ) -> Result<Response<v1::ListTokensResponse>, Status> {
        call(request, async |envelope, message| {
            let site = self.admit(&envelope, &message.site).await?;
            let tokens = self.0.sites.tokens(&site).await?.into_iter().map(token).collect();
            Ok(v1::ListTokensResponse { tokens })
        })
        .await
    }

    async fn revoke_token(
        &self,
        request: Request<v1::RevokeTokenRequest>,
    ) -> Result<Response<v1::RevokeTokenResponse>, Status> {
        call(request, async |envelope, message| {
            let site = self.admit(&envelope, &message.site).await?;
            let id = Uuid::try_parse(&message.token_id).map_err(|_| unknown_token())?;
            let revoked = self.0.sites.revoke_token(&site, TokenId(id), envelope.trace_id).await?;
            Ok(v1::RevokeTokenResponse { token: Some(token(revoked)) })
        })
        .await
    }
}

fn site(site: Site) -> v1::Site {
    v1::Site { name: site.name, create_time: Some(encode::time(site.created_at)) }
}

fn connection(connection: Connection) -> v1::Connection {
    let create_time = Some(encode::time(connection.created_at));
    v1::Connection { name: connection.name, create_time }
}

fn token(token: Token) -> v1::Token {
    let Token { id, site: _, connection, name, created_at, expires_at, last_used_at, revoked_at } =
        token;
    v1::Token {
        id: id.0.to_string(),
        name,
        connection,
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

/// Takes over what the message names.
fn update(policy: &mut ConnectionPolicy, message: v1::UpdateScimSettingsRequest) {
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
    policy.enabled = enabled.unwrap_or(policy.enabled);
    policy.allow_moderator_promotion =
        allow_moderator_promotion.unwrap_or(policy.allow_moderator_promotion);
    policy.allow_admin_promotion = allow_admin_promotion.unwrap_or(policy.allow_admin_promotion);
    policy.creation = match v1::CreationPolicy::try_from(creation).unwrap_or_default() {
        v1::CreationPolicy::Unspecified => policy.creation,
        v1::CreationPolicy::Refuse => CreationPolicy::Refuse,
        v1::CreationPolicy::Create => CreationPolicy::Create,
    };
    policy.deletion = match v1::DeletionPolicy::try_from(deletion).unwrap_or_default() {
        v1::DeletionPolicy::Unspecified => policy.deletion,
        v1::DeletionPolicy::Refuse => DeletionPolicy::Refuse,
        v1::DeletionPolicy::Deactivate => DeletionPolicy::Deactivate,
        v1::DeletionPolicy::Delete => DeletionPolicy::Delete,
    };
    policy.refusals = match v1::RefusalPolicy::try_from(refusals).unwrap_or_default() {
        v1::RefusalPolicy::Unspecified => policy.refusals,
        v1::RefusalPolicy::Notice => RefusalPolicy::Notice,
        v1::RefusalPolicy::Reject => RefusalPolicy::Reject,
    };
    for name in protect_user_names {
        if !policy.protects(&UserNameKey::of(&name)) {
            policy.protected.push(name);
        }
    }
    let gone: Vec<_> = unprotect_user_names.iter().map(|name| UserNameKey::of(name)).collect();
    policy.protected.retain(|name| !gone.contains(&UserNameKey::of(name)));
}
