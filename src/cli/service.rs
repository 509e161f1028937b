//! `provost service`: internal services, their grants and tokens.

mod certificate;
mod explain;
mod token;

use clap::{Args, Subcommand};
use provost_proto::MAX_PAGE_SIZE;
use provost_proto::v1::{
    CreateServiceRequest, DeleteServiceRequest, Grant, ListServicesRequest, Permission,
    PutGrantRequest, RemoveGrantRequest, Role, Service, grant, remove_grant_request,
};
use serde::Serialize;

use super::core::{Form, OperatorFlags, Output, RemoteCore, WriteFlags};
use super::print::Head;
use super::words::words;
use super::{Flags, print, time};
use crate::run_error::RunError;

const EXAMPLES: &str = "\
Examples:
  provost service create billing
  provost service grant billing --site acme --permission read_users --permission change_status
  provost service grant sign-on --all-sites --permission register_sign_ins
  provost service grant desk --site acme --permission change_roles --highest-role Moderator
  provost service token create billing --name production --expires 90d
  provost service certificate add billing spiffe://example.com/billing
  provost service list
  provost service explain desk UserService/SetUserRole --site acme --requested-role Admin

A service may do what its grants say and nothing else. It sends its token as the operator sends
the operator's: Authorization: Bearer and the token, over gRPC.";

/// What to do with services.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ServiceArgs {
    #[command(flatten)]
    operator: OperatorFlags,
    #[command(subcommand)]
    command: ServiceCommand,
}

#[derive(Debug, Subcommand)]
enum ServiceCommand {
    /// Make a service, which may do nothing yet.
    Create {
        /// Lower-case letters, digits and hyphens
        name: String,
        #[command(flatten)]
        write: WriteFlags,
    },
    /// List services with their grants.
    List,
    /// Say what a service may do in a site or in all; what was said before of the same sites goes.
    Grant(GrantArgs),
    /// Take the grant about a site, or about all, from a service.
    RemoveGrant {
        /// The service
        service: String,
        #[command(flatten)]
        scope: ScopeFlags,
        #[command(flatten)]
        write: WriteFlags,
    },
    /// Delete a service with its tokens and grants.
    Delete {
        /// The service
        name: String,
        #[command(flatten)]
        write: WriteFlags,
    },
    /// Say whether a service may make a call, and by which grant.
    Explain(explain::ExplainArgs),
    /// Names of certificates, by which services show who they are instead of a token.
    #[command(subcommand)]
    Certificate(certificate::ServiceCertificateCommand),
    /// Tokens of services.
    #[command(subcommand)]
    Token(token::ServiceTokenCommand),
}

#[derive(Debug, Args)]
struct GrantArgs {
    /// The service
    service: String,
    #[command(flatten)]
    scope: ScopeFlags,
    /// What it may do; several by repeating the flag
    #[arg(long = "permission", value_name = "PERMISSION", required = true, value_parser = words::<Permission>())]
    permissions: Vec<Permission>,
    /// The highest role that it may give and take away, with `change_roles`
    #[arg(long, value_parser = words::<Role>())]
    highest_role: Option<Role>,
    #[command(flatten)]
    write: WriteFlags,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct ScopeFlags {
    /// One site
    #[arg(long, value_name = "NAME")]
    site: Option<String>,
    /// Every site, also those to come
    #[arg(long)]
    all_sites: bool,
}

/// Calls the core and prints its answer.
pub async fn run(args: ServiceArgs, flags: &Flags) -> Result<(), RunError> {
    let ServiceArgs { operator, command } = args;
    let (mut core, form) = (RemoteCore::find(&operator, flags)?, operator.form);
    match command {
        ServiceCommand::Create { name, write } => create(&mut core, name, write, form).await,
        ServiceCommand::List => list(&mut core, form).await,
        ServiceCommand::Grant(args) => put_grant(&mut core, args, form).await,
        ServiceCommand::RemoveGrant { service, scope, write } => {
            remove_grant(&mut core, service, scope, write, form).await
        }
        ServiceCommand::Delete { name, write } => delete(&mut core, name, write, form).await,
        ServiceCommand::Explain(args) => explain::run(&mut core, args, form).await,
        ServiceCommand::Certificate(command) => certificate::run(&mut core, command, form).await,
        ServiceCommand::Token(command) => token::run(&mut core, command, form).await,
    }
}

async fn create(
    core: &mut RemoteCore,
    name: String,
    write: WriteFlags,
    form: Form,
) -> Result<(), RunError> {
    let request = core.request(CreateServiceRequest { name, options: write.into_options() });
    let answered = core.services.create_service(request).await;
    let service = core.answer(answered)?.service.unwrap_or_default();
    if form.output == Output::Json {
        return print::say_json(&ServiceView::new(service));
    }
    let name = service.name;
    print::say(&format!(
        "Service {name} is made, and may do nothing yet. Next: provost service grant {name} --site NAME --permission read_users"
    ))
}

async fn list(core: &mut RemoteCore, form: Form) -> Result<(), RunError> {
    let page = async |core: &mut RemoteCore, page_token| {
        let page_size = i32::from(MAX_PAGE_SIZE);
        let request = core.request(ListServicesRequest { page_size, page_token });
        let answered = core.services.list_services(request).await;
        let page = core.answer(answered)?;
        Ok((page.services, page.next_page_token))
    };
    let services = core.whole(page).await?;
    let views: Vec<_> = services.into_iter().map(ServiceView::new).collect();
    if form.output == Output::Json {
        return print::say_json(&views);
    }
    let head = Head { always: &["name", "site", "may", "up to"], wide: &["version", "created"] };
    let rows = views.into_iter().flat_map(ServiceView::rows).collect();
    print::say_table(form, &head, rows, "No service yet: provost service create NAME")
}

async fn put_grant(core: &mut RemoteCore, args: GrantArgs, form: Form) -> Result<(), RunError> {
    let GrantArgs { service, scope, permissions, highest_role, write } = args;
    let place = scope.place();
    let grant = Grant {
        scope: Some(match scope.site {
            Some(site) => grant::Scope::Site(site),
            None => grant::Scope::AllSites(true),
        }),
        permissions: permissions.into_iter().map(i32::from).collect(),
        highest_role: highest_role.unwrap_or_default().into(),
    };
    let (named, options) = (service.clone(), write.into_options());
    let request = core.request(PutGrantRequest { service: named, grant: Some(grant), options });
    let answered = core.services.put_grant(request).await;
    let answer = core.answer(answered)?;
    let view = ChangeView { service, changed: answer.changed, revision: answer.revision };
    view.say(form, &format!("has this grant now for {place}"))
}

async fn remove_grant(
    core: &mut RemoteCore,
    service: String,
    scope: ScopeFlags,
    write: WriteFlags,
    form: Form,
) -> Result<(), RunError> {
    let place = scope.place();
    let scope = match scope.site {
        Some(site) => remove_grant_request::Scope::Site(site),
        None => remove_grant_request::Scope::AllSites(true),
    };
    let (named, scope) = (service.clone(), Some(scope));
    let options = write.into_options();
    let request = core.request(RemoveGrantRequest { service: named, scope, options });
    let answered = core.services.remove_grant(request).await;
    let answer = core.answer(answered)?;
    let view = ChangeView { service, changed: answer.changed, revision: answer.revision };
    view.say(form, &format!("has no grant any more for {place}"))
}

async fn delete(
    core: &mut RemoteCore,
    name: String,
    write: WriteFlags,
    form: Form,
) -> Result<(), RunError> {
    let options = write.into_options();
    let request = core.request(DeleteServiceRequest { service: name.clone(), options });
    let answered = core.services.delete_service(request).await;
    let answer = core.answer(answered)?;
    let view = ChangeView { service: name, changed: answer.changed, revision: answer.revision };
    view.say(form, "is deleted, and its tokens open nothing any more")
}

impl ScopeFlags {
    fn place(&self) -> String {
        self.site.as_ref().map_or_else(|| "all sites".to_owned(), |site| format!("the site {site}"))
    }
}

#[derive(Serialize)]
struct ChangeView {
    service: String,
    changed: bool,
    revision: i64,
}

impl ChangeView {
    fn say(&self, form: Form, what: &str) -> Result<(), RunError> {
        match form.output {
            Output::Json => print::say_json(self),
            Output::Table => print::say(&format!("Service {} {what}.", self.service)),
        }
    }
}

#[derive(Serialize)]
struct ServiceView {
    name: String,
    version: i64,
    create_time: Option<String>,
    grants: Vec<GrantView>,
}

/// A grant, as people and scripts read it.
#[derive(Serialize)]
pub struct GrantView {
    /// None: all sites.
    site: Option<String>,
    permissions: Vec<&'static str>,
    highest_role: Option<&'static str>,
}

impl ServiceView {
    fn new(service: Service) -> Self {
        let Service { name, create_time, version, grants } = service;
        Self {
            name,
            version,
            create_time: create_time.map(time::written),
            grants: grants.into_iter().map(GrantView::new).collect(),
        }
    }

    /// A row for each grant; one that says so where there is none.
    fn rows(self) -> Vec<Vec<String>> {
        let Self { name, version, create_time, grants } = self;
        let row = |site: &str, may: String, up_to: &str| {
            let created = create_time.clone().unwrap_or_default();
            let texts = [name.clone(), site.to_owned(), may, up_to.to_owned()];
            texts.into_iter().chain([version.to_string(), created]).collect()
        };
        if grants.is_empty() {
            return vec![row("-", "nothing".to_owned(), "-")];
        }
        let of_grant = |grant: &GrantView| {
            let site = grant.site.as_deref().unwrap_or("(all)");
            row(site, grant.permissions.join(", "), grant.highest_role.unwrap_or("-"))
        };
        grants.iter().map(of_grant).collect()
    }
}

impl GrantView {
    /// From the message.
    pub fn new(grant: Grant) -> Self {
        let role = grant.highest_role();
        Self {
            permissions: grant.permissions().map(Into::into).collect(),
            highest_role: (role != Role::Unspecified).then(|| role.into()),
            site: match grant.scope {
                Some(grant::Scope::Site(site)) => Some(site),
                Some(grant::Scope::AllSites(_)) | None => None,
            },
        }
    }
}
