//! `AccessService`: services, their tokens and grants.

use super::answers::is_repeated;
use super::call::{RequestMetadata, call};
use super::decode_access::{self, NamedScope};
use super::encode::notice;
use super::encode_sites::{position_behind, token_position};
use super::explain::{Known, Question, explain};
use super::submission::Asker;
use super::{answers, encode_access, paging};
use crate::{AppState, Failure};
use provost_domain::{
    AccessAction, Action, CertificateName, Decision, GrantScope, Permission, Refusal, ServiceName,
    ServiceTokenKind, SiteId,
};
use provost_proto::v1;
use provost_proto::v1::access_service_server::AccessService;
use std::sync::Arc;
use tonic::{Request, Response, Status, async_trait};

/// The door to the services.
pub(super) struct AccessHandlers(pub Arc<AppState>);

impl AccessHandlers {
    /// Admits who manages access in all sites.
    fn admit(&self, metadata: &RequestMetadata) -> Result<Asker, Failure> {
        Ok(self.0.authenticator.admit_everywhere(&metadata.bearer)?)
    }

    /// Admits who manages access in these sites.
    async fn admit_to(
        &self,
        metadata: &RequestMetadata,
        scope: Result<NamedScope, Refusal>,
    ) -> Result<(Asker, GrantScope), Failure> {
        match scope {
            // Nobody else is told what was wrong.
            Err(refusal) => self.admit(metadata).and(Err(refusal.into())),
            Ok(NamedScope::AllSites) => Ok((self.admit(metadata)?, GrantScope::AllSites)),
            Ok(NamedScope::Site(name)) => {
                let bearer = metadata.bearer.clone();
                let admitted = self.0.authenticator.admit(bearer, name.as_str()).await?;
                let scope = GrantScope::Site(admitted.site.id);
                Ok(((admitted.caller, admitted.token), scope))
            }
        }
    }

    /// Admits a service that asks about itself, which is answered, or whoever manages access in these
    /// sites; and the name of the one site.
    async fn admit_about(
        &self,
        mut metadata: RequestMetadata,
        service: &str,
        scope: Result<NamedScope, Refusal>,
    ) -> Result<(Option<ServiceName>, Option<String>), Failure> {
        let site = match &scope {
            Ok(NamedScope::Site(name)) => Some(name.as_str().to_owned()),
            Ok(NamedScope::AllSites) | Err(_) => None,
        };
        let own = metadata.bearer.service();
        let own = own.filter(|own| service.is_empty() || own.as_str() == service).cloned();
        if let Some(own) = own {
            self.admit(&metadata)?;
            return scope.map(|_| (Some(own), site)).map_err(Failure::from);
        }
        metadata.bearer = metadata.bearer.with(Permission::ManageAccess);
        self.admit_to(&metadata, scope).await?;
        Ok((None, site))
    }

    async fn submit(
        &self,
        metadata: RequestMetadata,
        asker: Asker,
        action: AccessAction,
        options: Option<v1::WriteOptions>,
    ) -> Result<Decision, Failure> {
        let (site, action) = (Some(SiteId::INSTALLATION), Action::Access(action));
        self.0.submit(metadata, asker, site, action, options).await
    }
}

#[async_trait]
impl AccessService for AccessHandlers {
    async fn create_service(
        &self,
        request: Request<v1::CreateServiceRequest>,
    ) -> Result<Response<v1::CreateServiceResponse>, Status> {
        call(request, async |metadata, message| {
            let asker = self.admit(&metadata)?;
            let v1::CreateServiceRequest { name, options } = message;
            let action = AccessAction::CreateService { name: ServiceName::parse(&name)? };
            let decision = self.submit(metadata, asker, action, options).await?;
            let Decision { answer, changed, revision, .. } = decision;
            let service = answers::service(answer)?;
            let service = Some(encode_access::service(&service, &[].into()));
            Ok(v1::CreateServiceResponse { service, changed, revision })
        })
        .await
    }

    async fn list_services(
        &self,
        request: Request<v1::ListServicesRequest>,
    ) -> Result<Response<v1::ListServicesResponse>, Status> {
        call(request, async |metadata, message| {
            self.admit(&metadata)?;
            let v1::ListServicesRequest { page_size, page_token } = message;
            let (question, rpc) = (v1::ListServicesRequest::default(), "ListServices");
            let after = paging::name(&page_token, rpc, &question)?;
            let limit = paging::page_size(page_size)?;
            let (page, sites) = self.0.services.list(after.as_deref(), limit).await?;
            let next_page_token =
                page.next(|last| paging::token(last.name.as_str().as_bytes(), rpc, &question));
            let services = page.rows.iter().map(|it| encode_access::service(it, &sites)).collect();
            Ok(v1::ListServicesResponse { services, next_page_token })
        })
        .await
    }

    async fn delete_service(
        &self,
        request: Request<v1::DeleteServiceRequest>,
    ) -> Result<Response<v1::DeleteServiceResponse>, Status> {
        call(request, async |metadata, message| {
            let asker = self.admit(&metadata)?;
            let v1::DeleteServiceRequest { service, options } = message;
            let action = AccessAction::DeleteService { name: decode_access::service(&service)? };
            let decision = self.submit(metadata, asker, action, options).await?;
            let Decision { changed, revision, .. } = decision;
            Ok(v1::DeleteServiceResponse { changed, revision })
        })
        .await
    }

    async fn put_grant(
        &self,
        request: Request<v1::PutGrantRequest>,
    ) -> Result<Response<v1::PutGrantResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::PutGrantRequest { service, grant, options } = message;
            let mut grant = grant.unwrap_or_default();
            let named = decode_access::scope(grant.scope.take());
            let (asker, scope) = self.admit_to(&metadata, named).await?;
            let grant = decode_access::grant(grant, scope)?;
            let service = decode_access::service(&service)?;
            let action = AccessAction::PutGrant { service, grant };
            let decision = self.submit(metadata, asker, action, options).await?;
            let Decision { answer, changed, revision, .. } = decision;
            let version = answers::service(answer)?.version;
            Ok(v1::PutGrantResponse { version, changed, revision })
        })
        .await
    }

    async fn remove_grant(
        &self,
        request: Request<v1::RemoveGrantRequest>,
    ) -> Result<Response<v1::RemoveGrantResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::RemoveGrantRequest { service, scope, options } = message;
            let named = decode_access::scope(decode_access::removed_scope(scope));
            let (asker, scope) = self.admit_to(&metadata, named).await?;
            let service = decode_access::service(&service)?;
            let action = AccessAction::RemoveGrant { service, scope };
            let decision = self.submit(metadata, asker, action, options).await?;
            let Decision { answer, changed, revision, .. } = decision;
            let version = answers::service(answer)?.version;
            Ok(v1::RemoveGrantResponse { version, changed, revision })
        })
        .await
    }

    async fn list_grants(
        &self,
        request: Request<v1::ListGrantsRequest>,
    ) -> Result<Response<v1::ListGrantsResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::ListGrantsRequest { site, page_size, page_token } = message;
            let named = decode_access::scope(Some(v1::grant::Scope::Site(site.clone())));
            let (_, scope) = self.admit_to(&metadata, named).await?;
            let rest = v1::ListGrantsRequest::default();
            let (question, rpc) = (v1::ListGrantsRequest { site, ..rest }, "ListGrants");
            let after = paging::name(&page_token, rpc, &question)?;
            let limit = paging::page_size(page_size)?;
            let site = scope.site().unwrap_or(SiteId::INSTALLATION);
            let (page, sites) = self.0.services.granted(site, after.as_deref(), limit).await?;
            let next_page_token =
                page.next(|last| paging::token(last.name.as_str().as_bytes(), rpc, &question));
            let granted = page.rows.iter();
            let grants = granted.map(|it| encode_access::granted(it, scope, &sites)).collect();
            Ok(v1::ListGrantsResponse { grants, next_page_token })
        })
        .await
    }

    async fn create_service_token(
        &self,
        request: Request<v1::CreateServiceTokenRequest>,
    ) -> Result<Response<v1::CreateServiceTokenResponse>, Status> {
        call(request, async |metadata, message| {
            let asker = self.admit(&metadata)?;
            let options = message.options.clone();
            let is_tried = options.as_ref().is_some_and(|options| options.validate_only);
            let (creation, secret) = decode_access::token_creation(message)?;
            let action = AccessAction::CreateToken(creation);
            let decision = self.submit(metadata, asker, action, options).await?;
            let Decision { answer, changed, notices, revision } = decision;
            let token = Some(encode_access::token(answers::service_token(answer)?));
            // A repetition or a trial made no token, so this value opens nothing.
            let is_made = !is_tried && !is_repeated(&notices);
            let value = if is_made { secret.reveal().to_owned() } else { String::new() };
            let notices = notices.into_iter().map(notice).collect();
            Ok(v1::CreateServiceTokenResponse { token, value, changed, revision, notices })
        })
        .await
    }

    async fn list_service_tokens(
        &self,
        request: Request<v1::ListServiceTokensRequest>,
    ) -> Result<Response<v1::ListServiceTokensResponse>, Status> {
        call(request, async |metadata, message| {
            self.admit(&metadata)?;
            let v1::ListServiceTokensRequest { service, page_size, page_token } = message;
            let rest = v1::ListServiceTokensRequest::default();
            let question = v1::ListServiceTokensRequest { service: service.clone(), ..rest };
            let rpc = "ListServiceTokens";
            let after = paging::position(&page_token, rpc, &question)?.map(position_behind);
            let limit = paging::page_size(page_size)?;
            let service = decode_access::service(&service)?;
            let page =
                self.0.services.tokens(&service, ServiceTokenKind::Bearer, after, limit).await?;
            let next_page_token = page.next(|last| {
                paging::token(&token_position(last.created_at, last.id), rpc, &question)
            });
            let tokens = page.rows.into_iter().map(encode_access::token).collect();
            Ok(v1::ListServiceTokensResponse { tokens, next_page_token })
        })
        .await
    }

    async fn revoke_service_token(
        &self,
        request: Request<v1::RevokeServiceTokenRequest>,
    ) -> Result<Response<v1::RevokeServiceTokenResponse>, Status> {
        call(request, async |metadata, message| {
            let asker = self.admit(&metadata)?;
            let v1::RevokeServiceTokenRequest { service, token_id, options } = message;
            let service = decode_access::service(&service)?;
            let token = decode_access::token_id(&token_id)?;
            let action = AccessAction::RevokeToken { service, token };
            let decision = self.submit(metadata, asker, action, options).await?;
            let Decision { answer, changed, revision, .. } = decision;
            let token = Some(encode_access::token(answers::service_token(answer)?));
            Ok(v1::RevokeServiceTokenResponse { token, changed, revision })
        })
        .await
    }

    async fn add_service_certificate(
        &self,
        request: Request<v1::AddServiceCertificateRequest>,
    ) -> Result<Response<v1::AddServiceCertificateResponse>, Status> {
        call(request, async |metadata, message| {
            let asker = self.admit(&metadata)?;
            let v1::AddServiceCertificateRequest { service, certificate_name, options } = message;
            let registration = decode_access::registration(&service, &certificate_name)?;
            let action = AccessAction::AddCertificate(registration);
            let decision = self.submit(metadata, asker, action, options).await?;
            let Decision { answer, changed, revision, .. } = decision;
            let certificate = Some(encode_access::certificate(answers::service_token(answer)?));
            Ok(v1::AddServiceCertificateResponse { certificate, changed, revision })
        })
        .await
    }

    async fn list_service_certificates(
        &self,
        request: Request<v1::ListServiceCertificatesRequest>,
    ) -> Result<Response<v1::ListServiceCertificatesResponse>, Status> {
        call(request, async |metadata, message| {
            self.admit(&metadata)?;
            let v1::ListServiceCertificatesRequest { service, page_size, page_token } = message;
            let rest = v1::ListServiceCertificatesRequest::default();
            let question = v1::ListServiceCertificatesRequest { service: service.clone(), ..rest };
            let rpc = "ListServiceCertificates";
            let after = paging::position(&page_token, rpc, &question)?.map(position_behind);
            let limit = paging::page_size(page_size)?;
            let service = decode_access::service(&service)?;
            let kind = ServiceTokenKind::Certificate;
            let page = self.0.services.tokens(&service, kind, after, limit).await?;
            let next_page_token = page.next(|last| {
                paging::token(&token_position(last.created_at, last.id), rpc, &question)
            });
            let certificates = page.rows.into_iter().map(encode_access::certificate).collect();
            Ok(v1::ListServiceCertificatesResponse { certificates, next_page_token })
        })
        .await
    }

    async fn remove_service_certificate(
        &self,
        request: Request<v1::RemoveServiceCertificateRequest>,
    ) -> Result<Response<v1::RemoveServiceCertificateResponse>, Status> {
        call(request, async |metadata, message| {
            let asker = self.admit(&metadata)?;
            let v1::RemoveServiceCertificateRequest { service, certificate_name, options } =
                message;
            let service = decode_access::service(&service)?;
            let certificate = CertificateName::parse(&certificate_name)?;
            let action = AccessAction::RemoveCertificate { service, certificate };
            let decision = self.submit(metadata, asker, action, options).await?;
            let Decision { answer, changed, revision, .. } = decision;
            let certificate = Some(encode_access::certificate(answers::service_token(answer)?));
            Ok(v1::RemoveServiceCertificateResponse { certificate, changed, revision })
        })
        .await
    }

    async fn explain_access(
        &self,
        request: Request<v1::ExplainAccessRequest>,
    ) -> Result<Response<v1::ExplainAccessResponse>, Status> {
        call(request, async |metadata, message| {
            let scope = decode_access::asked_scope(message.scope.clone());
            let (own, site) = self.admit_about(metadata, &message.service, scope).await?;
            let service = own.map_or_else(|| decode_access::service(&message.service), Ok);
            let question = Question::read(message, site)?;
            let (service, sites) = self.0.services.named(&service?).await?;
            let asked = Known { service: &service, sites: &sites };
            // Who is not let in by what it is about is told nothing of that.
            let target = match question.target.as_ref().filter(|_| question.is_admitted(asked)) {
                Some(target) => Some(self.0.services.named(target).await?),
                None => None,
            };
            let target = target.as_ref().map(|(service, sites)| Known { service, sites });
            Ok(explain(asked, target, &question)?)
        })
        .await
    }
}
