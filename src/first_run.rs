//! The first start: a site and a token, and for whoever watches it a link into the console.
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
    /// The names of all sites.
    pub sites: Vec<String>,
}

/// Makes the default site with a SCIM token where it doesn't exist yet.
pub async fn prepare(core: InProcess, operator_token: &str) -> Result<Prepared, RunError> {
    let failed = |status| RunError::answered(&status, IN_PROCESS);
    let Clients { mut sites, .. } = Clients::new(core, AsOperator::new(operator_token)?);
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
        return Ok(Prepared { token: None, sites: names });
    }
    names.push(name.clone());
    match sites.create_site(CreateSiteRequest { name, options: None }).await {
        Ok(_) => {}
        // Another core on the same database was faster, and prints the token.
        Err(status) if status.code() == Code::AlreadyExists => {
            return Ok(Prepared { token: None, sites: names });
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
    Ok(Prepared { token: Some(created.into_inner().value), sites: names })
}

/// Makes a code by which somebody signs in at the console, once.
pub async fn sign_in_code(core: InProcess, operator_token: &str) -> Result<String, RunError> {
    let Clients { mut sessions, .. } = Clients::new(core, AsOperator::new(operator_token)?);
    let request = CreateSignInCodeRequest { options: None };
    let made = sessions.create_sign_in_code(request).await;
    let made = made.map_err(|status| RunError::answered(&status, IN_PROCESS))?;
    Ok(made.into_inner().code)
}
