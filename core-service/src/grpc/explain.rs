//! What the grants of a service say of a call, in words and by permission.
//!
//! Owns no rule: what is asked is put to the law.

use super::{decode, decode_access, encode_access, rpcs};
use provost_domain::{
    AskedCall, AskingService, CallMatter, Explanation, Grant, GrantScope, Place, Refusal, Role,
    Service, ServiceAccess, ServiceName, SiteId,
};
use provost_proto::v1;
use std::collections::BTreeMap;

/// The call that is asked about.
pub(super) struct Question {
    rpc: String,
    access: ServiceAccess,
    /// The name of the site; none where it is all sites.
    site: Option<String>,
    current_role: Role,
    requested_role: Role,
    /// The service that the call is about, if it is said.
    pub target: Option<ServiceName>,
    /// What the grant is to say that the call gives, if it is said.
    gives: Option<v1::Grant>,
}

/// A service as it was found, and the names of the sites that its grants are about.
#[derive(Clone, Copy)]
pub(super) struct Known<'s> {
    pub service: &'s Service,
    pub sites: &'s BTreeMap<SiteId, String>,
}

impl Question {
    /// Reads what is asked about this site, or about all.
    pub(super) fn read(
        message: v1::ExplainAccessRequest,
        site: Option<String>,
    ) -> Result<Self, Refusal> {
        let v1::ExplainAccessRequest {
            service: _,
            rpc,
            scope: _,
            current_role,
            requested_role,
            target_service,
            permissions,
        } = message;
        let role = |number, field| -> Result<Role, Refusal> {
            decode::known::<v1::Role>(number, field)?;
            Ok(decode::role(number)?.unwrap_or_default())
        };
        let current_role = role(current_role, "current_role")?;
        let wanted_role = role(requested_role, "requested_role")?;
        for number in &permissions {
            decode_access::known_permission(*number)?;
        }
        let access = rpcs::named(&rpc).ok_or_else(decode_access::unknown_rpc)?;
        // Without a target nothing is known of what it has.
        let named = !target_service.is_empty();
        let target = named.then(|| decode_access::service(&target_service)).transpose()?;
        let gives = v1::Grant { scope: None, permissions, highest_role: requested_role };
        let gives =
            Some(gives).filter(|grant| is(&rpc, "PutGrant") && !grant.permissions.is_empty());
        Ok(Self { access, site, current_role, requested_role: wanted_role, target, gives, rpc })
    }

    /// Whether the service would be let in, as far as it doesn't matter what the call is about.
    pub(super) fn is_admitted(&self, asked: Known<'_>) -> bool {
        asked.asking().admit(self.access, self.place(asked)).is_ok()
    }

    /// The sites of the call. Where no grant names the one, only those for all sites reach it.
    fn place(&self, known: Known<'_>) -> Place<'_> {
        if let ServiceAccess::InAllSites(_) = self.access {
            return Place::ALL;
        }
        let name = self.site.as_deref();
        let found = known.sites.iter().find(|(_, known)| Some(known.as_str()) == name);
        let scope = found.map_or(GrantScope::AllSites, |(id, _)| GrantScope::Site(*id));
        Place { scope, name }
    }

    /// The grants of the target that the call takes away or replaces.
    fn taken<'t>(&self, target: Known<'t>) -> Vec<(&'t Grant, Place<'t>)> {
        let all = is(&self.rpc, "DeleteService") || is(&self.rpc, "RevokeServiceToken");
        let about_these = is(&self.rpc, "PutGrant") || is(&self.rpc, "RemoveGrant");
        let grants = target.service.grants.iter().map(|grant| {
            let name = grant.scope.site().and_then(|site| target.sites.get(&site));
            (grant, Place { scope: grant.scope, name: name.map(String::as_str) })
        });
        let site = self.site.as_deref();
        grants.filter(|(_, place)| all || about_these && place.name == site).collect()
    }

    fn matter<'q>(&'q self, grants: &'q [(&'q Grant, Place<'q>)]) -> CallMatter<'q> {
        let Self { current_role, requested_role, .. } = *self;
        match self.rpc.as_str() {
            "UserService/CreateUser" => CallMatter::Step(Role::Registered, requested_role),
            "UserService/SetUserRole"
            | "UserService/ChangeUser"
            | "UserService/BatchChangeUsers" => CallMatter::Step(current_role, requested_role),
            "SiteService/UpdateScimSettings"
            | "GroupService/SetGroupRule"
            | "GroupService/DeleteGroupRule" => CallMatter::Policy(requested_role),
            "AccessService/CreateServiceToken" => {
                self.target.as_ref().map_or(CallMatter::Unknown, CallMatter::TokenOf)
            }
            _ => CallMatter::Grants(grants),
        }
    }

    /// What is said of a call that is let in.
    fn words(&self, service: &str) -> String {
        let rpc = &self.rpc;
        match self.access {
            ServiceAccess::Every => return format!("every service may call {rpc}, about itself"),
            ServiceAccess::AnyGrant([]) => {
                return format!("the service {service} may call {rpc} by any grant");
            }
            ServiceAccess::AnyGrant(_) => {
                return format!(
                    "the service {service} may call {rpc}: what a call asks says which of the \
                     permissions it takes"
                );
            }
            ServiceAccess::None | ServiceAccess::Permission(_) | ServiceAccess::InAllSites(_) => {}
        }
        let unknown = match rpc.as_str() {
            "AccessService/CreateServiceToken" if self.target.is_none() => ", about itself",
            "AccessService/PutGrant" if self.target.is_none() || self.gives.is_none() => {
                ", for what lies within its own grants"
            }
            "AccessService/RemoveGrant"
            | "AccessService/DeleteService"
            | "AccessService/RevokeServiceToken"
                if self.target.is_none() =>
            {
                ", for what lies within its own grants"
            }
            _ => "",
        };
        format!("the service {service} may call {rpc}{unknown}")
    }
}

impl<'s> Known<'s> {
    const fn asking(self) -> AskingService<'s> {
        AskingService { name: &self.service.name, grants: &self.service.grants }
    }
}

fn is(rpc: &str, method: &str) -> bool {
    rpc.strip_prefix("AccessService/") == Some(method)
}

/// The answer about a service; what the call is about is looked at where it is known.
pub(super) fn explain(
    asked: Known<'_>,
    target: Option<Known<'_>>,
    question: &Question,
) -> Result<v1::ExplainAccessResponse, Refusal> {
    let place = question.place(asked);
    let given = question.gives.clone().map(|grant| decode_access::grant(grant, place.scope));
    let given = given.transpose()?;
    let taken = target.map(|target| question.taken(target)).unwrap_or_default();
    let grants: Vec<_> = taken.into_iter().chain(given.as_ref().map(|new| (new, place))).collect();
    let matter = question.matter(&grants);
    let call = AskedCall { access: question.access, place, matter };
    let Explanation { outcome, permissions } = provost_domain::explain(asked.asking(), &call);
    let permissions = permissions.into_iter().map(|(permission, allowed)| {
        let permission = encode_access::permission(permission).into();
        let (grant, message) = match allowed {
            Ok(grant) => (Some(encode_access::named(grant, asked.sites)), String::new()),
            Err(refusal) => (None, refusal.message),
        };
        v1::ExplainedPermission { permission, grant, message }
    });
    let (allowed, message) = match outcome {
        Ok(()) => (true, question.words(asked.service.name.as_str())),
        Err(refusal) => (false, refusal.message),
    };
    Ok(v1::ExplainAccessResponse { allowed, message, permissions: permissions.collect() })
}
