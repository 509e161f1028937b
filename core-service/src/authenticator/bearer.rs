//! Whoever carries a good token, and what it opens: which calls, in which sites.
//!
//! Decides over what is remembered, for reads, and so that nobody is kept waiting for the writer in
//! vain; writes are looked at again by the law, in their transaction.

use super::CredentialKind;
use super::answer_log::{AnswerLog, ServiceCall};
use crate::metrics::{AnswerCounts, CallerKind, ConnectionRequests};
use crate::secret::SecretHash;
use provost_domain::{
    AskingService, Caller, ConnectionDialect, ConnectionSettings, GrantScope, Grants, Permission,
    Place, Refusal, ServiceAccess, ServiceName, Session, SessionId, SessionKind, Site, SiteId,
    SiteName, Timestamp, TokenId, User, UserId, admins_act_for_nobody, for_the_operator,
    token_opens_nothing, unknown_site,
};
use provost_telemetry::{record_caller, record_site};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Who may make a call, besides the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallAccess {
    /// Whether connections may, in their site.
    pub connections: bool,
    /// Which services may.
    pub services: ServiceAccess,
    /// Whether Admins who are signed in may, in their site.
    pub admins: bool,
    /// Who may besides that has no token of these.
    pub arrivals: Arrivals,
}

/// Who may make a call without being anybody yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrivals {
    /// Nobody.
    None,
    /// Whoever shows a code for signing in, in the place of the operator's token.
    WithCode,
    /// Whoever shows nothing, because an identity provider will say who it is.
    WithoutToken,
}

impl CallAccess {
    /// Services that ask on behalf of users. What those may, the law says.
    pub const ACTING: Self =
        Self { services: ServiceAccess::Permission(Permission::ActForUsers), ..Self::OPERATOR };
    /// Nobody else.
    pub const OPERATOR: Self = Self {
        connections: false,
        services: ServiceAccess::None,
        admins: false,
        arrivals: Arrivals::None,
    };
}

/// Whoever carries a good token, and what they call. About which site they ask is another question.
#[derive(Debug, Clone)]
pub struct Bearer {
    pub(super) holder: Holder,
    pub(super) access: CallAccess,
    /// What was shown.
    pub(super) kind: CredentialKind,
    /// The session of somebody who is signed in, or the code by which the operator signs in. In a box, because
    /// few calls have one and every call is moved as a whole.
    pub(super) session: Option<Box<KnownSession>>,
    pub(super) on_behalf_of: Option<UserId>,
    pub(super) log: Arc<AnswerLog>,
}

/// The sites in which a caller may do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SiteReach {
    /// All, also those to come.
    AllSites,
    /// These.
    Sites(BTreeSet<SiteId>),
}

impl SiteReach {
    /// Whether it may be done in this one.
    pub fn covers(&self, site: SiteId) -> bool {
        match self {
            Self::AllSites => true,
            Self::Sites(sites) => sites.contains(&site),
        }
    }
}

/// Whose token it is.
#[derive(Debug, Clone)]
pub(super) enum Holder {
    Operator,
    Connection(KnownToken),
    Service(Arc<KnownService>),
    Admin(KnownAdmin),
}

/// An active Admin who is signed in.
#[derive(Debug, Clone)]
pub(super) struct KnownAdmin {
    pub user: Arc<User>,
    pub site: Arc<Site>,
}

/// A session or a code as it was found.
#[derive(Debug, Clone)]
pub(super) struct KnownSession {
    pub hash: SecretHash,
    pub session: Session,
}

/// A token of a connection as it was found.
#[derive(Debug, Clone)]
pub(super) struct KnownToken {
    pub id: TokenId,
    pub hash: SecretHash,
    pub connection: String,
    pub settings: ConnectionSettings,
    pub activity: Arc<ConnectionRequests>,
    pub expires_at: Option<Timestamp>,
    pub site: Arc<Site>,
}

/// A token of a service as it was found, and what the service may do.
#[derive(Debug)]
pub(super) struct KnownService {
    pub token: TokenId,
    pub hash: SecretHash,
    pub name: ServiceName,
    pub expires_at: Option<Timestamp>,
    pub grants: Grants,
    /// The sites that its grants are about.
    pub sites: BTreeMap<SiteId, String>,
}

impl KnownToken {
    pub(super) fn caller(&self) -> Caller {
        let (name, settings) = (self.connection.clone(), self.settings);
        Caller::Connection { site: self.site.id, name, settings }
    }

    /// Admits it to its own site only, and to calls for connections only. A token of another site is as
    /// good as none: nothing here tells that the site exists.
    pub(super) fn admit(&self, access: CallAccess, site: &str) -> Result<(), Refusal> {
        if !access.connections {
            return Err(self.not_permitted());
        }
        if SiteName::parse(site).is_ok_and(|site| site.as_str() == self.site.name) {
            return Ok(());
        }
        Err(token_opens_nothing())
    }

    fn not_permitted(&self) -> Refusal {
        record_site(&self.site.name);
        record_caller(&self.caller());
        for_the_operator("send the operator's token")
    }
}

impl KnownAdmin {
    pub(super) fn caller(&self) -> Caller {
        Caller::Admin { user: self.user.id }
    }

    /// Admits them to their own site only: of no other one they learn that it exists.
    pub(super) fn admit(
        &self,
        access: CallAccess,
        on_behalf_of: Option<UserId>,
        site: &SiteName,
    ) -> Result<(), Refusal> {
        record_caller(&self.caller());
        if !access.admins {
            return Err(self.not_permitted());
        }
        if site.as_str() != self.site.name {
            return Err(unknown_site(site));
        }
        record_site(&self.site.name);
        if on_behalf_of.is_some() { Err(admins_act_for_nobody()) } else { Ok(()) }
    }

    fn not_permitted(&self) -> Refusal {
        record_caller(&self.caller());
        for_the_operator("sign in with the operator's token")
    }
}

impl KnownService {
    pub(super) fn caller(&self) -> Caller {
        Caller::Service { name: self.name.clone() }
    }

    /// Admits it to a call about the site of this name. Where it has no grant it is told so, whether or not
    /// there is such a site: it is not looked up.
    pub(super) fn admit(&self, access: CallAccess, site: &SiteName) -> Result<(), Refusal> {
        let known = self.sites.iter().find(|(_, name)| name.as_str() == site.as_str());
        // No grant names a site whose name is not known here.
        let scope = known.map_or(GrantScope::AllSites, |(id, _)| GrantScope::Site(*id));
        self.permit(access, scope, Some(site.as_str()))
    }

    fn permit(
        &self,
        access: CallAccess,
        scope: GrantScope,
        site: Option<&str>,
    ) -> Result<(), Refusal> {
        let service = AskingService { name: &self.name, grants: &self.grants };
        service.admit(access.services, Place { scope, name: site })
    }
}

impl Bearer {
    /// By what an answer to the call is counted.
    pub fn answer_counts(&self) -> AnswerCounts {
        let (kind, connection) = match &self.holder {
            Holder::Operator => (CallerKind::Operator, None),
            Holder::Connection(token) => {
                (CallerKind::Connection, Some(Arc::clone(&token.activity)))
            }
            Holder::Service(_) => (CallerKind::Service, None),
            Holder::Admin(_) => (CallerKind::Admin, None),
        };
        AnswerCounts { counts: Arc::clone(&self.log.counts), kind, connection }
    }

    /// A call about the site of this name, if a service makes it. Connections are told of by whoever has read what
    /// they sent.
    pub fn service_call(&self, site: Option<&str>) -> Option<ServiceCall> {
        match &self.holder {
            Holder::Service(service) => Some(ServiceCall::new(&self.log, service, site)),
            Holder::Operator | Holder::Connection(_) | Holder::Admin(_) => None,
        }
    }

    /// The service that carries the token, if it is one.
    pub fn service(&self) -> Option<&ServiceName> {
        match &self.holder {
            Holder::Service(service) => Some(&service.name),
            Holder::Operator | Holder::Connection(_) | Holder::Admin(_) => None,
        }
    }

    /// The session whose token was shown, if it was one.
    pub fn session(&self) -> Option<&Session> {
        let session = self.session.as_ref().map(|known| &known.session);
        session.filter(|session| session.kind == SessionKind::SignedIn)
    }

    /// The Admin who is signed in, and their site, if one is.
    pub fn admin(&self) -> Option<(&Site, &User)> {
        match &self.holder {
            Holder::Admin(KnownAdmin { user, site }) => Some((site, user)),
            Holder::Operator | Holder::Connection(_) | Holder::Service(_) => None,
        }
    }

    /// The code that was shown, if it was one.
    pub fn sign_in_code(&self) -> Option<SessionId> {
        let shown = self.session.as_ref().map(|known| &known.session);
        shown.filter(|shown| shown.kind == SessionKind::SignInCode).map(|code| code.id)
    }

    /// Whoever carries the token.
    pub fn follower(&self) -> Caller {
        match &self.holder {
            Holder::Service(service) => service.caller(),
            Holder::Admin(admin) => admin.caller(),
            Holder::Connection(token) => token.caller(),
            Holder::Operator => Caller::Operator,
        }
    }

    /// The connection that carries the token and its site, if it is the site of this name. Whether the site
    /// lets it in is another question.
    pub fn connection_of(&self, site: &str) -> Option<(Caller, Arc<Site>)> {
        let Holder::Connection(token) = &self.holder else { return None };
        token.admit(self.access, site).ok()?;
        Some((token.caller(), Arc::clone(&token.site)))
    }

    /// Whether a request of whoever carries the token has to be read strictly.
    pub fn is_strict(&self) -> bool {
        match &self.holder {
            Holder::Connection(token) => token.settings.dialect == ConnectionDialect::Strict,
            Holder::Operator | Holder::Service(_) | Holder::Admin(_) => false,
        }
    }

    /// The same caller, of whom a call takes this permission if it is a service. An Admin who may make the call
    /// still may.
    pub fn with(self, permission: Permission) -> Self {
        let services = ServiceAccess::Permission(permission);
        let access = CallAccess { services, admins: self.access.admins, ..CallAccess::OPERATOR };
        Self { access, ..self }
    }

    /// The same, asking on behalf of this user.
    pub fn acting_for(self, on_behalf_of: Option<UserId>) -> Self {
        Self { on_behalf_of, ..self }
    }

    /// Admits the caller to a call that is about no site: who connects is told that it is not for
    /// connections.
    pub fn admit_everywhere(&self) -> Result<(Caller, Option<TokenId>), Refusal> {
        match &self.holder {
            Holder::Operator => {
                record_caller(&Caller::Operator);
                Ok((Caller::Operator, None))
            }
            Holder::Connection(token) => Err(token.not_permitted()),
            Holder::Admin(admin) => Err(admin.not_permitted()),
            Holder::Service(service) => {
                record_caller(&service.caller());
                service.permit(self.access, GrantScope::AllSites, None)?;
                Ok((service.caller(), Some(service.token)))
            }
        }
    }

    /// The sites in which the caller may do what takes all of these permissions. Who may nowhere is told so,
    /// and so is who connects.
    pub fn reach(&self, permissions: &[Permission]) -> Result<SiteReach, Refusal> {
        match &self.holder {
            Holder::Operator => {
                record_caller(&Caller::Operator);
                Ok(SiteReach::AllSites)
            }
            Holder::Connection(token) => Err(token.not_permitted()),
            Holder::Admin(admin) => Err(admin.not_permitted()),
            Holder::Service(service) => {
                record_caller(&service.caller());
                let asking = AskingService { name: &service.name, grants: &service.grants };
                let sites = asking.reach(permissions, service.sites.keys().copied())?;
                Ok(sites.map_or(SiteReach::AllSites, SiteReach::Sites))
            }
        }
    }

    /// Admits nobody but the operator.
    pub fn admit_operator(&self) -> Result<(), Refusal> {
        match &self.holder {
            Holder::Operator => {
                record_caller(&Caller::Operator);
                Ok(())
            }
            Holder::Connection(token) => Err(token.not_permitted()),
            Holder::Admin(admin) => Err(admin.not_permitted()),
            Holder::Service(service) => {
                record_caller(&service.caller());
                service.permit(CallAccess::OPERATOR, GrantScope::AllSites, None)
            }
        }
    }

    /// Admits the caller to the site of this name without looking it up. No connection is admitted so.
    pub fn admit_by_name(&self, site: &str) -> Result<SiteName, Refusal> {
        match &self.holder {
            Holder::Operator => {
                record_caller(&Caller::Operator);
                SiteName::parse(site)
            }
            Holder::Connection(token) => Err(token.not_permitted()),
            Holder::Admin(admin) => {
                let site = SiteName::parse(site)?;
                admin.admit(self.access, self.on_behalf_of, &site)?;
                Ok(site)
            }
            Holder::Service(service) => {
                record_caller(&service.caller());
                let site = SiteName::parse(site)?;
                service.admit(self.access, &site)?;
                Ok(site)
            }
        }
    }
}
