//! `SiteService`: for the operator and for services that manage settings or tokens.

use super::answers::is_repeated;
use super::call::{RequestMetadata, call};
use super::decode_sites::{connection_change, connection_name, settings_change, token_creation};
use super::encode::notice;
use super::encode_sites::{connection, position_behind, settings, site, token, token_position};
use super::{answers, paging};
use crate::authenticator::Admitted;
use crate::{AppState, Failure};
use provost_domain::{
    Action, ConnectionName, Decision, Reason, Site, SiteName, TokenId, unknown_token,
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
    /// Admits the caller of a read to the site of this name.
    async fn admit(
        &self,
        metadata: &RequestMetadata,
        site: &str,
        on_behalf_of: &str,
    ) -> Result<Admitted, Failure> {
        self.0.admit_to_read(metadata.bearer.clone(), site, on_behalf_of).await
    }

    /// Admits the caller of a write to the site of this name.
    async fn admit_writer(
        &self,
        metadata: &RequestMetadata,
        site: &str,
        options: Option<&v1::WriteOptions>,
    ) -> Result<Admitted, Failure> {
        self.0.admit_to_write(metadata.bearer.clone(), site, options).await
    }

    /// Has something decided about the site to which the caller was admitted.
    async fn change(
        &self,
        metadata: RequestMetadata,
        admitted: Admitted,
        action: Action,
        options: Option<v1::WriteOptions>,
    ) -> Result<Decision, Failure> {
        let Admitted { caller, token, on_behalf_of: _, site, activity: _ } = admitted;
        self.0.submit(metadata, (caller, token), Some(site.id), action, options).await
    }

    /// Also where a site is not found, because the same request may have deleted it before.
    async fn delete(
        &self,
        metadata: RequestMetadata,
        name: &str,
        options: Option<v1::WriteOptions>,
    ) -> Result<Decision, Failure> {
        let (asker, site, unknown) =
            match self.admit_writer(&metadata, name, options.as_ref()).await {
                Ok(Admitted { caller, token, on_behalf_of: _, site, activity: _ }) => {
                    ((caller, token), Some(site.id), None)
                }
                Err(Failure::Refused(refusal))
                    if refusal.reason == Reason::SiteNotFound && metadata.fingerprint.is_some() =>
                {
                    let asker = self.0.authenticator.admit_everywhere(&metadata.bearer)?;
                    (asker, None, Some(refusal))
                }
                Err(failure) => return Err(failure),
            };
        let decided = self.0.submit(metadata, asker, site, Action::DeleteSite, options).await;
        match (decided, unknown) {
            (Err(Failure::Refused(refusal)), Some(unknown)) if refusal.reason == unknown.reason => {
                Err(unknown.into())
            }
            (decided, _) => decided,
        }
    }
}

#[async_trait]
impl SiteService for SiteHandlers {
    async fn create_site(
        &self,
        request: Request<v1::CreateSiteRequest>,
    ) -> Result<Response<v1::CreateSiteResponse>, Status> {
        call(request, async |metadata, message| {
            let asker = self.0.authenticator.admit_everywhere(&metadata.bearer)?;
            let v1::CreateSiteRequest { name, options } = message;
            let name = SiteName::parse(&name)?;
            record_site(name.as_str());
            let action = Action::CreateSite { name };
            let decision = self.0.submit(metadata, asker, None, action, options).await?;
            let Decision { answer, changed, revision, .. } = decision;
            let site = Some(site(answers::site(answer)?));
            Ok(v1::CreateSiteResponse { site, changed, revision })
        })
        .await
    }

    async fn delete_site(
        &self,
        request: Request<v1::DeleteSiteRequest>,
    ) -> Result<Response<v1::DeleteSiteResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::DeleteSiteRequest { site, options } = message;
            let decision = self.delete(metadata, &site, options).await?;
            let Decision { changed, revision, .. } = decision;
            Ok(v1::DeleteSiteResponse { changed, revision })
        })
        .await
    }

    async fn list_sites(
        &self,
        request: Request<v1::ListSitesRequest>,
    ) -> Result<Response<v1::ListSitesResponse>, Status> {
        call(request, async |metadata, message| {
            self.0.authenticator.admit_everywhere(&metadata.bearer)?;
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
            let v1::GetScimSettingsRequest { site, on_behalf_of } = message;
            let known = self.admit(&metadata, &site, &on_behalf_of).await?.site;
            let Site { policy, version, .. } = self.0.sites.get(&known).await?;
            let settings = Some(settings(policy, version));
            Ok(v1::GetScimSettingsResponse { settings })
        })
        .await
    }

    async fn update_scim_settings(
        &self,
        request: Request<v1::UpdateScimSettingsRequest>,
    ) -> Result<Response<v1::UpdateScimSettingsResponse>, Status> {
        call(request, async |metadata, message| {
            let options = message.options.clone();
            let admitted = self.admit_writer(&metadata, &message.site, options.as_ref()).await?;
            let is_tried = options.as_ref().is_some_and(|options| options.validate_only);
            let reader = || metadata.bearer.clone().acting_for(admitted.on_behalf_of);
            let tried = is_tried.then(|| (reader(), Arc::clone(&admitted.site)));
            let action = Action::UpdateSettings(settings_change(message)?);
            let decision = self.change(metadata, admitted, action, options).await?;
            let Decision { answer, changed, revision, .. } = decision;
            let (policy, version) = answers::settings(answer)?;
            let next_sync = match tried {
                Some((reader, site)) => Box::pin(self.0.next_sync(reader, &site, &policy)).await?,
                None => None,
            };
            let settings = Some(settings(policy, version));
            Ok(v1::UpdateScimSettingsResponse { settings, changed, revision, next_sync })
        })
        .await
    }

    async fn create_connection(
        &self,
        request: Request<v1::CreateConnectionRequest>,
    ) -> Result<Response<v1::CreateConnectionResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::CreateConnectionRequest { site, name, options } = message;
            let admitted = self.admit_writer(&metadata, &site, options.as_ref()).await?;
            let action = Action::CreateConnection { name: ConnectionName::parse(&name)? };
            let decision = self.change(metadata, admitted, action, options).await?;
            let Decision { answer, changed, revision, .. } = decision;
            let connection = Some(connection(answers::connection(answer)?));
            Ok(v1::CreateConnectionResponse { connection, changed, revision })
        })
        .await
    }

    async fn update_connection(
        &self,
        request: Request<v1::UpdateConnectionRequest>,
    ) -> Result<Response<v1::UpdateConnectionResponse>, Status> {
        call(request, async |metadata, message| {
            let options = message.options.clone();
            let admitted = self.admit_writer(&metadata, &message.site, options.as_ref()).await?;
            let action = Action::UpdateConnection(connection_change(message)?);
            let decision = self.change(metadata, admitted, action, options).await?;
            let Decision { answer, changed, revision, .. } = decision;
            let connection = Some(connection(answers::connection(answer)?));
            Ok(v1::UpdateConnectionResponse { connection, changed, revision })
        })
        .await
    }

    async fn delete_connection(
        &self,
        request: Request<v1::DeleteConnectionRequest>,
    ) -> Result<Response<v1::DeleteConnectionResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::DeleteConnectionRequest { site, connection, options } = message;
            let admitted = self.admit_writer(&metadata, &site, options.as_ref()).await?;
            let action = Action::DeleteConnection { name: connection_name(&connection)? };
            let decision = self.change(metadata, admitted, action, options).await?;
            let Decision { changed, revision, .. } = decision;
            Ok(v1::DeleteConnectionResponse { changed, revision })
        })
        .await
    }

    async fn list_connections(
        &self,
        request: Request<v1::ListConnectionsRequest>,
    ) -> Result<Response<v1::ListConnectionsResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::ListConnectionsRequest { site, page_size, page_token, on_behalf_of } = message;
            let site = self.admit(&metadata, &site, &on_behalf_of).await?.site;
            let (of, rest) = (site.name.clone(), v1::ListConnectionsRequest::default());
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
            let options = message.options.clone();
            let admitted = self.admit_writer(&metadata, &message.site, options.as_ref()).await?;
            let is_tried = options.as_ref().is_some_and(|options| options.validate_only);
            let is_kept = message.keep_value;
            let (mut creation, secret) = token_creation(message)?;
            creation.sealed = self.0.sealed(&secret, (is_kept, creation.is_typed))?;
            let action = Action::CreateToken(creation);
            let decision = self.change(metadata, admitted, action, options).await?;
            let Decision { answer, changed, notices, revision } = decision;
            let token = Some(token(answers::token(answer)?));
            // A repetition or a trial made no token, so this value opens nothing.
            let is_made = !is_tried && !is_repeated(&notices);
            let value = if is_made { secret.reveal().to_owned() } else { String::new() };
            let notices = notices.into_iter().map(notice).collect();
            Ok(v1::CreateTokenResponse { token, value, changed, revision, notices })
        })
        .await
    }

    async fn list_tokens(
        &self,
        request: Request<v1::ListTokensRequest>,
    ) -> Result<Response<v1::ListTokensResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::ListTokensRequest { page_size, page_token, newest_first, active_only, .. } =
                message;
            let (site, on_behalf_of) = (message.site, message.on_behalf_of);
            let site = self.admit(&metadata, &site, &on_behalf_of).await?.site;
            let (of, rest) = (site.name.clone(), v1::ListTokensRequest::default());
            let question = v1::ListTokensRequest { site: of, newest_first, active_only, ..rest };
            let rpc = "ListTokens";
            let after = paging::position(&page_token, rpc, &question)?.map(position_behind);
            let limit = paging::page_size(page_size)?;
            let page =
                self.0.sites.tokens(&site, after, (newest_first, active_only), limit).await?;
            let next_page_token = page.next(|last| {
                paging::token(&token_position(last.created_at, last.id), rpc, &question)
            });
            let tokens = page.rows.into_iter().map(token).collect();
            let keeps_values = self.0.token_key.is_some();
            Ok(v1::ListTokensResponse { tokens, next_page_token, keeps_values })
        })
        .await
    }

    async fn revoke_token(
        &self,
        request: Request<v1::RevokeTokenRequest>,
    ) -> Result<Response<v1::RevokeTokenResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::RevokeTokenRequest { site, token_id, options } = message;
            let admitted = self.admit_writer(&metadata, &site, options.as_ref()).await?;
            let id = Uuid::try_parse(&token_id).map_err(|_| unknown_token())?;
            let action = Action::RevokeToken { token: TokenId(id) };
            let decision = self.change(metadata, admitted, action, options).await?;
            let Decision { answer, changed, revision, .. } = decision;
            let token = Some(token(answers::token(answer)?));
            Ok(v1::RevokeTokenResponse { token, changed, revision })
        })
        .await
    }

    async fn reveal_token(
        &self,
        request: Request<v1::RevealTokenRequest>,
    ) -> Result<Response<v1::RevealTokenResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::RevealTokenRequest { site, token_id, options } = message;
            let admitted = self.admit_writer(&metadata, &site, options.as_ref()).await?;
            let id = TokenId(Uuid::try_parse(&token_id).map_err(|_| unknown_token())?);
            let is_tried = options.as_ref().is_some_and(|options| options.validate_only);
            // Before the ledger says that it was shown.
            let value = self.0.kept_value(&admitted.site, id).await?;
            let action = Action::RevealToken { token: id };
            let decision = self.change(metadata, admitted, action, options).await?;
            let Decision { answer, changed, notices, revision } = decision;
            let token = Some(token(answers::token(answer)?));
            // The ledger says nothing of a repetition or a trial, so nobody is shown anything.
            let value = value.filter(|_| !is_tried && !is_repeated(&notices));
            let value = value.map(|value| value.reveal().to_owned()).unwrap_or_default();
            Ok(v1::RevealTokenResponse { token, value, changed, revision })
        })
        .await
    }
}
