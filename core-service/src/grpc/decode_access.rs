//! From messages about services to what they ask of the law.

use super::decode_expiration::{expire_time, ttl};
use super::{decode, encode_access};
use crate::Failure;
use crate::secret::{Secret, SecretHash};
use provost_domain::{
    CertificateName, CertificateRegistration, Expiration, Grant, GrantScope, Permission, Reason,
    Refusal, ServiceName, ServiceTokenCreation, SiteName, TokenId, TokenName, unknown_service,
    unknown_service_token,
};
use provost_proto::v1;
use provost_proto::v1::create_service_token_request::Expiration as SentExpiration;
use uuid::Uuid;

/// The sites that a grant is about, by the name of the one.
pub(super) enum NamedScope {
    AllSites,
    Site(SiteName),
}

/// No service has a name that can't be one.
pub(super) fn service(name: &str) -> Result<ServiceName, Refusal> {
    ServiceName::parse(name).map_err(|_| unknown_service(name))
}

pub(super) fn scope(scope: Option<v1::grant::Scope>) -> Result<NamedScope, Refusal> {
    match scope {
        Some(v1::grant::Scope::Site(name)) => Ok(NamedScope::Site(SiteName::parse(&name)?)),
        Some(v1::grant::Scope::AllSites(true)) => Ok(NamedScope::AllSites),
        Some(v1::grant::Scope::AllSites(false)) | None => Err(Refusal::about(
            Reason::ValueInvalid,
            "scope",
            "a grant is about one site or about all of them; set site, or set all_sites to true",
        )),
    }
}

pub(super) fn removed_scope(
    scope: Option<v1::remove_grant_request::Scope>,
) -> Option<v1::grant::Scope> {
    use v1::remove_grant_request::Scope;
    Some(match scope? {
        Scope::Site(name) => v1::grant::Scope::Site(name),
        Scope::AllSites(all) => v1::grant::Scope::AllSites(all),
    })
}

/// Where none is named, the site `default` is meant, as in other calls.
pub(super) fn asked_scope(
    scope: Option<v1::explain_access_request::Scope>,
) -> Result<NamedScope, Refusal> {
    use v1::explain_access_request::Scope;
    self::scope(Some(match scope {
        None => v1::grant::Scope::Site(String::new()),
        Some(Scope::Site(name)) => v1::grant::Scope::Site(name),
        Some(Scope::AllSites(all)) => v1::grant::Scope::AllSites(all),
    }))
}

/// What is told of an RPC that there is not.
pub(super) fn unknown_rpc() -> Refusal {
    let message = "there is no such RPC; send one as in UserService/SetUserRole";
    Refusal::about(Reason::ValueInvalid, "rpc", message)
}

/// A grant whose sites were found.
pub(super) fn grant(grant: v1::Grant, scope: GrantScope) -> Result<Grant, Refusal> {
    let v1::Grant { scope: _, permissions, highest_role } = grant;
    let permissions = permissions.into_iter().map(known_permission);
    let permissions = permissions.collect::<Result<_, _>>()?;
    decode::known::<v1::Role>(highest_role, "highest_role")?;
    Grant::new(scope, permissions, decode::role(highest_role)?)
}

pub(super) fn known_permission(number: i32) -> Result<Permission, Refusal> {
    let known: v1::Permission = decode::known(number, "permissions")?;
    let found = Permission::all().find(|own| encode_access::permission(*own) == known);
    found.ok_or_else(|| decode::missing("permissions"))
}

/// What the message asks for, and the value that is shown this once.
pub(super) fn token_creation(
    message: v1::CreateServiceTokenRequest,
) -> Result<(ServiceTokenCreation, Secret), Failure> {
    let v1::CreateServiceTokenRequest { service, name, expiration, options: _ } = message;
    let (service, name) = (self::service(&service)?, TokenName::parse(&name)?);
    let secret = Secret::generate_for_service()?;
    let expiration = expiration.map(self::expiration).transpose()?;
    let hash = *secret.hash().as_bytes();
    Ok((ServiceTokenCreation { service, name, hash, expiration }, secret))
}

/// The name that is to be registered, and what stands for it.
pub(super) fn registration(service: &str, name: &str) -> Result<CertificateRegistration, Refusal> {
    let (service, certificate) = (self::service(service)?, CertificateName::parse(name)?);
    let hash = *SecretHash::of_certificate(&certificate).as_bytes();
    Ok(CertificateRegistration { service, certificate, hash })
}

fn expiration(expiration: SentExpiration) -> Result<Expiration, Refusal> {
    match expiration {
        SentExpiration::ExpireTime(at) => expire_time(&at),
        SentExpiration::Ttl(span) => ttl(span),
    }
}

/// A token that has no UUID is none.
pub(super) fn token_id(text: &str) -> Result<TokenId, Refusal> {
    Uuid::try_parse(text).map(TokenId).map_err(|_| unknown_service_token())
}
