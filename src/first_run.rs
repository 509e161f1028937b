//! The first start: a site and a token, and a link into the console.
//!
//! Must never write the token anywhere.

use provost_core::SiteName;
use provost_proto::MAX_PAGE_SIZE;
use provost_proto::v1::{
    CreateSignInCodeRequest, CreateSiteRequest, CreateTokenRequest, ListSitesRequest,
};
use tonic::Code;

use crate::channel::{AsOperator, Clients, InProcess};
use crate::run_error::RunError;

/// The core's name in errors of a start, when there is no address yet.
const IN_PROCESS: &str = "its own process";

/// What a start finds or makes.
pub struct Prepared {
    /// The token, if this is the first start.
    pub token: Option<String>,
    /// A code by which somebody signs in at the console, if this is the first start of one that has it.
    pub sign_in_code: Option<String>,
    /// The names of all sites.
    pub sites: Vec<String>,
}

/// Makes the default site with a SCIM token where it doesn't exist yet, and where there is a console a code
/// for it.
pub async fn prepare(
    core: InProcess,
    operator_token: &str,
    has_console: bool,
) -> Result<Prepared, RunError> {
    let failed = |status| RunError::answered(&status, IN_PROCESS);
    let Clients { mut sites, mut sessions, .. } =
        Clients::new(core, AsOperator::new(operator_token)?);
    let (mut names, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListSitesRequest { page_size: MAX_PAGE_SIZE.into(), page_token };
        let page = sites.list_sites(request).await.map_err(failed)?.into_inner();
        names.extend(page.sites.into_iter().map(|site| site.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let name = SiteName::DEFAULT.to_owned();
    if names.contains(&name) {
        return Ok(Prepared { token: None, sign_in_code: None, sites: names });
    }
    names.push(name.clone());
    match sites.create_site(CreateSiteRequest { name, options: None }).await {
        Ok(_) => {}
        // Another core on the same database was faster, and prints the token.
        Err(status) if status.code() == Code::AlreadyExists => {
            return Ok(Prepared { token: None, sign_in_code: None, sites: names });
        }
        Err(status) => return Err(failed(status)),
    }
    let request = CreateTokenRequest {
        site: SiteName::DEFAULT.to_owned(),
        name: "first".to_owned(),
        connection: String::new(),
        ..CreateTokenRequest::default()
    };
    let created = sites.create_token(request).await.map_err(failed)?;
    let sign_in_code = if has_console {
        let request = CreateSignInCodeRequest { options: None };
        let made = sessions.create_sign_in_code(request).await.map_err(failed)?;
        Some(made.into_inner().code)
    } else {
        None
    };
    Ok(Prepared { token: Some(created.into_inner().value), sign_in_code, sites: names })
}
