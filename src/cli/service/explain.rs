//! `provost service explain`: what the grants of a service say of a call.

use clap::Args;
use provost_proto::v1::explain_access_request::Scope;
use provost_proto::v1::{
    ExplainAccessRequest, ExplainAccessResponse, ExplainedPermission, Permission, Role,
};
use serde::Serialize;

use super::super::core::{Form, Output, RemoteCore};
use super::super::print;
use super::super::print::Head;
use super::super::words::words;
use super::GrantView;
use crate::run_error::RunError;

/// The call that is asked about.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The service
    service: String,
    /// The RPC, as in UserService/SetUserRole
    rpc: String,
    /// The site that the call is about [default: default]
    #[arg(long, value_name = "NAME", conflicts_with = "all_sites")]
    site: Option<String>,
    /// Ask about every site
    #[arg(long)]
    all_sites: bool,
    /// The role that the user has [default: Registered]
    #[arg(long, value_parser = words::<Role>())]
    current_role: Option<Role>,
    /// The role that the user is to get, to which promotions are opened, or up to which the grant goes
    /// [default: Registered]
    #[arg(long, value_parser = words::<Role>())]
    requested_role: Option<Role>,
    /// The service that the call is about, for calls about services
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// What the grant is to say, for `PutGrant`; several by repeating the flag
    #[arg(long = "permission", value_name = "PERMISSION", value_parser = words::<Permission>())]
    permissions: Vec<Permission>,
}

#[derive(Serialize)]
struct AccessView {
    allowed: bool,
    message: String,
    permissions: Vec<PermissionView>,
}

#[derive(Serialize)]
struct PermissionView {
    permission: &'static str,
    /// None: the service has not this permission.
    grant: Option<GrantView>,
    message: String,
}

/// Asks and prints the answer. That a call is not allowed is no failure of this command.
pub async fn run(core: &mut RemoteCore, args: ExplainArgs, form: Form) -> Result<(), RunError> {
    let ExplainArgs {
        service,
        rpc,
        site,
        all_sites,
        current_role,
        requested_role,
        target,
        permissions,
    } = args;
    let scope =
        if all_sites { Scope::AllSites(true) } else { Scope::Site(site.unwrap_or_default()) };
    let request = core.request(ExplainAccessRequest {
        service,
        rpc,
        scope: Some(scope),
        current_role: current_role.unwrap_or_default().into(),
        requested_role: requested_role.unwrap_or_default().into(),
        target_service: target.unwrap_or_default(),
        permissions: permissions.into_iter().map(Into::into).collect(),
    });
    let answered = core.services.explain_access(request).await;
    let view = AccessView::new(core.answer(answered)?);
    if form.output == Output::Json {
        return print::say_json(&view);
    }
    let AccessView { allowed, message, permissions } = view;
    print::say(&format!("{}: {message}.", if allowed { "Allowed" } else { "Not allowed" }))?;
    if permissions.is_empty() {
        return Ok(());
    }
    let head = Head { always: &["permission", "by the grant for", "up to"], wide: &[] };
    let rows = permissions.into_iter().map(PermissionView::row).collect();
    print::say_table(form, &head, rows, "")
}

impl AccessView {
    fn new(answer: ExplainAccessResponse) -> Self {
        let ExplainAccessResponse { allowed, message, permissions } = answer;
        let permissions = permissions.into_iter().map(PermissionView::new).collect();
        Self { allowed, message, permissions }
    }
}

impl PermissionView {
    fn new(explained: ExplainedPermission) -> Self {
        let permission = explained.permission().into();
        let ExplainedPermission { permission: _, grant, message } = explained;
        Self { permission, grant: grant.map(GrantView::new), message }
    }

    fn row(self) -> Vec<String> {
        let (place, highest) = match self.grant {
            None => ("(missing)".to_owned(), "-"),
            Some(GrantView { site, highest_role, permissions: _ }) => {
                (site.unwrap_or_else(|| "(all)".to_owned()), highest_role.unwrap_or("-"))
            }
        };
        vec![self.permission.to_owned(), place, highest.to_owned()]
    }
}
